package oomnitza

import (
	"bytes"
	"context"
	"net/http"
	"slices"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// Assignment says that a person uses an app, and when last.
type Assignment = saas.Assignment

// assignBody is an element of the body of a bulk assign. user_id and assign
// are documented [DOC OpenAPI]. last_visit is not: it is the name and the unit
// (Unix seconds) under which the same API tells last activity, and whether a
// tenant keeps it shows only when it is read back [INF].
type assignBody struct {
	UserID    string `json:"user_id"`
	Assign    bool   `json:"assign"`
	LastVisit int64  `json:"last_visit,omitempty"`
}

// RowError is an assignment that was refused while others were taken.
type RowError = saas.RowError

// Assign assigns people to an app, in one request. It may be repeated: who is
// assigned already stays so, with the last activity that is sent. What the
// tenant refuses of it inside a good answer is returned by row; an error means
// that nothing is known of any row.
func (c *Client) Assign(ctx context.Context, saasID string, assignments []Assignment) ([]RowError, error) {
	if len(assignments) == 0 {
		return nil, nil
	}
	var bad []RowError
	r := request{op: "assign users to an app", method: http.MethodPost, path: saasPath(saasID) + "/users", body: assignBodies(assignments)}
	err := c.sendAndRead(ctx, r, func(a *httpx.Answer) error {
		if len(bytes.TrimSpace(a.Body)) == 0 {
			return c.judgeSilence(r.op)
		}
		var err error
		if bad, err = decodeRowErrors(a.Body, assignments); err == nil {
			c.answers.Store(answersTell)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if len(bad) < len(assignments) && !slices.ContainsFunc(bad, func(e RowError) bool { return e.UserID == "" }) {
		c.proof.noteWrite()
	}
	return bad, nil
}

// What answers to assignments are known to say.
const (
	answersUnknown = iota
	answersTell
	answersSilent
)

// judgeSilence judges an empty answer to an assignment. What a tenant answers is
// not documented: one may say nothing at all, and then BelieveSilence makes its
// empty answers good ones. Where others say something, an empty one tells nothing.
func (c *Client) judgeSilence(op string) error {
	if c.answers.Load() == answersSilent {
		return nil
	}
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Status: http.StatusOK, Err: httpx.ErrUnconfirmed}
}

// BelieveSilence notes that an assignment was made although its answer was
// empty, unless other answers say something.
func (c *Client) BelieveSilence() {
	c.answers.CompareAndSwap(answersUnknown, answersSilent)
	c.proof.noteWrite()
}

// Tells reports whether answers to assignments are known to say something.
func (c *Client) Tells() bool { return c.answers.Load() == answersTell }

// assignBodies puts assignments into the form in which they are sent.
func assignBodies(assignments []Assignment) []assignBody {
	out := make([]assignBody, len(assignments))
	for i, a := range assignments {
		out[i] = assignBody{UserID: a.UserID, Assign: true}
		if !a.LastActivity.IsZero() {
			out[i].LastVisit = max(a.LastActivity.Unix(), 0)
		}
	}
	return out
}
