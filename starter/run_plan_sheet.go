package main

import (
	"context"
	"fmt"
	"strconv"

	"defendersync/internal/changelist"
	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/moment"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
	"defendersync/internal/saas"
)

// kindPlan is the kind of a list of changes in JSON.
const kindPlan = "run.plan"

// planSums are how much a list holds.
type planSums struct {
	create, adopt, change, people, assign, raise int
}

// countChanges counts what the list holds. It has to hold what the session has counted:
// else somebody else did a part of the session's work.
func (p *planning) countChanges(r contract.SessionResult) (sums planSums, err error) {
	for app, err := range p.list.Apps() {
		if err != nil {
			return sums, err
		}
		switch app.Action {
		case changelist.ActionCreate:
			sums.create++
		case changelist.ActionAdopt:
			sums.adopt++
		case changelist.ActionChange:
			sums.change++
		}
	}
	for _, err := range p.list.People() {
		if err != nil {
			return sums, err
		}
		sums.people++
	}
	for seat, err := range p.list.Assignments() {
		if err != nil {
			return sums, err
		}
		if seat.New {
			sums.assign++
		} else {
			sums.raise++
		}
	}
	c := r.Counts
	if sums.create < c.Apps.Created || sums.people < c.People.Created || sums.assign < c.Users.Added {
		return sums, fmt.Errorf("the list is incomplete, so none was written: it has %d of %d apps to create, %d of %d people and %d of %d assignments; "+
			"a worker of a version without --plan did the work: upgrade the workers and run the command again",
			sums.create, c.Apps.Created, sums.people, c.People.Created, sums.assign, c.Users.Added)
	}
	return sums, nil
}

// String says in one line what a session would do.
func (s planSums) String() string {
	return fmt.Sprintf("create %d apps, adopt %d and change %d; create %d people; make %d assignments and raise the last activity of %d",
		s.create, s.adopt, s.change, s.people, s.assign, s.raise)
}

// writePlan writes the list.
func (p *planning) writePlan(ctx context.Context, r contract.SessionResult, sums planSums, format sheet.Format, into *planFile) error {
	o := sheet.Options{Location: p.timeZone(), Empty: "none"}
	if into.file == nil {
		o.Color, o.Width = p.usesColour(), p.terminal.width
	}
	progress := newReportProgress(p.streams)
	_, err := sheet.WriteBook(ctx, into.out, format, p.aboutPlan(r, sums), p.planParts(), o, progress.countRows)
	progress.endLine()
	if err == nil {
		err = into.commit()
	}
	if err != nil {
		return fmt.Errorf("the list was not written: %w", err)
	}
	fmt.Fprintf(p.commands.err, "a session would %s\n", sums)
	if into.file != nil {
		fmt.Fprintf(p.commands.err, "wrote the list to %s, which only you can read: it names people\n", into.name)
	}
	return nil
}

// aboutPlan is what to know about the list.
func (p *planning) aboutPlan(r contract.SessionResult, sums planSums) sheet.Sheet {
	about := sheet.Sheet{Title: "What a session would write", Head: envelope.Head{Kind: kindPlan, GeneratedAt: p.now(), Integration: p.integration()}}
	add := func(name, value string) { about.About = append(about.About, sheet.Fact{Name: name, Value: value}) }
	add("Integration", p.integration())
	add("Dry run", r.Session)
	add("As of", moment.FormatWeekday(r.Began, p.timeZone()))
	add("Reads", r.Mode+" ("+r.Reason+")")
	if r.LimitApps > 0 {
		add("Limited to", fmt.Sprintf("the first %d apps", r.LimitApps))
	}
	add("A session would", sums.String())
	if n := r.Counts.Rejected(); n > 0 {
		add("Rejected", fmt.Sprintf("%d rows could not be read and are not listed: see 'defendersync sessions errors'", n))
	}
	for _, text := range r.Warnings {
		add("Note", text)
	}
	add("Not foreseen", "what Oomnitza refuses, or stores otherwise than it was sent, shows only when it is written")
	return about
}

// planParts are the three lists.
func (p *planning) planParts() []sheet.Part {
	return []sheet.Part{p.appsPart(), p.peoplePart(), p.assignmentsPart()}
}

// appsPart lists the apps, a row for each field that is changed.
func (p *planning) appsPart() sheet.Part {
	links := linksOf(p.settings)
	part := sheet.Part{Key: "apps", Sheet: sheet.Sheet{Title: "Apps", Columns: []sheet.Column{
		{Key: "app", Title: "App in Oomnitza", Width: 40, Rank: sheet.Always},
		{Key: "action", Title: "Action", Kind: sheet.Name, Rank: sheet.Always},
		{Key: "field", Title: "Field", Rank: 1},
		{Key: "before", Title: "Before", Width: 40, Rank: 2},
		{Key: "after", Title: "After", Width: 40, Rank: 1},
		{Key: "assignments", Title: "Assignments", Kind: sheet.Number, Rank: 3},
		{Key: "appInDefender", Title: "App in Defender", Width: 40, Rank: 4},
		{Key: "appId", Title: "Id in Defender", Kind: sheet.ID},
		{Key: "recordId", Title: "Id in Oomnitza", Kind: sheet.ID},
		{Key: "defenderPage", Title: "Page in Defender", Kind: sheet.Page},
		{Key: "recordPage", Title: "Page in Oomnitza", Kind: sheet.Page},
	}}}
	part.Rows = func(yield func(sheet.Row, error) bool) {
		for app, err := range p.list.Apps() {
			if err != nil {
				yield(nil, err)
				return
			}
			changes := app.Changes
			if len(changes) == 0 {
				changes = []changelist.Change{{}}
			}
			for _, c := range changes {
				row := sheet.Row{app.Record, string(app.Action), nameField(c.Field), c.Before, c.After, app.Assigned, app.Name, app.ID, realID(app.RecordID), links.LinkInDefender(query.App{Name: app.Name, DefenderID: app.ID}), links.LinkRecord(realID(app.RecordID))}
				if !yield(row, nil) {
					return
				}
			}
		}
	}
	return part
}

// nameField is what Oomnitza's pages call a field.
func nameField(f saas.Field) string {
	switch f {
	case "":
		return ""
	case changelist.FieldTotal:
		return "total active users"
	}
	return f.Label()
}

// realID leaves out the ids that only a dry run knows.
func realID(id string) string {
	if saas.IsImaginary(id) {
		return ""
	}
	return id
}

// peoplePart lists the people.
func (p *planning) peoplePart() sheet.Part {
	part := sheet.Part{Key: "people", Sheet: sheet.Sheet{Title: "People", Columns: []sheet.Column{
		{Key: "username", Title: "Username", Width: 50, Rank: sheet.Always},
		{Key: "email", Title: "Email", Width: 50, Rank: 2},
		{Key: "firstName", Title: "First name", Rank: 3},
		{Key: "lastName", Title: "Last name", Rank: 3},
		{Key: "role", Title: "Role", Rank: 1},
		{Key: "accessRestricted", Title: "Access restricted", Kind: sheet.Bool, Rank: 1},
	}}}
	part.Rows = func(yield func(sheet.Row, error) bool) {
		for person, err := range p.list.People() {
			row := sheet.Row{person.Username, person.Email, person.FirstName, person.LastName, strconv.Itoa(person.Role), person.Restricted}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	return part
}

// assignmentsPart lists the assignments, by app.
func (p *planning) assignmentsPart() sheet.Part {
	part := sheet.Part{Key: "assignments", Sheet: sheet.Sheet{Title: "Assignments", Columns: []sheet.Column{
		{Key: "app", Title: "App in Oomnitza", Width: 40, Rank: sheet.Always},
		{Key: "username", Title: "Username", Width: 50, Rank: sheet.Always},
		{Key: "email", Title: "Email", Width: 50, Rank: 3},
		{Key: "action", Title: "Action", Kind: sheet.Name, Rank: 1},
		{Key: "lastActivityBefore", Title: "Last activity before", Kind: sheet.Time, Rank: 2},
		{Key: "lastActivity", Title: "Last activity", Kind: sheet.Time, Rank: 1},
		{Key: "appId", Title: "Id in Defender", Kind: sheet.ID},
		{Key: "recordId", Title: "Id in Oomnitza", Kind: sheet.ID},
		{Key: "personId", Title: "Id of the person", Kind: sheet.ID},
	}}}
	part.Rows = func(yield func(sheet.Row, error) bool) {
		for a, err := range p.list.Assignments() {
			action := "change"
			if a.New {
				action = "assign"
			}
			row := sheet.Row{a.App.Record, a.Username, a.Email, action, a.Before, a.After, a.App.ID, realID(a.App.RecordID), realID(a.PersonID)}
			if !yield(row, err) || err != nil {
				return
			}
		}
	}
	return part
}
