package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"defendersync/internal/saas"
)

func TestASecretIsRedactedHoweverItIsPrinted(t *testing.T) {
	type holder struct {
		Open   Secret
		hidden Secret
	}
	secret := NewSecret("s3cret")
	h := holder{secret, secret}
	var out bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		fmt.Fprintf(&out, verb+verb+verb+verb, secret, &secret, h, []Secret{secret})
	}
	text, err := json.Marshal(map[string]any{"a": secret, "b": h, "c": map[Secret]int{secret: 1}})
	if err != nil {
		t.Fatal(err)
	}
	out.Write(text)
	log := zerolog.New(&out)
	log.Info().Interface("a", secret).Object("b", secret).Stringer("c", secret).Any("d", h).Msg("")
	slog.New(slog.NewTextHandler(&out, nil)).Info("", "a", secret, "b", h)
	slog.New(slog.NewJSONHandler(&out, nil)).Info("", "a", secret, "b", h)
	if s := out.String(); strings.Contains(s, "s3cret") || strings.Contains(s, "733363726574") {
		t.Errorf("it shows: %s", s)
	}
	if s := fmt.Sprint(secret); s != "[redacted]" || secret.Reveal() != "s3cret" || !secret.IsSet() {
		t.Errorf("prints as %q, reveals %q", s, secret.Reveal())
	}
	if zero := NewSecret(""); zero.IsSet() || zero.Reveal() != "" || fmt.Sprint(zero) != "" || zero != (Secret{}) {
		t.Errorf("a secret that isn't set prints as %q", fmt.Sprint(zero))
	}
}

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"90d": 90 * saas.Day, "1d12h": 36 * time.Hour, " 72h ": 72 * time.Hour, "1h30m": 90 * time.Minute, "15s": 15 * time.Second, "0": 0, "0d": 0,
	} {
		if got, err := ParseDuration(text); got != want || err != nil {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "d", "90", "1.5d", "-1d", "-1h", "+1h", "1d+1h", "1d -1h", "1dd", "1h1d", "99999999999d", "4294967295d", "1w"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"90d", "1d12h", "53375d23h", "1h", "", "9223372036854775807ns"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, err := ParseDuration(text)
		if d < 0 || err != nil && d != 0 {
			t.Errorf("%q: %v, %v", text, d, err)
		}
		if err == nil {
			if again, err := ParseDuration(d.String()); again != d || err != nil {
				t.Errorf("%q is %v, which reads as %v, %v", text, d, again, err)
			}
		}
	})
}

func FuzzLists(f *testing.F) {
	for _, s := range []string{"a, b", "/x{1,2}/,y", "/a,b", "a=1d", ",,", "/,/,", "//", "=1d", `"a,b"=1d`, `"a""b",c`, `"open`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var list List
		var patterns Patterns
		var thresholds Thresholds
		for _, err := range []error{list.EnvDecode(text), patterns.EnvDecode(text)} {
			if err != nil && !strings.Contains(text, `"`) {
				t.Error(err)
			}
		}
		for _, item := range append(append([]string{}, list...), patterns...) {
			if !strings.Contains(text, `"`) && (item == "" || strings.TrimSpace(item) != item) {
				t.Errorf("%q has the item %q", text, item)
			}
			var again List
			if err := again.EnvDecode(`"` + strings.ReplaceAll(item, `"`, `""`) + `"`); err != nil || len(again) > 1 || len(again) == 1 && again[0] != item {
				t.Errorf("%q between quotes reads as %q, %v", item, again, err)
			}
		}
		if err := thresholds.EnvDecode(text); err != nil && len(thresholds) > 0 {
			t.Errorf("%q: %v besides %v", text, thresholds, err)
		}
	})
}

func TestPatternsKeepTheCommasOfRegularExpressions(t *testing.T) {
	for text, want := range map[string]Patterns{
		"a,b":             {"a", "b"},
		"/x{1,2}/":        {"/x{1,2}/"},
		"a,/x{1,2}/ , b,": {"a", "/x{1,2}/", "b"},
		"/a/,/b/":         {"/a/", "/b/"},
		"/never,closed":   {"/never,closed"},
		" , ":             nil,
	} {
		var got Patterns
		if err := got.EnvDecode(text); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}
