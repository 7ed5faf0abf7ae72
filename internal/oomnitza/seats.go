package oomnitza

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Seat is a person who is assigned to an app, as the app's Users tab shows it.
type Seat struct {
	UserID    string
	Username  string
	Email     string
	FullName  string
	Roles     []string  // in the app: labels, or ids where a role has no label; not the person's role in Oomnitza
	LastVisit time.Time // UTC, to the second; zero: none is kept
}

// Seats reads who is assigned to an app, with all that the list tells. It is
// otherwise as Assigned, which a session uses and which decodes less.
func (c *Client) Seats(ctx context.Context, saasID string, yield func(Seat) error) error {
	return readAssigned(ctx, c, saasID, func(r *seatRow) error {
		return yield(Seat{UserID: string(r.UserID), Username: string(r.Username), Email: strings.TrimSpace(string(r.Email)),
			FullName: strings.TrimSpace(string(r.FullName)), Roles: r.Roles, LastVisit: time.Time(r.LastVisit)})
	})
}

// seatRow is an element as documented [DOC OpenAPI].
type seatRow struct {
	UserID    scalarText `json:"user_id"`
	Username  scalarText `json:"username"`
	Email     scalarText `json:"email"`
	FullName  scalarText `json:"full_name"`
	LastVisit scalarTime `json:"last_visit"`
	Roles     roleNames  `json:"roles"`
}

func (r *seatRow) id() string { return string(r.UserID) }

// roleNames are the roles of a seat: one object, as documented, or a list of
// objects or of names.
type roleNames []string

// UnmarshalJSON implements json.Unmarshaler; it never fails.
func (n *roleNames) UnmarshalJSON(raw []byte) error {
	*n = nil
	raw = bytes.TrimSpace(raw)
	items := []json.RawMessage{raw}
	if len(raw) > 0 && raw[0] == '[' {
		items = nil
		_ = json.Unmarshal(raw, &items) // raw is well-formed, or nobody would call
	}
	for _, item := range items {
		name := textOf(item)
		if len(item) > 0 && item[0] == '{' {
			role, _ := decodeRow(item)
			name = role.text(seatRoleKeys...)
		}
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(*n, name) {
			*n = append(*n, name)
		}
	}
	return nil
}
