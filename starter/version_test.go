package main

import (
	"regexp"
	"testing"

	"defendersync/internal/buildinfo"
)

func TestVersionNamesWhatItWasBuiltOf(t *testing.T) {
	got := command(t, nil, nil, "version").ends(exitCompleted).quiet()
	if !regexp.MustCompile(`^defendersync \S+ \((commit .*, )?go1\.\S+, Temporal SDK 1\.\S+, \w+/\w+\)\n$`).MatchString(got.out) {
		t.Errorf("it prints %q", got.out)
	}
	command(t, nil, nil, "version", "2").ends(exitUsage).says(`"2"`)
}

func TestVersionIsThereForPrograms(t *testing.T) {
	got := command(t, nil, nil, "version", "--output", "json").ends(exitCompleted).quiet()
	var info buildinfo.Info
	if got.decode(&info); info.Version != buildinfo.Version() || info.SDK == "" {
		t.Errorf("it prints %q", got.out)
	}
}
