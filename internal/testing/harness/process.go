package harness

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Process is a program that runs beside the test.
type Process struct {
	cmd  *exec.Cmd
	log  *tail
	done chan struct{}
	code int
}

// Program is a program to be started.
type Program struct {
	Path string
	Args []string
	Env  []string // all of it
	User *Account // who it runs as; nil: as this process does
}

// Account is a user of this machine by the numbers of the user and the group.
type Account struct{ UID, GID uint32 }

// startProcess starts a program; what it prints is kept for when it fails.
func startProcess(path string, env []string, args ...string) (*Process, error) {
	return StartProgram(Program{Path: path, Args: args, Env: env})
}

// StartProgram starts a program, which does not outlive this process; what it prints
// is kept for when it fails.
func StartProgram(o Program) (*Process, error) {
	p := &Process{cmd: exec.Command(o.Path, o.Args...), log: &tail{}, done: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = o.Env, p.log, p.log
	p.cmd.SysProcAttr = attributes(o.User)
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Path, err)
	}
	go func() {
		_ = p.cmd.Wait() // how it ended is in the process state
		p.code = p.cmd.ProcessState.ExitCode()
		close(p.done)
	}()
	return p, nil
}

// PID is the number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Signal sends the program a signal.
func (p *Process) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// IsRunning reports whether the program has not ended.
func (p *Process) IsRunning() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// KillAndWait ends the program without warning (SIGKILL) and waits for its end.
func (p *Process) KillAndWait() {
	_ = p.cmd.Process.Kill() // it may have ended by itself
	<-p.done
}

// TerminateAndWait asks the program to end (SIGTERM), waits, and gives its exit code.
func (p *Process) TerminateAndWait() int {
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.KillAndWait()
	}
	return p.code
}

// Interrupt sends the program what Ctrl-C does (SIGINT).
func (p *Process) Interrupt() error { return p.cmd.Process.Signal(syscall.SIGINT) }

// WaitExit waits for the program to end by itself and gives its exit code; -1 when
// it does not within the time.
func (p *Process) WaitExit(limit time.Duration) int {
	select {
	case <-p.done:
		return p.code
	case <-time.After(limit):
		return -1
	}
}

// ReadLog is the end of what the program printed.
func (p *Process) ReadLog() string { return p.log.String() }

var peak = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// PeakMemory is the most resident memory that the running program has had, in
// bytes, where the system tells it.
func (p *Process) PeakMemory() (int64, error) { return peakOf(p.cmd.Process.Pid) }

// ReadCPUTime is the processor time that the running program has used, where the system
// tells it, in steps of ten milliseconds.
func (p *Process) ReadCPUTime() (time.Duration, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/stat")
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ") // behind the program's name
	fields := strings.Fields(rest)
	const user, system = 11, 12
	if len(fields) <= system {
		return 0, fmt.Errorf("no processor time in the process's stat")
	}
	var ticks int
	for _, field := range fields[user : system+1] {
		n, err := strconv.Atoi(field)
		if err != nil {
			return 0, err
		}
		ticks += n
	}
	return time.Duration(ticks) * (time.Second / 100), nil
}

func peakOf(pid int) (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	m := peak.FindSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("no peak memory in the process's status")
	}
	kb, err := strconv.ParseInt(string(m[1]), 10, 64)
	return kb << 10, err
}

// watchPeak looks at a program's peak memory until it ends, and gives the last
// that was seen; 0 where the system doesn't tell. What wait4 tells of an ended
// program counts the memory of the one that started it.
func watchPeak(pid int) (seen func() int64) {
	var most int64
	over, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			if now, err := peakOf(pid); err == nil {
				most = max(most, now)
			}
			select {
			case <-tick.C:
			case <-over:
				return
			}
		}
	}()
	return func() int64 {
		close(over)
		<-done
		return most
	}
}

// tail keeps the last of what is written to it.
type tail struct {
	mu   sync.Mutex
	text []byte
}

const tailBytes = 64 << 10

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, b...)
	if over := len(t.text) - tailBytes; over > tailBytes {
		t.text = append([]byte(nil), t.text[over:]...)
	}
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}

// dropSettings is an environment without the settings of whoever runs the tests.
func dropSettings(environ []string) []string {
	var out []string
	for _, kv := range environ {
		own := false
		for _, prefix := range []string{"TEMPORAL_", "DEFENDER_", "OOMNITZA_", "INTEGRATION_", "SMTP_", "NOTIFY_", "PAYLOAD_", "LOG_", "METRICS_", "HEALTH_", "WORKER_", "OTEL_"} {
			own = own || strings.HasPrefix(kv, prefix)
		}
		if !own {
			out = append(out, kv)
		}
	}
	return out
}
