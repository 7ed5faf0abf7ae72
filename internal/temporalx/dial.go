// Package temporalx connects the worker and the starter to Temporal. It dials by the
// standard TEMPORAL_ settings, encrypts payloads, registers search attributes, and
// adapts logs, metrics and health checks.
//
// It knows nothing of this service's workflows; package sessions does.
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
	"google.golang.org/grpc/codes"

	"defendersync/internal/config"
)

// defaultTimeout is how long Dial tries to connect.
const defaultTimeout = 5 * time.Second

// Options says how to connect.
type Options struct {
	Environ        []string              // in the form of os.Environ; only TEMPORAL_ variables are read
	Logger         zerolog.Logger        // receives the SDK's log
	EncryptionKeys string                // as ParseKeys reads them; "": payloads are not encrypted
	Identity       string                // name of this process in histories
	Metrics        client.MetricsHandler // nil: none
	Timeout        time.Duration         // how long to try to connect; 0: five seconds
	Polls          *Polls                // watches the worker's polls; nil: not watched
	Traces         Traces                // how the client and its workers take part in traces
}

// Connection is a client with the settings that the client does not expose.
type Connection struct {
	Client    client.Client
	Namespace string
	Address   string
	Converter converter.DataConverter // decodes payloads that the client returns undecoded, such as heartbeats
}

// Close closes the connection.
func (c *Connection) Close() { c.Client.Close() }

// SettingsError is an error of the TEMPORAL_ settings themselves, found before
// anything was dialled. Only a change of the settings cures it.
type SettingsError struct{ error }

// Unwrap returns what is wrong.
func (e SettingsError) Unwrap() error { return e.error }

// Dial connects to Temporal and verifies that the namespace exists. Its errors name
// the TEMPORAL_ variable to check; one that needs no connection to be found is a
// SettingsError.
func Dial(ctx context.Context, o Options) (*Connection, error) {
	options, err := clientOptions(o)
	if err != nil {
		return nil, SettingsError{err}
	}
	timeout := o.Timeout
	if timeout <= 0 {
		timeout = defaultTimeout
	}
	options.ConnectionOptions.GetSystemInfoTimeout = timeout
	c, err := client.DialContext(ctx, options)
	if err != nil {
		return nil, explainDialError(ctx, options, err)
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	request := &workflowservice.DescribeNamespaceRequest{Namespace: options.Namespace}
	if _, err := c.WorkflowService().DescribeNamespace(limited, request); err != nil {
		c.Close()
		if ctx.Err() == nil && statusCode(err) == codes.DeadlineExceeded {
			return nil, explainSlowness(options, timeout, err)
		}
		return nil, explainDialError(ctx, options, err)
	}
	return &Connection{Client: c, Namespace: options.Namespace, Address: options.HostPort, Converter: dataConverterOf(options)}, nil
}

// CheckSettings returns what is wrong with the TEMPORAL_ settings, as far as that can
// be known without dialling.
func CheckSettings(environ []string) error {
	_, err := clientOptions(Options{Environ: environ})
	return err
}

// dataConverterOf returns the data converter that the client uses.
func dataConverterOf(o client.Options) converter.DataConverter {
	if o.DataConverter != nil {
		return o.DataConverter
	}
	return converter.GetDefaultDataConverter()
}

// memoWarning is the size in bytes above which the SDK warns of a memo. Its default
// is 2 KB; a watch's memo holds the notices, about 50 KB at most. The server
// accepts 2 MB.
const memoWarning = 128 << 10

// clientOptions applies the environment first and our own options on top of it.
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
	if o.Traces.Tracer != nil {
		options.Interceptors = append(options.Interceptors, NewTracingInterceptor(o.Traces))
	}
	options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(interceptHeartbeat))
	if o.Polls != nil {
		o.Polls.namespace = options.Namespace
		options.ConnectionOptions.DialOptions = append(options.ConnectionOptions.DialOptions, grpc.WithChainUnaryInterceptor(o.Polls.interceptPoll))
	}
	if strings.TrimSpace(o.EncryptionKeys) == "" {
		return options, nil
	}
	keys, err := ParseKeys(o.EncryptionKeys)
	if err != nil {
		return client.Options{}, fmt.Errorf("PAYLOAD_ENCRYPTION_KEY: %w", err)
	}
	options.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), keys)
	// Errors are not payloads: without this, their messages are not encrypted.
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: true,
	})
	return options, nil
}

// checkAddress rejects an IPv6 address without brackets, in which the port is
// ambiguous, and web addresses and quotes, which would otherwise end in confusing
// errors about ports.
func checkAddress(address string) error {
	web := strings.HasPrefix(address, "http://") || strings.HasPrefix(address, "https://")
	if !web && !strings.ContainsAny(address, "\"' ") && isPlainAddress(address) {
		return nil
	}
	return fmt.Errorf("TEMPORAL_ADDRESS=%q: use host:port, such as localhost:7233 or [::1]:7233", address)
}

// isPlainAddress reports whether the colons in an address are unambiguous.
func isPlainAddress(address string) bool {
	return strings.Count(address, ":") < 2 || strings.Contains(address, "://") || strings.HasPrefix(address, "[")
}

// SDKLogger returns a logger for the SDK that writes to ours and masks personal data.
func SDKLogger(logger zerolog.Logger) log.Logger {
	return log.NewStructuredLogger(slog.New(maskingHandler{zerolog.NewSlogHandler(logger)}))
}

// environment is the environment as the SDK's configuration sees it. It has no empty
// variables, because the SDK takes them for settings: an empty path of a
// certificate turns TLS on.
type environment map[string]string

// secretVariables may also be given as NAME_FILE.
var secretVariables = [...]string{"TEMPORAL_API_KEY", "TEMPORAL_TLS_CLIENT_KEY_DATA"}

// booleanVariables are checked here because the SDK ignores values that it cannot
// parse.
var booleanVariables = [...]string{"TEMPORAL_TLS", "TEMPORAL_TLS_DISABLE_HOST_VERIFICATION"}

func newEnvironment(environ []string) (environment, error) {
	env := environment{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if value = config.TrimInvisible(value); strings.HasPrefix(name, "TEMPORAL_") && value != "" {
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
