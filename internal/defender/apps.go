package defender

import (
	"cmp"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/httpx"
	"defendersync/internal/listing"
	"defendersync/internal/prints"
	"defendersync/internal/saas"
)

// ReadApps reads a page. Errors are *httpx.Error, or the context's, wrapped;
// KindContract when no endpoint is there or the rows have no known shape.
func (c *Client) ReadApps(ctx context.Context, q listing.AppQuery) (listing.AppPage, error) {
	page, err := c.readApps(ctx, q)
	if errors.Is(err, errMoved) {
		page, err = c.readApps(ctx, q)
	}
	return page, err
}

func (c *Client) readApps(ctx context.Context, q listing.AppQuery) (listing.AppPage, error) {
	const op = "read the discovered apps"
	if q.Known.Prefix == "" {
		c.trustAnew()
	}
	d := c.knownDialect(q.Known)
	byTime := q.Sort == contract.SortLastActivity
	settled := d.Prefix != "" && len(listForms(d.AppForm, byTime, daysText)) == 1
	if !settled {
		done, err := c.lockProbe(ctx, op)
		if err != nil {
			return listing.AppPage{}, err
		}
		defer done()
		d = c.knownDialect(q.Known)
	}
	var page listing.AppPage
	l := listCall{op: op, body: func(a attempt) any { return appsBody(q, a) }, decode: func(answer *httpx.Answer, a attempt) (err error) {
		page, err = decodeApps(op, answer, q, mergeDialect(contract.Dialect{Prefix: a.prefix, AppForm: a.form}, d))
		return err
	}}
	attempts := appAttempts(d, byTime)
	err := c.tryPatiently(ctx, l, attempts)
	if err != nil && d.Prefix != "" {
		d.AppForm = contract.RequestForm{}
		err = c.tryElsewhere(ctx, l, err, !settled, attempts[0], appAttempts(contract.Dialect{}, byTime))
	}
	if err != nil {
		return listing.AppPage{}, err
	}
	c.learnDialect(page.Dialect)
	return page, nil
}

func appsBody(q listing.AppQuery, a attempt) listBody {
	return listBody{
		Skip: q.Skip, Limit: cmp.Or(q.Limit, PageSize), Stream: q.Stream, Timeframe: formatTimeframe(q.Timeframe, a.form),
		SortField: a.sort, Direction: sortDirection(q.Sort == contract.SortLastActivity), Filters: &struct{}{},
	}
}

func sortDirection(byTime bool) string {
	if byTime {
		return "desc"
	}
	return "asc"
}

// appAttempts are the ways to ask for apps, given what is known.
func appAttempts(d contract.Dialect, byTime bool) (out []attempt) {
	for _, prefix := range knownOnly(d.Prefix, prefixes) {
		for _, form := range listForms(d.AppForm, byTime, daysText) {
			a := attempt{prefix: prefix, path: appsRoute, form: form, sort: "name"}
			if byTime {
				a.sort = form.ActivityField
			}
			out = append(out, a)
		}
	}
	return out
}

// decodeApps reads a page's rows.
func decodeApps(op string, answer *httpx.Answer, q listing.AppQuery, known contract.Dialect) (listing.AppPage, error) {
	env, err := openEnvelope(op, answer, q.Skip)
	if err != nil {
		return listing.AppPage{}, err
	}
	page := listing.AppPage{Next: env.next, Endless: env.endless, Total: env.total, Rows: len(env.rows), Date: env.date, Dialect: known}
	r, print := newRowReader(appColumns), newFingerprinter()
	page.Apps, page.Prints = make([]saas.App, 0, len(env.rows)), make([]prints.Print, 0, len(env.rows))
	places := make(map[string]int, len(env.rows))
	for i, row := range env.rows {
		app, reason := r.readApp(row, env.date)
		if q.Hosts && app.ID != "" {
			addHosts(&page, app.ID, r.readDomains())
		}
		if reason != "" {
			page.Bad = append(page.Bad, listing.BadRow{Index: i, ID: app.ID, Reason: reason})
			print.addID(idOrRow(app.ID, row))
			continue
		}
		print.addID(app.ID)
		if at, ok := places[app.ID]; ok {
			if app.LastActivity.After(page.Apps[at].LastActivity) {
				page.Apps[at], page.Prints[at] = app, r.readPrint(q, app.ID)
			}
			continue
		}
		places[app.ID] = len(page.Apps)
		page.Apps, page.Prints = append(page.Apps, app), append(page.Prints, r.readPrint(q, app.ID))
	}
	page.Fingerprint = print.String()
	if len(page.Apps) == 0 && len(env.rows) > 0 {
		if err := r.checkShape(op, "apps", env, len(known.AppKeys) > 0, colID, colName); err != nil {
			return listing.AppPage{}, err
		}
	} else if len(known.AppKeys) == 0 {
		page.Dialect.AppKeys = r.usedKeys(colID, colName, colTime)
	}
	return page, nil
}

// addHosts notes every host that a row tells of an app. A session needs an app's
// website alone; who searches websites needs all of them.
func addHosts(page *listing.AppPage, id string, domains []string) {
	if page.Hosts == nil {
		page.Hosts = map[string][]string{}
	}
	page.Hosts[id] = append(page.Hosts[id], saas.ListHosts(domains)...)
}

// idOrRow stands the row itself in for an id that could not be read.
func idOrRow(id string, row []byte) string {
	if id != "" {
		return id
	}
	return string(row)
}

// readApp decodes a row; the reason says why it can't be used.
func (r *rowReader) readApp(row []byte, now time.Time) (app saas.App, reason string) {
	if !r.readRow(row) {
		return app, badNotObject
	}
	app.ID, app.Name = r.readAppID(), r.findText(colName)
	switch {
	case app.ID == "":
		return app, badNoID
	case len(app.ID) > maxID:
		app.ID = clipText(app.ID, maxID)
		return app, badLongID
	case app.Name == "":
		return app, badNoName
	}
	if app.LastActivity, reason = r.readAppTime(now); reason != "" {
		return app, reason
	}
	app.Category = saas.ReadableCategory(clipText(r.findText(colCategory), maxShortText))
	app.Vendor = clipText(r.findText(colVendor), maxShortText)
	app.Tag = clipText(r.findFirstText(colTag), maxShortText)
	app.SetDomains(r.readDomains())
	r.findValue(colScore, func(raw []byte) (ok bool) { app.Score, ok = rawNumber(raw); return ok })
	app.Users = -1
	r.findValue(colUsers, func(raw []byte) bool {
		n, ok := rawInt(raw)
		if ok && n >= 0 {
			app.Users = n
		}
		return ok
	})
	return app, ""
}

// readAppID gives an app's id in decimal, or as the string it is.
func (r *rowReader) readAppID() (id string) {
	r.findValue(colID, func(raw []byte) bool {
		id = ""
		if raw[0] == '"' {
			id = digitsOf(raw)
		} else if n, ok := rawInt(raw); ok {
			id = string(raw)
			if strings.ContainsAny(id, ".eE") {
				id = strconv.Itoa(n)
			}
		}
		return id != ""
	})
	return id
}

// readAppTime gives an app's last activity. It may be missing, or the beginning of
// 1970, which says the same: an app need not have a time to be worth reading.
func (r *rowReader) readAppTime(now time.Time) (t time.Time, reason string) {
	garbled := ""
	r.findValue(colTime, func(raw []byte) bool {
		if isNever(raw) {
			return true
		}
		got, why := readTime(raw)
		if t = got; garbled == "" {
			garbled = why
		}
		return why == ""
	})
	switch {
	case t.IsZero() && garbled != "":
		return t, garbled
	case inFuture(t, now):
		return time.Time{}, badFuture
	}
	return t, ""
}

func inFuture(t, now time.Time) bool { return !now.IsZero() && t.After(now.Add(clockSlack)) }

// findFirstText gives a string, or the first one of a list of strings or of
// objects with a name.
func (r *rowReader) findFirstText(c int) (s string) {
	r.findValue(c, func(raw []byte) bool {
		take := func(item []byte) {
			if got, ok := httpx.UnquoteText(item); ok && s == "" && !isBlank(got) {
				s = clipText(got, maxText)
			}
		}
		take(raw)
		httpx.EachItem(raw, func(item []byte) {
			take(item)
			httpx.EachField(item, func(key, value []byte) {
				if string(key) == "name" {
					take(value)
				}
			})
		})
		return s != ""
	})
	return s
}
