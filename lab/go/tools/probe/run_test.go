package main

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// ask measures one target for a while.
func ask(t *testing.T, text string, interval, timeout, duration time.Duration) (summary, []failure) {
	t.Helper()
	parsed, err := parseTarget(text)
	if err != nil {
		t.Fatal(err)
	}
	var lock sync.Mutex
	var failures []failure
	report := func(f failure) {
		lock.Lock()
		defer lock.Unlock()
		failures = append(failures, f)
	}
	ctx, cancel := context.WithTimeout(t.Context(), duration)
	defer cancel()
	return measure(ctx, []*target{parsed}, schedule{interval, timeout, report})[0], failures
}

func TestASlowRequestDoesNotHoldTheNextOnesBack(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer server.Close()
	got, failures := ask(t, "hanging="+server.URL, 10*time.Millisecond, 300*time.Millisecond, 200*time.Millisecond)
	// A closed loop would have made one.
	if got.Requests < 10 || got.Failed != got.Requests || len(failures) != got.Failed {
		t.Errorf("%+v with %d lines", got, len(failures))
	}
	if got.LongestOutageMs < 400 {
		t.Errorf("an outage of %v ms, though nothing ever answered", got.LongestOutageMs)
	}
}

func TestConnections(t *testing.T) {
	server := httptest.NewUnstartedServer(handler("here"))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	plain := httptest.NewServer(handler("here"))
	defer plain.Close()
	for target, one := range map[string]bool{
		server.URL: false, "keepalive:" + server.URL: true, plain.URL: false, "keepalive:" + plain.URL: true,
	} {
		got, _ := ask(t, "x="+target, 10*time.Millisecond, time.Second, 200*time.Millisecond)
		if got.Failed != 0 || got.Requests < 5 || got.P50Ms == 0 {
			t.Errorf("%s: %+v", target, got)
		}
		if one && got.Connections != 1 || !one && got.Connections != int64(got.Requests) {
			t.Errorf("%s: %d connections for %d requests", target, got.Connections, got.Requests)
		}
	}
}

func TestWhatCountsAsAnAnswer(t *testing.T) {
	for _, c := range []struct {
		scheme string
		status int
		want   bool
	}{
		{"http", 200, true}, {"http", 401, false}, {"http", 204, false}, {"http", 503, false},
		{"https", 200, true}, {"https", 401, true}, {"https", 403, true}, {"https", 500, false}, {"https", 302, false},
	} {
		if got := answered(c.scheme, c.status); got != c.want {
			t.Errorf("%s %d: %v", c.scheme, c.status, got)
		}
	}
}

func TestServedOverBothFamiliesAndUDP(t *testing.T) {
	socket, err := net.ListenUDP("udp", &net.UDPAddr{})
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	go answerDatagrams(socket, "here")
	_, port, _ := net.SplitHostPort(socket.LocalAddr().String())
	for _, host := range []string{"127.0.0.1", "[::1]"} {
		got, failures := ask(t, "udp=udp://"+host+":"+port, 10*time.Millisecond, time.Second, 100*time.Millisecond)
		if got.Failed != 0 || got.Requests < 5 {
			t.Errorf("%s: %+v %v", host, got, failures)
		}
	}
}

func TestTargetsThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "a", "=http://x", "a=x", "a=ftp://x", "a=keepalive:udp://x:1", "a=http://"} {
		if _, err := parseTarget(text); err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
