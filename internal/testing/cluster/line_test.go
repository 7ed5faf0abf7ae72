package cluster

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"
)

// startEcho is a server that sends back what it gets.
func startEcho(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() { _, _ = io.Copy(c, c); _ = c.Close() }()
		}
	}()
	return l.Addr().String()
}

func TestACutLinePassesNothingOnUntilItIsMended(t *testing.T) {
	line, err := NewLine(startEcho(t))
	if err != nil {
		t.Fatal(err)
	}
	defer line.Close()
	c, err := net.Dial("tcp", line.Address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	answers := bufio.NewReader(c)
	say := func(words string) {
		if _, err := io.WriteString(c, words); err != nil {
			t.Fatal(err)
		}
	}
	hear := func(limit time.Duration) (string, error) {
		_ = c.SetReadDeadline(time.Now().Add(limit))
		return answers.ReadString('\n')
	}
	say("one\n")
	if got, err := hear(time.Minute); got != "one\n" {
		t.Fatalf("heard %q, %v", got, err)
	}
	line.Cut()
	say("two\n")
	if got, err := hear(200 * time.Millisecond); err == nil {
		t.Fatalf("heard %q through a line that is cut", got)
	}
	line.Mend()
	if got, err := hear(time.Minute); got != "two\n" {
		t.Fatalf("heard %q, %v", got, err)
	}
}

func TestPostgresThatIsNotInstalledIsNamedWithWhatToDo(t *testing.T) {
	t.Setenv("POSTGRES_BIN", t.TempDir())
	if _, err := findPostgres(); err != ErrNoPostgres {
		t.Errorf("got %v", err)
	}
}
