package oomnitza

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

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
	return readAssigned(ctx, c, saasID, func(row *assignedRow) error {
		return yield(Assigned{UserID: string(row.UserID), Username: string(row.Username), LastVisit: time.Time(row.LastVisit)})
	})
}

// assignedList decodes the answers of one list, element by element.
type assignedList[R any, P personRow[R]] struct {
	op      string
	path    string
	yield   func(*R) error
	extent  extent
	first   int    // rows of the first page
	stuck   string // why no further page can be had
	yielded int
}

// personRow is a row about a person; id is "" where it names nobody.
type personRow[R any] interface {
	*R
	id() string
}

// page streams one answer. It is not tried again once something was yielded.
func (l *assignedList[R, P]) page(ctx context.Context, c *Client, path string) error {
	r := request{op: l.op, method: http.MethodGet, path: path, stream: true}
	return c.send(ctx, r, func(call httpx.Call) (http.Header, error) {
		resp, err := httpx.DoStream(ctx, c.http, call)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
		l.extent.open(totalCount(resp.Header))
		yielded := l.yielded
		if err = l.read(resp.Body); err == nil {
			l.extent.close()
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

// assignedRow is an element as documented, as far as it is needed [DOC
// OpenAPI]. The values are read by hand, leniently.
type assignedRow struct {
	UserID    scalarText `json:"user_id"`
	Username  scalarText `json:"username"`
	LastVisit scalarTime `json:"last_visit"`
}

func (r *assignedRow) id() string { return string(r.UserID) }

// read decodes an answer from its first byte to its last.
func (l *assignedList[R, P]) read(body io.Reader) error {
	rows := httpx.NewRows(body)
	dec := json.NewDecoder(rows)
	start, err := dec.Token()
	if err != nil {
		return unexpected(err)
	}
	if start != json.Delim('[') {
		return l.notAList(start, dec, rows)
	}
	row := new(R)
	for dec.More() {
		if l.extent.rows == 0 {
			err = l.decodeFirst(dec, row)
		} else {
			var none R
			*row = none
			err = dec.Decode(row)
		}
		if err != nil {
			return unexpected(err)
		}
		if err := rows.Next(dec.InputOffset()); err != nil {
			return err
		}
		id := P(row).id()
		if again := l.extent.met(id); id == "" || again {
			continue
		}
		l.yielded++
		if err := l.yield(row); err != nil {
			return final{err}
		}
	}
	if _, err := dec.Token(); err != nil {
		return unexpected(err)
	}
	return nil
}

// decodeFirst decodes the first element and makes sure of its shape: keys that
// we don't know must not pass for an empty list.
func (l *assignedList[R, P]) decodeFirst(dec *json.Decoder, row *R) error {
	var raw json.RawMessage
	if err := dec.Decode(&raw); err != nil {
		return err
	}
	if err := json.Unmarshal(raw, row); err != nil {
		return err
	}
	if P(row).id() != "" {
		return nil
	}
	obj, err := decodeRow(raw)
	if err != nil {
		return err
	}
	if _, has := obj["user_id"]; !has {
		return contractError(l.op, "the first row has no recognisable id of a user", obj)
	}
	return nil
}

// notAList is the error of an answer that is no array: an error that came with
// a 200, or a shape that we don't know.
func (l *assignedList[R, P]) notAList(start json.Token, dec *json.Decoder, body io.Reader) error {
	if start == json.Delim('{') {
		rest, err := io.ReadAll(io.LimitReader(io.MultiReader(dec.Buffered(), body), 1<<20))
		if err != nil {
			return err
		}
		return objectForList(l.op, append([]byte{'{'}, bytes.TrimSpace(rest)...))
	}
	return &httpx.Error{Peer: peer, Op: l.op, Kind: httpx.KindBadAnswer, Message: "no list came where one was expected"}
}

// unexpected tells an answer that ends too early from the end of a list.
func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

// scalarText is text or a number as text; anything else is "".
type scalarText string

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (s *scalarText) UnmarshalJSON(raw []byte) error {
	*s = scalarText(textOf(raw))
	return nil
}

// scalarTime is a time as timeOf reads it.
type scalarTime time.Time

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (t *scalarTime) UnmarshalJSON(raw []byte) error {
	// The documented form, without a detour over text.
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		*t = scalarTime(unixTime(float64(n)))
		return nil
	}
	*t = scalarTime(timeOf(textOf(raw)))
	return nil
}
