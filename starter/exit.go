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
	exitPipeClosed  = 141 // as a shell shows it: 128 + SIGPIPE
)

// exitError is an error with an exit code. With a nil err, the command has
// already printed what is wrong.
type exitError struct {
	code int
	err  error
}

func (e exitError) Error() string {
	if e.err == nil {
		return ""
	}
	return e.err.Error()
}

func (e exitError) Unwrap() error { return e.err }

// usageError marks an error of the command line or of the settings.
func usageError(err error) error { return exitError{exitUsage, err} }

// exitOf returns the exit code for the outcome of a session.
func exitOf(r contract.SessionResult) error {
	switch r.Outcome {
	case saas.OutcomeCompleted:
		return nil
	case saas.OutcomeCompletedWithErrors:
		return exitError{code: exitWithErrors}
	}
	return exitError{code: exitFailed}
}
