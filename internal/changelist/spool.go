package changelist

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
)

// spool keeps values in a temporary file, in the order in which they come.
type spool[T any] struct {
	file   *os.File
	out    *bufio.Writer
	length int64
}

// block is where a value is in the file.
type block struct {
	from int64
	size int32
}

// createSpool makes a file of which nothing is left when the process ends, however that
// happens. Only its owner may read it.
func createSpool(folder string) (*os.File, error) {
	f, err := os.CreateTemp(folder, "defendersync-plan-")
	if err != nil {
		return nil, fmt.Errorf("create a temporary file (TMPDIR sets another place): %w", err)
	}
	// Where a file that is open can't be removed, close does it.
	_ = os.Remove(f.Name())
	return f, nil
}

func (s *spool[T]) close() {
	_ = s.file.Close()
	_ = os.Remove(s.file.Name()) // it is gone already on most systems
}

// add appends a value.
func (s *spool[T]) add(v T) (block, error) {
	if s.out == nil {
		s.out = bufio.NewWriter(s.file)
	}
	line, err := json.Marshal(v)
	if err == nil {
		_, err = s.out.Write(append(line, '\n'))
	}
	if err != nil {
		return block{}, fmt.Errorf("keep what the dry run would write (TMPDIR sets another place): %w", err)
	}
	at := block{s.length, int32(len(line))}
	s.length += int64(len(line)) + 1
	return at, nil
}

// flush writes what is buffered, so that it can be read.
func (s *spool[T]) flush() error {
	if s.out == nil {
		return nil
	}
	if err := s.out.Flush(); err != nil {
		return fmt.Errorf("keep what the dry run would write (TMPDIR sets another place): %w", err)
	}
	return nil
}

// read returns the value at a place.
func (s *spool[T]) read(at block) (v T, err error) {
	if err := s.flush(); err != nil {
		return v, err
	}
	line := make([]byte, at.size)
	if _, err = s.file.ReadAt(line, at.from); err == nil {
		err = json.Unmarshal(line, &v)
	}
	if err != nil {
		return v, fmt.Errorf("read what the dry run would write: %w", err)
	}
	return v, nil
}

// all yields all values.
func (s *spool[T]) all() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		if err := s.flush(); err != nil {
			yield(none, err)
			return
		}
		lines := json.NewDecoder(io.NewSectionReader(s.file, 0, s.length))
		for {
			var v T
			err := lines.Decode(&v)
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				err = fmt.Errorf("read what the dry run would write: %w", err)
			}
			if !yield(v, err) || err != nil {
				return
			}
		}
	}
}
