package defender

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"defendersync/internal/httpx"
)

// Stream is a continuous report: the discovery data of one source or of
// several together.
type Stream struct {
	ID             string    // 24 hexadecimal digits
	Name           string    // as the portal shows it
	Type           int       // 1 input, 3 view, 5 snapshot [DOC D7]
	LogType        int       // kind of log, such as 195 for Defender for Endpoint [DOC D7]
	AnonymizeUsers bool      // user names come as User_<base64>==
	EntityTypes    []int     // what it knows: 1 user names, 2 IP addresses, 3 machines [DOC D7]; empty when not told
	LastData       time.Time // when it last received data; zero when not told
}

// StreamList is the streams of a tenant.
type StreamList struct {
	Streams []Stream
	Date    time.Time // the server's clock; zero when it isn't told
}

// Usable reports whether a stream tells the users of apps as time goes on, and
// if not, why.
func (s Stream) Usable() (ok bool, reason string) {
	switch {
	case s.Type == streamSnapshot:
		return false, "it is a snapshot, which receives no new data"
	case len(s.EntityTypes) > 0 && !slices.Contains(s.EntityTypes, entityUserName):
		return false, "its logs name no users"
	}
	return true, ""
}

// Streams lists the continuous reports. It is documented and cheap, and so
// also the test whether the address is a tenant's and the token is good: it
// reads data, where a mere 2xx was seen to prove nothing [CODE C298].
func (c *Client) Streams(ctx context.Context) (StreamList, error) {
	const op = "list the streams"
	for look := 0; ; look++ {
		list, err := c.tryStreams(ctx, op)
		var e *httpx.Error
		if errors.As(err, &e) && e.Status == http.StatusForbidden && c.lookAgain(ctx, look, looksAfter403) {
			continue
		}
		return list, err
	}
}

// Check sends a request that works wherever the tenant answers: it reads the
// streams.
func (c *Client) Check(ctx context.Context) error {
	_, err := c.Streams(ctx)
	return err
}

// tryStreams asks the path that is known, and then the others, until one
// answers with a list.
func (c *Client) tryStreams(ctx context.Context, op string) (StreamList, error) {
	c.mu.Lock()
	paths := knownFirst(c.streams, streamPaths)
	c.mu.Unlock()
	var worst error
	for _, path := range paths {
		list, err := c.readStreams(ctx, op, path)
		var e *httpx.Error
		switch {
		case err == nil:
			c.mu.Lock()
			c.streams = path
			c.mu.Unlock()
			return list, nil
		case !errors.As(err, &e), !leadsElsewhere(e):
			return StreamList{}, err
		}
		worst = moreTelling(worst, err)
	}
	if httpx.KindOf(worst) == httpx.KindNotFound {
		worst = notATenant(op)
	}
	return StreamList{}, worst
}

func (c *Client) readStreams(ctx context.Context, op, path string) (StreamList, error) {
	answer, err := c.sendPatiently(ctx, httpx.Call{Op: op, Method: http.MethodGet, URL: c.resolvePath(path)})
	if err != nil {
		return StreamList{}, err
	}
	list, err := decodeStreams(op, answer.Body)
	return StreamList{Streams: list, Date: serverDate(answer.Header)}, err
}

// notATenant is the error of an address where even the documented list is
// missing.
func notATenant(op string) error {
	return &httpx.Error{
		Peer: peer, Op: op, Kind: httpx.KindNotFound, Status: http.StatusNotFound,
		Message: "this address is not the portal of a tenant", Hint: hintURL,
	}
}

// decodeStreams reads the list in any of its wrappers.
func decodeStreams(op string, body []byte) ([]Stream, error) {
	if !httpx.IsJSON(body) || isNull(bytes.TrimSpace(body)) {
		return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Message: notJSON}
	}
	var streams []Stream
	rows, keys := 0, map[string]bool{}
	r := newRowReader(streamColumns)
	read := func(row []byte) {
		rows++
		httpx.EachField(row, func(key, _ []byte) { keys[string(key)] = true })
		if s, ok := r.readStream(row); ok {
			streams = append(streams, s)
		}
	}
	found := httpx.EachItem(body, read)
	httpx.EachField(body, func(key, value []byte) {
		keys[string(key)] = true
		if !found && slices.Contains(streamWrappers, string(key)) {
			found = httpx.EachItem(value, read)
		}
	})
	if !found {
		read(body)
	}
	if len(streams) == 0 && (rows > 0 || !found) {
		return nil, &httpx.Error{
			Peer: peer, Op: op, Kind: httpx.KindContract,
			Message: "no stream with an id and a name; keys seen: " + showKeys(keys), Hint: hintURL,
		}
	}
	return streams, nil
}

// readStream decodes a row; ok is false without an id and a name.
func (r *rowReader) readStream(row []byte) (s Stream, ok bool) {
	if !r.readRow(row) {
		return s, false
	}
	s.ID, s.Name = r.findText(colID), r.findText(colName)
	number := func(c int) (n int) {
		r.findValue(c, func(raw []byte) (ok bool) { n, ok = rawInt(raw); return ok })
		return n
	}
	s.Type, s.LogType = number(colType), number(colLogType)
	r.findValue(colAnon, func(raw []byte) bool { s.AnonymizeUsers = rawTrue(raw); return true })
	r.findValue(colEntities, func(raw []byte) bool {
		return httpx.EachItem(raw, func(item []byte) {
			if n, ok := rawInt(item); ok {
				s.EntityTypes = append(s.EntityTypes, n)
			}
		})
	})
	r.findValue(colTime, func(raw []byte) (ok bool) { s.LastData, ok = rawTime(raw); return ok })
	r.findValue(colSnapshot, func(raw []byte) bool {
		if rawTrue(raw) {
			s.Type = streamSnapshot
		}
		return true
	})
	return s, s.ID != "" && s.Name != ""
}
