package main

import (
	"fmt"
	"time"

	"github.com/coreos/go-systemd/v22/daemon"
	"github.com/rs/zerolog"
)

// stopReserve is the time that a worker is given beyond WORKER_STOP_TIMEOUT, to
// close its connections.
const stopReserve = 15 * time.Second

// supervisor is the service manager that started the worker, where it is systemd
// and the unit of Type=notify. Elsewhere nothing is told.
type supervisor struct{ log zerolog.Logger }

// tellReady says that the worker serves, and keeps the watchdog of the unit from
// biting for as long as the process gets to run.
func (s supervisor) tellReady(taskQueue string) {
	s.tell(daemon.SdNotifyReady + "\n" + "STATUS=serves " + taskQueue)
	if limit, err := daemon.SdWatchdogEnabled(false); err != nil {
		s.log.Warn().Err(err).Msg("the watchdog of the unit is not fed")
	} else if limit > 0 {
		go s.feedWatchdog(limit / 2)
	}
}

// feedWatchdog goes on until the process ends, since stopping is work as well.
func (s supervisor) feedWatchdog(every time.Duration) {
	for {
		s.tell(daemon.SdNotifyWatchdog)
		time.Sleep(every)
	}
}

// tellStopping says that the worker stops, and how long that may take.
func (s supervisor) tellStopping(timeout time.Duration) {
	s.tell(fmt.Sprintf("%s\nSTATUS=finishes what it has fetched\nEXTEND_TIMEOUT_USEC=%d", daemon.SdNotifyStopping, (timeout + stopReserve).Microseconds()))
}

func (s supervisor) tell(state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		s.log.Warn().Err(err).Msg("can't tell the service manager: " + state)
	}
}
