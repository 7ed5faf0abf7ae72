package ratelimit

// Ticket is a slot of a budget that is held for one request. When the request is
// over, its holder has called MarkSent or ReturnSlot.
type Ticket struct {
	l       *Limiter
	settled bool // guarded by l.mu
}

// MarkSent says that the request was written to the connection just now. A
// request that the transport writes once more, on a new connection, counts once
// more.
func (t *Ticket) MarkSent() {
	l := t.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.budgeted {
		return
	}
	if !t.settled {
		t.settled = true
		l.pending--
	}
	l.sent = append(l.sent, l.sinceStart())
	l.wakeWaiter()
}

// ReturnSlot gives the slot of a request back that was never sent. After MarkSent
// it does nothing.
func (t *Ticket) ReturnSlot() {
	l := t.l
	l.mu.Lock()
	defer l.mu.Unlock()
	if t.settled || !l.budgeted {
		return
	}
	t.settled = true
	l.pending--
	l.tokens = min(l.capacity, l.tokens+1)
	l.wakeWaiter()
}
