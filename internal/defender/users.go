package defender

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"defendersync/internal/saas"
	"defendersync/internal/wire"
)

// UsersQuery asks for a page of an app's users, the latest active first.
type UsersQuery struct {
	Stream    string  // id
	App       string  // the app's id
	Timeframe int     // days: 7, 30 or 90
	Skip      int     // rows before the page
	Known     Dialect // what is known already; the zero value has it probed
}

// UsersPage is a page of an app's users.
type UsersPage struct {
	Users       []saas.Usage // good rows, each user name once
	Bad         []BadRow     // rows that can't be used
	Next        int          // skip of the next page; -1 at the end
	Total       int          // users in all, approximately; -1 when it isn't told
	Fingerprint string       // of the rows and their order, for Walk
	Rows        int          // rows the server sent, bad and repeated ones included
	Date        time.Time    // the server's clock; zero when it isn't told
	Dialect     Dialect      // what is known now
}

// Users reads a page. Errors are *wire.Error, or the context's, wrapped;
// KindContract when no endpoint is there or the rows have no known shape.
func (c *Client) Users(ctx context.Context, q UsersQuery) (UsersPage, error) {
	page, err := c.users(ctx, q)
	if errors.Is(err, errMoved) {
		page, err = c.users(ctx, q)
	}
	return page, err
}

func (c *Client) users(ctx context.Context, q UsersQuery) (UsersPage, error) {
	const op = "read the users of an app"
	d := c.known(q.Known)
	settled := len(userAttempts(d)) == 1
	if !settled {
		done, err := c.probe(ctx, op)
		if err != nil {
			return UsersPage{}, err
		}
		defer done()
		d = c.known(q.Known)
	}
	var page UsersPage
	l := listCall{op: op, body: func(a attempt) any { return usersBody(q, a) }, read: func(answer *wire.Answer, a attempt) (err error) {
		page, err = decodeUsers(op, answer, q.Skip, Dialect{UsersPrefix: a.prefix, UsersEndpoint: a.users.name, UserForm: a.form}.or(d))
		return err
	}}
	attempts := userAttempts(d)
	err := c.try(ctx, l, attempts)
	if err != nil && d.UsersEndpoint != "" {
		d.UserForm = Form{}
		err = c.elsewhere(ctx, l, err, !settled, attempts[0], userAttempts(Dialect{Prefix: d.Prefix}))
	}
	if err != nil {
		return UsersPage{}, err
	}
	c.learn(page.Dialect)
	return page, nil
}

func usersBody(q UsersQuery, a attempt) listBody {
	body := listBody{
		AppID: appID(q.App, a.users.textApp), Skip: q.Skip, Limit: PageSize, Stream: q.Stream,
		Timeframe: timeframe(q.Timeframe, a.form), SortField: a.sort, Direction: direction(true),
	}
	if a.users.filters {
		body.Filters = &struct{}{}
	}
	return body
}

// appID spells an app's id as an endpoint's clients do; what isn't a number
// stays a string.
func appID(id string, text bool) any {
	if _, err := strconv.ParseUint(id, 10, 53); err != nil || text || id[0] == '0' {
		return id
	}
	return json.Number(id)
}

// userAttempts are the ways to ask for users, given what is known.
func userAttempts(d Dialect) (out []attempt) {
	where := knownFirst(d.Prefix, prefixes())
	if d.UsersEndpoint != "" {
		where = knownOnly(cmp.Or(d.UsersPrefix, d.Prefix), where)
	}
	for _, prefix := range where {
		for _, route := range usersRoutes() {
			if d.UsersEndpoint != "" && d.UsersEndpoint != route.name {
				continue
			}
			for _, form := range forms(d.UserForm, true, route.days) {
				out = append(out, attempt{prefix: prefix, path: route.path(), users: route, form: form, sort: form.Seen})
			}
		}
	}
	return out
}

// decodeUsers reads a page's rows.
func decodeUsers(op string, answer *wire.Answer, skip int, known Dialect) (UsersPage, error) {
	env, err := openEnvelope(op, answer, skip)
	if err != nil {
		return UsersPage{}, err
	}
	page := UsersPage{Next: env.next, Total: env.total, Rows: len(env.rows), Date: env.date, Dialect: known}
	r, print := newReader(userColumns()), newPrinter()
	page.Users = make([]saas.Usage, 0, len(env.rows))
	places := make(map[string]int, len(env.rows))
	for i, row := range env.rows {
		user, reason := r.user(row, env.date)
		print.add(orRaw(user.User, row))
		if reason != "" {
			page.Bad = append(page.Bad, BadRow{i, user.User, reason})
			continue
		}
		if at, ok := places[user.User]; ok {
			if user.LastSeen.After(page.Users[at].LastSeen) {
				page.Users[at] = user
			}
			continue
		}
		places[user.User] = len(page.Users)
		page.Users = append(page.Users, user)
	}
	page.Fingerprint = print.String()
	if len(page.Users) == 0 && len(env.rows) > 0 {
		if err := r.checkShape(op, "users", env, len(known.UserKeys) > 0, colName, colTime); err != nil {
			return UsersPage{}, err
		}
	} else if len(known.UserKeys) == 0 {
		page.Dialect.UserKeys = r.keys(colName, colTime)
	}
	return page, nil
}

// user decodes a row; the reason says why it can't be used.
func (r *reader) user(row []byte, now time.Time) (u saas.Usage, reason string) {
	if !r.load(row) {
		return u, badNotObject
	}
	if u.User = r.text(colName); u.User == "" {
		return u, badNoName
	}
	garbled := false
	r.find(colTime, func(raw []byte) (ok bool) {
		u.LastSeen, ok = rawTime(raw)
		garbled = garbled || !ok
		return ok
	})
	switch {
	case garbled && u.LastSeen.IsZero():
		return u, badTime
	case u.LastSeen.IsZero():
		return u, badNoTime
	case inFuture(u.LastSeen, now):
		return u, badFuture
	}
	return u, ""
}
