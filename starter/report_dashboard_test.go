package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestADashboardShowsTheSessions(t *testing.T) {
	p := thePast(t)
	file := filepath.Join(t.TempDir(), "saas.html")
	p.run("report", "dashboard", "--file", file, "--live").ends(exitCompleted).says("wrote the dashboard to " + file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<!doctype html>", p.Name, "Completed with errors", "Terminated", "full", "dry run"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	if strings.Contains(string(text), "Temporal is not available") {
		t.Error("it says that Temporal is not available")
	}
	p.run("report", "dashboard", "--file", filepath.Join(t.TempDir(), "none", "x.html")).ends(exitFailed).says("no such file")
	p.runWith([]string{"OOMNITZA_URL="}, "report", "dashboard", "--file", file).ends(exitUsage).says("OOMNITZA_URL")
}
