// Probe measures whether something answers, request by request, while something else is changed; and serves what
// it asks. One static file for tests, benches, the host, nodes and pods.
package main

import (
	"fmt"
	"os"
)

const usage = `usage:
  probe run [--interval 25ms] [--timeout 2s] [--duration 0] [--out FILE] NAME=URL...
      asks each URL every interval, each time on a new connection, until the duration ends or SIGTERM;
      a failure is one JSON line in FILE, at the end each target is one JSON line on stdout.
      URL: http:// (200 is an answer), https:// (200, 401, 403 are; certificates are not checked), udp://HOST:PORT
      (any datagram back is), or keepalive:http(s)://..., all requests on one connection
  probe serve --port N [--udp-port M] [--drain 5s]
      answers {host, local, remote} in both families; after SIGTERM goes on for --drain
`

func main() {
	commands := map[string]func(arguments []string) error{"run": run, "serve": serve}
	if len(os.Args) < 2 || commands[os.Args[1]] == nil {
		fmt.Fprint(os.Stderr, usage)
		os.Exit(2)
	}
	if err := commands[os.Args[1]](os.Args[2:]); err != nil {
		fmt.Fprintf(os.Stderr, "probe %s: %v\n", os.Args[1], err)
		os.Exit(1)
	}
}
