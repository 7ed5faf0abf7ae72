package main

import (
	"io"
	"os"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"defendersync/internal/config"
	"defendersync/internal/httpx"
)

// newLogger logs as JSON, or as text for people on a terminal. Secrets are
// redacted.
func newLogger(out io.Writer, s config.Log) zerolog.Logger {
	level, err := zerolog.ParseLevel(s.Level)
	if err != nil {
		level = zerolog.InfoLevel
	}
	f, isFile := out.(*os.File)
	if s.Format == "console" || (s.Format == "auto" && isFile && term.IsTerminal(int(f.Fd()))) {
		out = zerolog.ConsoleWriter{Out: out, TimeFormat: time.TimeOnly}
	}
	return zerolog.New(httpx.RedactingWriter(out)).Level(level).With().Timestamp().Logger()
}
