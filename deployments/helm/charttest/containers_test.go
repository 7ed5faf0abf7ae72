package charttest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/runtime"
)

// patience bounds each wait: for a program to listen, a container to end, a session.
const patience = 4 * time.Minute

// node runs the chart's pods as containers of Docker, under the restrictions that the
// pods have: their user, a read-only root file system, no capabilities, their limit of
// memory and no more room than theirs in /tmp.
type node struct {
	image   string
	objects []runtime.Object
	mount   string // what pods see at /etc/defendersync
	prefix  string // of the containers' names
}

// startNode starts a Temporal server and simulated tenants on this machine, and renders
// the chart for them.
func startNode(t *testing.T) node {
	t.Helper()
	image, server, bin := os.Getenv("DEFENDERSYNC_TEST_IMAGE"), os.Getenv("DEFENDERSYNC_LOCAL"), os.Getenv("DEFENDERSYNC_BIN")
	if image == "" || server == "" || bin == "" {
		t.Skip("DEFENDERSYNC_TEST_IMAGE, DEFENDERSYNC_LOCAL or DEFENDERSYNC_BIN is not set: see 'make test-chart-pods'")
	}
	if out, err := exec.Command("docker", "version").CombinedOutput(); err != nil {
		t.Skipf("there is no Docker: %s", out)
	}
	address := freeAddresses(t, 6)
	startProgram(t, address[0], server, "server", "--db", filepath.Join(t.TempDir(), "db"), "--no-ui", "--port", portOf(address[0]))
	startProgram(t, address[1], filepath.Join(bin, "defendersync-tenants"), "-defender-addr", address[1], "-oomnitza-addr", address[2], "-control-addr", address[3],
		"-budget", "900", "-apps", "40", "-people", "100", "-pairs", "800")
	v := with(fmt.Sprintf("settings: {INTEGRATION_NAME: chart, TEMPORAL_ADDRESS: '%s', DEFENDER_API_URL: 'http://%s', DEFENDER_ALLOW_HOST: 127.0.0.1, OOMNITZA_URL: 'http://%s', "+
		"DEFENDER_REQUESTS_PER_MINUTE: 900}\nhealth: {port: %s}\nmetrics: {port: %s}", address[0], address[1], address[2], portOf(address[4]), portOf(address[5])))
	n := node{image: image, objects: renderObjects(t, v), mount: makeMount(t), prefix: fmt.Sprintf("defendersync-chart-%d-", os.Getpid())}
	t.Cleanup(func() {
		for _, p := range listPods(n.objects) {
			for _, c := range p.containers() {
				_ = exec.Command("docker", "rm", "--force", n.prefix+c.Name).Run()
			}
		}
	})
	return n
}

// freeAddresses returns addresses of this machine that nothing listens at.
func freeAddresses(t *testing.T, n int) (addresses []string) {
	t.Helper()
	for range n {
		l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		addresses = append(addresses, l.Addr().String())
	}
	return addresses
}

// portOf returns the port of an address.
func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// startProgram starts a program and waits until it listens.
func startProgram(t *testing.T, address, file string, args ...string) {
	t.Helper()
	var log bytes.Buffer
	command := exec.Command(file, args...)
	command.Stdout, command.Stderr = &log, &log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Signal(os.Interrupt)
		timer := time.AfterFunc(time.Minute, func() { _ = command.Process.Kill() })
		_ = command.Wait()
		timer.Stop()
		if t.Failed() {
			t.Logf("%s: %s", file, &log)
		}
	})
	waitUntil(t, filepath.Base(file)+" listens", func() bool {
		c, err := net.DialTimeout("tcp", address, time.Second)
		if err == nil {
			c.Close()
		}
		return err == nil
	})
}

// waitUntil waits until something is so.
func waitUntil(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%v, and still not: %s", patience, what)
		}
	}
}

// makeMount makes the files that a pod finds under /etc/defendersync, with the mode and
// the group that the kubelet gives them.
func makeMount(t *testing.T) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "defendersync-chart-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	if err := os.MkdirAll(folder+"/secrets", 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"DEFENDER_API_KEY": "simulated-defender-token\n", "OOMNITZA_API_TOKEN": "simulated-oomnitza-token\n"} {
		if err := os.WriteFile(folder+"/secrets/"+name, []byte(text), 0o440); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(folder+"/secrets/"+name, 0, 65532); err != nil {
			t.Skipf("only root can give a file away: %v", err)
		}
	}
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// arguments are those of `docker run` for a pod's container.
func (n node) arguments(t *testing.T, p pod, c corev1.Container) []string {
	t.Helper()
	bytesOf := func(q resource.Quantity) string { return strconv.FormatInt(q.Value(), 10) }
	memory, user := bytesOf(*c.Resources.Limits.Memory()), *p.spec.SecurityContext.RunAsUser
	args := []string{"--name", n.prefix + c.Name, "--network", "host", "--user", fmt.Sprintf("%d:%d", user, *p.spec.SecurityContext.RunAsGroup),
		"--security-opt", "no-new-privileges", "--memory", memory, "--memory-swap", memory}
	if *c.SecurityContext.ReadOnlyRootFilesystem {
		args = append(args, "--read-only")
	}
	for _, capability := range c.SecurityContext.Capabilities.Drop {
		args = append(args, "--cap-drop", string(capability))
	}
	for _, v := range p.spec.Volumes {
		if v.EmptyDir != nil {
			args = append(args, "--tmpfs", "/tmp:mode=1777,size="+bytesOf(*v.EmptyDir.SizeLimit))
		} else {
			args = append(args, "--volume", n.mount+":"+mountPoint+":ro")
		}
	}
	for name, value := range listEnv(t, n.objects, c) {
		args = append(args, "--env", name+"="+value)
	}
	return append(append(args, "--entrypoint", c.Command[0], n.image), c.Args...)
}

// runDocker runs a command of Docker and returns what it prints. It has to end well.
func runDocker(t *testing.T, args ...string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var errs bytes.Buffer
	command := exec.CommandContext(ctx, "docker", args...)
	command.Stderr = &errs
	out, err := command.Output()
	if err != nil {
		t.Fatalf("docker %v: %v\n%s%s", args, err, out, &errs)
	}
	return string(out)
}

// runPod runs the containers of a pod that ends, one after the other.
func (n node) runPod(t *testing.T, component string) (output string) {
	t.Helper()
	for _, p := range listPods(n.objects) {
		if p.component() == component {
			for _, c := range p.containers() {
				output += runDocker(t, append([]string{"run"}, n.arguments(t, p, c)...)...)
			}
		}
	}
	return output
}

// TestThePodsRun runs what the chart makes through a first session: the Job, a worker
// with its probes, `helm test`, commands in the worker, the look from outside, and the
// worker's end.
func TestThePodsRun(t *testing.T) {
	n := startNode(t)
	if out := n.runPod(t, "setup"); !strings.Contains(out, "registered in namespace default") || !strings.Contains(out, "schedule chart: created") {
		t.Errorf("setup: %s", out)
	}
	worker := findWorker(t, listPods(n.objects))
	c := worker.spec.Containers[0]
	runDocker(t, append([]string{"run", "--detach"}, n.arguments(t, worker, c)...)...)
	for path, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
		url := fmt.Sprintf("http://127.0.0.1:%d%s", findPort(c, probe.HTTPGet.Port), probe.HTTPGet.Path)
		waitUntil(t, path+" answers", func() bool { return fetch(url) == http.StatusOK })
	}
	if out := n.runPod(t, "check"); !strings.Contains(out, "✓ Defender: token, streams") {
		t.Errorf("check: %s", out)
	}
	run := func(args ...string) string {
		return runDocker(t, append([]string{"exec", n.prefix + c.Name, "/usr/bin/defendersync"}, args...)...)
	}
	if out := run("run", "--follow"); !strings.Contains(out, ": Completed in ") {
		t.Errorf("the session: %s", out)
	}
	checkNothingIsMissing(t, run("run", "--full", "--dry-run", "--follow", "--output", "json"))
	if out := n.runPod(t, "watch"); !strings.HasPrefix(out, "DEFENDERSYNC OK") {
		t.Errorf("watch: %s", out)
	}
	if status := fetch("http://127.0.0.1" + listEnv(t, n.objects, c)["METRICS_ADDRESS"] + "/metrics"); status != http.StatusOK {
		t.Errorf("metrics: %d", status)
	}
	runDocker(t, "stop", "--time", strconv.FormatInt(*worker.spec.TerminationGracePeriodSeconds, 10), n.prefix+c.Name)
	if state := runDocker(t, "inspect", "--format", "{{.State.ExitCode}} {{.State.OOMKilled}}", n.prefix+c.Name); strings.TrimSpace(state) != "0 false" {
		t.Errorf("the worker ended with %s", state)
	}
}

// fetch returns the status of a page; 0 if there is none.
func fetch(url string) int {
	answer, err := http.Get(url)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

// checkNothingIsMissing checks, by a session that only compares, that Oomnitza has all
// that the one before carried over.
func checkNothingIsMissing(t *testing.T, output string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(output), "\n")
	var result struct {
		Data struct {
			Counts struct {
				Apps  struct{ Seen, Created int }
				Users struct{ Seen, Added, Updated int }
			}
		}
	}
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &result); err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	if n := result.Data.Counts; n.Apps.Seen < 40 || n.Users.Seen < 500 || n.Apps.Created+n.Users.Added+n.Users.Updated > 0 {
		t.Errorf("a dry run after the session counts %+v", n)
	}
}
