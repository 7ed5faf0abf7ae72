package localrun

import "fmt"

// Exit codes of this program; Up with once ends with its session's code instead.
const (
	ExitOK     = 0
	ExitFailed = 1
	ExitUsage  = 2 // a flag or setting has to change first
)

// ExitInterrupted is what shells have for an interrupt.
const ExitInterrupted = 128 + 2

// ExitError is an error that asks for an exit code of its own.
type ExitError struct {
	Code int
	Err  error // nil: all has been said already
}

func (e *ExitError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("exit code %d", e.Code)
	}
	return e.Err.Error()
}

func (e *ExitError) Unwrap() error { return e.Err }

// Usagef is an error that the operator can mend by another flag or setting.
func Usagef(format string, args ...any) error {
	return &ExitError{Code: ExitUsage, Err: fmt.Errorf(format, args...)}
}
