package main

import (
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

// listenAsManager stands in for a service manager: what the process tells it comes
// out of next.
func listenAsManager(t *testing.T) (next func() string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("systemd is Linux's")
	}
	dir, err := os.MkdirTemp("", "") // the path of a socket is short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	path := filepath.Join(dir, "s")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	t.Setenv("NOTIFY_SOCKET", path)
	return func() string {
		t.Helper()
		buffer := make([]byte, 4096)
		if err := conn.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		n, err := conn.Read(buffer)
		if err != nil {
			t.Fatalf("nothing is told: %v", err)
		}
		return string(buffer[:n])
	}
}

func TestTheServiceManagerHearsOfStartAndStop(t *testing.T) {
	next := listenAsManager(t)
	t.Setenv("WATCHDOG_USEC", strconv.Itoa(int((10 * time.Minute).Microseconds())))
	t.Setenv("WATCHDOG_PID", strconv.Itoa(os.Getpid()))
	s := supervisor{zerolog.Nop()}
	s.tellReady("defendersync/a")
	if got := next(); got != "READY=1\nSTATUS=serves defendersync/a" {
		t.Errorf("when it is ready it tells %q", got)
	}
	if got := next(); got != "WATCHDOG=1" {
		t.Errorf("to the watchdog it tells %q", got)
	}
	s.tellStopping(2 * time.Minute)
	if got := next(); !strings.HasPrefix(got, "STOPPING=1\n") || !strings.HasSuffix(got, "\nEXTEND_TIMEOUT_USEC=135000000") {
		t.Errorf("when it stops it tells %q", got)
	}
}

func TestWithoutAServiceManagerNothingIsTold(t *testing.T) {
	t.Setenv("NOTIFY_SOCKET", "")
	var log strings.Builder
	s := supervisor{zerolog.New(&log)}
	s.tellReady("defendersync/a")
	s.tellStopping(time.Second)
	if log.Len() > 0 {
		t.Errorf("it logs %s", log.String())
	}
	t.Setenv("NOTIFY_SOCKET", filepath.Join(t.TempDir(), "nobody"))
	s.tell("READY=1")
	if !strings.Contains(log.String(), "can't tell the service manager") {
		t.Errorf("one that isn't there is passed over: %s", log.String())
	}
}
