// Package saved reads the reports file: questions that an operator asks repeatedly,
// by name, with filters, columns, subscribers and a schedule. Package query answers
// them, package sheet writes the answers, and package mailing mails them.
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
	"defendersync/internal/contract"
	"defendersync/internal/reporting/query"
	"defendersync/internal/reporting/sheet"
)

// Rows are the rows of an answer.
type Rows = iter.Seq2[sheet.Row, error]

// Ask asks the question. The rows are read when they are gone through.
func Ask(ctx context.Context, r contract.Report, s query.Source) (sheet.Sheet, Rows, error) {
	q, err := questionOf(r)
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

// questionOf is the question with its filters, for every column.
func questionOf(r contract.Report) (query.Question, error) {
	switch r.Question {
	case contract.QuestionApps:
		o, err := fillOptions(r.Filters, appKeys())
		o.Domains = searchesDomains(r)
		return o.ByTagOfAnyone(), err
	case contract.QuestionWebsites:
		o, err := fillOptions(r.Filters, websiteKeys())
		o.Domains = searchesDomains(r)
		return o, err
	case contract.QuestionUsers:
		return fillOptions(r.Filters, userKeys())
	}
	return nil, &query.OptionError{Option: "question", Value: r.Question, Problem: "use " + questionNames}
}

// IsLive reports whether answering reads Defender, and so takes of the request
// budget that sessions live on.
func IsLive(r contract.Report) bool {
	if IsDashboard(r) {
		d, err := DashboardOf(r)
		return err == nil && d.Live
	}
	q, err := questionOf(r)
	return err == nil && q.ReadsDefender()
}

// searchesDomains reports whether websites are looked for among all domains of
// an app, which Defender knows.
func searchesDomains(r contract.Report) bool { return r.Filters["domains"] != no }

// checkReport finds what is wrong with a report whose keys have been read.
func checkReport(r contract.Report) []Problem {
	var found []Problem
	for _, e := range checkQuestion(r) {
		found = append(found, Problem{r.Name, e.Option, quoteValue(e.Value) + e.Problem})
	}
	for _, to := range r.Subscribers {
		if err := checkAddress(to); err != nil {
			found = append(found, Problem{r.Name, "subscribers", err.Error()})
		}
	}
	return append(found, checkTimes(r)...)
}

// checkQuestion finds what is wrong with question, filters and columns.
func checkQuestion(r contract.Report) (wrong query.OptionErrors) {
	if IsDashboard(r) {
		return checkDashboard(r)
	}
	q, err := questionOf(r)
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
func checkTimes(r contract.Report) []Problem {
	var found []Problem
	add := func(key, what string) { found = append(found, Problem{r.Name, key, what}) }
	switch {
	case r.Schedule == "" && len(r.Subscribers) > 0:
		add("schedule", "is missing, since there are subscribers: use every 24h, or a cron expression such as 0 7 * * 1")
	case r.Schedule != "" && len(r.Subscribers) == 0:
		add("subscribers", "are missing, since there is a schedule")
	case r.Schedule == "" && r.Timezone != "":
		add("timezone", "has no effect without a schedule")
	}
	if r.Schedule == "" {
		return found
	}
	_, err := TimesOf(r)
	if p, ok := errors.AsType[*config.Problem](err); ok {
		add("timezone", quoteValue(r.Timezone)+p.Err.Error())
	} else if err != nil {
		add("schedule", quoteValue(r.Schedule)+err.Error())
	}
	return found
}

// TimesOf is when the report is sent.
func TimesOf(r contract.Report) (config.Schedule, error) {
	return config.ParseSchedule(r.Schedule, r.Timezone)
}

// WhenSent says when the report is sent: "every 7d", "0 7 * * 1 (Europe/Berlin)";
// "" when it isn't.
func WhenSent(r contract.Report) string {
	if r.Schedule == "" || strings.HasPrefix(strings.ToLower(r.Schedule), "every") {
		return r.Schedule
	}
	return r.Schedule + " (" + ZoneOf(r).String() + ")"
}

// ZoneOf is where the report's times are told.
func ZoneOf(r contract.Report) *time.Location {
	zone, err := time.LoadLocation(r.Timezone)
	if err != nil {
		return time.UTC
	}
	return zone
}

// FindReport finds a report by its name.
func FindReport(reports []contract.Report, name string) (contract.Report, bool) {
	i := slices.IndexFunc(reports, func(r contract.Report) bool { return r.Name == name })
	if i < 0 {
		return contract.Report{}, false
	}
	return reports[i], true
}
