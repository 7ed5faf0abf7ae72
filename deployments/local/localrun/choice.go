package localrun

import "context"

// Server is where a local run has its Temporal from.
type Server string

const (
	ServerGiven Server = "given" // the operator names one by TEMPORAL_ADDRESS
	ServerOwn   Server = "own"   // defendersync-local, which has to be built
)

// FindServer returns which Temporal server a run with these options would have. It
// checks all that Up checks, so that nobody waits for a build in vain.
func FindServer(ctx context.Context, o Options) (Server, error) {
	l, err := prepareRun(ctx, o)
	if err != nil {
		return "", err
	}
	return chooseServer(l.settings), nil
}

// chooseServer takes the operator's Temporal before one of our own.
func chooseServer(s settings) Server {
	if s.Address != "" {
		return ServerGiven
	}
	return ServerOwn
}
