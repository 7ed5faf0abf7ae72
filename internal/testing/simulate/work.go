package simulate

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// PrepareProcess makes the process one in which runs can be repeated: with one
// processor, and garbage collected only while everything waits.
func PrepareProcess() {
	runtime.GOMAXPROCS(1)
	debug.SetGCPercent(-1)
}

// Job asks for one world.
type Job struct {
	Seed  uint64
	Less  []string
	Story bool // tell it on standard error
}

// WorkJobs runs the worlds that are asked for, a line of JSON each, until there are
// no more, and answers each with a line.
func WorkJobs(t *testing.T, jobs io.Reader, outcomes io.Writer) error {
	in, out := json.NewDecoder(jobs), json.NewEncoder(outcomes)
	for {
		var j Job
		if err := in.Decode(&j); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read a job: %w", err)
		}
		w, err := DrawWorld(j.Seed).MakeLess(j.Less)
		if err != nil {
			return err
		}
		var story io.Writer
		if j.Story {
			story = os.Stderr
		}
		if err := out.Encode(RunWorld(t, w, story)); err != nil {
			return fmt.Errorf("write an outcome: %w", err)
		}
	}
}

// Crew runs worlds in a process of their own. One that crashes or hangs is
// found to have done so, and the process is replaced.
type Crew struct {
	Command []string      // starts a process that calls Work
	Limit   time.Duration // the longest that a world may take; 0: two minutes
	Story   io.Writer     // takes what the process tells; nil: nobody
	process *process
}

type process struct {
	cmd  *exec.Cmd
	jobs io.WriteCloser
	out  *bufio.Scanner
	tail *tail
}

// RunJob runs one world in another process.
func (c *Crew) RunJob(j Job) Outcome {
	if c.process == nil {
		p, err := c.startProcess()
		if err != nil {
			return Outcome{Seed: j.Seed, Findings: []Finding{{"crash", err.Error()}}}
		}
		c.process = p
	}
	limit := c.Limit
	if limit == 0 {
		limit = 2 * time.Minute
	}
	p := c.process
	timer := time.AfterFunc(limit, func() { _ = p.cmd.Process.Kill() }) // it may have ended
	defer timer.Stop()
	var out Outcome
	err := json.NewEncoder(p.jobs).Encode(j)
	if err == nil && !p.out.Scan() {
		err = io.ErrUnexpectedEOF
	}
	if err == nil {
		err = json.Unmarshal(p.out.Bytes(), &out)
	}
	if err == nil {
		return out
	}
	c.process = nil
	_ = p.jobs.Close()
	ended := p.cmd.Wait()
	kind := "crash"
	if !timer.Stop() {
		kind = "hang"
	}
	return Outcome{Seed: j.Seed, Findings: []Finding{{kind, fmt.Sprintf("%v\n%s", ended, p.tail)}}}
}

// Close ends the process.
func (c *Crew) Close() {
	if c.process != nil {
		_ = c.process.jobs.Close() // it ends by itself then
		_ = c.process.cmd.Wait()
		c.process = nil
	}
}

func (c *Crew) startProcess() (*process, error) {
	p := &process{cmd: exec.Command(c.Command[0], c.Command[1:]...), tail: &tail{to: c.Story}}
	p.cmd.Env = append(os.Environ(), "GOMAXPROCS=1", "GOTRACEBACK=all")
	p.cmd.Stderr = p.tail
	var err error
	if p.jobs, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 16<<20)
	return p, p.cmd.Start()
}

// tail keeps the beginning of what a process says, which names the reason when
// it crashes.
type tail struct {
	text strings.Builder
	to   io.Writer
}

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	if t.to != nil {
		return t.to.Write(p)
	}
	if room := 8000 - t.text.Len(); room > 0 {
		t.text.Write(p[:min(room, len(p))])
	}
	return len(p), nil
}

func (t *tail) String() string { return t.text.String() }
