package cluster

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"defendersync/internal/testing/harness"
)

// Options say how a cluster is put up. Zero values take the defaults.
type Options struct {
	Shards       int // of the history service (4); fixed for the cluster's life
	Port         int // of Temporal's frontend (a free one)
	UIPort       int // of the Web UI; 0: there is none
	PostgresPort int // (a free one)
}

// Cluster is Temporal on PostgreSQL, with everything else attached to it.
type Cluster struct {
	*harness.Server // for integrations, workers and commands
	Postgres        *Postgres
	Temporal        *Temporal
	ui              *harness.Process
	dir             string
}

// Start puts a cluster up, which takes seconds. What it keeps is below the folder for
// temporary files, and gone after Stop.
func Start(ctx context.Context, t Tools, o Options) (*Cluster, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "defendersync-cluster-")
	if err != nil {
		return nil, fmt.Errorf("make a folder for the cluster: %w", err)
	}
	c := &Cluster{dir: dir}
	if err := c.startParts(ctx, t, o); err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// withDefaults fills in what was left open.
func (o Options) withDefaults() (Options, error) {
	free, err := harness.FreePorts(2)
	if err != nil {
		return o, err
	}
	if o.Shards <= 0 {
		o.Shards = 4
	}
	if o.Port == 0 {
		o.Port = free[0]
	}
	if o.PostgresPort == 0 {
		o.PostgresPort = free[1]
	}
	return o, nil
}

// startParts starts the database, the server and the Web UI.
func (c *Cluster) startParts(ctx context.Context, t Tools, o Options) (err error) {
	if t.User != nil { // the database's user has to get at its folder, and at nothing else
		if err := os.Chmod(c.dir, 0o711); err != nil {
			return fmt.Errorf("open the cluster's folder to PostgreSQL's user: %w", err)
		}
	}
	if c.Postgres, err = newPostgres(t, c.dir, o.PostgresPort); err != nil {
		return err
	}
	if err = c.Postgres.Start(ctx); err != nil {
		return err
	}
	if c.Temporal, err = newTemporal(ctx, t, c.dir, c.Postgres, o); err != nil {
		return err
	}
	if err = c.Temporal.Start(ctx); err != nil {
		return err
	}
	c.Server = harness.AttachServer(t.Binaries, c.Temporal.Address)
	if o.UIPort == 0 {
		return nil
	}
	return c.startUI(t, o.UIPort)
}

// startUI starts Temporal's own Web UI.
func (c *Cluster) startUI(t Tools, port int) error {
	text := "host: 127.0.0.1\nport: " + strconv.Itoa(port) + "\nenableUi: true\ntemporalGrpcAddress: " + c.Temporal.Address +
		"\ndefaultNamespace: default\ndisableNewsFetch: true\ncors:\n  cookieInsecure: true\n"
	if err := os.WriteFile(filepath.Join(c.dir, "ui.yaml"), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the Web UI's configuration: %w", err)
	}
	ui, err := harness.StartProgram(harness.Program{
		Path: filepath.Join(t.Temporal, "temporal-ui-server"), Args: []string{"--root", c.dir, "--config", ".", "--env", "ui", "start"}, Env: os.Environ(),
	})
	c.ui = ui
	return err
}

// Stop ends everything and removes what the cluster kept.
func (c *Cluster) Stop() {
	if c.ui != nil {
		c.ui.TerminateAndWait()
	}
	if c.Temporal != nil {
		c.Temporal.Stop()
	}
	if c.Postgres != nil {
		c.Postgres.StopFast()
	}
	_ = os.RemoveAll(c.dir)
}
