package main

import (
	"errors"
	"fmt"
	"strings"

	"go.temporal.io/sdk/converter"
)

// errKey is what is wrong where something that Temporal keeps can't be read.
var errKey = errors.New("PAYLOAD_ENCRYPTION_KEY has to be the workers'")

// unreadable says of what could not be read, where encryption is the reason,
// which setting is wrong; another error stays as it is.
func unreadable(what string, err error) error {
	if err == nil || errors.Is(err, errKey) {
		return err
	}
	text := err.Error()
	encrypted := errors.Is(err, converter.ErrUnableToDecode) || errors.Is(err, converter.ErrEncodingIsNotSupported) ||
		errors.Is(err, converter.ErrMetadataIsNotSet) || strings.Contains(text, "encoding") || strings.Contains(text, "decrypt a payload")
	if !encrypted {
		return err
	}
	return fmt.Errorf("%s can't be read: %w: %w", what, errKey, err)
}
