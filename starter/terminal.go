package main

import "golang.org/x/term"

// width is the width in characters of the terminal that is printed to; 0 when
// it is none.
func (s streams) width() int {
	f, ok := s.file()
	if !ok {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}
