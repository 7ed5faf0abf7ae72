package systemd

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The environment variables by which make hands in what it has built.
const (
	envDist = "DEFENDERSYNC_DIST"        // folder of the packages
	envRoot = "DEFENDERSYNC_SYSTEMD_TAR" // root file system with systemd; made if it isn't there
)

// patience is how long something may take on a machine that is busy.
const patience = 3 * time.Minute

// machine is a Debian that runs systemd, in a container with the network of this
// machine, so that it reaches what the test serves.
type machine struct {
	t    *testing.T
	name string
}

// startMachine starts one, or skips the test where that can't be done.
func startMachine(t *testing.T) *machine {
	t.Helper()
	tar := os.Getenv(envRoot)
	if tar == "" || os.Getenv(envDist) == "" {
		t.Skip("run by make test-systemd, which builds the packages")
	}
	if out, err := exec.CommandContext(t.Context(), "docker", "info").CombinedOutput(); err != nil {
		t.Skipf("docker does not answer: %v\n%s", err, out)
	}
	if _, err := os.Stat(tar); err != nil {
		makeRoot(t, tar)
	}
	m := &machine{t, "defendersync-systemd-" + strings.ToLower(rand.Text()[:8])}
	m.docker("import", tar, m.name)
	t.Cleanup(func() { m.docker("rmi", "-f", m.name) })
	// systemd passes credentials on by mounts, which have to be shared. It leaves
	// that to whoever starts it in a container.
	m.docker("run", "--detach", "--name", m.name, "--hostname", "machine", "--network", "host", "--stop-signal", "SIGRTMIN+3", "--env", "container=docker",
		"--cap-add", "SYS_ADMIN", "--cap-add", "SYS_PTRACE", "--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined",
		"--volume", "/sys/fs/cgroup:/sys/fs/cgroup:ro", "--tmpfs", "/run", "--tmpfs", "/run/lock", "--tmpfs", "/tmp",
		m.name, "sh", "-c", "mount --make-rshared / && exec /sbin/init")
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := m.try("journalctl", "--no-pager", "--lines=200", "--output=short-precise")
			t.Logf("the machine's journal:\n%s", out)
		}
		m.docker("rm", "--force", "--volumes", m.name)
	})
	for deadline := time.Now().Add(patience); ; time.Sleep(200 * time.Millisecond) {
		out, err := m.try("systemctl", "is-system-running")
		if state := strings.TrimSpace(out); state == "running" || state == "degraded" {
			return m
		}
		if time.Now().After(deadline) {
			t.Skipf("systemd does not run in a container here: %s %v", out, err)
		}
	}
}

// makeRoot makes the root file system by debootstrap.
func makeRoot(t *testing.T, tar string) {
	t.Helper()
	if _, err := exec.LookPath("debootstrap"); err != nil {
		t.Skip("debootstrap is not installed")
	}
	if os.Geteuid() != 0 {
		t.Skip("debootstrap needs to be root")
	}
	folder, err := os.MkdirTemp("", "defendersync-root-")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	packages := "--include=systemd,systemd-sysv,dbus,ca-certificates,rpm"
	if out, err := exec.CommandContext(t.Context(), "debootstrap", "--variant=minbase", packages, "bookworm", folder).CombinedOutput(); err != nil {
		t.Skipf("debootstrap: %v\n%s", err, out[max(0, len(out)-1000):])
	}
	part := filepath.Join(filepath.Dir(tar), "part-"+filepath.Base(tar))
	if out, err := exec.CommandContext(t.Context(), "tar", "-C", folder, "--exclude=./var/cache/apt", "--exclude=./var/lib/apt/lists", "--exclude=./usr/share/locale", "--exclude=./usr/share/doc/*", "-cf", part, ".").CombinedOutput(); err != nil {
		t.Fatalf("tar: %v\n%s", err, out)
	}
	if err := os.Rename(part, tar); err != nil {
		t.Fatal(err)
	}
}

// docker runs a command of Docker's, also when the test is over.
func (m *machine) docker(args ...string) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.t.Context()), patience)
	defer cancel()
	if out, err := exec.CommandContext(ctx, "docker", args...).CombinedOutput(); err != nil {
		m.t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

// try runs a command on the machine.
func (m *machine) try(args ...string) (out string, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(m.t.Context()), patience)
	defer cancel()
	text, err := exec.CommandContext(ctx, "docker", append([]string{"exec", m.name}, args...)...).CombinedOutput()
	return string(text), err
}

// run runs a command on the machine that has to succeed.
func (m *machine) run(args ...string) string {
	m.t.Helper()
	out, err := m.try(args...)
	if err != nil {
		m.t.Fatalf("%s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// start starts a command on the machine and returns what waits for its end.
func (m *machine) start(args ...string) (wait func() (out, told string, code int)) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "docker", append([]string{"exec", m.name}, args...)...)
	var out, told bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &told
	if err := cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	return func() (string, string, int) {
		err := cmd.Wait()
		if exit := new(exec.ExitError); err != nil && !errors.As(err, &exit) {
			m.t.Fatal(err)
		}
		return out.String(), told.String(), cmd.ProcessState.ExitCode()
	}
}

// write writes a file of root's alone.
func (m *machine) write(path, text string) {
	m.t.Helper()
	cmd := exec.CommandContext(m.t.Context(), "docker", "exec", "--interactive", m.name, "sh", "-c", `umask 077; mkdir -p "$(dirname "$0")"; cat > "$0"`, path)
	cmd.Stdin = strings.NewReader(text)
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Fatalf("write %s: %v\n%s", path, err, out)
	}
}

// show returns a property of a unit.
func (m *machine) show(unit, property string) string {
	m.t.Helper()
	return strings.TrimSpace(m.run("systemctl", "show", "--value", "--property="+property, unit))
}

// await waits until a unit's property has a value.
func (m *machine) await(unit, property string, fits func(value string) bool) string {
	m.t.Helper()
	var value string
	m.awaitThat(unit+" has the right "+property, func() bool {
		value = m.show(unit, property)
		return fits(value)
	})
	return value
}

// awaitThat waits until something is so.
func (m *machine) awaitThat(what string, is func() bool) {
	m.t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(200 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("in vain: %s", what)
		}
	}
}

// is makes a condition of a value.
func is(want string) func(string) bool { return func(value string) bool { return value == want } }

// listFiles lists the machine's files, without those of the system's own doing.
func (m *machine) listFiles() []string {
	m.t.Helper()
	out := m.run("find", "/", "-xdev", "(", "-path", "/proc", "-o", "-path", "/sys", "-o", "-path", "/run", "-o", "-path", "/tmp",
		"-o", "-path", "/var/log", "-o", "-path", "/var/lib/systemd/random-seed", "-o", "-path", "/var/tmp", "-o", "-path", "/var/lib/private",
		"-o", "-path", "/var/cache/private", "-o", "-path", "/var/lib/dpkg/*-old", "-o", "-path", "/var/lib/rpm", ")", "-prune", "-o", "-print")
	return strings.Split(strings.TrimSpace(out), "\n")
}
