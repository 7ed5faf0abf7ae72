package main

import (
	"errors"
	"strconv"

	"github.com/urfave/cli/v2"
)

// decimal is a flag's whole number. The flag package would take 010 for eight
// and 0x10 for sixteen; settings and flags are decimal throughout.
type decimal int

// Set implements cli.Generic.
func (d *decimal) Set(text string) error {
	n, err := strconv.Atoi(text)
	if err != nil {
		return errors.New("not a whole number")
	}
	*d = decimal(n)
	return nil
}

// String implements cli.Generic; ctx.Int reads it.
func (d *decimal) String() string { return strconv.Itoa(int(*d)) }

// numberFlag is a flag with a whole number, which ctx.Int gives.
func numberFlag(name string, otherwise int, usage string) cli.Flag {
	value := decimal(otherwise)
	return &cli.GenericFlag{Name: name, Value: &value, Usage: usage}
}
