package sheet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
)

// progressEvery is the number of rows after which progress is told.
const progressEvery = 1000

// Destination is where a document goes.
type Destination struct {
	Out      io.Writer
	Terminal bool   // Out is a terminal, which can't show a workbook
	File     string // a path in place of Out; "-" is Out too
}

func (d Destination) toOut() bool { return d.File == "" || d.File == "-" }

// WriteRows writes rows into a destination, and gives how many it wrote. progress,
// which may be nil, is called every thousand rows and at the end, with the rows
// so far. When the rows end in an error, or the context does, no file is left;
// what has gone to Out already stays.
func WriteRows(ctx context.Context, rows iter.Seq2[Row, error], to Destination, f Format, s Sheet, o Options, progress func(rows int)) (int, error) {
	if to.toOut() {
		if to.Terminal && f == XLSX {
			return 0, errors.New("a workbook can't be shown on a terminal: name a file by --file, or choose another format")
		}
		return writeAll(ctx, rows, to.Out, f, s, o, progress)
	}
	file, err := CreateFile(to.File)
	if err != nil {
		return 0, err
	}
	defer file.Discard()
	// A file has no terminal to fit into.
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

// wrapInterrupt says of an error how far the rows had come when it was the
// context that ended.
func wrapInterrupt(ctx context.Context, n int, err error) error {
	if ctx.Err() == nil {
		return err
	}
	return fmt.Errorf("stopped after %s: %w", FormatCount(n), ctx.Err())
}

// untilDone writes as long as a context lasts, so that an interrupt is heard
// also while a workbook of many rows is put together.
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
