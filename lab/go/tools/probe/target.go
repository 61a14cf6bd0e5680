package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
)

// target is one thing to ask, and how.
type target struct {
	name        string
	ask         func(ctx context.Context) error
	connections atomic.Int64 // opened so far; more than one with keepalive: means that some were lost
}

func parseTarget(text string) (*target, error) {
	name, address, found := strings.Cut(text, "=")
	if !found || name == "" {
		return nil, fmt.Errorf("%q is not NAME=URL", text)
	}
	address, keepAlive := strings.CutPrefix(address, "keepalive:")
	location, err := url.Parse(address)
	if err != nil || location.Host == "" {
		return nil, fmt.Errorf("%q has no URL with a host (IPv6 addresses need brackets)", text)
	}
	t := &target{name: name}
	switch {
	case location.Scheme == "http" || location.Scheme == "https":
		t.ask = t.askHTTP(location, keepAlive)
	case location.Scheme == "udp" && !keepAlive:
		t.ask = t.askUDP(location.Host)
	default:
		return nil, fmt.Errorf("%q: http, https, udp and keepalive: before http or https are known", text)
	}
	return t, nil
}

func (t *target) askHTTP(location *url.URL, keepAlive bool) func(context.Context) error {
	transport := &http.Transport{
		TLSClientConfig:   &tls.Config{InsecureSkipVerify: true},
		DisableKeepAlives: !keepAlive,
		ForceAttemptHTTP2: keepAlive, // as client-go does: streams do not wait for each other
	}
	if keepAlive {
		transport.MaxConnsPerHost = 1
	}
	trace := &httptrace.ClientTrace{GotConn: func(info httptrace.GotConnInfo) {
		if !info.Reused {
			t.connections.Add(1)
		}
	}}
	return func(ctx context.Context) error {
		request, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodGet, location.String(), nil)
		if err != nil {
			return err
		}
		// RoundTrip, not Client.Do: a redirect is an answer to be seen, not to be followed.
		response, err := transport.RoundTrip(request)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			return err
		}
		if !answered(location.Scheme, response.StatusCode) {
			return fmt.Errorf("status %d", response.StatusCode)
		}
		return nil
	}
}

// answered: an API server that asks who is there has answered; a web server that does so has not.
func answered(scheme string, status int) bool {
	refused := status == http.StatusUnauthorized || status == http.StatusForbidden
	return status == http.StatusOK || scheme == "https" && refused
}

func (t *target) askUDP(address string) func(context.Context) error {
	return func(ctx context.Context) error {
		var dialer net.Dialer
		connection, err := dialer.DialContext(ctx, "udp", address)
		if err != nil {
			return err
		}
		defer connection.Close()
		t.connections.Add(1)
		if deadline, limited := ctx.Deadline(); limited {
			connection.SetDeadline(deadline)
		}
		if _, err := connection.Write([]byte("probe")); err != nil {
			return err
		}
		_, err = connection.Read(make([]byte, 2048))
		return err
	}
}
