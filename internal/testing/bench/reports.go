package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"defendersync/internal/testing/simulator"
)

// question is a report that is measured.
type question struct {
	name   string
	args   []string
	file   string
	memory float64 // most, in MB
	asks   float64 // most requests to Oomnitza for a thousand apps
}

// measureReports asks a large tenant that a session has filled. The command
// runs in a process of its own, whose memory is measured.
func measureReports(ctx context.Context, b *bench) ([]row, error) {
	in := b.server.NewIntegration(simulator.Options{Seed: 7, Synced: true, Apps: b.scaleSize(31_000), People: b.scaleSize(30_000), Pairs: b.scaleSize(1_000_000)})
	defer in.Close()
	folder, err := os.MkdirTemp("", "defendersync-bench-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	var out []row
	for _, q := range []question{
		{"report apps", []string{"apps", "--with-risk"}, "apps.xlsx", 110, 20},
		{"report apps --with-users", []string{"apps", "--with-users"}, "apps.csv", 90, 1020},
		{"report users --all-apps", []string{"users", "--all-apps"}, "users.csv", 90, 1020},
		{"report users --all-apps", []string{"users", "--all-apps"}, "users.xlsx", 110, 1020},
	} {
		before, began := in.Sim.Requests().Oomnitza.Requests, time.Now()
		did := in.RunCommand(ctx, append(append([]string{"report"}, q.args...), "--file", filepath.Join(folder, q.file))...)
		took := time.Since(began)
		if did.Code != 0 {
			return nil, fmt.Errorf("%s ended with %d: %s", q.name, did.Code, did.Err)
		}
		asked := 1000 * float64(in.Sim.Requests().Oomnitza.Requests-before) / float64(in.Sim.Totals().SaaS)
		name := fmt.Sprintf("%s, %s (%.1f s)", q.name, filepath.Ext(q.file)[1:], took.Seconds())
		out = append(out, atMost(name+", peak memory", " MB", q.memory, float64(did.Peak)/1e6),
			atMost(name+", requests to Oomnitza for 1,000 apps", "", q.asks, asked))
	}
	return out, nil
}
