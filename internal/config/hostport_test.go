package config

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// handMade is a host and a port put together by hand, which an IPv6 address
// breaks; net.JoinHostPort puts brackets around it.
var handMade = regexp.MustCompile(`%[sv]:%[dsv]"|:%[ds]"\s*,\s*(?:[a-z.]*[pP]ort|[a-z.]*[hH]ost)|(?i:host|addr|loopback)\w*(?:\(\))?\s*\+\s*":"\s*\+|127\.0\.0\.1:%|localhost:%`)

// notAddresses are lines that look alike and hold no address.
var notAddresses = regexp.MustCompile(`line %d|Errorf|Sprintf\("%s: %`)

func TestEveryHostAndPortIsJoinedByTheLibrary(t *testing.T) {
	seen := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "var" || d.Name() == "bin" || strings.HasPrefix(d.Name(), ".") && len(d.Name()) > 2):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		seen++
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(content), "\n") {
			if handMade.MatchString(line) && !notAddresses.MatchString(line) {
				t.Errorf("%s:%d joins a host and a port by hand: use net.JoinHostPort\n%s", path, i+1, line)
			}
		}
		return nil
	})
	if err != nil || seen < 100 {
		t.Fatalf("%d files read, %v", seen, err)
	}
	for _, bad := range []string{`fmt.Sprintf("%s:%d", host, port)`, `addr := host + ":" + port`, `"http://127.0.0.1:%d"`} {
		if !handMade.MatchString(bad) {
			t.Errorf("%s is not found", bad)
		}
	}
}
