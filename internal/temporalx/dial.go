// Package temporalx connects the worker and the starter to Temporal: dialling
// by the standard TEMPORAL_ settings, encryption of what is kept in histories,
// search attributes, and the adapters for logs, metrics and health.
//
// It knows nothing of this service's workflows.
package temporalx

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	sdkenvconfig "go.temporal.io/sdk/contrib/envconfig"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/grpc"

	"defendersync/internal/config"
)

// defaultTimeout is how long Dial tries to get through.
const defaultTimeout = 5 * time.Second

// Options say how to connect.
type Options struct {
	Environ        []string              // NAME=value each, as os.Environ gives it; only TEMPORAL_ names are read
	Logger         zerolog.Logger        // where the SDK logs to
	EncryptionKeys string                // as ParseKeys reads them; "": histories are kept in clear
	Identity       string                // how this process shows in histories
	Metrics        client.MetricsHandler // nil: none
	Timeout        time.Duration         // how long to try; 0: five seconds
	Polls          *Polls                // watches whether work is given out; nil: nobody does
}

// Connection is a client with what it doesn't tell about itself.
type Connection struct {
	Client    client.Client
	Namespace string
	Address   string
	Converter converter.DataConverter // reads payloads that the client hands out as they are, such as heartbeats
}

// Close ends the connection.
func (c *Connection) Close() { c.Client.Close() }

// Dial connects to Temporal and makes sure that the namespace is there. Its
// errors say which TEMPORAL_ variable to look at.
func Dial(ctx context.Context, o Options) (*Connection, error) {
	options, err := clientOptions(o)
	if err != nil {
		return nil, err
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	options.ConnectionOptions.GetSystemInfoTimeout = timeout
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, explain(ctx, options, err)
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request := &workflowservice.DescribeNamespaceRequest{Namespace: options.Namespace}
	if _, err := c.WorkflowService().DescribeNamespace(limited, request); err != nil {
		c.Close()
		return nil, explain(ctx, options, err)
	}
	return &Connection{Client: c, Namespace: options.Namespace, Address: options.HostPort, Converter: dataConverter(options)}, nil
}

// dataConverter is the one that the client uses.
func dataConverter(o client.Options) converter.DataConverter {
	if o.DataConverter != nil {
		return o.DataConverter
	}
	return converter.GetDefaultDataConverter()
}

// clientOptions applies the environment, and what is ours on top of it.
// memoWarning is the size in bytes from which a memo is worth a warning. The
// SDK's own is 2 KB; a watch's memo holds its notices, some 50 KB at most. The
// server takes 2 MB.
const memoWarning = 128 << 10

func clientOptions(o Options) (client.Options, error) {
	env, err := newEnvironment(o.Environ)
	if err != nil {
		return client.Options{}, err
	}
	options, err := sdkenvconfig.LoadClientOptions(sdkenvconfig.LoadClientOptionsRequest{EnvLookup: env})
	if err != nil {
		return client.Options{}, fmt.Errorf("read the TEMPORAL_ settings: %w", err)
	}
	if options.HostPort == "" {
		options.HostPort = client.DefaultHostPort
	}
	if err := checkAddress(options.HostPort); err != nil {
		return client.Options{}, err
	}
	if options.Namespace == "" {
		options.Namespace = client.DefaultNamespace
	}
	options.Identity = o.Identity
	options.PayloadLimits.MemoSizeWarning = memoWarning
	options.Logger = SDKLogger(o.Logger)
	options.MetricsHandler = o.Metrics
	if o.Polls != nil {
		o.Polls.namespace = options.Namespace
		options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(o.Polls.intercept))
	}
	if strings.TrimSpace(o.EncryptionKeys) == "" {
		return options, nil
	}
	keys, err := ParseKeys(o.EncryptionKeys)
	if err != nil {
		return client.Options{}, fmt.Errorf("PAYLOAD_ENCRYPTION_KEY: %w", err)
	}
	options.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), keys)
	// Errors are not payloads: without this their texts stay in clear.
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: true,
	})
	return options, nil
}

// checkAddress wants brackets around an IPv6 address, which is of no use
// without: nobody can tell where it ends and the port begins. A web address or
// quotes are never right, and end in errors about ports.
func checkAddress(address string) error {
	web := strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
	if !web && !strings.ContainsAny(address, "\"' ") && plainAddress(address) {
		return nil
	}
	return fmt.Errorf("TEMPORAL_ADDRESS=%q: use host:port, such as localhost:7233 or [::1]:7233", address)
}

// plainAddress reports whether colons in an address mean one thing only.
func plainAddress(address string) bool {
	return strings.Count(address, ":") < 2 || strings.Contains(address, "://") || strings.HasPrefix(address, "[")
}

// SDKLogger passes the SDK's log lines on.
func SDKLogger(logger zerolog.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(masked{zerolog.NewSlogHandler(logger)}))
}

// environment is what the SDK's configuration sees: the given variables but
// for empty ones, which to the SDK would be settings (an empty path of a
// certificate turns TLS on).
type environment map[string]string

// secretVariables may be given as files too.
var secretVariables = [...]string{"TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_KEY_DATA"}

// booleanVariables are ignored by the SDK when it can't read them.
var booleanVariables = [...]string{"TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"}

func newEnvironment(environ []string) (environment, error) {
	env := environment{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value = config.Trim(value); strings.HasPrefix(name, "TEMPORAL_") && value != "" {
			env[name] = value
		}
	}
	var problems []error
	for _, name := range secretVariables {
		path, ok := env[name+"_FILE"]
		if !ok {
			continue
		}
		secret, err := config.ReadSecret(path)
		if _, both := env[name]; both {
			err = errors.New("set this or " + name + ", not both")
		}
		if err != nil {
			problems = append(problems, fmt.Errorf("%s_FILE: %w", name, err))
		}
		env[name] = secret.Reveal()
	}
	for _, name := range booleanVariables {
		switch value := env[name]; strings.ToLower(value) {
		case "", "true", "false", "1", "0":
		default:
			problems = append(problems, fmt.Errorf("%s=%q: use true or false", name, value))
		}
	}
	return env, errors.Join(problems...)
}

// Environ implements the SDK's EnvLookup.
func (e environment) Environ() []string {
	pairs := make([]string, 0, len(e))
	for name, value := range e {
		pairs = append(pairs, name+"="+value)
	}
	return pairs
}

// LookupEnv implements the SDK's EnvLookup.
func (e environment) LookupEnv(name string) (string, bool) {
	value, ok := e[name]
	return value, ok
}
