package main

import (
	"math"
	"slices"
	"time"
)

type request struct {
	start  time.Time
	took   time.Duration
	failed bool
}

// summary is what is printed of a target. Latencies are those of the requests that were answered.
type summary struct {
	Name            string  `json:"name"`
	Requests        int     `json:"requests"`
	Failed          int     `json:"failed"`
	LongestOutageMs float64 `json:"longestOutageMs"`
	P50Ms           float64 `json:"p50Ms"`
	P99Ms           float64 `json:"p99Ms"`
	Connections     int64   `json:"connections"`
	FirstFailure    string  `json:"firstFailure,omitempty"`
	LastFailure     string  `json:"lastFailure,omitempty"`
}

func summarize(name string, connections int64, requests []request) summary {
	slices.SortFunc(requests, func(a, b request) int { return a.start.Compare(b.start) })
	s := summary{Name: name, Requests: len(requests), Connections: connections}
	var latencies []time.Duration
	for _, r := range requests {
		if !r.failed {
			latencies = append(latencies, r.took)
			continue
		}
		if s.Failed == 0 {
			s.FirstFailure = stamp(r.start)
		}
		s.Failed++
		s.LastFailure = stamp(r.start)
	}
	slices.Sort(latencies)
	s.P50Ms, s.P99Ms = percentile(latencies, 50), percentile(latencies, 99)
	s.LongestOutageMs = milliseconds(longestOutage(requests))
	return s
}

// longestOutage: an outage lasts from the start of a request that failed until the first answer to any request that
// started after it; without one, until the last request ended. Requests are in the order of their starts, and
// overlap, so that the first answer may belong to a later request.
func longestOutage(requests []request) time.Duration {
	firstAnswer := make([]time.Time, len(requests)) // to requests after this one
	var earliest, last time.Time
	for i := len(requests) - 1; i >= 0; i-- {
		firstAnswer[i] = earliest
		end := requests[i].start.Add(requests[i].took)
		if end.After(last) {
			last = end
		}
		if !requests[i].failed && (earliest.IsZero() || end.Before(earliest)) {
			earliest = end
		}
	}
	var longest time.Duration
	var over time.Time // end of the outage that was looked at last
	for i, r := range requests {
		if !r.failed || r.start.Before(over) {
			continue
		}
		over = firstAnswer[i]
		if over.IsZero() {
			over = last
		}
		longest = max(longest, over.Sub(r.start))
	}
	return longest
}

// percentile of sorted values, by nearest rank.
func percentile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (len(sorted)*percent + 99) / 100
	return milliseconds(sorted[rank-1])
}

func milliseconds(d time.Duration) float64 { return math.Round(float64(d.Microseconds())/10) / 100 }

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }
