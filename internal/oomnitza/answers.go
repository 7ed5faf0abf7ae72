package oomnitza

import (
	"bytes"
	"fmt"

	"defendersync/internal/httpx"
)

// decodeRows reads the answer to a list: an array of objects. An object in its
// place is an error that came with a 200, or a shape that we don't know.
func decodeRows(op string, body []byte) ([]row, error) {
	body = bytes.TrimSpace(body)
	if len(body) > 0 && body[0] == '{' {
		return nil, objectForList(op, body)
	}
	if string(body) == "null" {
		return nil, &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindBadAnswer, Message: "null came where a list was expected"}
	}
	list, err := httpx.SplitRows(body, pageSize, maxRows)
	if err != nil {
		return nil, err
	}
	rows, fields := make([]row, len(list)), usualFields
	for i, object := range list {
		if rows[i], err = parseRow(make(row, 0, fields), object); err != nil {
			return nil, err
		}
		fields = len(rows[i])
	}
	return rows, nil
}

// objectForList is the error of an object that came where a list belongs.
func objectForList(op string, body []byte) error {
	obj, err := decodeRow(body)
	if err != nil {
		return err
	}
	if told := obj.reportedError(op, body); told != nil {
		return told
	}
	return contractError(op, "an object came where a list was expected", obj)
}

// decodeRow reads an answer that is one object.
func decodeRow(body []byte) (row, error) { return parseRow(make(row, 0, usualFields), body) }

// reportedError is the error that an answer of 200 tells of; nil when it tells none.
func (r row) reportedError(op string, body []byte) error {
	for _, key := range failureKeys {
		if !isBlank(r.rawValue(key)) {
			return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindRefused, Status: 200, Message: httpx.FindMessage(body)}
		}
	}
	return nil
}

// isBlank reports whether a value holds nothing that could be an error.
func isBlank(raw []byte) bool {
	switch string(bytes.TrimSpace(raw)) {
	case "", "null", `""`, "[]", "{}", "false", "0":
		return true
	}
	return false
}

// contractError is the error of a shape that we don't know.
func contractError(op, what string, seen row) error {
	return &httpx.Error{Peer: peer, Op: op, Kind: httpx.KindContract, Confirmations: httpx.ConfirmShape, Message: fmt.Sprintf("%s; keys seen: %s", what, seen.listKeys()),
		Hint: "the tenant's API differs from what defendersync knows"}
}
