package cluster

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"text/template"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"google.golang.org/protobuf/types/known/durationpb"

	"defendersync/internal/temporalx"
	"defendersync/internal/testing/harness"
	"defendersync/workflows"
)

// The databases on PostgreSQL.
const (
	storeDB      = "temporal"
	visibilityDB = "temporal_visibility"
)

// schemas are the databases' schemas, which the tool has within.
var schemas = map[string]string{storeDB: "postgresql/v12/temporal", visibilityDB: "postgresql/v12/visibility"}

// processes are the services of the server, one process each line: whatever one of
// them does, the others see it as a cluster does.
var processes = [][]string{{"frontend", "matching", "worker"}, {"history"}}

// The files of EnvFiles that the server is configured by.
const (
	configTemplate = "temporal.yaml"
	dynamicConfig  = "dynamicconfig.yaml"
)

// Temporal is a Temporal server on PostgreSQL.
type Temporal struct {
	Address   string
	tools     Tools
	dir       string
	processes []*harness.Process
}

// settings are what the configuration file is made of.
type settings struct {
	Shards       int
	DBPort       int
	DBUser       string
	DBPassword   string
	Store        string
	Visibility   string
	DynamicFile  string
	ClusterID    string
	Frontend     int
	Ports        map[string]int // by service
	Memberships  map[string]int
	FrontendAddr string
}

// newTemporal sets the schema up and writes the configuration.
func newTemporal(ctx context.Context, t Tools, dir string, db *Postgres, o Options) (*Temporal, error) {
	s := &Temporal{tools: t, dir: dir, Address: net.JoinHostPort("127.0.0.1", strconv.Itoa(o.Port))}
	for _, name := range []string{storeDB, visibilityDB} {
		if err := s.setUpSchema(ctx, db, name); err != nil {
			return nil, err
		}
	}
	free, err := findLowPorts(7)
	if err != nil {
		return nil, err
	}
	v := settings{
		Shards: o.Shards, DBPort: db.Port, DBUser: dbUser, DBPassword: db.Password, Store: storeDB, Visibility: visibilityDB,
		DynamicFile: filepath.Join(t.Files, dynamicConfig), ClusterID: newUUID(), Frontend: o.Port, FrontendAddr: s.Address,
		Ports:       map[string]int{"frontend": o.Port, "history": free[0], "matching": free[1], "worker": free[2]},
		Memberships: map[string]int{"frontend": free[3], "history": free[4], "matching": free[5], "worker": free[6]},
	}
	return s, s.writeConfig(v)
}

// writeConfig writes the configuration, which holds the database's password.
func (s *Temporal) writeConfig(v settings) error {
	config, err := template.ParseFiles(filepath.Join(s.tools.Files, configTemplate))
	if err != nil {
		return fmt.Errorf("read Temporal's configuration: %w", err)
	}
	var text bytes.Buffer
	if err := config.Execute(&text, v); err != nil {
		return fmt.Errorf("fill in Temporal's configuration: %w", err)
	}
	if err := os.WriteFile(s.configFile(), text.Bytes(), 0o600); err != nil {
		return fmt.Errorf("write Temporal's configuration: %w", err)
	}
	return nil
}

func (s *Temporal) configFile() string { return filepath.Join(s.dir, "temporal.yaml") }

// setUpSchema makes a database and its tables by Temporal's own tool.
func (s *Temporal) setUpSchema(ctx context.Context, db *Postgres, name string) error {
	for _, args := range [][]string{{"create-database"}, {"setup-schema", "-v", "0.0"}, {"update-schema", "--schema-name", schemas[name]}} {
		cmd := exec.CommandContext(ctx, filepath.Join(s.tools.Temporal, "temporal-sql-tool"), append([]string{"--database", name}, args...)...)
		cmd.Env = append(os.Environ(), "SQL_PLUGIN=postgres12", "SQL_HOST=127.0.0.1", "SQL_PORT="+strconv.Itoa(db.Port), "SQL_USER="+dbUser, "SQL_PASSWORD="+db.Password)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("set up the schema of %s: temporal-sql-tool %s: %w: %s", name, args[0], err, bytes.TrimSpace(out))
		}
	}
	return nil
}

// Start starts all services and waits until the namespace can be worked in, with the
// search attributes of sessions.
func (s *Temporal) Start(ctx context.Context) error {
	s.processes = nil
	for _, services := range processes {
		args := []string{"--config-file", s.configFile(), "--allow-no-auth", "start"}
		for _, service := range services {
			args = append(args, "--service", service)
		}
		p, err := harness.StartProgram(harness.Program{Path: filepath.Join(s.tools.Temporal, "temporal-server"), Args: args, Env: os.Environ()})
		if err != nil {
			return err
		}
		s.processes = append(s.processes, p)
		// One after the other: the first one ever writes the cluster's record.
		if err := s.awaitListening(ctx, p); err != nil {
			return err
		}
	}
	return s.awaitReady(ctx)
}

// awaitListening waits until the frontend listens, which it does once the process that
// it is of has set itself up.
func (s *Temporal) awaitListening(ctx context.Context, p *harness.Process) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		c, err := new(net.Dialer).DialContext(ctx, "tcp", s.Address)
		if err == nil {
			return c.Close()
		}
		if !p.IsRunning() {
			return fmt.Errorf("a service of the Temporal server ended: %s", p.ReadLog())
		}
		if pause(ctx) != nil {
			return fmt.Errorf("the Temporal server does not listen: %s", p.ReadLog())
		}
	}
}

// awaitReady waits until the namespace has the search attributes.
func (s *Temporal) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		err := s.prepareNamespace(ctx)
		if err == nil {
			return nil
		}
		for _, p := range s.processes {
			if !p.IsRunning() {
				return fmt.Errorf("a service of the Temporal server ended: %s", p.ReadLog())
			}
		}
		if pause(ctx) != nil {
			return fmt.Errorf("the Temporal server is not ready: %w", err)
		}
	}
}

// prepareNamespace makes the namespace and the search attributes, unless they are
// there.
func (s *Temporal) prepareNamespace(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: s.Address, Logger: silent{}})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.WorkflowService().RegisterNamespace(ctx, &workflowservice.RegisterNamespaceRequest{
		Namespace: client.DefaultNamespace, WorkflowExecutionRetentionPeriod: durationpb.New(72 * time.Hour),
	})
	var there *serviceerror.NamespaceAlreadyExists
	if err != nil && !errors.As(err, &there) {
		return err
	}
	_, err = temporalx.EnsureSearchAttributes(ctx, c, client.DefaultNamespace, workflows.SearchAttributes())
	return err
}

// Kill ends all services without warning.
func (s *Temporal) Kill() {
	for _, p := range s.processes {
		p.KillAndWait()
	}
}

// Stop asks all services to end, and waits.
func (s *Temporal) Stop() {
	for _, p := range s.processes {
		p.TerminateAndWait()
	}
}

// findLowPorts finds ports that are free at this moment and below 32768: the schema
// of PostgreSQL keeps ports of members in a smallint.
func findLowPorts(n int) (ports []int, err error) {
	for tries := 0; len(ports) < n; tries++ {
		port := 20_000 + mathrand.IntN(12_000)
		l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err != nil {
			if tries > 1000 {
				return nil, fmt.Errorf("find a free port: %w", err)
			}
			continue
		}
		defer l.Close() // when all are found, so that none is found twice
		ports = append(ports, port)
	}
	return ports, nil
}

// newUUID makes a random UUID, which the server wants of a cluster.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// silent is a log that keeps quiet.
type silent struct{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
