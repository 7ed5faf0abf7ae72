package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// progressEvery is the number of rows between two calls of progress.
const progressEvery = 1000

// Destination is where a document is written.
type Destination struct {
	Out      io.Writer
	Terminal bool   // Out is a terminal, which can't show a workbook
	File     string // a path in place of Out; "" and "-": Out
}

func (d Destination) toOut() bool { return d.File == "" || d.File == "-" }

// WriteRows writes rows to a destination and returns how many it wrote. progress
// may be nil; it is called with the number of rows so far, every thousand rows
// and at the end. When the rows end in an error or the context ends, no file is
// left, but what was written to Out stays.
func WriteRows(ctx context.Context, rows iter.Seq2[Row, error], to Destination, f Format, s Sheet, o Options, progress func(rows int)) (int, error) {
	if to.toOut() {
		if to.Terminal && f == XLSX {
			return 0, errors.New("a terminal can't show a workbook: name a file with --file, or choose another format")
		}
		return writeAll(ctx, rows, to.Out, f, s, o, progress)
	}
	file, err := CreateFile(to.File)
	if err != nil {
		return 0, err
	}
	defer file.Discard()
	// A file has no terminal's width and colours.
	o.Color, o.Width = false, 0
	n, err := writeAll(ctx, rows, file, f, s, o, progress)
	if err != nil {
		return n, err
	}
	return n, file.Commit()
}

func writeAll(ctx context.Context, rows iter.Seq2[Row, error], out io.Writer, f Format, s Sheet, o Options, progress func(int)) (n int, err error) {
	w, err := NewWriter(f, untilDone{ctx, out}, s, o)
	if err != nil {
		return 0, err
	}
	defer w.Discard()
	for row, err := range rows {
		if err := errors.Join(ctx.Err(), err); err != nil {
			return n, wrapInterrupt(ctx, n, err)
		}
		if err := w.Write(row); err != nil {
			return n, wrapInterrupt(ctx, n, err)
		}
		n++
		if progress != nil && n%progressEvery == 0 {
			progress(n)
		}
	}
	if ctx.Err() != nil {
		return n, wrapInterrupt(ctx, n, ctx.Err())
	}
	if err := w.Close(); err != nil {
		return n, wrapInterrupt(ctx, n, err)
	}
	if progress != nil && n%progressEvery != 0 {
		progress(n)
	}
	return n, nil
}

// wrapInterrupt returns an error as it is, but for a context that ended it says how
// many rows were written.
func wrapInterrupt(ctx context.Context, n int, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("stopped after %s: %w", FormatCount(n), ctx.Err())
}

// untilDone writes until a context ends, so that an interrupt also ends the
// assembly of a large workbook.
type untilDone struct {
	ctx context.Context
	out io.Writer
}

func (u untilDone) Write(p []byte) (int, error) {
	if err := u.ctx.Err(); err != nil {
		return 0, err
	}
	return u.out.Write(p)
}
