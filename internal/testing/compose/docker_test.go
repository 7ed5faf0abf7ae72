package compose

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// commandLimit bounds one command: far more than any takes on a busy machine.
const commandLimit = 5 * time.Minute

// needTools skips a test where a program is missing, or Docker's engine.
func needTools(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		if _, err := exec.LookPath(name); err != nil {
			t.Skipf("%s isn't there: %v", name, err)
		}
	}
	if err := exec.Command("docker", "version").Run(); err != nil {
		t.Skip("Docker's engine does not answer: ", err)
	}
}

// handedIn is what make test-compose hands in, by an environment variable.
func handedIn(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	if value == "" {
		t.Skip(name + " is not set: run make test-compose")
	}
	return value
}

// execute runs a program in a folder and returns what it printed, or an error that
// tells it.
func execute(folder, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	if err != nil {
		err = &failure{name + " " + strings.Join(args, " "), out.String() + errs.String(), err}
	}
	return out.String(), err
}

// failure is a program that failed.
type failure struct {
	command, printed string
	err              error
}

func (f *failure) Error() string { return f.command + ": " + f.err.Error() + "\n" + f.printed }
func (f *failure) Unwrap() error { return f.err }

// docker runs a docker command that has to succeed.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := execute("", "docker", args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(out)
}

// inspected is as much of docker inspect as the tests need, of containers and images.
type inspected struct {
	ID           string `json:"Id"`
	Name         string
	Architecture string
	Os           string
	Size         int64
	RootFS       struct{ Layers []string }
	Config       struct {
		User        string
		Labels      map[string]string
		Healthcheck *struct{ Test []string }
		Env         []string
		Image       string
	}
	State struct {
		Status    string
		ExitCode  int
		OOMKilled bool
		Health    *struct {
			Status string
			Log    []struct{ Output string }
		}
	}
	HostConfig struct {
		ReadonlyRootfs bool
		CapDrop        []string
		SecurityOpt    []string
		Memory         int64
		PortBindings   map[string][]struct {
			HostIP string `json:"HostIp"`
		}
	}
}

// inspect looks at a container or an image.
func inspect(t *testing.T, id string) inspected {
	t.Helper()
	var all []inspected
	if err := json.Unmarshal([]byte(docker(t, "inspect", id)), &all); err != nil || len(all) != 1 {
		t.Fatalf("docker inspect %s: %d objects, %v", id, len(all), err)
	}
	return all[0]
}

// eventually asks until it is so, and fails after a limit that only a hang exceeds.
func eventually(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); time.Now().Before(deadline); time.Sleep(200 * time.Millisecond) {
		if so() {
			return
		}
	}
	t.Fatalf("waited %s in vain for %s", limit, what)
}
