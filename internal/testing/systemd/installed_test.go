package systemd

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/simulator"
)

// installation is the product on a machine, serving an integration of the test's.
type installation struct {
	*machine
	*harness.Integration
	worker, watch string // units
	files         []string
}

// findPackage finds the package of a kind.
func findPackage(t *testing.T, extension string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(os.Getenv(envDist), "*"+extension))
	if err != nil || len(found) != 1 {
		t.Fatalf("packages %s: %v, %v", extension, found, err)
	}
	return found[0]
}

// newInstallation starts Temporal, tenants and a machine on which nothing is
// installed.
func newInstallation(t *testing.T) *installation {
	t.Helper()
	m := startMachine(t)
	binaries, err := harness.FindBinaries()
	if err != nil {
		t.Fatal(err)
	}
	server, err := harness.StartServer(t.Context(), binaries)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.StopServer)
	in := server.NewIntegration(simulator.Options{Seed: 7}, "DEFENDER_REQUESTS_PER_MINUTE=240", "HEALTH_ADDRESS=", "METRICS_ADDRESS=")
	t.Cleanup(in.Close)
	return &installation{m, in, "defendersync-worker@" + in.Name + ".service", "defendersync-watch@" + in.Name + ".service", m.listFiles()}
}

func TestThePackagesRunTheProductUnderSystemd(t *testing.T) {
	i := newInstallation(t)
	i.installDeb()
	i.configure()
	i.startWorker()
	i.runSessionThroughKillAndUpgrade()
	i.stopFrozenWorker()
	i.lookFromOutside()
	i.refuseWrongSettings()
	i.removeDeb()
	i.installRPM()
}

// installDeb installs the deb package, which starts nothing.
func (i *installation) installDeb() {
	i.t.Helper()
	i.docker("cp", findPackage(i.t, ".deb"), i.machine.name+":/root/package.deb")
	i.docker("cp", findPackage(i.t, ".rpm"), i.machine.name+":/root/package.rpm")
	i.run("dpkg", "-i", "/root/package.deb")
	if out := i.run("systemctl", "list-units", "--all", "--no-legend", "defendersync*"); out != "" {
		i.t.Errorf("the package starts %s", out)
	}
	if out := i.run("systemctl", "list-unit-files", "--no-legend", "defendersync*"); strings.Count(out, "\n") != 3 || strings.Contains(out, "enabled ") {
		i.t.Errorf("the units are\n%s", out)
	}
	for _, program := range []string{"defendersync", "defendersync-worker"} {
		if out := i.run(program, "version"); !strings.HasPrefix(out, program+" ") || !strings.Contains(out, "commit ") {
			i.t.Errorf("%s version prints %s", program, out)
		}
	}
	if out := i.run("stat", "-c", "%a %U", "/etc/defendersync", "/etc/defendersync/example.env"); out != "750 root\n640 root\n" {
		i.t.Errorf("the settings are open: %s", out)
	}
}

// configure writes the settings: one token as a file of the credential store, the
// other one encrypted.
func (i *installation) configure() {
	i.t.Helper()
	if out, err := i.try("systemctl", "start", i.worker); err == nil || !strings.Contains(out, "Assertion failed") {
		i.t.Errorf("without settings the worker starts: %s", out)
	}
	var plain []string
	for _, setting := range i.Env {
		name, value, _ := strings.Cut(setting, "=")
		switch name {
		case "DEFENDER_API_KEY":
			i.write("/etc/credstore/defendersync."+i.Name+"."+name, value)
		case "OOMNITZA_API_TOKEN":
			i.write("/root/token", value)
			i.run("mkdir", "-p", "/etc/credstore.encrypted")
			i.run("systemd-creds", "encrypt", "/root/token", "/etc/credstore.encrypted/defendersync-encrypted."+i.Name+"."+name)
			i.run("rm", "/root/token")
		case "INTEGRATION_NAME": // the instance's name
		default:
			plain = append(plain, name+"='"+value+"'")
		}
	}
	i.write("/etc/defendersync/"+i.Name+".env", strings.Join(plain, "\n")+"\n")
}

// startWorker enables the worker and waits until it says that it is ready.
func (i *installation) startWorker() {
	i.t.Helper()
	i.run("systemctl", "enable", "--now", i.worker)
	if got := i.show(i.worker, "ActiveState"); got != "active" {
		i.t.Errorf("the worker is %s once it is started", got)
	}
	if got := i.show(i.worker, "StatusText"); got != "serves "+contract.TaskQueue(i.Name) {
		i.t.Errorf("its status is %q", got)
	}
	i.t.Log(i.run("systemctl", "status", "--no-pager", "--lines=0", i.worker))
	if out := i.run("sh", "-c", "tr '\\0' '\\n' </proc/"+i.show(i.worker, "MainPID")+"/environ"); strings.Contains(out, i.Sim.Options().OomnitzaToken) {
		i.t.Error("the token is in the worker's environment")
	}
	out, err := i.try("defendersync-for", i.Name, "check")
	i.t.Log(out)
	if err != nil || !strings.Contains(out, "✓ Oomnitza: token") || !strings.Contains(out, "✓ Defender: token") || !strings.Contains(out, "a worker polled") {
		i.t.Errorf("check ends with %v", err)
	}
	i.run("defendersync-for", i.Name, "schedule", "apply")
}

// runSessionThroughKillAndUpgrade runs a session in the midst of which the worker is
// killed, and later on the package installed again, as in an upgrade.
func (i *installation) runSessionThroughKillAndUpgrade() {
	i.t.Helper()
	expected := oracle.New(i.Sim)
	wait := i.start("defendersync-for", i.Name, "run", "--follow", "--output", "json")
	i.awaitRequests(10)
	killed := i.show(i.worker, "MainPID")
	i.run("sh", "-c", "kill -KILL "+killed)
	at := time.Now()
	i.await(i.worker, "NRestarts", is("1"))
	i.await(i.worker, "ActiveState", is("active"))
	i.t.Logf("killed, and ready again after %.0f s", time.Since(at).Seconds())
	i.awaitRequests(10)
	before := i.show(i.worker, "MainPID")
	i.run("dpkg", "-i", "/root/package.deb")
	if after := i.show(i.worker, "MainPID"); after == before || before == killed || i.show(i.worker, "ActiveState") != "active" {
		i.t.Errorf("the worker's process is %s, after it was killed %s, after the upgrade %s", killed, before, after)
	}
	out, told, code := wait()
	if r, err := harness.DecodeResult(out); err != nil || code != 0 || r.Outcome != saas.OutcomeCompleted {
		i.t.Fatalf("the session ends with %d: %s%s", code, out, told)
	}
	if found := expected.LearnDue(i.Sim).FindDifferences(i.Sim); len(found) > 0 {
		i.t.Errorf("%d differences from the oracle, the first:\n%s", len(found), oracle.JoinTexts(found))
	}
}

// awaitRequests waits until Defender has been asked for more.
func (i *installation) awaitRequests(more int) {
	i.t.Helper()
	count := func() int { return i.Sim.Requests().Defender.Requests }
	before := count()
	i.awaitThat("the session goes on", func() bool { return count() >= before+more })
}

// stopFrozenWorker: a worker that does not get to run is replaced.
func (i *installation) stopFrozenWorker() {
	i.t.Helper()
	i.write("/run/systemd/system/defendersync-worker@.service.d/quick.conf", "[Service]\nWatchdogSec=5s\nRestartSec=1\n")
	i.run("systemctl", "daemon-reload")
	i.run("systemctl", "restart", i.worker)
	frozen := i.show(i.worker, "MainPID")
	i.run("sh", "-c", "kill -STOP "+frozen)
	i.await(i.worker, "MainPID", func(pid string) bool { return pid != "0" && pid != frozen })
	i.await(i.worker, "ActiveState", is("active"))
	if out, err := i.try("defendersync-for", i.Name, "run", "--full", "--follow"); err != nil {
		i.t.Errorf("the next worker's session: %v\n%s", err, out)
	}
	i.run("rm", "-r", "/run/systemd/system/defendersync-worker@.service.d")
	i.run("systemctl", "daemon-reload")
}

// lookFromOutside: a look is fine while all is well, and fails on CRITICAL.
func (i *installation) lookFromOutside() {
	i.t.Helper()
	timer := strings.Replace(i.watch, ".service", ".timer", 1)
	i.run("systemctl", "enable", "--now", timer)
	if next := i.show(timer, "NextElapseUSecRealtime"); next == "" {
		i.t.Error("the timer has no next time")
	}
	i.run("systemctl", "start", i.watch)
	if out := i.run("journalctl", "--no-pager", "--output=cat", "--unit="+i.watch); !strings.Contains(out, "DEFENDERSYNC OK") && !strings.Contains(out, "DEFENDERSYNC WARNING") {
		i.t.Errorf("the journal of a look has\n%s", out)
	}
	settings := "/etc/defendersync/" + i.Name + ".env"
	i.run("sed", "-i.kept", "s/^TEMPORAL_ADDRESS=.*/TEMPORAL_ADDRESS=127.0.0.1:1/", settings)
	if out, err := i.try("systemctl", "start", i.watch); err == nil {
		i.t.Errorf("a look that can't be had is fine: %s", out)
	}
	if got := i.show(i.watch, "ExecMainStatus") + " " + i.show(i.watch, "ActiveState"); got != "3 failed" {
		i.t.Errorf("the look ends as %s", got)
	}
	i.run("mv", settings+".kept", settings)
	i.run("systemctl", "start", i.watch)
}

// refuseWrongSettings: a worker whose settings are wrong is not started again.
func (i *installation) refuseWrongSettings() {
	i.t.Helper()
	settings := "/etc/defendersync/" + i.Name + ".env"
	i.run("sed", "-i.kept", "s/^INTEGRATION_HEARTBEAT=.*/INTEGRATION_HEARTBEAT=soon/", settings)
	if out, err := i.try("systemctl", "restart", i.worker); err == nil {
		i.t.Errorf("it starts with wrong settings: %s", out)
	}
	if got := i.show(i.worker, "ActiveState") + " " + i.show(i.worker, "ExecMainStatus") + " " + i.show(i.worker, "NRestarts"); got != "failed 2 0" {
		i.t.Errorf("it is %s, not failed 2 0", got)
	}
	if out := i.run("journalctl", "--no-pager", "--output=cat", "--lines=20", "--unit="+i.worker); !strings.Contains(out, "INTEGRATION_HEARTBEAT") {
		i.t.Errorf("the journal does not say why:\n%s", out)
	}
	i.run("mv", settings+".kept", settings)
	i.run("systemctl", "restart", i.worker)
}

// removeDeb: of a package that is purged only what was written by hand is left.
func (i *installation) removeDeb() {
	i.t.Helper()
	i.run("dpkg", "--purge", "defendersync")
	if out := i.run("systemctl", "list-units", "--all", "--no-legend", "defendersync*"); out != "" {
		i.t.Errorf("the purge leaves units: %s", out)
	}
	i.checkLeftOver()
}

// checkLeftOver compares the machine's files with those before the installation.
func (i *installation) checkLeftOver() {
	i.t.Helper()
	byHand := func(path string) bool {
		return strings.Contains(path, "/credstore") || path == "/etc/defendersync" || path == "/etc/defendersync/"+i.Name+".env" ||
			strings.HasPrefix(path, "/root/package.") || strings.HasPrefix(path, "/root/.rpmdb") || path == "/var/lib/systemd/credential.secret"
	}
	for _, path := range i.listFiles() {
		if !slices.Contains(i.files, path) && !byHand(path) {
			i.t.Errorf("it leaves %s", path)
		}
	}
}

// restartAsRPM runs the script as rpm does after an installation (1) and an upgrade
// (2), for which a package of another version would have to be built.
func (i *installation) restartAsRPM() {
	i.t.Helper()
	i.docker("cp", filepath.Join(root, "deployments/packages/scripts/postinstall"), i.machine.name+":/root/package.postinstall")
	before := i.show(i.worker, "MainPID")
	i.run("sh", "/root/package.postinstall", "1")
	if now := i.show(i.worker, "MainPID"); now != before {
		i.t.Errorf("an installation restarts the worker: %s, then %s", before, now)
	}
	i.run("sh", "/root/package.postinstall", "2")
	if now := i.show(i.worker, "MainPID"); now == before {
		i.t.Error("an upgrade leaves the old worker running")
	}
}

// installRPM does the same with the rpm package: installs, starts, removes.
func (i *installation) installRPM() {
	i.t.Helper()
	install := []string{"rpm", "--force-debian", "--nodeps", "-U", "--replacepkgs", "/root/package.rpm"}
	i.run(install...)
	if out := i.run("systemctl", "list-units", "--all", "--no-legend", "defendersync*"); out != "" {
		i.t.Errorf("the package starts %s", out)
	}
	if out, err := i.try("rpm", "--verify", "--nodeps", "defendersync"); err != nil {
		i.t.Errorf("what it has installed is not what it has: %s", out)
	}
	i.run("systemctl", "enable", "--now", i.worker)
	i.restartAsRPM()
	i.run("rpm", "--force-debian", "--nodeps", "-e", "defendersync")
	if out := i.run("systemctl", "list-units", "--all", "--no-legend", "defendersync*"); out != "" {
		i.t.Errorf("the removal leaves units: %s", out)
	}
	i.checkLeftOver()
}
