package oomnitza

import (
	"context"
	"errors"
	"io"
	"net/http"

	"defendersync/internal/httpx"
	"defendersync/internal/saas"
)

// Assigned is one person who is assigned to an app.
type Assigned = saas.Assigned

// Assigned reads who is assigned to an app and hands each to yield, as the
// answer comes in: an app may have 50,000 users. yield must not call the
// client, whose place in the queue this call holds; an error of its ends the
// reading and comes back as it is. When reading fails midway the error comes
// after some have been yielded, and starting over yields them again.
//
// A list that can't be read whole ends with an error that wraps ErrCutOff,
// after all has been yielded that can be had.
func (c *Client) Assigned(ctx context.Context, saasID string, yield func(Assigned) error) error {
	return readAssigned(ctx, c, saasID, func(r row) error {
		return yield(Assigned{UserID: r.findText(fieldUserID), Username: r.findText(fieldUsername), LastActivity: timeOf(r.findText(fieldLastVisit))})
	})
}

// assignedList decodes the answers of one list, row by row [DOC OpenAPI].
type assignedList struct {
	op      string
	path    string
	yield   func(row) error // the row is valid until it returns
	extent  extent
	first   int    // rows of the first page
	stuck   string // why no further page can be had
	yielded int
}

// readPage streams one answer. It is not tried again once something was yielded.
func (l *assignedList) readPage(ctx context.Context, c *Client, path string) error {
	r := request{op: l.op, method: http.MethodGet, path: path, stream: true}
	return c.sendPatiently(ctx, r, func(call httpx.Call) (http.Header, error) {
		resp, err := httpx.DoStream(ctx, c.http, call)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		l.extent.beginPage(totalCount(resp.Header))
		yielded := l.yielded
		if err = l.readAnswer(resp.Body); err == nil {
			l.extent.endPage()
			return resp.Header, nil
		}
		if _, ended := errors.AsType[final](err); ended {
			return resp.Header, err
		}
		if _, known := errors.AsType[*httpx.Error](err); !known {
			err = httpx.ReadError(ctx, call, err)
		}
		if l.yielded > yielded {
			err = final{err}
		}
		return resp.Header, err
	})
}

// readAnswer decodes an answer from its first byte to its last.
func (l *assignedList) readAnswer(body io.Reader) error {
	rows := httpx.NewRows(body)
	var r row
	for {
		object, err := rows.NextRow()
		switch _, noList := errors.AsType[httpx.ShapeError](err); {
		case err == io.EOF:
			return nil
		case noList:
			return l.notAList(rows)
		case err != nil:
			return err
		}
		if r, err = parseRow(r, object); err != nil {
			return err
		}
		if err := l.takeRow(r); err != nil {
			return err
		}
	}
}

// takeRow hands a row on, unless it names nobody or somebody of an earlier page.
// The first one has to be of a shape that is known: keys that we don't know must
// not pass for an empty list.
func (l *assignedList) takeRow(r row) error {
	id := r.findText(fieldUserID)
	if l.extent.rows == 0 && id == "" && !r.hasField(fieldUserID) {
		return contractError(l.op, "the first row has no recognisable id of a user", r)
	}
	if again := l.extent.notePerson(id); id == "" || again {
		return nil
	}
	l.yielded++
	if err := l.yield(r); err != nil {
		return final{err}
	}
	return nil
}

// notAList is the error of an answer that is no array: an error that came with
// a 200, or a shape that we don't know.
func (l *assignedList) notAList(rows *httpx.Rows) error {
	value, err := rows.ReadValue()
	if err != nil {
		return err
	}
	if value[0] == '{' {
		return objectForList(l.op, value)
	}
	return &httpx.Error{Peer: peer, Op: l.op, Kind: httpx.KindBadAnswer, Message: "no list came where one was expected"}
}
