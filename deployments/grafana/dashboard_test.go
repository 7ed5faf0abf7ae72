//lint:file-ignore SA1019 the file has the form that every version of Grafana imports

package grafana

import (
	"encoding/json"
	"os"
	"testing"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

// TestTheDashboardIsOneByGrafanasOwnTypes decodes it strictly: a field that Grafana does
// not know, or a value of another type, is an error.
func TestTheDashboardIsOneByGrafanasOwnTypes(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	text, err := os.ReadFile("defendersync.json")
	if err != nil {
		t.Fatal(err)
	}
	var d dashboard.Dashboard
	if err := realError(d.UnmarshalJSONStrict(text)); err != nil {
		t.Fatal(err)
	}
	d = dashboard.Dashboard{} // decoded strictly, it has no panels: the library drops them
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	if err := realError(d.Validate()); err != nil {
		t.Error(err)
	}
	panels, rows := 0, 0
	for _, p := range d.Panels {
		if p.RowPanel != nil {
			rows++
		} else if p.Panel != nil && p.Panel.Type != "" && len(p.Panel.Targets) > 0 {
			panels++
		}
	}
	if rows < 6 || panels < 25 || d.Templating.List == nil || len(d.Templating.List) != 2 {
		t.Errorf("%d rows with %d panels and %d variables are understood", rows, panels, len(d.Templating.List))
	}
}

// realError is an error of the library, which returns an empty list of them where it
// means none.
func realError(err error) error {
	if list, ok := err.(cog.BuildErrors); ok && len(list) == 0 {
		return nil
	}
	return err
}

func TestWhatGrafanaDoesNotKnowIsFound(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	for name, text := range map[string]string{
		"a field that is none":          `{"title": "x", "schemaVersion": 39, "panelz": []}`,
		"a field of another type":       `{"title": "x", "schemaVersion": "39"}`,
		"a panel's option that is none": `{"title": "x", "schemaVersion": 39, "panels": [{"type": "timeseries", "options": {"legende": {}}}]}`,
	} {
		var d dashboard.Dashboard
		if realError(d.UnmarshalJSONStrict([]byte(text))) == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
