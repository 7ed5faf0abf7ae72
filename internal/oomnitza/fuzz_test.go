package oomnitza

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"defendersync/internal/httpx"
)

func FuzzRowErrors(f *testing.F) {
	for _, c := range rowErrorCases {
		f.Add([]byte(c.body))
	}
	asked := []Assignment{{UserID: "1"}, {UserID: "22"}, {UserID: "a-3"}}
	f.Fuzz(func(t *testing.T, body []byte) {
		bad, err := decodeRowErrors(body, asked)
		if err != nil && bad != nil {
			t.Error("rows came with an error")
		}
		seen := map[string]bool{}
		for _, b := range bad {
			if b.UserID != "" && b.UserID != "1" && b.UserID != "22" && b.UserID != "a-3" {
				t.Errorf("an error of %q, who was not sent", b.UserID)
			}
			if seen[b.UserID] || utf8.RuneCountInString(b.Message) > httpx.MaxMessage {
				t.Errorf("repeated or too long: %+v", b)
			}
			seen[b.UserID] = true
		}
		if err == nil && !json.Valid(bytes.TrimSpace(body)) && !isGood(string(body)) {
			t.Errorf("%q passed for an answer", body)
		}
	})
}

func FuzzLists(f *testing.F) {
	f.Add([]byte(`[` + someSaaS + `]`))
	f.Add([]byte(somebody))
	f.Add([]byte(`{"errors": ["x"]}`))
	f.Add([]byte(`[null, {}]`))
	f.Add([]byte(`[{"user_id": 1, "user_id": {}}, [], "a"]`))
	f.Add([]byte("\ufeff[]"))
	f.Fuzz(func(t *testing.T, body []byte) {
		rows, err := decodeRows("read", body)
		if err != nil {
			return
		}
		records, err := decodeSaaS("read", rows)
		for _, s := range records {
			if s.ID == "" || s.Name == "" {
				t.Errorf("a record without id or name: %+v", s)
			}
		}
		if len(rows) > 0 && len(records) == 0 && httpx.KindOf(err) != httpx.KindContract {
			t.Errorf("%d rows came to nothing without a word: %v", len(rows), err)
		}
		people, err := decodePeople("read", rows)
		for _, p := range people {
			if p.ID == "" || p.Username == "" {
				t.Errorf("a person without id or username: %+v", p)
			}
		}
		if len(rows) > 0 && len(people) == 0 && httpx.KindOf(err) != httpx.KindContract {
			t.Errorf("%d rows came to nothing without a word: %v", len(rows), err)
		}
	})
}

func FuzzAssigned(f *testing.F) {
	f.Add([]byte(`[{"user_id": "1", "username": "ann", "last_visit": 1795000000}]`))
	f.Add([]byte(`[{"user_id": 1, "last_visit": "2026-11-18T11:06:40Z"}, null, {}]`))
	f.Add([]byte(`[{"user_id": "1", "email": null, "roles": [{"role_id": 5}, "a", null, {}]}, {"user_id": "2", "roles": {"role_external_label": "x"}}]`))
	f.Add([]byte(`{"errors": ["x"]}`))
	f.Add([]byte(`[{"x": 1}]`))
	f.Add([]byte(`[{"user_id": 1, "user_id": 2}, {"user_id": [[[[]]]]}, "a", 1]`))
	f.Add([]byte("\ufeff[]"))
	f.Add([]byte(`[{"user_id": NaN}]`))
	f.Add([]byte(`[`))
	f.Fuzz(func(t *testing.T, body []byte) {
		yielded := 0
		list := assignedList{op: "read", yield: func(r row) error {
			if yielded++; r.findText(fieldUserID) == "" {
				t.Error("nobody was handed out")
			}
			if last := timeOf(r.findText(fieldLastVisit)); !last.IsZero() && last.Unix() <= 0 {
				t.Errorf("a last visit of %v", last)
			}
			for _, role := range roleNames(r.rawValue(fieldRoles)) {
				if strings.TrimSpace(role) == "" {
					t.Error("a role without a name")
				}
			}
			return nil
		}}
		err := list.readAnswer(bytes.NewReader(body))
		var rows []map[string]any
		if valid := json.Unmarshal(bytes.TrimSpace(body), &rows) == nil && rows != nil; err == nil && !valid {
			// What follows a whole list is not looked at.
			if dec := json.NewDecoder(bytes.NewReader(body)); dec.Decode(&rows) != nil {
				t.Errorf("%q passed for a list", body)
			}
		}
		if err != nil && errors.Is(err, bytes.ErrTooLarge) {
			t.Error(err)
		}
		if yielded > list.extent.rows {
			t.Errorf("%d of %d rows were handed out", yielded, list.extent.rows)
		}
	})
}

func FuzzObjects(f *testing.F) {
	f.Add([]byte(someSaaS))
	f.Add([]byte(`{"saas_id": "7"}`))
	f.Add([]byte(`{"errors": ["x"]}`))
	f.Add([]byte(`"7"`))
	f.Fuzz(func(t *testing.T, body []byte) {
		obj, err := readCreated("make", body, saasIDKeys)
		if err == nil && obj.findText(saasIDKeys...) == "" {
			t.Errorf("%q passed for something made", body)
		}
		if err := checkAcknowledged("change", body); err == nil && !json.Valid(bytes.TrimSpace(body)) && !isGood(string(body)) {
			t.Errorf("%q passed for an answer", body)
		}
	})
}

func FuzzFilter(f *testing.F) {
	f.Add("ann@example.com", `b"\`)
	f.Fuzz(func(t *testing.T, a, b string) {
		if !utf8.ValidString(a) || !utf8.ValidString(b) {
			return
		}
		got, err := quotedValues(anyOf("username", []string{a, b}))
		if err != nil || len(got) != 2 || got[0] != a || got[1] != b {
			t.Errorf("%q and %q came out as %q, %v", a, b, got, err)
		}
	})
}

// quotedValues reads the values of a filter back as a server does: a backslash
// takes the next mark literally.
func quotedValues(filter string) (out []string, err error) {
	var value []byte
	in := false
	for i := 0; i < len(filter); i++ {
		switch c := filter[i]; {
		case in && c == '\\' && i+1 < len(filter):
			i++
			value = append(value, filter[i])
		case in && c == '"':
			out, value, in = append(out, string(value)), nil, false
		case in:
			value = append(value, c)
		case c == '"':
			in = true
		}
	}
	if in {
		return nil, errors.New("a quote is not closed")
	}
	return out, nil
}
