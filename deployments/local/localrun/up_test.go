package localrun

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"defendersync/deployments/local/mailbox"
)

// limit is far more than anything here takes.
const limit = time.Minute

// stage is a folder with all programs as fakes, and free ports.
type stage struct {
	t      *testing.T
	folder string
	env    []string
	ports  []int
	input  string // what up reads
}

func newStage(t *testing.T, env ...string) *stage {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	s := &stage{t: t, folder: t.TempDir()}
	for _, name := range []string{"up", "defendersync", "defendersync-local", "defendersync-tenants", "defendersync-worker"} {
		if err := os.Symlink(self, filepath.Join(s.folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	if s.ports, err = FreePorts(7); err != nil {
		t.Fatal(err)
	}
	s.env = []string{"PATH=" + s.path(), fakeFolder + "=" + s.folder}
	for i, name := range []string{EnvTemporalPort, EnvUIPort, envDefenderPort, envOomnitzaPort, envControlPort, envMailPort, envMailUIPort} {
		s.env = append(s.env, fmt.Sprintf("%s=%d", name, s.ports[i]))
	}
	s.env = append(s.env, env...)
	return s
}

// nameRealTenants writes a .env with tenants that are no simulated ones.
func (s *stage) nameRealTenants() {
	s.t.Helper()
	dotenv := "DEFENDER_API_URL=https://contoso.example\nOOMNITZA_URL=http://127.0.0.1:1\nOOMNITZA_API_TOKEN=x\n"
	if err := os.WriteFile(filepath.Join(s.folder, ".env"), []byte(dotenv), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

// path is the only folder on the path of a stage.
func (s *stage) path() string { return filepath.Join(s.folder, "path") }

// installCLI puts a Temporal CLI on the path that says this of its version.
func (s *stage) installCLI(says string) {
	s.t.Helper()
	self, err := os.Executable()
	if err == nil {
		err = os.Mkdir(s.path(), 0o700)
	}
	if err == nil {
		err = os.Symlink(self, filepath.Join(s.path(), cliName))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	s.env = append(s.env, fakeCLI+"="+says)
}

// performance is a run of up on a stage.
type performance struct {
	*stage
	cmd    *exec.Cmd
	output string // path of the file with all that it says
}

// start starts up with args.
func (s *stage) start(args ...string) *performance {
	s.t.Helper()
	p := &performance{stage: s, cmd: exec.Command(filepath.Join(s.folder, "up"), args...), output: filepath.Join(s.folder, "output")}
	output, err := os.OpenFile(p.output, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = output.Close() }()
	p.cmd.Dir, p.cmd.Env = s.folder, s.env
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = strings.NewReader(s.input), output, output
	if err := p.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	timer := time.AfterFunc(limit, func() { _ = p.cmd.Process.Kill() })
	s.t.Cleanup(func() { timer.Stop() })
	return p
}

// said is what up has printed so far.
func (p *performance) said() string {
	p.t.Helper()
	data, err := os.ReadFile(p.output)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// expect waits for the end of up and checks its exit code, what it said, and
// that it left no process behind.
func (p *performance) expect(code int, says ...string) {
	p.t.Helper()
	err := p.cmd.Wait()
	if got := p.cmd.ProcessState.ExitCode(); got != code {
		p.t.Errorf("exit code %d (%v), want %d", got, err, code)
	}
	for _, want := range says {
		if !strings.Contains(p.said(), want) {
			p.t.Errorf("%q was not said", want)
		}
	}
	p.expectNobodyLeft()
	if p.t.Failed() {
		p.t.Logf("output:\n%s\ndiary:\n%s", p.said(), p.diary())
	}
}

// expectNobodyLeft takes the lock that each fake holds as long as it lives.
func (s *stage) expectNobodyLeft() {
	s.t.Helper()
	file, err := os.OpenFile(filepath.Join(s.folder, "alive"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	s.eventually("all children have ended", func() bool {
		return syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	})
}

func (s *stage) eventually(what string, holds func() bool) {
	s.t.Helper()
	for deadline := time.Now().Add(limit); !holds(); {
		if time.Now().After(deadline) {
			s.t.Fatalf("waited in vain until %s; diary:\n%s", what, s.diary())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// diary is what the fakes did, in order.
func (s *stage) diary() string {
	data, err := os.ReadFile(filepath.Join(s.folder, "diary"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		s.t.Fatal(err)
	}
	return string(data)
}

// expectOrder checks that the diary has these lines' beginnings in this order.
func (s *stage) expectOrder(beginnings ...string) {
	s.t.Helper()
	rest := "\n" + s.diary()
	for _, want := range beginnings {
		_, after, ok := strings.Cut(rest, "\n"+want)
		if !ok {
			s.t.Fatalf("%q is not in its place in the diary:\n%s", want, s.diary())
		}
		rest = after
	}
}

func TestOnceRunsAllInOrderAndEndsWithTheSessionsCode(t *testing.T) {
	s := newStage(t, fakeCode+"=3")
	s.start("--once").expect(3, "simulated: 250 apps", "run for http://127.0.0.1:", "Most used apps:\nreport for http://127.0.0.1:", filepath.Join("var", "log"))
	s.expectOrder("defendersync-local server", "defendersync setup", "defendersync-tenants ", "defendersync-worker",
		"defendersync run --follow", "defendersync report apps", "defendersync-worker ends", "defendersync-tenants ends", "defendersync-local ends")
	s.expectOrder("defendersync setup", "defendersync schedule apply", "defendersync run --follow")
}

func TestAReportThatFailsChangesNothingOfTheSession(t *testing.T) {
	s := newStage(t, fakeFails+"=defendersync report")
	s.start("--once").expect(0, "Most used apps:\na reason to fail", filepath.Join("var", "log"))
}

func TestASecondRunSaysThatItContinues(t *testing.T) {
	s := newStage(t)
	s.start("--once").expect(0)
	s.start("--once").expect(0, "continued from the last run")
}

func TestRealTenantsOfDotenvTakeThePlaceOfSimulatedOnes(t *testing.T) {
	s := newStage(t, EnvFirstSession+"="+firstRun)
	s.nameRealTenants()
	s.start("--once").expect(0, "run for https://contoso.example", "report for https://contoso.example")
	if strings.Contains(s.diary(), "defendersync-tenants") {
		t.Errorf("simulated tenants were started:\n%s", s.diary())
	}
}

func TestNoticesOfOneRunCanStillBeReadInTheNext(t *testing.T) {
	s := newStage(t, fakeMails+"=the first")
	page := fmt.Sprintf("http://127.0.0.1:%d", s.ports[6])
	s.start("--once").expect(0, "Mailbox    "+page+" holds the notices to it-assets@example.com")
	s.env = append(s.env, fakeMails+"=the second")
	p := s.start()
	s.eventually("it has said all", func() bool { return strings.Contains(p.said(), "Press Ctrl-C to stop.") })
	resp, err := http.Get(page + "/api/messages")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var mails []mailbox.Mail
	if err := json.NewDecoder(resp.Body).Decode(&mails); err != nil {
		t.Fatal(err)
	}
	if len(mails) != 2 || mails[0].Subject != "the second" || mails[1].Subject != "the first" || mails[0].To[0] != "it-assets@example.com" {
		t.Errorf("the mailbox has %+v", mails)
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	p.expect(0, "Notices    "+page)
}

func TestAMailServerOfTheOperatorsTakesThePlaceOfTheMailbox(t *testing.T) {
	s := newStage(t, "SMTP_HOST=mail.contoso.example")
	s.env = append(s.env, fmt.Sprintf("%s=%d", envMailUIPort, takePort(t))) // of no matter then
	s.start("--once").expect(0, "by mail through mail.contoso.example")
}

func TestItStaysUpAfterTheSessionUntilInterrupted(t *testing.T) {
	for _, sig := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			s := newStage(t, fakeCode+"=1")
			p := s.start()
			s.eventually("it has said all", func() bool { return strings.Contains(p.said(), "Press Ctrl-C to stop.") })
			if strings.Contains(s.diary(), "worker ends") {
				t.Errorf("it went down with the session:\n%s", s.diary())
			}
			_ = p.cmd.Process.Signal(sig)
			p.expect(0, fmt.Sprintf("http://127.0.0.1:%d/sessions", s.ports[1]), "The session ended with exit code 1")
		})
	}
}

func TestAnInterruptedSessionLeavesNothingBehind(t *testing.T) {
	s := newStage(t, fakeHangs+"=1")
	p := s.start("--once")
	s.eventually("the session runs", func() bool { return strings.Contains(s.diary(), "defendersync run") })
	_ = p.cmd.Process.Signal(os.Interrupt)
	p.expect(130)
	s.expectOrder("defendersync run", "defendersync ends", "defendersync-worker ends", "defendersync-tenants ends", "defendersync-local ends")
}

func TestAKilledRunLeavesNothingBehind(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux ends children with their parent")
	}
	s := newStage(t, fakeHangs+"=1")
	p := s.start()
	s.eventually("the session runs", func() bool { return strings.Contains(s.diary(), "defendersync run") })
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	s.expectNobodyLeft()
}

func TestADeadChildEndsTheRunWithTheEndOfItsLog(t *testing.T) {
	for program, name := range map[string]string{
		"defendersync-local":   "temporal",
		"defendersync-tenants": "tenants",
		"defendersync-worker":  "worker",
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, fakeHangs+"=1", fakeFails+"="+program)
			s.start().expect(1, name+" died (exit status 2)", "a reason to fail", filepath.Join("log", name+".log"))
		})
	}
}

func TestAFailedCommandEndsTheRunWithItsCode(t *testing.T) {
	for _, command := range []string{"defendersync setup", "defendersync schedule apply"} {
		t.Run(command, func(t *testing.T) {
			s := newStage(t, fakeFails+"="+command)
			s.start().expect(2, "a reason to fail")
			if strings.Contains(s.diary(), "defendersync run") {
				t.Errorf("a session was started all the same:\n%s", s.diary())
			}
		})
	}
}

func TestTakenPortsAreToldBeforeAnythingStarts(t *testing.T) {
	s := newStage(t)
	s.env = append(s.env, fmt.Sprintf("%s=%d", EnvUIPort, takePort(t)), fmt.Sprintf("%s=%d", envControlPort, takePort(t)), fmt.Sprintf("%s=%d", envMailUIPort, takePort(t)))
	s.start().expect(2, "set UI_PORT=", "set TENANT_CONTROL_PORT=", "the mailbox's page needs one: set MAIL_UI_PORT=")
	s.expectOnlyChecked()
}

// expectOnlyChecked asserts that nothing was started but the check of the settings.
func (s *stage) expectOnlyChecked() {
	s.t.Helper()
	if got := s.diary(); got != "defendersync check --settings\ndefendersync ends\n" {
		s.t.Errorf("something was started:\n%s", got)
	}
}

func TestEverythingThatIsWrongIsToldAtOnceBeforeAnythingStarts(t *testing.T) {
	s := newStage(t, fakeFails+"=defendersync check", "DEFENDER_API_URL=https://contoso.example", "TENANT_APPS=none")
	s.env = append(s.env, fmt.Sprintf("%s=%d", EnvUIPort, takePort(t)))
	s.start().expect(2, "a reason to fail", "DEFENDER_API_URL and OOMNITZA_URL go together", `TENANT_APPS is "none"`, "set UI_PORT=")
	s.expectOnlyChecked()
}

func TestSettingsThatTheProductRefusesEndTheRunBeforeAnythingStarts(t *testing.T) {
	s := newStage(t, fakeFails+"=defendersync check")
	s.start().expect(2, "a reason to fail")
	s.expectOnlyChecked()
}

func TestAShellWithTheSettingsOfAnEarlierRunStartsAnother(t *testing.T) {
	s := newStage(t)
	s.start("--once").expect(0, "simulated: 250 apps")
	out, err := exec.Command("sh", "-c", "set -a; . "+filepath.Join(s.folder, "var", envFile)+"; env").Output()
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(out)) {
		if name, _, _ := strings.Cut(line, "="); isSetting(name) {
			s.env = append(s.env, strings.TrimSuffix(line, "\n"))
		}
	}
	s.start("--once").expect(0, "Shell      has the settings of an earlier run", "simulated: 250 apps", "Mailbox    ", "run for http://127.0.0.1:")
}

func TestTheProcessesOfARunCanBeFoundWhileItLasts(t *testing.T) {
	s := newStage(t)
	p := s.start()
	s.eventually("it has said all", func() bool { return strings.Contains(p.said(), "Press Ctrl-C to stop.") })
	var files []string
	for _, name := range []string{"temporal", "tenants", "worker"} {
		file := filepath.Join(s.folder, "var", name+".pid")
		files = append(files, file)
		data, err := os.ReadFile(file)
		var pid int
		if _, scanErr := fmt.Sscan(string(data), &pid); err != nil || scanErr != nil || syscall.Kill(pid, 0) != nil {
			t.Errorf("%s has %q: %v", file, data, err)
		}
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	p.expect(0)
	for _, file := range files {
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is left: %v", file, err)
		}
	}
}

func TestTheOperatorsTemporalTakesThePlaceOfOurOwn(t *testing.T) {
	s := newStage(t, "TEMPORAL_ADDRESS=temporal.contoso.example:7233", "TEMPORAL_NAMESPACE=ours", "TEMPORAL_UI_URL=https://ui.contoso.example")
	s.env = append(s.env, fmt.Sprintf("%s=%d", EnvTemporalPort, takePort(t)), fmt.Sprintf("%s=%d", EnvUIPort, takePort(t))) // of no matter then
	p := s.start()
	s.eventually("it has said all", func() bool { return strings.Contains(p.said(), "Press Ctrl-C to stop.") })
	_ = p.cmd.Process.Signal(os.Interrupt)
	p.expect(0, "Server     Temporal at temporal.contoso.example:7233, namespace ours, as TEMPORAL_ADDRESS says; none is started here",
		"Sessions   https://ui.contoso.example\n", "Schedule   stays there; with the settings of var/env, defendersync schedule delete")
	if strings.Contains(s.diary(), "defendersync-local") {
		t.Errorf("a server was started:\n%s", s.diary())
	}
}

func TestATemporalThatCanNotBeReachedEndsTheRunBeforeAnythingElseStarts(t *testing.T) {
	s := newStage(t, "TEMPORAL_ADDRESS=temporal.contoso.example:7233", fakeFails+"=defendersync setup")
	s.start().expect(2, "as TEMPORAL_ADDRESS says", "a reason to fail")
	if s.diary() != "defendersync check --settings\ndefendersync ends\ndefendersync setup\ndefendersync ends\n" {
		t.Errorf("more was started:\n%s", s.diary())
	}
}
