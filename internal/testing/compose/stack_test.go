package compose

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.temporal.io/sdk/client"

	"defendersync/internal/testing/simulator"
)

// The folder that users have.
const deployments = "../../../deployments"

// Variables by which make hands in what it has built.
const (
	envImage     = "DEFENDERSYNC_TEST_IMAGE"     // the product's image
	envSimulated = "DEFENDERSYNC_TEST_SIMULATED" // the image of simulated tenants
	envTemporal  = "DEFENDERSYNC_TEST_TEMPORAL"  // folder of Temporal's own programs
)

// stack is one deployment by Compose, as `./prepare simulated` and `docker compose up`
// make it, in a copy of the folder.
type stack struct {
	t       *testing.T
	folder  string
	compose []string       // the command
	ports   map[string]int // of this machine, by variable

	prometheus bool // there is an image of it
}

// newStack prepares a deployment that lasts as long as the test. More settings go
// to the end of its .env.
func newStack(t *testing.T, settings ...string) *stack {
	t.Helper()
	product, simulated, temporal := handedIn(t, envImage), handedIn(t, envSimulated), handedIn(t, envTemporal)
	needTools(t, "docker", "busybox", "ldd")
	if postgresBin == "" {
		t.Skip("PostgreSQL isn't there: no /usr/lib/postgresql/*/bin")
	}
	s := &stack{t: t, folder: filepath.Join(t.TempDir(), "compose"), compose: findCompose(t), ports: map[string]int{}}
	for _, name := range []string{"compose", "prometheus", "grafana"} {
		if err := copyTree(filepath.Join(deployments, name), filepath.Join(filepath.Dir(s.folder), name)); err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
	}
	if out, err := execute(s.folder, "./prepare", "simulated"); err != nil {
		t.Fatal(out, err)
	}
	project := fmt.Sprintf("defendersync-test-%x", rand.Uint32())
	lines := append([]string{"COMPOSE_PROJECT_NAME=" + project, "DEFENDERSYNC_IMAGE=" + product, "SIMULATED_IMAGE=" + simulated}, s.choosePorts()...)
	images := standIns(temporal)
	if p, there := prometheus(); there {
		images, s.prometheus = append(images, p), true
	}
	lines = append(lines, findImages(t, project, images)...)
	s.set(append(lines, settings...)...)
	t.Cleanup(func() { s.remove(project) })
	return s
}

// findCompose finds Compose, as Docker's plug-in or as a program of its own.
func findCompose(t *testing.T) []string {
	t.Helper()
	if exec.Command("docker", "compose", "version").Run() == nil {
		return []string{"docker", "compose"}
	}
	if _, err := exec.LookPath("docker-compose"); err != nil {
		t.Skip("neither docker compose nor docker-compose is there")
	}
	return []string{"docker-compose"}
}

// choosePorts finds ports that are free at this moment.
func (s *stack) choosePorts() (settings []string) {
	for _, name := range []string{"TEMPORAL_PORT", "UI_PORT", "TENANT_CONTROL_PORT", "MAIL_UI_PORT", "PROMETHEUS_PORT", "GRAFANA_PORT"} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			s.t.Fatal(err)
		}
		defer l.Close()
		s.ports[name] = l.Addr().(*net.TCPAddr).Port
		settings = append(settings, name+"="+strconv.Itoa(s.ports[name]))
	}
	return settings
}

// set writes settings into .env, in the place of those of the same name.
func (s *stack) set(settings ...string) {
	s.t.Helper()
	path := filepath.Join(s.folder, ".env")
	content, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(content)), "\n")
	for _, setting := range settings {
		name, _, _ := strings.Cut(setting, "=")
		lines = slices.DeleteFunc(lines, func(line string) bool { return strings.HasPrefix(line, name+"=") })
		lines = append(lines, setting)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// run runs a command of Compose.
func (s *stack) run(args ...string) (string, error) {
	command := append(slices.Clone(s.compose), args...)
	return execute(s.folder, command[0], command[1:]...)
}

// must runs a command of Compose that has to succeed.
func (s *stack) must(args ...string) string {
	s.t.Helper()
	out, err := s.run(args...)
	if err != nil {
		s.t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// command runs one of the operator's commands and returns its exit code.
func (s *stack) command(args ...string) (out string, code int) {
	s.t.Helper()
	out, err := s.run(append([]string{"run", "--rm", "-T", "defendersync"}, args...)...)
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		return err.Error(), exit.ExitCode()
	case err != nil:
		s.t.Fatal(err)
	}
	return out, 0
}

// containers lists a service's containers, those that have ended too.
func (s *stack) containers(service string) []string {
	s.t.Helper()
	return strings.Fields(s.must("ps", "--all", "--quiet", service))
}

// container is the only one of a service.
func (s *stack) container(service string) string {
	s.t.Helper()
	ids := s.containers(service)
	if len(ids) != 1 {
		s.t.Fatalf("%s has %d containers", service, len(ids))
	}
	return ids[0]
}

// awaitHealthy waits until Docker calls a container healthy.
func (s *stack) awaitHealthy(service, id string) {
	s.t.Helper()
	eventually(s.t, 3*time.Minute, service+" to be healthy", func() bool {
		state := inspect(s.t, id).State
		return state.Status == "running" && state.Health != nil && state.Health.Status == "healthy"
	})
}

// address is one of the ports on this machine.
func (s *stack) address(port string) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.ports[port]))
}

// tenants asks the simulated tenants what they have seen.
func (s *stack) tenants() (status simulator.Status) {
	s.t.Helper()
	resp, err := http.Get("http://" + s.address("TENANT_CONTROL_PORT") + "/status")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&status); err != nil {
		s.t.Fatal(err)
	}
	return status
}

// dial connects to the Temporal server by its port on this machine.
func (s *stack) dial() client.Client {
	s.t.Helper()
	c, err := client.Dial(client.Options{HostPort: s.address("TEMPORAL_PORT"), Logger: quiet{}})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// remove takes everything away, and makes sure that it is.
func (s *stack) remove(project string) {
	if s.t.Failed() {
		out, err := s.run("logs", "--no-color", "--tail", "60")
		s.t.Logf("%s%v", out, err)
		states, _ := s.run("ps", "--all")
		s.t.Log(states)
	}
	if _, err := s.run("--profile", "command", "--profile", "observability", "down", "--volumes", "--remove-orphans", "--timeout", "1"); err != nil {
		s.t.Error(err)
	}
	for kind, list := range map[string][]string{
		"container": {"ps", "--all", "--quiet"}, "network": {"network", "ls", "--quiet"}, "volume": {"volume", "ls", "--quiet"},
	} {
		left, err := execute("", "docker", append(list, "--filter", "label=com.docker.compose.project="+project)...)
		if err != nil || strings.TrimSpace(left) != "" {
			s.t.Errorf("a %s is left behind: %s %v", kind, left, err)
		}
	}
}

// quiet is a log that keeps quiet: tests read results.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
