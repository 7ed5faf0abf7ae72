package main

import (
	"slices"
	"strings"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// wideEnough is the width of a terminal, in characters, that shows every
// column of the list.
const wideEnough = 170

// listColumn is a column of the list and how it is read off a session.
type listColumn struct {
	sheet.Column
	of func(connection, entry) any
}

// counted is a column of a count, which is empty while it is not known.
func counted(key, title string, of func(saas.Counts) int) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Number}, func(_ connection, e entry) any {
		if e.Unclear != "" {
			return nil
		}
		return of(e.Counts)
	}}
}

func worded(key, title string, of func(connection, entry) any) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title}, of}
}

func whole(key, title string, of func(connection, entry) any) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Name}, of}
}

func timed(key, title string, of func(entry) time.Time) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Time}, func(_ connection, e entry) any {
		return of(e).Truncate(time.Second)
	}}
}

func outcomeColumn() listColumn {
	c := whole("outcome", "Outcome", func(_ connection, e entry) any { return string(e.Outcome) })
	c.Color = outcomeColor
	return c
}

// outcomeColor is the colour of a cell that holds an outcome.
func outcomeColor(cell any) sheet.Color {
	outcome, _ := cell.(string)
	return colourOf(saas.Outcome(outcome))
}

func modeColumn() listColumn {
	return worded("mode", "Mode", func(_ connection, e entry) any { return e.mode() })
}

func tookColumn() listColumn {
	return worded("took", "Took", func(_ connection, e entry) any { return e.took() })
}

func nameColumn() listColumn {
	return whole("session", "Session", func(c connection, e entry) any { return c.shortName(e.Session) })
}

// dataColumns is what programs read: whole ids, runs, and when sessions ended.
func dataColumns() []listColumn {
	columns := allColumns()
	name := slices.IndexFunc(columns, func(c listColumn) bool { return c.Key == "session" })
	columns = slices.Replace(columns, name, name+1,
		whole("session", columns[name].Title, func(_ connection, e entry) any { return e.Session }),
		whole("run", "Run", func(_ connection, e entry) any { return e.Run }))
	ended := timed("ended", "Ended", func(e entry) time.Time { return e.Ended })
	return slices.Insert(columns, 1, ended)
}

// allColumns is all that the list can tell.
func allColumns() []listColumn {
	return []listColumn{
		timed("started", "Started", func(e entry) time.Time { return e.Began }),
		tookColumn(), outcomeColumn(), modeColumn(),
		worded("startedBy", "By", func(_ connection, e entry) any { return e.StartedBy }),
		counted("apps", "Apps", func(c saas.Counts) int { return c.Apps.Seen }),
		counted("appsAdded", "+", func(c saas.Counts) int { return c.Apps.Created }),
		counted("appsUpdated", "~", func(c saas.Counts) int { return c.Apps.Updated }),
		counted("appsUnchanged", "=", func(c saas.Counts) int { return c.Apps.Unchanged + c.Apps.Adopted }),
		counted("appsRejected", "!", func(c saas.Counts) int { return c.Apps.Rejected }),
		counted("users", "Users", func(c saas.Counts) int { return c.Users.Seen }),
		counted("usersAdded", "+", func(c saas.Counts) int { return c.Users.Added }),
		counted("usersUpdated", "~", func(c saas.Counts) int { return c.Users.Updated }),
		counted("usersUnchanged", "=", func(c saas.Counts) int { return c.Users.Unchanged + c.Users.Repeated }),
		counted("usersSkipped", "Skipped", func(c saas.Counts) int { return c.Users.Skipped }),
		counted("usersRejected", "!", func(c saas.Counts) int { return c.Users.Rejected }),
		nameColumn(),
		worded("note", "Note", func(c connection, e entry) any { return e.note(c) }),
	}
}

// fewColumns is what fits a terminal of usual width.
func fewColumns() []listColumn {
	return []listColumn{
		nameColumn(), tookColumn(), outcomeColumn(), modeColumn(),
		counted("appsAdded", "Apps+", func(c saas.Counts) int { return c.Apps.Created }),
		counted("appsUpdated", "~", func(c saas.Counts) int { return c.Apps.Updated }),
		counted("usersAdded", "Users+", func(c saas.Counts) int { return c.Users.Added }),
		counted("usersUpdated", "~", func(c saas.Counts) int { return c.Users.Updated }),
		counted("rejected", "Rejected", saas.Counts.Rejected),
	}
}

// mode is how much a session reads.
func (e entry) mode() string {
	if e.DryRun {
		return strings.TrimSuffix("dry run, "+e.Mode, ", ")
	}
	return e.Mode
}

// note is what there is to say of a session beside its counts.
func (e entry) note(c connection) string {
	switch {
	case e.Queued != nil:
		return e.Queued.says(c)
	case e.Unclear != "":
		return e.Unclear
	case e.Error != "":
		return e.Error
	case e.Blocker != "":
		return e.Blocker + " was running"
	case e.Glance != nil && e.Glance.waiting != "":
		return "waiting: " + e.Glance.waiting
	case e.Glance != nil:
		return e.Glance.Phase
	}
	return ""
}

// shortName is a session's id without what all of the integration begin with;
// longName understands it.
func (c connection) shortName(id string) string {
	rest, ok := strings.CutPrefix(id, contract.SessionID(c.integration()))
	if !ok || len(rest) < 2 {
		return id
	}
	return rest[1:]
}

// longName is the id of the session that a person names.
func (c connection) longName(name string) string {
	switch {
	case strings.HasPrefix(name, "session/"), strings.HasPrefix(name, "sync/"):
		return name
	case strings.HasPrefix(name, "run-"):
		return contract.SessionID(c.integration()) + "/" + name
	}
	return contract.SessionID(c.integration()) + "-" + name
}
