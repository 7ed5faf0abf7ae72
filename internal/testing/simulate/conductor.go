package simulate

import (
	"container/heap"
	"context"
	"runtime"
	"runtime/metrics"
	"sync"
	"testing/synctest"
	"time"
)

// conductor decides what happens next in a bubble of testing/synctest. It acts
// only when everything else in the bubble waits, one thing at a time, and in an
// order that follows from what is waiting and never from which goroutine came
// first: that is what lets a run be repeated.
type conductor struct {
	bell chan struct{} // rings when something new waits
	done chan struct{}

	mu     sync.Mutex
	turns  []waiter // calls that ask for their turn
	sends  []waiter // requests that are about to be written
	due    schedule
	serial int
	steps  int
}

// waiter is something that goes on when the conductor lets it.
type waiter struct {
	key uint64 // those of one moment go in this order
	run func()
}

// appointment is something that happens at a time.
type appointment struct {
	at     time.Time
	serial int // those of one instant go in the order in which they were made
	do     func()
}

func newConductor() *conductor {
	return &conductor{bell: make(chan struct{}, 1), done: make(chan struct{})}
}

// conductUntilStopped runs until stop is called. It is a goroutine of the bubble.
func (c *conductor) conductUntilStopped() {
	for {
		synctest.Wait()
		if c.takeStep() {
			continue
		}
		timer := time.NewTimer(c.untilNext())
		select {
		case <-c.bell:
		case <-timer.C:
		case <-c.done:
			timer.Stop()
			return
		}
		timer.Stop()
	}
}

// stop ends conduct.
func (c *conductor) stop() { close(c.done) }

// forever is longer than any simulated world lasts.
const forever = 100 * 365 * 24 * time.Hour

// untilNext is the time to the next appointment.
func (c *conductor) untilNext() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.due) == 0 {
		return forever
	}
	return time.Until(c.due[0].at)
}

// takeStep does the next thing that can be done now, and reports false when there
// is none.
func (c *conductor) takeStep() bool {
	c.mu.Lock()
	var next func()
	switch {
	case len(c.due) > 0 && !c.due[0].at.After(time.Now()):
		next = heap.Pop(&c.due).(appointment).do
	case len(c.sends) > 0:
		next = takeFirst(&c.sends)
	case len(c.turns) > 0:
		next = takeFirst(&c.turns)
	}
	c.steps++
	tidy := c.steps%200 == 0
	c.mu.Unlock()
	if tidy {
		collectGarbage()
	}
	if next == nil {
		return false
	}
	next()
	return true
}

// takeFirst takes the waiter with the smallest key.
func takeFirst(list *[]waiter) func() {
	first := 0
	for i, w := range *list {
		if w.key < (*list)[first].key {
			first = i
		}
	}
	run := (*list)[first].run
	*list = append((*list)[:first], (*list)[first+1:]...)
	return run
}

// takeTurn waits until the conductor lets a call go on. A context that ends
// lets it go on as well: whoever called sees that by itself.
func (c *conductor) takeTurn(ctx context.Context, key uint64) {
	granted := make(chan struct{})
	c.addWaiter(&c.turns, waiter{key, func() { close(granted) }})
	select {
	case <-granted:
	case <-ctx.Done():
	}
}

// queueSend queues a request that is about to be written.
func (c *conductor) queueSend(key uint64, begin func()) { c.addWaiter(&c.sends, waiter{key, begin}) }

func (c *conductor) addWaiter(list *[]waiter, w waiter) {
	c.mu.Lock()
	*list = append(*list, w)
	c.mu.Unlock()
	c.ringBell()
}

// doAfter has something happen later.
func (c *conductor) doAfter(d time.Duration, do func()) {
	c.mu.Lock()
	c.serial++
	heap.Push(&c.due, appointment{time.Now().Add(d), c.serial, do})
	c.mu.Unlock()
	c.ringBell()
}

func (c *conductor) ringBell() {
	select {
	case c.bell <- struct{}{}:
	default:
	}
}

// schedule is a heap of appointments.
type schedule []appointment

func (s schedule) Len() int { return len(s) }
func (s schedule) Less(i, j int) bool {
	if !s[i].at.Equal(s[j].at) {
		return s[i].at.Before(s[j].at)
	}
	return s[i].serial < s[j].serial
}
func (s schedule) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *schedule) Push(x any)   { *s = append(*s, x.(appointment)) }
func (s *schedule) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}

// maxHeap is from when on garbage is collected.
const maxHeap = 192 << 20

// collectGarbage collects garbage where there is much. The runtime's own
// collector, which Prepare turns off, would do so in the middle of things, and
// would change which goroutine goes on first.
func collectGarbage() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Uint64() > maxHeap {
		runtime.GC()
	}
}
