package localrun

import (
	"fmt"
	"testing"
)

func TestTheSettingsSayWhichServerARunHas(t *testing.T) {
	for _, test := range []struct {
		setting string
		want    Server
	}{
		{"TEMPORAL_ADDRESS=", ServerOwn},
		{"TEMPORAL_NAMESPACE=x", ServerOwn},
		{"TEMPORAL_ADDRESS=temporal.contoso.example:7233", ServerGiven},
	} {
		s := newStage(t, test.setting)
		p := s.start("--which")
		p.expect(0)
		if got := p.said(); got != string(test.want)+"\n" {
			t.Errorf("%q: said %q; want %q", test.setting, got, test.want)
		}
		s.expectOnlyChecked()
	}
}

func TestWhatIsWrongIsToldBeforeAServerIsBuilt(t *testing.T) {
	s := newStage(t, fakeFails+"=defendersync check", "TENANT_APPS=none")
	s.env = append(s.env, fmt.Sprintf("%s=%d", EnvUIPort, takePort(t)))
	p := s.start("--which")
	p.expect(2, "a reason to fail", `TENANT_APPS is "none"`, "set UI_PORT=")
}
