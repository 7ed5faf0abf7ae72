package standards

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
)

const folder = "../../../../deployments/compose"

// loadProject reads the files as `docker compose` does, in a copy of the folder with
// an .env of its own.
func loadProject(t *testing.T, env string, profiles ...string) *types.Project {
	t.Helper()
	copied := t.TempDir()
	for _, name := range []string{"compose.yaml", "compose.simulated.yaml", env} {
		text, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		if name == env {
			name = ".env"
		}
		if err := os.WriteFile(filepath.Join(copied, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(copied) // where users call it
	options, err := cli.NewProjectOptions(nil, cli.WithEnvFiles(), cli.WithDotEnv, cli.WithConfigFileEnv, cli.WithDefaultConfigPath, cli.WithProfiles(profiles))
	if err != nil {
		t.Fatal(err)
	}
	project, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return project
}

func TestComposeTwoReadsTheFilesAsTheyAreMeant(t *testing.T) {
	always := []string{"namespace", "postgres", "schedule", "schema", "setup", "temporal", "ui", "watch", "worker"}
	for name, tc := range map[string]struct {
		env      string
		profiles []string
		more     []string
	}{
		"one's own tenants": {"example.env", nil, nil},
		"simulated tenants": {"simulated.env", nil, []string{"certificates", "mailbox", "tenants"}},
		"observability":     {"example.env", []string{"observability"}, []string{"grafana", "prometheus"}},
		"everything":        {"simulated.env", []string{"observability", "command"}, []string{"certificates", "mailbox", "tenants", "grafana", "prometheus", "defendersync"}},
	} {
		t.Run(name, func(t *testing.T) {
			project := loadProject(t, tc.env, tc.profiles...)
			want := append(slices.Clone(always), tc.more...)
			slices.Sort(want)
			got := project.ServiceNames()
			slices.Sort(got)
			if !slices.Equal(got, want) {
				t.Errorf("the services are %v, not %v", got, want)
			}
			for _, s := range project.Services {
				checkService(t, s)
			}
		})
	}
}

// checkService holds a service to what docs/operations.md says of every one.
func checkService(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	if !s.ReadOnly || !slices.Equal(s.CapDrop, []string{"ALL"}) || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") || s.MemLimit == 0 || s.PidsLimit == 0 {
		t.Errorf("%s is not confined", s.Name)
	}
	for _, p := range s.Ports {
		if p.HostIP != "127.0.0.1" {
			t.Errorf("port %d of %s is open to others", p.Target, s.Name)
		}
	}
	if s.Environment["TEMPORAL_UI_URL"] != nil && !strings.HasPrefix(*s.Environment["NO_PROXY"], "temporal,") {
		t.Errorf("%s would ask a proxy for Temporal", s.Name)
	}
	for name, value := range s.Environment {
		secret := strings.Contains(name, "PASSWORD") || strings.Contains(name, "TOKEN") || strings.HasSuffix(name, "KEY")
		if secret && !strings.Contains(name, "_FILE") && value != nil {
			t.Errorf("%s has the secret %s in its environment", s.Name, name)
		}
	}
	if s.Name == "worker" && (s.Deploy == nil || s.Deploy.Replicas == nil || *s.Deploy.Replicas != 2) {
		t.Errorf("the workers are %+v", s.Deploy)
	}
	if s.Name != "postgres" && s.Name != "schema" && s.Name != "temporal" {
		if _, there := s.Networks["database"]; there {
			t.Errorf("%s reaches the database", s.Name)
		}
	}
}
