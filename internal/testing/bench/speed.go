package main

import (
	"context"
	"fmt"
	"time"

	"defendersync/internal/testing/simulator"
)

// largeTenant is the tenant that speed is measured with.
func (b *bench) largeTenant() simulator.Options {
	return simulator.Options{Apps: b.scaleSize(5_000), People: b.scaleSize(20_000), Pairs: b.scaleSize(500_000)}
}

// measureSpeed carries a tenant over with the budget off, and counts the
// history that the session leaves.
func measureSpeed(ctx context.Context, b *bench) ([]row, error) {
	t, err := b.openTenant(b.largeTenant(), "DEFENDER_CONCURRENCY=32", "OOMNITZA_CONCURRENCY=16")
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	r, err := t.runSession(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.checkComplete(r); err != nil {
		return nil, err
	}
	of := fmt.Sprintf(", %s apps, %s pairs", formatNumber(float64(r.Counts.Apps.Seen)), formatNumber(float64(r.Counts.Users.Seen)))
	rows := []row{atLeast("Pairs a second, no budget, no latency"+of, "", 20_000, pairsPerSecond(r))}
	h, err := t.readHistory(ctx, r)
	if err != nil {
		return nil, err
	}
	return append(rows,
		row{"History events of Session and Sync" + of, "< 3,000", formatNumber(float64(h.events)), h.events < 3000},
		row{"History size of Session and Sync" + of, "< 3 MB", fmt.Sprintf("%.2f MB", float64(h.bytes)/1e6), h.bytes < 3_000_000},
	), nil
}

// measureLatency does the same with both tenants slow to answer.
func measureLatency(ctx context.Context, b *bench) ([]row, error) {
	const latency = 50 * time.Millisecond
	o := b.largeTenant()
	o.Faults.Defender.Latency, o.Faults.Oomnitza.Latency = latency, latency
	t, err := b.openTenant(o, "DEFENDER_CONCURRENCY=64", "OOMNITZA_CONCURRENCY=128")
	if err != nil {
		return nil, err
	}
	defer t.closeTenant()
	r, err := t.runSession(ctx)
	if err != nil {
		return nil, err
	}
	if err := t.checkComplete(r); err != nil {
		return nil, err
	}
	return []row{atLeast("Pairs a second, no budget, 50 ms on every call (64 and 128 in flight)", "", 10_000, pairsPerSecond(r))}, nil
}
