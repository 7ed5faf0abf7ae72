package temporalx

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.temporal.io/sdk/log"
)

func TestTheLogNamesNobody(t *testing.T) {
	var out bytes.Buffer
	l := SDKLogger(zerolog.New(&out))
	l = log.With(l, "WorkerID", "defendersync-worker@host.example", "about", "dora@contoso.com")
	err := errors.New(`Oomnitza: create a person: HTTP 400: carole.gupta@contoso.com (CONTOSO\carole) {"email": "x"} is not allowed`)
	l.Error("Activity error of bob@contoso.com", "Error", err, "text", "alice@contoso.com", "Attempt", 3)
	got := out.String()
	for _, name := range []string{"carole", "alice", "bob", "dora"} {
		if strings.Contains(got, name) {
			t.Errorf("%s shows %s", got, name)
		}
	}
	for _, kept := range []string{"HTTP 400", "is not allowed", "defendersync-worker@host.example", `"Attempt":3`} {
		if !strings.Contains(got, kept) {
			t.Errorf("%s lacks %s", got, kept)
		}
	}
}
