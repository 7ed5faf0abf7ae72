package oomnitza

import (
	"context"
	"errors"
	"fmt"

	"defendersync/internal/httpx"
)

// ErrCutOff is in the error of a list of an app's users that could not be read
// whole: what came is right, and there is more, or there may be.
var ErrCutOff = errors.New("the list of the app's users is cut off")

// maxPasses bounds how often a list is read whose order changes meanwhile.
const maxPasses = 3

// readAssigned reads the rows of the list of an app's users.
//
// The call is documented without paging [DOC OpenAPI], so the list is asked for
// whole. That it is whole shows by X-Total-Count, by a longer list that came in
// one answer before, or by asking for what follows.
func readAssigned(ctx context.Context, c *Client, saasID string, yield func(row) error) error {
	l := &assignedList{op: "read the users of an app", path: saasPath(saasID) + "/users", yield: yield}
	if err := l.readPage(ctx, c, l.path); err != nil {
		return err
	}
	e := &l.extent
	l.first = e.rows
	if !e.mayBeCut(c.longestList(e.rows)) {
		return nil
	}
	for pass := 1; ; pass++ {
		before := e.countKnown()
		if err := l.turnPages(ctx, c); err != nil {
			return err
		}
		switch {
		case e.total >= 0 && e.countKnown() >= e.total:
			return nil
		case l.stuck != "":
			return cutOff(l.op, l.stuck)
		case e.total < 0 && (e.overlap == 0 || pass > 1 && e.countKnown() == before):
			return nil
		case e.overlap == 0 || pass == maxPasses:
			return cutOff(l.op, fmt.Sprintf("it gives %d users, and tells of %d", e.countKnown(), e.total))
		}
		e.restartPass()
	}
}

// turnPages asks for the rest of a list whose first page came or, in a later
// pass, for all of it again.
func (l *assignedList) turnPages(ctx context.Context, c *Client) error {
	e := &l.extent
	for {
		err := l.readPage(ctx, c, listPath(l.path, "", pageSize, e.read))
		switch {
		case refusesPaging(err):
			l.stuck = err.Error()
			return nil
		case err != nil:
			return err
		case e.rows == 0:
			return nil
		case e.total >= 0 && e.countKnown() >= e.total:
			return nil
		case e.repeats:
			return l.askWhole(ctx, c)
		case e.total < 0 && e.rows < l.first && e.rows%roundPage != 0:
			return nil
		case e.fresh == 0 && e.read >= 2*e.countKnown():
			l.stuck = "its pages come again and again"
			return nil
		}
	}
}

// askWhole asks a tenant that turns no pages for more rows than it gives of its
// own accord.
func (l *assignedList) askWhole(ctx context.Context, c *Client) error {
	l.stuck = "the tenant ignores skip: another page was asked for and the same one came again"
	e := &l.extent
	e.restartPass()
	err := l.readPage(ctx, c, listPath(l.path, "", wholeLimit, 0))
	switch {
	case refusesPaging(err):
	case err != nil:
		return err
	case e.total < 0 && e.rows > l.first && e.rows%roundPage != 0:
		l.stuck, e.overlap = "", 0
	}
	return nil
}

// refusesPaging reports whether a tenant does not know how to turn the pages of this
// list.
func refusesPaging(err error) bool {
	kind := httpx.KindOf(err)
	return kind == httpx.KindRefused || kind == httpx.KindNotFound
}

func cutOff(op, why string) error {
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Err: ErrCutOff, Hint: why}
}

// longestList notes the length of a list that came in one answer, and tells the
// longest that came before: no cap lies below that.
func (c *Client) longestList(rows int) int {
	for {
		longest := c.longest.Load()
		if int64(rows) <= longest || c.longest.CompareAndSwap(longest, int64(rows)) {
			return int(longest)
		}
	}
}
