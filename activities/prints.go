package activities

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.temporal.io/api/serviceerror"

	"defendersync/internal/contract"
	"defendersync/internal/prints"
)

const (
	// printsTries is how often Temporal is asked for fingerprints while it may be
	// only that it does not answer.
	printsTries = 4
	// printsWithin bounds one try.
	printsWithin = 20 * time.Second
)

// printReader reads the fingerprints that a run has kept.
type printReader func(context.Context, contract.PrintsRef) ([]byte, error)

// printCache keeps the fingerprints that were read last: a session asks for the same
// with every page of apps. What could not be read is remembered as well. Those of
// 62,000 apps take half a megabyte.
type printCache struct {
	read  printReader
	pause time.Duration // before Temporal is asked again

	mu  sync.Mutex
	ref contract.PrintsRef
	set prints.Set
	err error
}

// load returns the fingerprints that a reference refers to.
func (c *printCache) load(ctx context.Context, ref contract.PrintsRef) (prints.Set, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ref == ref {
		return c.set, c.err
	}
	set, err := c.fetch(ctx, ref)
	if ctx.Err() == nil {
		c.ref, c.set, c.err = ref, set, err
	}
	return set, err
}

// fetch reads the fingerprints, again while Temporal does not answer.
func (c *printCache) fetch(ctx context.Context, ref contract.PrintsRef) (set prints.Set, err error) {
	for try := 1; ; try++ {
		if set, err = c.fetchOnce(ctx, ref); !isTemporalOut(err) || try == printsTries {
			return set, err
		}
		select {
		case <-time.After(c.pause):
		case <-ctx.Done():
			return prints.Set{}, ctx.Err()
		}
	}
}

func (c *printCache) fetchOnce(ctx context.Context, ref contract.PrintsRef) (prints.Set, error) {
	ctx, cancel := context.WithTimeout(ctx, printsWithin)
	defer cancel()
	data, err := c.read(ctx, ref)
	if err != nil {
		return prints.Set{}, err
	}
	return prints.DecodeSet(data)
}

// isTemporalOut reports whether Temporal did not answer, which may pass.
func isTemporalOut(err error) bool {
	var unavailable *serviceerror.Unavailable
	var late *serviceerror.DeadlineExceeded
	var busy *serviceerror.ResourceExhausted
	return errors.As(err, &unavailable) || errors.As(err, &late) || errors.As(err, &busy) || errors.Is(err, context.DeadlineExceeded)
}
