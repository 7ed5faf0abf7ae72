package oomnitza

import (
	"net/http"

	"defendersync/internal/httpx"
)

// maxWritten bounds the answer to a write, in bytes: what is said of a hundred
// rows, 20 KB each.
const maxWritten = 2 << 20

// maxRows is the most rows that are taken for a page: a server may give more
// than was asked for, but not any number.
const maxRows = 2 * pageSize

// maxBody bounds the answer to a request. A list is pageSize rows at most, for
// which httpx.DefaultMaxBody is made.
func (r request) maxBody() int64 {
	if r.method == http.MethodGet {
		return httpx.DefaultMaxBody
	}
	return maxWritten
}

// tooMany is the error of a list that goes on beyond any that there can be.
func tooMany(op string, rows int) error {
	if rows <= httpx.MaxStreamRows {
		return nil
	}
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Err: httpx.ErrTooLong}
}

// privateOf is what a body tells of a person, which no error is to repeat: a
// refusal may quote the row that it refuses.
func privateOf(body any) []string {
	fields, ok := body.(map[string]any)
	if !ok {
		return nil
	}
	var out []string
	for _, key := range []string{fieldUsername, fieldEmail, fieldFirstName, fieldLastName} {
		if text, isText := fields[key].(string); isText && text != "" {
			out = append(out, text)
		}
	}
	return out
}
