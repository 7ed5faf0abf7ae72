package config

import (
	"errors"
	"fmt"
	"iter"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Traces configures whether and where traces are sent. The variables are OpenTelemetry's
// own, which other programs may share, so they are checked only where traces are on.
type Traces struct {
	Exporter       string `env:"OTEL_TRACES_EXPORTER" help:"otlp sends traces, none does not; empty: they are sent if an endpoint is set"`
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT" help:"URL of the collector: http://collector:4318, or for grpc http://collector:4317; https for TLS"`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT" help:"the same for traces alone; with http/protobuf the whole URL, path and all"`
	Protocol       string `env:"OTEL_EXPORTER_OTLP_PROTOCOL,default=http/protobuf" help:"http/protobuf or grpc"`
	Headers        Secret `env:"OTEL_EXPORTER_OTLP_HEADERS" help:"headers to send, such as a key, by commas: api-key=…,tenant=…; percent-encoded where they hold a comma"`
	Timeout        string `env:"OTEL_EXPORTER_OTLP_TIMEOUT,default=10000" help:"time limit of a delivery, in milliseconds"`
	Compression    string `env:"OTEL_EXPORTER_OTLP_COMPRESSION,default=none" help:"gzip or none"`
	CAFile         string `env:"OTEL_EXPORTER_OTLP_CERTIFICATE" help:"PEM file of a certificate authority to trust besides the system's"`
	ClientCert     string `env:"OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE" help:"PEM file of a client certificate, for mutual TLS"`
	ClientKey      string `env:"OTEL_EXPORTER_OTLP_CLIENT_KEY" help:"PEM file of its key"`
	Sampler        string `env:"OTEL_TRACES_SAMPLER,default=parentbased_always_on" help:"which traces are kept: always_on, always_off, traceidratio, or one of these after parentbased_"`
	SamplerArg     string `env:"OTEL_TRACES_SAMPLER_ARG,default=1.0" help:"share of the traces that traceidratio keeps, from 0 to 1"`
	ServiceName    string `env:"OTEL_SERVICE_NAME" help:"name in the traces; empty: the program's"`
	Resource       string `env:"OTEL_RESOURCE_ATTRIBUTES" help:"attributes of every trace, by commas: deployment.environment.name=test"`
	Disabled       string `env:"OTEL_SDK_DISABLED,default=false" help:"true: no traces, whatever else is set"`
}

// Protocols of OTLP.
const (
	ProtocolGRPC = "grpc"
	ProtocolHTTP = "http/protobuf"
)

// otlpPrefix and otlpTracesPrefix begin the variables of the exporter. The longer one is
// for traces alone and goes before.
const (
	otlpPrefix       = "OTEL_EXPORTER_OTLP_"
	otlpTracesPrefix = otlpPrefix + "TRACES_"
)

// traceForms are the variables that have a form for traces alone, beside the endpoint.
var traceForms = []string{"PROTOCOL", "HEADERS", "TIMEOUT", "COMPRESSION", "CERTIFICATE", "CLIENT_CERTIFICATE", "CLIENT_KEY"}

// traceNumbers are numbers that the library reads itself.
var traceNumbers = []string{
	"OTEL_BSP_SCHEDULE_DELAY", "OTEL_BSP_EXPORT_TIMEOUT", "OTEL_BSP_MAX_QUEUE_SIZE", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE",
	"OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "OTEL_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT",
	"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "OTEL_SPAN_EVENT_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT",
	"OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT",
}

// preferTraceForms puts the variables that are for traces alone in the place of the
// general ones, and remembers what they are called, for problems.
func (s *source) preferTraceForms() {
	for _, form := range traceForms {
		if value, ok := s.environ[otlpTracesPrefix+form]; ok {
			s.environ[otlpPrefix+form] = value
			s.aliases[otlpPrefix+form] = otlpTracesPrefix + form
		}
	}
}

// checkTraceNumbers checks what the library reads itself.
func (s *source) checkTraceNumbers() {
	for _, name := range traceNumbers {
		if value, ok := s.environ[name]; ok {
			if _, err := strconv.Atoi(value); err != nil {
				s.problems.addProblemf(name, value, "use a whole number")
			}
		}
	}
}

// IsOn reports whether traces are sent.
func (t Traces) IsOn() bool {
	if strings.EqualFold(t.Disabled, "true") || t.Exporter == "none" {
		return false
	}
	return t.Exporter != "" || t.Endpoint != "" || t.TracesEndpoint != ""
}

// Validate checks the values, where traces are on.
func (t Traces) Validate() error {
	var found problems
	found.addProblem("OTEL_SDK_DISABLED", t.Disabled, requireOneOf(strings.ToLower(t.Disabled), "true", "false"))
	if !t.IsOn() {
		return errors.Join(found...)
	}
	if t.Exporter != "" {
		found.addProblem("OTEL_TRACES_EXPORTER", t.Exporter, requireOneOf(t.Exporter, "otlp", "none"))
	}
	found.checkCollector("OTEL_EXPORTER_OTLP_ENDPOINT", t.Endpoint)
	found.checkCollector("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", t.TracesEndpoint)
	found.addProblem("OTEL_EXPORTER_OTLP_PROTOCOL", t.Protocol, requireOneOf(t.Protocol, ProtocolHTTP, ProtocolGRPC))
	found.addProblem("OTEL_EXPORTER_OTLP_COMPRESSION", t.Compression, requireOneOf(t.Compression, "gzip", "none"))
	if n, err := strconv.Atoi(t.Timeout); err != nil || n < 1 || n > int(time.Hour/time.Millisecond) {
		found.addProblemf("OTEL_EXPORTER_OTLP_TIMEOUT", t.Timeout, "use milliseconds, from 1 to an hour of them: 10000")
	}
	if err := checkPairs(t.Headers.Reveal()); err != nil {
		found.addProblem("OTEL_EXPORTER_OTLP_HEADERS", "", err)
	}
	found.addProblem("OTEL_RESOURCE_ATTRIBUTES", t.Resource, checkPairs(t.Resource))
	found.checkFile("OTEL_EXPORTER_OTLP_CERTIFICATE", t.CAFile)
	found.checkFile("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", t.ClientCert)
	found.checkFile("OTEL_EXPORTER_OTLP_CLIENT_KEY", t.ClientKey)
	if (t.ClientCert == "") != (t.ClientKey == "") {
		found.addProblemf("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", t.ClientCert, "a certificate and its key, OTEL_EXPORTER_OTLP_CLIENT_KEY, go together")
	}
	found.addProblem("OTEL_TRACES_SAMPLER", t.Sampler, requireOneOf(strings.TrimPrefix(t.Sampler, "parentbased_"), "always_on", "always_off", "traceidratio"))
	if share, err := strconv.ParseFloat(t.SamplerArg, 64); err != nil || !(share >= 0 && share <= 1) {
		found.addProblemf("OTEL_TRACES_SAMPLER_ARG", t.SamplerArg, "use a share from 0 to 1, such as 0.1")
	}
	return errors.Join(found...)
}

// checkCollector checks the URL of a collector.
func (ps *problems) checkCollector(name, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		ps.addProblemf(name, hidePassword(raw), "begin with http:// or https:// (http://collector:4318), for grpc too (http://collector:4317)")
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		ps.addProblemf(name, "", "a user, a query or a fragment is not sent: what the collector asks for goes into OTEL_EXPORTER_OTLP_HEADERS")
	}
}

// hidePassword is a URL as it may be shown.
func hidePassword(raw string) string {
	if strings.Contains(raw, "@") {
		return ""
	}
	return raw
}

// checkPairs checks a list of key=value.
func checkPairs(list string) error {
	for key, value := range splitPairs(list) {
		if key == "" || strings.ContainsAny(key, " \t\"") || value == nil {
			return errors.New("use key=value, by commas, percent-encoded where a value holds a comma")
		}
	}
	return nil
}

// splitPairs gives the keys of a list of key=value with their values, decoded; nil: a
// value that there is none of, or that cannot be decoded.
func splitPairs(list string) iter.Seq2[string, *string] {
	return func(yield func(string, *string) bool) {
		for item := range strings.SplitSeq(list, ",") {
			if strings.TrimSpace(item) == "" {
				continue
			}
			key, raw, found := strings.Cut(item, "=")
			var value *string
			if decoded, err := url.PathUnescape(strings.TrimSpace(raw)); found && err == nil {
				value = &decoded
			}
			if !yield(strings.TrimSpace(key), value) {
				return
			}
		}
	}
}

func readPairs(list string) map[string]string {
	out := map[string]string{}
	for key, value := range splitPairs(list) {
		if value != nil {
			out[key] = *value
		}
	}
	return out
}

// HeaderFields are the headers to send; they hold secrets.
func (t Traces) HeaderFields() map[string]string { return readPairs(t.Headers.Reveal()) }

// ResourceAttributes are the attributes of every trace.
func (t Traces) ResourceAttributes() map[string]string { return readPairs(t.Resource) }

// TimeLimit is that of a delivery.
func (t Traces) TimeLimit() time.Duration {
	n, _ := strconv.Atoi(t.Timeout) // checked
	return time.Duration(n) * time.Millisecond
}

// Ratio is the share of the traces that traceidratio keeps.
func (t Traces) Ratio() float64 {
	share, _ := strconv.ParseFloat(t.SamplerArg, 64) // checked
	return share
}

// URL is where traces are sent.
func (t Traces) URL() string {
	base := t.Endpoint
	switch {
	case t.TracesEndpoint != "":
		return t.TracesEndpoint
	case base == "" && t.Protocol == ProtocolGRPC:
		base = "http://localhost:4317"
	case base == "":
		base = "http://localhost:4318"
	}
	if t.Protocol == ProtocolGRPC {
		return base
	}
	return strings.TrimSuffix(base, "/") + "/v1/traces"
}

// IsEncrypted reports whether traces are sent over TLS.
func (t Traces) IsEncrypted() bool { return strings.HasPrefix(t.URL(), "https://") }

// Describe says what to look at when traces don't arrive.
func (t Traces) Describe() string {
	u, err := url.Parse(t.URL())
	if err != nil {
		return "check OTEL_EXPORTER_OTLP_ENDPOINT"
	}
	_, port, _ := net.SplitHostPort(u.Host)
	hint := fmt.Sprintf("check OTEL_EXPORTER_OTLP_ENDPOINT and whether a collector takes %s at %s", t.Protocol, u.Host)
	if port == "4317" && t.Protocol == ProtocolHTTP {
		hint += "; port 4317 is usually that of OTEL_EXPORTER_OTLP_PROTOCOL=grpc"
	}
	if port == "4318" && t.Protocol == ProtocolGRPC {
		hint += "; port 4318 is usually that of OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf"
	}
	return hint
}

// nameAliases names in each problem the variable that was set.
func (s *source) nameAliases() {
	for _, err := range s.problems {
		var p *Problem
		if errors.As(err, &p) && s.aliases[p.Name] != "" {
			p.Name = s.aliases[p.Name]
		}
	}
}

// headerSecrets are the values of a list of headers.
func headerSecrets(list string) (out []string) {
	for item := range strings.SplitSeq(list, ",") {
		_, value, found := strings.Cut(item, "=")
		if !found {
			value = item // a key by mistake
		}
		out = append(out, value)
		if decoded, err := url.PathUnescape(value); err == nil {
			out = append(out, decoded)
			out = append(out, strings.Fields(decoded)...)
		}
	}
	return slices.Compact(out)
}
