package main

import (
	"defendersync/internal/contract"
	"defendersync/internal/saas"
)

// Exit codes that scripts can use.
const (
	exitCompleted   = 0
	exitFailed      = 1
	exitUsage       = 2
	exitWithErrors  = 3
	exitInterrupted = 130
)

// exit is an error that carries the exit code; a nil err has been told already.
type exit struct {
	code int
	err  error
}

func (e exit) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exit) Unwrap() error { return e.err }

// usage is an error of the command line or the settings.
func usage(err error) error { return exit{exitUsage, err} }

// exitOf is the exit code that an outcome stands for.
func exitOf(r contract.SessionResult) error {
	switch r.Outcome {
	case saas.OutcomeCompleted:
		return nil
	case saas.OutcomeCompletedWithErrors:
		return exit{code: exitWithErrors}
	}
	return exit{code: exitFailed}
}
