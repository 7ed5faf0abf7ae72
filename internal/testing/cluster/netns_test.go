package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/simulator"
)

// island is a network namespace with two links to this host: one to the tenants, one to
// Temporal, which can be cut.
type island struct {
	t       *testing.T
	name    string
	tenants string // this host's address on the link to the tenants
	server  string // and on the one to Temporal
}

// newIsland makes the namespace, or skips the test where that can't be.
func newIsland(t *testing.T) *island {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("network namespaces need root; the proxy's test cuts connections without")
	}
	if _, err := exec.LookPath("ip"); err != nil {
		t.Skip("ip (iproute2) is not installed; the proxy's test cuts connections without")
	}
	id := strings.ToLower(rand.Text()[:6])
	n := &island{t: t, name: "dsync-" + id}
	if out, err := exec.Command("ip", "netns", "add", n.name).CombinedOutput(); err != nil {
		t.Skipf("this machine makes no network namespaces: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", n.name).Run() })
	net := fmt.Sprintf("100.%d.%d.", 64+mathrand.IntN(64), mathrand.IntN(256))
	n.tenants, n.server = net+"1", net+"5"
	n.addLink("t"+id, n.tenants, net+"2")
	n.addLink("s"+id, n.server, net+"6")
	n.ip("-n", n.name, "link", "set", "lo", "up")
	return n
}

// addLink joins this host and the namespace by a pair of interfaces.
func (n *island) addLink(name, here, there string) {
	n.t.Helper()
	n.ip("link", "add", name, "type", "veth", "peer", "name", "eth-"+name[:1], "netns", n.name)
	n.t.Cleanup(func() { _ = exec.Command("ip", "link", "delete", name).Run() }) // gone with its peer, as a rule
	n.ip("address", "add", here+"/30", "dev", name)
	n.ip("link", "set", name, "up")
	n.ip("-n", n.name, "address", "add", there+"/30", "dev", "eth-"+name[:1])
	n.ip("-n", n.name, "link", "set", "eth-"+name[:1], "up")
}

// ip runs the tool.
func (n *island) ip(args ...string) {
	n.t.Helper()
	if out, err := exec.Command("ip", args...).CombinedOutput(); err != nil {
		n.t.Fatalf("ip %s: %v: %s", strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
}

// serverLink is the interface to Temporal.
func (n *island) serverLink() string { return "s" + strings.TrimPrefix(n.name, "dsync-") }

// cut takes the link to Temporal down; mend takes it up.
func (n *island) cut()  { n.ip("link", "set", n.serverLink(), "down") }
func (n *island) mend() { n.ip("link", "set", n.serverLink(), "up") }

// open makes a server of this host's loopback reachable on one of the links, and gives
// its address there.
func (n *island) open(on, target string) string {
	n.t.Helper()
	line, err := newLineAt(net.JoinHostPort(on, "0"), target)
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(line.Close)
	return line.Address
}

// addIslander starts a worker of a team within the namespace. Its tenants have to be at
// its own loopback, since nothing else may go without TLS: a forwarder sees to that.
func (m *team) addIslander(n *island) *Worker {
	m.t.Helper()
	w := &Worker{Door: newDoor(m.Integration)}
	var pairs, settings []string
	for _, setting := range w.Door.settings() {
		name, value, _ := strings.Cut(setting, "=")
		u, err := url.Parse(value)
		if err != nil {
			m.t.Fatal(err)
		}
		pairs = append(pairs, u.Host+"="+n.open(n.tenants, u.Host))
		settings = append(settings, name+"="+value)
	}
	self, err := os.Executable()
	if err != nil {
		m.t.Fatal(err)
	}
	forwarder := n.run(append(os.Environ(), envForward+"="+strings.Join(pairs, ",")), self)
	m.t.Cleanup(forwarder.KillAndWait)
	settings = append(settings, "TEMPORAL_ADDRESS="+n.open(n.server, run.Address))
	w.Process = n.run(m.MakeEnviron(settings...), m.Worker)
	line, err := NewLine(run.Address) // it has another way to Temporal; this one is closed with it
	if err != nil {
		m.t.Fatal(err)
	}
	w.Line = line
	m.keepWorker(w)
	return w
}

// run starts a program within the namespace.
func (n *island) run(env []string, program string) *harness.Process {
	n.t.Helper()
	ip, err := exec.LookPath("ip")
	if err != nil {
		n.t.Fatal(err)
	}
	p, err := harness.StartProgram(harness.Program{Path: ip, Args: []string{"netns", "exec", n.name, program}, Env: env})
	if err != nil {
		n.t.Fatal(err)
	}
	return p
}

func TestAWorkerBehindANetworkThatIsCutStopsBeforeAnotherBegins(t *testing.T) {
	requireCluster(t)
	n := newIsland(t)
	ctx, cancel := context.WithTimeout(context.Background(), testLimit)
	defer cancel()
	lag := startLagMeter(t)
	m := newTeam(ctx, t, fmt.Sprintf("island-%d", readSeed(t)), simulator.Options{Seed: readSeed(t), Apps: 120, People: 500, Pairs: 6000, Budget: budget})
	m.oracle.LearnDue(m.Sim)
	islander := m.addIslander(n)
	m.startSession()
	m.await("the islander at work", testLimit, func() bool {
		asked, _ := islander.Door.countSince(m.began)
		return asked > 20
	})
	other := m.addWorker()
	if holder, _, _ := m.findHolder(); holder != islander {
		t.Fatalf("worker %d has the work, not the islander, %d", holder.PID(), islander.PID())
	}
	at := time.Now()
	n.cut()
	took := m.awaitTakeover(islander, at)
	t.Logf("network cut: taken over after %s", took.Round(10*time.Millisecond))
	if took > longestTakeover {
		t.Errorf("taken over only after %s", took)
	}
	s := &storm{t: t, ctx: ctx}
	s.watchSilence(m, islander, other, at)
	n.mend()
	m.awaitSession()
	m.compare()
	m.checkBudget(lag)
}
