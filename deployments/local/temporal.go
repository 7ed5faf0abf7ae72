package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/server/common/authorization"
	"go.temporal.io/server/common/cluster"
	"go.temporal.io/server/common/config"
	"go.temporal.io/server/common/dynamicconfig"
	"go.temporal.io/server/common/log"
	"go.temporal.io/server/common/membership/static"
	"go.temporal.io/server/common/primitives"
	"go.temporal.io/server/temporal"

	"defendersync/deployments/local/localrun"
)

const (
	clusterName = "local"
	// clusterID is what clients see as the cluster's identity. The server wants
	// a UUID here, and makes up another at each start if it gets anything else.
	clusterID = "6d0f1f4e-6c53-4b53-9d4a-2f0a6e1d8a5b"
	// historyShards is fixed once a database file exists.
	historyShards = 4
	// pollRPS is how often a shard may look for new work in a second. The
	// default of 20 makes every step of a workflow wait for 50 ms.
	pollRPS = 2000
	// drainageDelay is how soon, and how often, Temporal looks whether anything
	// still runs on a version of workers that gets no new work.
	drainageDelay = 10 * time.Second
)

// temporalOptions say how the embedded Temporal server runs.
type temporalOptions struct {
	Database  string // the SQLite file, see openDatabase
	Port      int    // of the frontend, on 127.0.0.1
	Namespace string
	LogLevel  string // of the server's own log on stderr: debug, info, warn, error
}

// startTemporal starts all services of a Temporal server in this process. They
// may take a moment to answer after that: see awaitTemporal.
func startTemporal(o temporalOptions) (temporal.Server, error) {
	conf, hosts, err := temporalConfig(o)
	if err != nil {
		return nil, err
	}
	logger := log.NewZapLogger(log.BuildZapLogger(log.Config{Level: o.LogLevel, Format: "console"}))
	server, err := temporal.NewServer(
		temporal.WithConfig(conf),
		temporal.ForServices(temporal.DefaultServices),
		temporal.WithStaticHosts(hosts),
		temporal.WithLogger(logger),
		temporal.WithDynamicConfigClient(serverTuning()),
		temporal.WithAuthorizer(authorization.NewNoopAuthorizer()),
		temporal.WithClaimMapper(func(*config.Config) authorization.ClaimMapper {
			return authorization.NewNoopClaimMapper()
		}),
	)
	if err != nil {
		return nil, fmt.Errorf("preparing the Temporal server: %w", err)
	}
	if err := server.Start(); err != nil {
		return nil, fmt.Errorf("starting the Temporal server: %w", err)
	}
	return server, nil
}

// temporalConfig is the server's configuration, and where its services find
// each other: one host each, so that no membership protocol is needed.
func temporalConfig(o temporalOptions) (*config.Config, map[primitives.ServiceName]static.Hosts, error) {
	inner, err := localrun.FreePorts(3)
	if err != nil {
		return nil, nil, err
	}
	ports := map[primitives.ServiceName]int{
		primitives.FrontendService: o.Port,
		primitives.HistoryService:  inner[0],
		primitives.MatchingService: inner[1],
		primitives.WorkerService:   inner[2],
	}
	services := map[string]config.Service{}
	hosts := map[primitives.ServiceName]static.Hosts{}
	for name, number := range ports {
		services[string(name)] = config.Service{RPC: config.RPC{GRPCPort: number, BindOnIP: localrun.Loopback}}
		hosts[name] = static.SingleLocalHost(localrun.HostPort(number))
	}
	conf := &config.Config{
		Persistence:         persistenceConfig(o.Database),
		ClusterMetadata:     clusterMetadata(o.Port),
		DCRedirectionPolicy: config.DCRedirectionPolicy{Policy: "noop"},
		Services:            services,
		PublicClient:        config.PublicClient{HostPort: localrun.HostPort(o.Port)},
		Archival: config.Archival{
			History:    config.HistoryArchival{State: "disabled"},
			Visibility: config.VisibilityArchival{State: "disabled"},
		},
		NamespaceDefaults: config.NamespaceDefaults{Archival: config.ArchivalNamespaceDefaults{
			History:    config.HistoryArchivalNamespaceDefaults{State: "disabled"},
			Visibility: config.VisibilityArchivalNamespaceDefaults{State: "disabled"},
		}},
	}
	conf.Global.Membership = config.Membership{MaxJoinDuration: 30 * time.Second, BroadcastAddress: localrun.Loopback}
	return conf, hosts, nil
}

func clusterMetadata(frontend int) *cluster.Config {
	return &cluster.Config{
		FailoverVersionIncrement: 10,
		MasterClusterName:        clusterName,
		CurrentClusterName:       clusterName,
		ClusterInformation: map[string]cluster.ClusterInformation{
			clusterName: {
				Enabled:                true,
				InitialFailoverVersion: 1,
				RPCAddress:             localrun.HostPort(frontend),
				ClusterID:              clusterID,
			},
		},
	}
}

// serverTuning is what differs from the server's defaults, which are made for
// clusters, not for one user on one machine.
func serverTuning() dynamicconfig.StaticClient {
	return dynamicconfig.StaticClient{
		dynamicconfig.TransferProcessorMaxPollRPS.Key():   pollRPS,
		dynamicconfig.TimerProcessorMaxPollRPS.Key():      pollRPS,
		dynamicconfig.VisibilityProcessorMaxPollRPS.Key(): pollRPS,
		dynamicconfig.OutboundProcessorMaxPollRPS.Key():   pollRPS,
		// Lists and counts are polled by the Web UI and by tests.
		dynamicconfig.FrontendMaxNamespaceVisibilityRPSPerInstance.Key(): 200,
		// A search attribute can be used as soon as it is registered.
		dynamicconfig.ForceSearchAttributesCacheRefreshOnRead.Key(): true,
		// A version of workers shows as drained within seconds, not after six minutes.
		// The default leaves room for lists that lag behind.
		dynamicconfig.VersionDrainageStatusVisibilityGracePeriod.Key(): drainageDelay,
		dynamicconfig.VersionDrainageStatusRefreshInterval.Key():       drainageDelay,
		// The default cache is sized for a cluster's memory.
		dynamicconfig.HistoryCacheHostLevelMaxSize.Key(): 8192,
	}
}

// awaitTemporal returns once the server at addr answers for the namespace with
// its shards at hand, or when ctx is done.
func awaitTemporal(ctx context.Context, addr, namespace string) error {
	var last error
	for {
		if last = probeTemporal(ctx, addr, namespace); last == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for the Temporal server at %s: %w (last answer: %w)", addr, context.Cause(ctx), last)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// probeTemporal asks for a workflow that doesn't exist: only a server whose
// frontend, namespace and history shard all work can say so.
func probeTemporal(ctx context.Context, addr, namespace string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: addr, Namespace: namespace, Logger: silent{}})
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = c.DescribeWorkflowExecution(ctx, "defendersync-local-probe", "")
	var missing *serviceerror.NotFound
	if errors.As(err, &missing) {
		return nil
	}
	return err
}

// silent is a logger for the probe's client, which expects to fail for a while.
type silent struct{}

var _ sdklog.Logger = silent{}

func (silent) Debug(string, ...any) {}
func (silent) Info(string, ...any)  {}
func (silent) Warn(string, ...any)  {}
func (silent) Error(string, ...any) {}
