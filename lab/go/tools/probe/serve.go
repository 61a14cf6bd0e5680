package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// answer says who answered, and which addresses the two ends saw: enough to tell the family and whether the source
// was translated on the way.
type answer struct {
	Host   string `json:"host"`
	Local  string `json:"local"`
	Remote string `json:"remote"`
}

func serve(arguments []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	port := flags.Int("port", 0, "TCP port")
	udpPort := flags.Int("udp-port", 0, "UDP port (0: none)")
	drain := flags.Duration("drain", 5*time.Second, "how long to go on serving after SIGTERM")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *port == 0 {
		return errors.New("--port is missing")
	}
	terminated, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	host, err := os.Hostname()
	if err != nil {
		return err
	}
	// An empty host is both families on one socket, or IPv4 alone where the kernel has no IPv6.
	listener, err := net.Listen("tcp", fmt.Sprintf(":%d", *port))
	if err != nil {
		return err
	}
	ended := make(chan error, 2)
	server := &http.Server{Handler: handler(host)}
	go func() { ended <- server.Serve(listener) }()
	if *udpPort != 0 {
		socket, err := net.ListenUDP("udp", &net.UDPAddr{Port: *udpPort})
		if err != nil {
			return err
		}
		go func() { ended <- answerDatagrams(socket, host) }()
	}
	select {
	case err := <-ended:
		return err
	case <-terminated.Done():
	}
	// Endpoints are taken away elsewhere while this goes on; who still comes here in the meantime is served.
	time.Sleep(*drain)
	grace, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	return server.Shutdown(grace)
}

func handler(host string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		local := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer{host, local.String(), r.RemoteAddr})
	})
}

// answerDatagrams cannot say the local address: the socket is bound to none.
func answerDatagrams(socket *net.UDPConn, host string) error {
	buffer := make([]byte, 2048)
	for {
		_, remote, err := socket.ReadFromUDPAddrPort(buffer)
		if err != nil {
			return err
		}
		text, _ := json.Marshal(answer{host, socket.LocalAddr().String(), remote.String()})
		socket.WriteToUDPAddrPort(text, remote)
	}
}
