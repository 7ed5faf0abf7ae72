package query

import (
	"context"

	"defendersync/internal/reporting/sheet"
)

// Question is a question about the tenants: AppsOptions, WebsitesOptions or
// UsersOptions. Only Answer needs the tenants.
type Question interface {
	// Validate finds everything that is wrong with the options: OptionErrors, or
	// nil.
	Validate() error
	// NeedsDefender returns the option that needs Defender; "": none does.
	NeedsDefender() string
	// ReadsDefender reports whether the answer reads Defender if it is configured.
	ReadsDefender() bool
	// Columns returns the columns of the answer to a valid question.
	Columns() []sheet.Column
	// Answer returns the answer as a sheet and rows. The rows are read while they
	// are iterated.
	Answer(context.Context, Source) (sheet.Sheet, Rows, error)
}

// checkOptions returns the error of a question that a source can't answer.
func checkOptions(q Question, s Source) error {
	if err := q.Validate(); err != nil {
		return err
	}
	if option := q.NeedsDefender(); option != "" && s.Defender == nil {
		return &NeedsDefenderError{option}
	}
	return nil
}
