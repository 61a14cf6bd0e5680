package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

type schedule struct {
	interval, timeout time.Duration
	report            func(failure)
}

// failure is one line of --out.
type failure struct {
	At    string  `json:"at"`
	Name  string  `json:"name"`
	Error string  `json:"error"`
	Ms    float64 `json:"ms"`
}

func run(arguments []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	interval := flags.Duration("interval", 25*time.Millisecond, "from the start of one request to the start of the next")
	timeout := flags.Duration("timeout", 2*time.Second, "for one request, connecting included")
	duration := flags.Duration("duration", 0, "how long to go on (0: until SIGTERM)")
	untilEOF := flags.Bool("until-eof", false, "end when standard input does: a signal does not pass into a PID namespace")
	out := flags.String("out", "", "file that gets one JSON line for each failure")
	if err := flags.Parse(arguments); err != nil {
		return err
	}
	if *interval <= 0 || *timeout <= 0 {
		return errors.New("--interval and --timeout must be greater than 0")
	}
	if flags.NArg() == 0 {
		return errors.New("no target: give NAME=URL")
	}
	var targets []*target
	for _, text := range flags.Args() {
		parsed, err := parseTarget(text)
		if err != nil {
			return err
		}
		targets = append(targets, parsed)
	}
	lines := io.Discard
	if *out != "" {
		file, err := os.Create(*out)
		if err != nil {
			return err
		}
		defer file.Close()
		lines = file
	}

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if *untilEOF {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		go func() {
			io.Copy(io.Discard, os.Stdin)
			cancel()
		}()
	}
	if *duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, *duration)
		defer cancel()
	}
	for _, summary := range measure(ctx, targets, schedule{*interval, *timeout, lineWriter(lines)}) {
		if err := json.NewEncoder(os.Stdout).Encode(summary); err != nil {
			return err
		}
	}
	return nil
}

// lineWriter writes each failure at once: the file is complete up to the moment somebody looks.
func lineWriter(out io.Writer) func(failure) {
	var lock sync.Mutex
	encoder := json.NewEncoder(out)
	return func(f failure) {
		lock.Lock()
		defer lock.Unlock()
		if err := encoder.Encode(f); err != nil {
			fmt.Fprintln(os.Stderr, "probe run: writing a failure:", err)
		}
	}
}

// measure asks all targets side by side until ctx ends, waits for what is under way, and sums up.
func measure(ctx context.Context, targets []*target, s schedule) []summary {
	summaries := make([]summary, len(targets))
	var all sync.WaitGroup
	for i, t := range targets {
		all.Go(func() {
			// Spread over the interval, so that many targets do not knock in the same instant.
			offset := s.interval * time.Duration(i) / time.Duration(len(targets))
			requests := follow(ctx, t, s, time.Now().Add(offset))
			summaries[i] = summarize(t.name, t.connections.Load(), requests)
		})
	}
	all.Wait()
	return summaries
}

// follow is an open loop: request n starts at begin + n × interval, whatever became of those before. A closed loop
// would count one failure for a hang of two seconds, where eighty clients were turned away.
func follow(ctx context.Context, t *target, s schedule, begin time.Time) []request {
	var (
		lock     sync.Mutex
		requests []request
		pending  sync.WaitGroup
	)
	for due := begin; ; due = due.Add(s.interval) {
		select {
		case <-ctx.Done():
			pending.Wait()
			return requests
		case <-time.After(time.Until(due)):
		}
		pending.Go(func() {
			// Not a child of ctx: what is under way when the time is up gets its answer.
			limited, cancel := context.WithTimeout(context.Background(), s.timeout)
			defer cancel()
			start := time.Now()
			err := t.ask(limited)
			r := request{start: start, took: time.Since(start), failed: err != nil}
			lock.Lock()
			requests = append(requests, r)
			lock.Unlock()
			if err != nil {
				s.report(failure{stamp(start), t.name, err.Error(), milliseconds(r.took)})
			}
		})
	}
}
