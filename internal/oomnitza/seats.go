package oomnitza

import (
	"context"
	"slices"
	"strings"
	"time"

	"defendersync/internal/httpx"
)

// Seat is a person who is assigned to an app, as the app's Users tab shows it.
type Seat struct {
	UserID       string
	Username     string
	Email        string
	FullName     string
	Roles        []string  // in the app: labels, or ids where a role has no label; not the person's role in Oomnitza
	LastActivity time.Time // UTC, to the second; zero: none is kept
}

// Seats reads who is assigned to an app, with all that the list tells. It is
// otherwise as Assigned, which a session uses and which decodes less.
func (c *Client) Seats(ctx context.Context, saasID string, yield func(Seat) error) error {
	return readAssigned(ctx, c, saasID, func(r row) error {
		return yield(Seat{UserID: r.findText(fieldUserID), Username: r.findText(fieldUsername), Email: strings.TrimSpace(r.findText(fieldEmail)),
			FullName: strings.TrimSpace(r.findText(fieldFullName)), Roles: roleNames(r.rawValue(fieldRoles)), LastActivity: timeOf(r.findText(fieldLastVisit))})
	})
}

// roleNames reads the roles of a seat: one object, as documented, or a list of
// objects or of names.
func roleNames(raw []byte) (names []string) {
	take := func(item []byte) {
		name := textOf(item)
		if role, err := decodeRow(item); err == nil {
			name = role.findText(seatRoleKeys...)
		}
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if !httpx.EachItem(raw, take) {
		take(raw)
	}
	return names
}
