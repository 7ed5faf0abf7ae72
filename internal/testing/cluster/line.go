package cluster

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Line is a network connection that can be cut: whoever connects to Address talks to
// a server behind it. While it is cut nothing comes through and nobody is told so,
// as when a cable is pulled; what was on its way arrives when it is mended.
type Line struct {
	Address string
	target  string
	accept  net.Listener
	wait    sync.WaitGroup

	mu     sync.Mutex
	mended *sync.Cond // the line is no longer cut, or over
	cut    bool
	over   bool
	open   map[net.Conn]bool
}

// NewLine opens a line to a server, on this machine's loopback.
func NewLine(target string) (*Line, error) { return newLineAt("127.0.0.1:0", target) }

// newLineAt opens a line at an address.
func newLineAt(address, target string) (*Line, error) {
	accept, err := net.Listen("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("open a line to %s: %w", target, err)
	}
	l := &Line{Address: accept.Addr().String(), target: target, accept: accept, open: map[net.Conn]bool{}}
	l.mended = sync.NewCond(&l.mu)
	l.wait.Go(l.acceptAll)
	return l, nil
}

// Cut lets nothing through any more.
func (l *Line) Cut() { l.setCut(true) }

// Mend lets everything through again.
func (l *Line) Mend() { l.setCut(false) }

func (l *Line) setCut(cut bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = cut
	l.mended.Broadcast()
}

// Close ends the line and all connections on it.
func (l *Line) Close() {
	l.mu.Lock()
	l.over = true
	l.mended.Broadcast()
	_ = l.accept.Close()
	for c := range l.open {
		_ = c.Close()
	}
	l.mu.Unlock()
	l.wait.Wait()
}

// acceptAll takes connections until the line ends.
func (l *Line) acceptAll() {
	for {
		near, err := l.accept.Accept()
		if err != nil {
			return
		}
		l.wait.Go(func() { l.connect(near) })
	}
}

// connect joins a connection to one to the server. While the line is cut it waits.
func (l *Line) connect(near net.Conn) {
	defer near.Close()
	if !l.hold(near) {
		return
	}
	defer l.drop(near)
	if !l.awaitMended() {
		return
	}
	far, err := net.DialTimeout("tcp", l.target, 10*time.Second)
	if err != nil {
		return // whoever called sees the connection end
	}
	defer far.Close()
	if !l.hold(far) {
		return
	}
	defer l.drop(far)
	var both sync.WaitGroup
	both.Go(func() { l.carry(far, near) })
	both.Go(func() { l.carry(near, far) })
	both.Wait()
}

// carry passes on what comes from one end, for as long as the line is not cut.
func (l *Line) carry(to, from net.Conn) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if n > 0 {
			if !l.awaitMended() {
				return
			}
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			if !errors.Is(err, net.ErrClosed) {
				l.awaitMended() // the end of a connection does not come through either
			}
			return
		}
	}
}

// awaitMended waits while the line is cut, and reports whether it is open.
func (l *Line) awaitMended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.cut && !l.over {
		l.mended.Wait()
	}
	return !l.over
}

// hold notes a connection, unless the line is over.
func (l *Line) hold(c net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		l.open[c] = true
	}
	return !l.over
}

func (l *Line) drop(c net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.open, c)
}
