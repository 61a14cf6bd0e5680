package main

import (
	"testing"
	"time"
)

// at makes a request from milliseconds.
func at(start, took int, failed bool) request {
	return request{time.UnixMilli(int64(start)), time.Duration(took) * time.Millisecond, failed}
}

func TestLongestOutage(t *testing.T) {
	for _, c := range []struct {
		name     string
		requests []request
		want     int
	}{
		{"no requests", nil, 0},
		{"no failure", []request{at(0, 5, false), at(25, 5, false)}, 0},
		{"one failure lasts until the next answer", []request{at(0, 5, false), at(25, 1, true), at(50, 5, false)}, 30},
		{"failures in a row are one outage", []request{at(0, 1, true), at(25, 1, true), at(50, 1, true), at(75, 5, false)}, 80},
		{"an earlier answer does not end it", []request{at(0, 1000, false), at(25, 1, true), at(2000, 5, false)}, 1980},
		{"a later request may be answered first", []request{at(0, 1, true), at(25, 900, false), at(50, 5, false)}, 55},
		{"a time-out overlaps what is answered meanwhile", []request{at(0, 2000, true), at(25, 2000, true), at(50, 5, false), at(75, 5, false)}, 55},
		{"the longest of several", []request{at(0, 1, true), at(25, 1, false), at(50, 1, true), at(75, 1, true), at(100, 1, false)}, 51},
		{"without an answer: until the last end", []request{at(0, 5, false), at(25, 10, true), at(50, 2000, true)}, 2025},
	} {
		if got := longestOutage(c.requests); got != time.Duration(c.want)*time.Millisecond {
			t.Errorf("%s: %v, want %d ms", c.name, got, c.want)
		}
	}
}

func TestSummary(t *testing.T) {
	// Collected in the order of their ends.
	requests := []request{at(50, 3, false), at(0, 100, false), at(25, 2000, true), at(75, 2000, true)}
	got := summarize("api", 4, requests)
	want := summary{
		Name: "api", Requests: 4, Failed: 2, Connections: 4,
		P50Ms: 3, P99Ms: 100,
		FirstFailure: "1970-01-01T00:00:00.025Z", LastFailure: "1970-01-01T00:00:00.075Z",
	}
	// The first is over at 53 ms; nothing answers after 75 ms any more, where the second begins.
	want.LongestOutageMs = 2000
	if got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestPercentile(t *testing.T) {
	var values []time.Duration
	for i := 1; i <= 200; i++ {
		values = append(values, time.Duration(i)*time.Millisecond)
	}
	for percent, want := range map[int]float64{50: 100, 99: 198, 100: 200} {
		if got := percentile(values, percent); got != want {
			t.Errorf("p%d of 1..200: %v, want %v", percent, got, want)
		}
	}
	if got := percentile(nil, 99); got != 0 {
		t.Errorf("p99 of nothing: %v", got)
	}
}
