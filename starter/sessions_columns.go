package main

import (
	"math"
	"slices"
	"time"

	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
	"defendersync/internal/sessions"
)

// wideEnough is the width of a terminal that fits every column of the list, in
// characters.
const wideEnough = 170

// listColumn is a column of the list of sessions.
type listColumn struct {
	sheet.Column
	of func(connection, sessions.Session) any
}

// countColumn is a column with a count, which is empty if it is unknown.
func countColumn(key, title string, of func(saas.Counts) int) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Number}, func(_ connection, s sessions.Session) any {
		if s.Unclear != "" {
			return nil
		}
		return of(s.Counts)
	}}
}

func textColumn(key, title string, of func(connection, sessions.Session) any) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title}, of}
}

func nameOnlyColumn(key, title string, of func(connection, sessions.Session) any) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Name}, of}
}

func timeColumn(key, title string, of func(sessions.Session) time.Time) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Time}, func(_ connection, s sessions.Session) any {
		return of(s).Truncate(time.Second)
	}}
}

func outcomeColumn() listColumn {
	c := nameOnlyColumn("outcome", "Outcome", func(_ connection, s sessions.Session) any { return string(s.Outcome) })
	c.Color = outcomeColor
	return c
}

// outcomeColor is the colour of a cell that holds an outcome.
func outcomeColor(cell any) sheet.Color {
	outcome, _ := cell.(string)
	return colourOf(saas.Outcome(outcome))
}

func modeColumn() listColumn {
	return textColumn("mode", "Mode", func(_ connection, s sessions.Session) any { return s.DescribeMode() })
}

func tookColumn() listColumn {
	return textColumn("took", "Took", func(_ connection, s sessions.Session) any { return tookOf(s, time.Now()) })
}

func nameColumn() listColumn {
	return nameOnlyColumn("session", "Session", func(c connection, s sessions.Session) any { return c.sessionReader().ShortName(s.Session) })
}

// secondsColumn is tookColumn for programs.
func secondsColumn() listColumn {
	return listColumn{sheet.Column{Key: "tookSeconds", Title: "Took (seconds)", Kind: sheet.Number}, func(c connection, s sessions.Session) any {
		if s.Began.IsZero() {
			return nil
		}
		return math.Round(s.EndOrNow(time.Now()).Sub(s.Began).Seconds()*1000) / 1000
	}}
}

// dataColumns are the columns for programs: full ids, run ids, when sessions ended, and
// durations as numbers.
func dataColumns() []listColumn {
	columns := allColumns()
	took := slices.IndexFunc(columns, func(c listColumn) bool { return c.Key == "took" })
	columns[took] = secondsColumn()
	name := slices.IndexFunc(columns, func(c listColumn) bool { return c.Key == "session" })
	columns = slices.Replace(columns, name, name+1,
		nameOnlyColumn("session", columns[name].Title, func(_ connection, s sessions.Session) any { return s.Session }),
		nameOnlyColumn("run", "Run", func(_ connection, s sessions.Session) any { return s.Run }))
	note := slices.IndexFunc(columns, func(c listColumn) bool { return c.Key == "note" })
	columns = slices.Insert(columns, note,
		requestsColumn("defenderRequests", "Requests to Defender", func(r saas.Requests) int { return r.Defender }),
		requestsColumn("oomnitzaRequests", "Requests to Oomnitza", func(r saas.Requests) int { return r.Oomnitza }))
	ended := timeColumn("ended", "Ended", func(s sessions.Session) time.Time { return s.Ended })
	return slices.Insert(columns, 1, ended)
}

// listColumns are the columns that the list can have, in one format or another.
func listColumns() (out []sheet.Column) {
	for _, col := range slices.Concat(allColumns(), dataColumns()) {
		if !sheet.HasColumn(out, col.Key) {
			out = append(out, col.Column)
		}
	}
	return out
}

// requestsColumn is a column with a number of requests, which is empty if it is unknown.
func requestsColumn(key, title string, of func(saas.Requests) int) listColumn {
	return listColumn{sheet.Column{Key: key, Title: title, Kind: sheet.Number}, func(_ connection, s sessions.Session) any {
		if s.Unclear != "" {
			return nil
		}
		return of(s.Requests)
	}}
}

// nameColumns spells out the titles that the table shortens to a sign.
func nameColumns(columns []listColumn) []listColumn {
	names := map[string]string{
		"startedBy": "Started by", "appsAdded": "Apps added", "appsUpdated": "Apps updated", "appsUnchanged": "Apps unchanged", "appsRejected": "Apps rejected",
		"users": "Users of apps", "usersAdded": "Users added", "usersUpdated": "Users updated", "usersUnchanged": "Users unchanged",
		"usersSkipped": "Users skipped", "usersRejected": "Users rejected",
	}
	for i, c := range columns {
		if name := names[c.Key]; name != "" {
			columns[i].Title = name
		}
	}
	return columns
}

// allColumns are all columns of the list.
func allColumns() []listColumn {
	return []listColumn{
		timeColumn("started", "Started", func(s sessions.Session) time.Time { return s.Began }),
		tookColumn(), outcomeColumn(), modeColumn(),
		textColumn("startedBy", "By", func(_ connection, s sessions.Session) any { return s.StartedBy }),
		countColumn("apps", "Apps", func(c saas.Counts) int { return c.Apps.Seen }),
		countColumn("appsAdded", "+", func(c saas.Counts) int { return c.Apps.Created }),
		countColumn("appsUpdated", "~", func(c saas.Counts) int { return c.Apps.Updated }),
		countColumn("appsUnchanged", "=", func(c saas.Counts) int { return c.Apps.Unchanged + c.Apps.Adopted }),
		countColumn("appsRejected", "!", func(c saas.Counts) int { return c.Apps.Rejected }),
		countColumn("users", "Users", func(c saas.Counts) int { return c.Users.Seen }),
		countColumn("usersAdded", "+", func(c saas.Counts) int { return c.Users.Added }),
		countColumn("usersUpdated", "~", func(c saas.Counts) int { return c.Users.Updated }),
		countColumn("usersUnchanged", "=", func(c saas.Counts) int { return c.Users.Unchanged + c.Users.Repeated }),
		countColumn("usersSkipped", "Skipped", func(c saas.Counts) int { return c.Users.Skipped }),
		countColumn("usersRejected", "!", func(c saas.Counts) int { return c.Users.Rejected }),
		nameColumn(),
		noteColumn(),
	}
}

func noteColumn() listColumn {
	return textColumn("note", "Note", func(c connection, s sessions.Session) any { return c.noteOf(s) })
}

// fewColumns are the columns that fit a terminal of usual width.
func fewColumns() []listColumn {
	return rankColumns([]listColumn{
		nameColumn(), tookColumn(), outcomeColumn(), modeColumn(),
		countColumn("appsAdded", "Apps+", func(c saas.Counts) int { return c.Apps.Created }),
		countColumn("appsUpdated", "~", func(c saas.Counts) int { return c.Apps.Updated }),
		countColumn("usersAdded", "Users+", func(c saas.Counts) int { return c.Users.Added }),
		countColumn("usersUpdated", "~", func(c saas.Counts) int { return c.Users.Updated }),
		countColumn("rejected", "Rejected", saas.Counts.Rejected),
		noteColumn(),
	})
}

// rankColumns says what the narrowest terminals leave out first.
func rankColumns(list []listColumn) []listColumn {
	ranks := map[string]int{"outcome": sheet.Always, "took": 2, "usersAdded": 1, "usersUpdated": 3, "appsAdded": 3, "appsUpdated": 4, "note": 4, "mode": 5}
	for i := range list {
		list[i].Rank = ranks[list[i].Key]
	}
	return list
}
