// Package saved is the questions that an operator asks again and again: named
// in a file, answered by package query, written by package sheet, and
// mailed to whoever subscribed to them.
//
// A Report holds no secret, so it may travel through Temporal; what is in the
// file is checked as a whole, and every mistake in it told at once.
package saved

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"defendersync/internal/config"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// The questions that a report can ask.
const (
	Apps     = "apps"
	Websites = "websites"
	Users    = "users"
)

// Report is a question with a name. Schedules hold it as JSON, so its keys
// never change; Filters go by the names that they have in the file and on the
// command line.
type Report struct {
	Name        string            `json:"name"`
	Question    string            `json:"question"`
	Title       string            `json:"title,omitempty"` // "": the question's own
	Filters     map[string]string `json:"filters,omitempty"`
	Columns     []string          `json:"columns,omitempty"` // keys, in the order to show; none: all
	Format      sheet.Format      `json:"format,omitempty"`  // of what run writes; mails have a workbook
	Subscribers []string          `json:"subscribers,omitempty"`
	Schedule    string            `json:"schedule,omitempty"` // as INTEGRATION_SCHEDULE
	Timezone    string            `json:"timezone,omitempty"`
}

// Rows are the rows of an answer.
type Rows = iter.Seq2[sheet.Row, error]

// Ask asks the question. The rows are read when they are gone through.
func (r Report) Ask(ctx context.Context, s query.Source) (sheet.Sheet, Rows, error) {
	q, err := r.query()
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	heading, rows, err := q.Answer(ctx, s)
	if err != nil {
		return sheet.Sheet{}, nil, err
	}
	if heading, rows, err = pickColumns(heading, rows, r.Columns); err != nil {
		return sheet.Sheet{}, nil, err
	}
	if r.Title != "" {
		heading.Title = r.Title
	}
	heading.About = append([]sheet.Fact{{Name: "Saved as", Value: r.Name}}, heading.About...)
	return heading, rows, nil
}

// query is the question with its filters, for every column.
func (r Report) query() (query.Question, error) {
	switch r.Question {
	case Apps:
		o, err := fill(r.Filters, appKeys())
		o.Domains = r.searchesDomains()
		return o.ByTagOfAnyone(), err
	case Websites:
		o, err := fill(r.Filters, websiteKeys())
		o.Domains = r.searchesDomains()
		return o, err
	case Users:
		return fill(r.Filters, userKeys())
	}
	return nil, &query.OptionError{Option: "question", Value: r.Question, Problem: "use " + questionNames}
}

// Live reports whether answering reads Defender, and so takes of the request
// budget that sessions live on.
func (r Report) Live() bool {
	q, err := r.query()
	return err == nil && q.ReadsDefender()
}

// searchesDomains reports whether websites are looked for among all domains of
// an app, which Defender knows.
func (r Report) searchesDomains() bool { return r.Filters["domains"] != no }

// check finds what is wrong with a report whose keys have been read.
func (r Report) check() []Problem {
	var found []Problem
	for _, e := range r.checkQuestion() {
		found = append(found, Problem{r.Name, e.Option, quoted(e.Value) + e.Problem})
	}
	for _, to := range r.Subscribers {
		if err := address(to); err != nil {
			found = append(found, Problem{r.Name, "subscribers", err.Error()})
		}
	}
	return append(found, r.checkTimes()...)
}

// checkQuestion finds what is wrong with question, filters and columns.
func (r Report) checkQuestion() (wrong query.OptionErrors) {
	q, err := r.query()
	if err != nil {
		return optionErrors(err)
	}
	wrong = optionErrors(q.Validate())
	if len(wrong) > 0 {
		return wrong // the columns depend on the filters
	}
	return checkColumns(q.Columns(), r.Columns)
}

// optionErrors are the errors of options that an error holds.
func optionErrors(err error) query.OptionErrors {
	if all, ok := errors.AsType[query.OptionErrors](err); ok {
		return all
	}
	if one, ok := errors.AsType[*query.OptionError](err); ok {
		return query.OptionErrors{one}
	}
	return nil
}

// checkTimes checks when and to whom a report goes.
func (r Report) checkTimes() []Problem {
	var found []Problem
	add := func(key, what string) { found = append(found, Problem{r.Name, key, what}) }
	switch {
	case r.Schedule == "" && len(r.Subscribers) > 0:
		add("schedule", "there are subscribers, so say when they get it: every 24h, or a cron expression such as 0 7 * * 1")
	case r.Schedule != "" && len(r.Subscribers) == 0:
		add("subscribers", "there is a schedule, so say who gets the report")
	case r.Schedule == "" && r.Timezone != "":
		add("timezone", "there is no schedule that it could matter to")
	}
	if r.Schedule == "" {
		return found
	}
	_, err := r.Times()
	if p, ok := errors.AsType[*config.Problem](err); ok {
		add("timezone", quoted(r.Timezone)+p.Err.Error())
	} else if err != nil {
		add("schedule", quoted(r.Schedule)+err.Error())
	}
	return found
}

// Times is when the report is sent.
func (r Report) Times() (config.Schedule, error) { return config.ParseSchedule(r.Schedule, r.Timezone) }

// When says when the report is sent: "every 7d", "0 7 * * 1 (Europe/Berlin)";
// "" when it isn't.
func (r Report) When() string {
	if r.Schedule == "" || strings.HasPrefix(strings.ToLower(r.Schedule), "every") {
		return r.Schedule
	}
	return r.Schedule + " (" + r.Zone().String() + ")"
}

// Zone is where the report's times are told.
func (r Report) Zone() *time.Location {
	zone, err := time.LoadLocation(r.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// Find finds a report by its name.
func Find(reports []Report, name string) (Report, bool) {
	i := slices.IndexFunc(reports, func(r Report) bool { return r.Name == name })
	if i < 0 {
		return Report{}, false
	}
	return reports[i], true
}
