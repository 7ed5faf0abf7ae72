package query

import (
	"context"

	"defendersync/internal/reporting/sheet"
)

// Question is what can be asked of the tenants: AppsOptions, WebsitesOptions
// or UsersOptions. All but Answer need no tenant.
type Question interface {
	// Validate finds everything that is wrong with the options: OptionErrors, or
	// nil.
	Validate() error
	// NeedsDefender is the option that only Defender can answer; "" for none.
	NeedsDefender() string
	// ReadsDefender reports whether the answer takes requests to Defender, where
	// there are settings for it.
	ReadsDefender() bool
	// Columns are those of the answer to a valid question.
	Columns() []sheet.Column
	// Answer answers as a sheet and rows. The rows are read when they are gone
	// through.
	Answer(context.Context, Source) (sheet.Sheet, Rows, error)
}

// checkOptions is the error of a question that a source can't be asked.
func checkOptions(q Question, s Source) error {
	if err := q.Validate(); err != nil {
		return err
	}
	if option := q.NeedsDefender(); option != "" && s.Defender == nil {
		return &NeedsDefenderError{option}
	}
	return nil
}
