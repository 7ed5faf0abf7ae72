package main

import (
	"context"
	"fmt"

	"defendersync/internal/testing/simulator"
)

// measureMemory reads the worker's peak resident size after a session of a
// small tenant and after one of a large one, with the default settings.
func measureMemory(ctx context.Context, b *bench) ([]row, error) {
	small, err := b.measurePeak(ctx, simulator.Options{Apps: b.scaleSize(310), People: b.scaleSize(3_000), Pairs: b.scaleSize(10_000)})
	if err != nil {
		return nil, err
	}
	large, err := b.measurePeak(ctx, simulator.Options{Apps: b.scaleSize(31_000), People: b.scaleSize(30_000), Pairs: b.scaleSize(1_000_000)})
	if err != nil {
		return nil, err
	}
	of := fmt.Sprintf("Worker's peak memory, %s pairs", formatNumber(float64(b.scaleSize(1_000_000))))
	return []row{
		atMost(of, " MB", 100, large/1e6),
		atMost(fmt.Sprintf("%s, over that at %s (%.1f MB)", of, formatNumber(float64(b.scaleSize(10_000))), small/1e6), " %", 15, 100*(large/small-1)),
	}, nil
}

// measurePeak runs a session with a worker of its own and gives the most resident
// memory that this worker had, in bytes.
func (b *bench) measurePeak(ctx context.Context, o simulator.Options) (float64, error) {
	t, err := b.openTenant(o)
	if err != nil {
		return 0, err
	}
	defer t.closeTenant()
	r, err := t.runSession(ctx)
	if err != nil {
		return 0, err
	}
	if err := t.checkComplete(r); err != nil {
		return 0, err
	}
	peak, err := t.worker.PeakMemory()
	return float64(peak), err
}
