package main

import (
	"strings"
	"testing"

	"defendersync/internal/testing/simulator"
)

func TestNumbersOfFlagsAreDecimal(t *testing.T) {
	p := newTenants(t, simulator.Options{})
	for value, code := range map[string]int{"010": 0, "0x10": exitUsage, "1_0": exitUsage, "1e1": exitUsage, "１０": exitUsage, "99999999999999999999": exitUsage} {
		r := command(t, p.environ, nil, "report", "apps", "--created-by", "any", "-o", "csv", "--top", value)
		if rows := strings.Count(r.out, "\n") - 1; r.code != code || code == 0 && rows != 10 {
			t.Errorf("--top %s: ended with %d and %d rows, %q", value, r.code, rows, r.err)
		}
		if code != 0 && !strings.Contains(r.err, "top") {
			t.Errorf("--top %s: the flag is not named: %q", value, r.err)
		}
	}
}
