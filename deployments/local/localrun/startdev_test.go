package localrun

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const goodCLI = "temporal version 1.5.1 (Server 1.29.1, UI 2.42.1)"

// fetchPage is what a page says.
func fetchPage(t *testing.T, url string) string {
	t.Helper()
	answer, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestTheCLIOnThePathIsTheServer(t *testing.T) {
	s := newStage(t, "DEFENDER_API_KEY=none of its business", "TEMPORAL_NAMESPACE=x", "TEMPORAL_ENV=prod")
	s.installCLI(goodCLI)
	p := s.start()
	s.eventually("it has said all", func() bool { return strings.Contains(p.said(), "Press Ctrl-C to stop.") })
	page := fmt.Sprintf("http://127.0.0.1:%d", s.ports[1])
	if got := fetchPage(t, page+SessionsPath); !strings.Contains(got, "SyncOutcome") {
		t.Errorf("the page of sessions is %q", got)
	}
	if got := fetchPage(t, page+"/namespaces"); got != "the CLI's Web UI" {
		t.Errorf("the Web UI says %q", got)
	}
	_ = p.cmd.Process.Signal(os.Interrupt)
	db := "temporal-cli-simulated-250-800-9000-1-1.29.1.db"
	p.expect(0, fmt.Sprintf("Server     Temporal 1.29.1 of %s at 127.0.0.1:%d, namespace default, data in %s, Web UI at %s",
		filepath.Join(s.path(), cliName), s.ports[0], filepath.Join("var", db), page), "Sessions   "+page+SessionsPath)
	s.expectOrder("temporal --version", "temporal server start-dev", "temporal operator namespace update", "temporal operator namespace update",
		"defendersync setup", "defendersync-worker ", "defendersync run --follow", "defendersync-worker ends", "temporal ends")
	if strings.Contains(s.diary(), "defendersync-local") {
		t.Errorf("our own server was started as well:\n%s", s.diary())
	}
	if info, err := os.Stat(filepath.Join(s.folder, "var", db)); err != nil || info.Mode().Perm() != privateFile {
		t.Errorf("the file: %v, %v", info, err)
	}

	s.start("--once").expect(0)
	s.expectOrder("temporal ends", "temporal goes on with "+db, "defendersync-worker ends", "temporal ends")
}

// The other tests have a stand-in for the CLI. This one has the real one, if there is one.
func TestTheRealCLIServesAndKeepsItsFile(t *testing.T) {
	real, err := exec.LookPath(cliName)
	if err != nil {
		t.Skip("the Temporal CLI (temporal) is not installed")
	}
	if c := chooseServer(settings{}, findCLI(t.Context(), os.Environ())); c.Server != ServerCLI {
		t.Skip(c.Note)
	}
	s := newStage(t)
	if err := errors.Join(os.Mkdir(s.path(), 0o700), os.Symlink(real, filepath.Join(s.path(), cliName))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		p := s.start()
		s.eventually("it has said all", func() bool { return strings.Contains(p.said(), "Press Ctrl-C to stop.") })
		page := fmt.Sprintf("http://127.0.0.1:%d", s.ports[1])
		s.eventually("the Web UI has the namespace, which keeps workflows for 30 days", func() bool {
			return strings.Contains(fetchPage(t, page+"/api/v1/namespaces/default"), `"2592000s"`)
		})
		_ = p.cmd.Process.Signal(os.Interrupt)
		p.expect(0, "Server     Temporal ")
	}
	if files, _ := filepath.Glob(filepath.Join(s.folder, "var", "temporal-cli-*.db")); len(files) != 1 {
		t.Errorf("the files are %q", files)
	}
}

func TestTheCLIsServerIsWatched(t *testing.T) {
	s := newStage(t, fakeFails+"=temporal server")
	s.installCLI(goodCLI)
	s.start().expect(1, "temporal died (exit status 2)", "a reason to fail", filepath.Join("log", "temporal.log"))
}

func TestAServerThatNeverAnswersForItsNamespaceIsGivenUpWhenAsked(t *testing.T) {
	s := newStage(t, fakeFails+"=temporal operator")
	s.installCLI(goodCLI)
	p := s.start()
	s.eventually("it is asked", func() bool { return strings.Contains(s.diary(), "temporal operator") })
	_ = p.cmd.Process.Signal(os.Interrupt)
	p.expect(130)
	s.expectOrder("temporal operator", "temporal ends")
}

func TestAFileIsOfOneServerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "temporal.db")
	first, err := LockDatabase(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := LockDatabase(path); err == nil || !strings.Contains(err.Error(), "in use by another Temporal server") {
		t.Errorf("a second one: %v", err)
	}
	_ = first.Close()
	again, err := LockDatabase(path)
	if err != nil {
		t.Fatal(err)
	}
	_ = again.Close()
}
