package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"defendersync/internal/config"
)

// asker asks the person at the terminal. Without one it takes what is given.
type asker struct {
	streams
	ctx    context.Context // ends the wait for an answer
	lines  *bufio.Reader
	silent bool // --yes: nothing is asked
}

// errNoAnswer is the end of the input.
var errNoAnswer = errors.New("the input has ended: nothing was written")

// await waits for an answer, or until it is told to stop: nothing else ends a read of
// a terminal.
func await(ctx context.Context, read func() (string, error)) (string, error) {
	type answer struct {
		text string
		err  error
	}
	got := make(chan answer, 1)
	go func() {
		text, err := read()
		got <- answer{text, err}
	}()
	select {
	case a := <-got:
		return a.text, a.err
	case <-ctx.Done():
		return "", errors.New("interrupted: nothing was written")
	}
}

// readLine reads an answer.
func (a *asker) readLine() (string, error) {
	text, err := await(a.ctx, func() (string, error) { return a.lines.ReadString('\n') })
	if a.ctx.Err() != nil {
		return "", err
	}
	if err != nil && (!errors.Is(err, io.EOF) || text == "") {
		return "", errNoAnswer
	}
	return config.TrimInvisible(text), nil
}

// ask asks for a value; an empty answer takes the one that is offered.
func (a *asker) ask(question, offered string) (string, error) {
	if a.silent {
		return offered, nil
	}
	fmt.Fprint(a.err, question)
	if offered != "" {
		fmt.Fprintf(a.err, " [%s]", offered)
	}
	fmt.Fprint(a.err, ": ")
	text, err := a.readLine()
	if text == "" {
		text = offered
	}
	return text, err
}

// askSecret asks for a value that is not echoed.
func (a *asker) askSecret(question string, there bool) (string, error) {
	if a.silent {
		return "", nil
	}
	if there {
		question += " [keep the one that is set]"
	}
	fmt.Fprintf(a.err, "%s (not shown): ", question)
	if a.readSecret == nil {
		return a.readLine()
	}
	text, err := a.readSecret(a.ctx)
	fmt.Fprintln(a.err)
	if a.ctx.Err() != nil {
		return "", err
	}
	if err != nil {
		return "", errNoAnswer
	}
	return config.TrimInvisible(text), nil
}

// confirm asks for a yes.
func (a *asker) confirm(question string) (bool, error) {
	if a.silent {
		return true, nil
	}
	text, err := a.ask(question+" (yes or no)", "no")
	return strings.HasPrefix(strings.ToLower(text), "y"), err
}

// say tells something, in lines that are wrapped between words.
func (a *asker) say(format string, args ...any) { fmt.Fprintf(a.errForPeople(), format+"\n", args...) }

// announceWait tells what is waited for, where somebody sits and waits.
func (a *asker) announceWait(format string, args ...any) {
	if !a.silent {
		a.say(format, args...)
	}
}
