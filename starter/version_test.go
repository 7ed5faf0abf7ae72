package main

import (
	"regexp"
	"testing"
)

func TestVersionNamesWhatItWasBuiltOf(t *testing.T) {
	got := command(t, nil, nil, "version").ends(exitCompleted).quiet()
	if !regexp.MustCompile(`^defendersync dev \(go1\.\S+, Temporal SDK 1\.\S+\)\n$`).MatchString(got.out) {
		t.Errorf("it prints %q", got.out)
	}
	command(t, nil, nil, "version", "2").ends(exitUsage).says(`"2"`)
}
