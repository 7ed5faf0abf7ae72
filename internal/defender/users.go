package defender

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/saas"
)

// ReadUsers reads a page. Errors are *httpx.Error, or the context's, wrapped;
// KindContract when no endpoint is there or the rows have no known shape.
func (c *Client) ReadUsers(ctx context.Context, q listing.UserQuery) (listing.UserPage, error) {
	page, err := c.readUsers(ctx, q)
	if errors.Is(err, errMoved) {
		page, err = c.readUsers(ctx, q)
	}
	return page, err
}

func (c *Client) readUsers(ctx context.Context, q listing.UserQuery) (listing.UserPage, error) {
	const op = "read the users of an app"
	d := c.knownDialect(q.Known)
	settled := len(userAttempts(d)) == 1
	if !settled {
		done, err := c.lockProbe(ctx, op)
		if err != nil {
			return listing.UserPage{}, err
		}
		defer done()
		d = c.knownDialect(q.Known)
	}
	if q.Choose {
		d.NameKey = ""
	}
	var page listing.UserPage
	l := listCall{op: op, body: func(a attempt) any { return usersBody(q, a) }, decode: func(answer *httpx.Answer, a attempt) (err error) {
		known := mergeDialect(contract.Dialect{UsersPrefix: a.prefix, UsersEndpoint: a.users.name, UserForm: a.form}, d)
		page, err = decodeUsers(op, answer, q.Skip, known, q.Fit)
		if key := page.Dialect.NameKey; err == nil && d.NameKey == "" {
			if known.NameKey = c.agreeOnName(key, q.Choose); known.NameKey != key {
				page, err = decodeUsers(op, answer, q.Skip, known, q.Fit)
			}
		}
		return err
	}}
	attempts := userAttempts(d)
	err := c.tryPatiently(ctx, l, attempts)
	if err != nil && d.UsersEndpoint != "" {
		d.UserForm = contract.RequestForm{}
		err = c.tryElsewhere(ctx, l, err, !settled, attempts[0], userAttempts(contract.Dialect{Prefix: d.Prefix}))
	}
	if err != nil {
		return listing.UserPage{}, err
	}
	c.learnDialect(page.Dialect)
	return page, nil
}

// agreeOnName has pages that are read side by side choose one column for the
// names: the one that was chosen first, unless it is to be chosen anew.
func (c *Client) agreeOnName(key string, anew bool) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if anew || c.learned.NameKey == "" {
		c.learned.NameKey = key
	}
	return c.learned.NameKey
}

func usersBody(q listing.UserQuery, a attempt) listBody {
	body := listBody{
		AppID: appID(q.App, a.users.textApp), Skip: q.Skip, Limit: PageSize, Stream: q.Stream,
		Timeframe: formatTimeframe(q.Timeframe, a.form), SortField: a.sort, Direction: sortDirection(true),
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
func userAttempts(d contract.Dialect) (out []attempt) {
	where := knownFirst(d.Prefix, prefixes)
	if d.UsersEndpoint != "" {
		where = knownOnly(cmp.Or(d.UsersPrefix, d.Prefix), where)
	}
	for _, prefix := range where {
		for _, route := range usersRoutes {
			if d.UsersEndpoint != "" && d.UsersEndpoint != route.name {
				continue
			}
			for _, form := range listForms(d.UserForm, true, route.days) {
				out = append(out, attempt{prefix: prefix, path: route.routePath(), users: route, form: form, sort: form.ActivityField})
			}
		}
	}
	return out
}

// decodeUsers reads a page's rows.
func decodeUsers(op string, answer *httpx.Answer, skip int, known contract.Dialect, fit func(string) int) (listing.UserPage, error) {
	env, err := openEnvelope(op, answer, skip)
	if err != nil {
		return listing.UserPage{}, err
	}
	page := listing.UserPage{Next: env.next, Endless: env.endless, Total: env.total, Rows: len(env.rows), Date: env.date, Dialect: known}
	r := newUserReader(fit, len(env.rows))
	for _, row := range env.rows {
		r.readUserRow(row, env.date)
	}
	choice := r.names.chooseColumn(known.NameKey)
	if choice.sure && known.NameKey == "" && choice.column > 1 {
		page.Dialect.NameKey = choice.key
	}
	if choice.moved {
		page.Moved = choice.key
	}
	fillUsers(&page, r, choice, env)
	if len(page.Users) == 0 && len(env.rows) > 0 {
		if err := r.checkShape(op, "users", env, len(known.UserKeys) > 0, colName, colTime); err != nil {
			return listing.UserPage{}, err
		}
	} else if len(known.UserKeys) == 0 {
		page.Dialect.UserKeys = r.usedKeys(colName, colTime)
	}
	return page, nil
}

// fillUsers makes users of the rows, each user once.
func fillUsers(page *listing.UserPage, r *userReader, choice nameColumn, env envelope) {
	print := newFingerprinter()
	page.Users = make([]saas.Usage, 0, len(env.rows))
	places := make(map[string]int, len(env.rows))
	for i, row := range env.rows {
		user, reason := r.makeUser(i, choice)
		print.addID(idOrRow(user.User, row))
		if reason != "" {
			page.Bad = append(page.Bad, listing.BadRow{Index: i, ID: user.User, Reason: reason})
			continue
		}
		if at, ok := places[user.User]; ok {
			if user.LastActivity.After(page.Users[at].LastActivity) {
				page.Users[at] = user
			}
			continue
		}
		places[user.User] = len(page.Users)
		page.Users = append(page.Users, user)
	}
	if len(env.rows) > 0 {
		page.Keys = rowKeys(env.rows[0])
	}
	if choice.path >= 0 {
		r.used[colName] = choice.key
	}
	page.Fingerprint = print.String()
}

// rowKeys lists the keys of a row.
func rowKeys(row []byte) string {
	keys := map[string]bool{}
	httpx.EachField(row, func(key, _ []byte) { keys[string(key)] = true })
	return showKeys(keys)
}

// userReader reads the rows of a page of users. Which column names them is
// known only when all have been read.
type userReader struct {
	*rowReader
	names *userNames
	rows  []userRow
}

// userRow is a row but for its name.
type userRow struct {
	lastSeen time.Time
	timeKey  string // the key under which the time stood; "" where there is none
	reason   string // why the row can't be used, name aside
	noObject bool
}

func newUserReader(fit func(string) int, rows int) *userReader {
	return &userReader{rowReader: newRowReader(userColumns), names: newUserNames(fit), rows: make([]userRow, 0, rows)}
}

// readUserRow takes in a row.
func (r *userReader) readUserRow(row []byte, now time.Time) {
	clear(r.values)
	r.names.beginRow()
	isObject := httpx.EachField(row, func(key, value []byte) {
		r.keepField(key, value)
		r.names.readField("", key, value, 0)
	})
	r.names.endRow()
	u := userRow{noObject: !isObject}
	if isObject {
		u.lastSeen, u.timeKey, u.reason = r.userTime(now)
	}
	r.rows = append(r.rows, u)
}

// userTime gives the last activity of the row at hand.
func (r *userReader) userTime(now time.Time) (t time.Time, key, reason string) {
	garbled := ""
	key = r.findKey(colTime, func(raw []byte) bool {
		var why string
		if t, why = readTime(raw); garbled == "" {
			garbled = why
		}
		return why == ""
	})
	switch {
	case garbled != "" && t.IsZero():
		reason = garbled
	case t.IsZero():
		reason = badNoTime
	case inFuture(t, now):
		reason = badFuture
	}
	return t, key, reason
}

// makeUser gives the user of a row; the reason says why it can't be used.
func (r *userReader) makeUser(i int, choice nameColumn) (u saas.Usage, reason string) {
	row := r.rows[i]
	u.User, u.Weak = r.names.pickName(i, choice)
	switch {
	case row.noObject:
		return u, badNotObject
	case u.User == "":
		return u, badNoName
	}
	u.LastActivity = row.lastSeen
	if row.timeKey != "" {
		r.noteKey(colTime, row.timeKey)
	}
	return u, row.reason
}
