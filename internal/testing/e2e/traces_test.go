package e2e

import (
	"fmt"
	"log/slog"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/interceptor"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/proto"

	"defendersync/internal/contract"
	"defendersync/internal/saas"
	"defendersync/internal/temporalx"
	"defendersync/internal/testing/harness"
	"defendersync/internal/testing/oracle"
	"defendersync/internal/testing/otlptest"
	"defendersync/internal/testing/simulator"
	"defendersync/workflows"
)

// collector starts a collector that lasts as long as the test.
func collector(t *testing.T) *otlptest.Receiver {
	t.Helper()
	r, err := otlptest.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Stop)
	return r
}

// traced are the spans that arrived, put together.
type traced struct {
	t     *testing.T
	all   []otlptest.Span
	byID  map[string]otlptest.Span
	named map[string][]otlptest.Span
}

// readTraces reads what a collector has, once worker and command have ended.
func readTraces(t *testing.T, from *otlptest.Receiver) traced {
	t.Helper()
	out := traced{t: t, all: from.Spans(), byID: map[string]otlptest.Span{}, named: map[string][]otlptest.Span{}}
	for _, s := range out.all {
		if other, twice := out.byID[s.ID()]; twice {
			t.Errorf("%s and %s have one id", other.Name, s.Name)
		}
		out.byID[s.ID()] = s
		out.named[s.Name] = append(out.named[s.Name], s)
	}
	return out
}

// one is the only span of a name.
func (r traced) one(name string) otlptest.Span {
	r.t.Helper()
	if n := len(r.named[name]); n != 1 {
		r.t.Fatalf("%d spans are named %q; there are %v", n, name, slices.Sorted(maps.Keys(r.named)))
	}
	return r.named[name][0]
}

// connected checks that every span of a trace leads up to the one that begins it.
func (r traced) connected(root otlptest.Span) {
	r.t.Helper()
	if root.ParentID() != "" {
		r.t.Errorf("%s begins no trace: it has the parent %s", root.Name, root.ParentID())
	}
	for _, s := range r.all {
		if s.Trace() != root.Trace() || s.ID() == root.ID() {
			continue
		}
		up, found := r.byID[s.ParentID()]
		switch {
		case !found:
			r.t.Errorf("the parent of %s has not arrived", s.Name)
		case up.Trace() != s.Trace():
			r.t.Errorf("%s is below %s of another trace", s.Name, up.Name)
		case s.StartTimeUnixNano+uint64(time.Minute) < up.StartTimeUnixNano:
			r.t.Errorf("%s begins before %s, which it is below", s.Name, up.Name)
		}
	}
}

// parent checks which span another one is below.
func (r traced) parent(child, up string) {
	r.t.Helper()
	if len(r.named[child]) == 0 {
		r.t.Errorf("there is no span %q; there are %v", child, slices.Sorted(maps.Keys(r.named)))
	}
	for _, s := range r.named[child] {
		if got := r.byID[s.ParentID()].Name; got != up {
			r.t.Errorf("%q is below %q, not %q", child, got, up)
		}
	}
}

// inOneTrace counts the spans of a trace whose names begin so.
func (r traced) inOneTrace(of otlptest.Span, prefix string) (n int) {
	for _, s := range r.all {
		if s.Trace() == of.Trace() && strings.HasPrefix(s.Name, prefix) {
			n++
		}
	}
	return n
}

// The keys that spans and their resource may have.
var (
	spanKeys = []string{
		"defendersync.calls", "defendersync.calls.failed", "defendersync.calls.not_shown", "defendersync.waited_ms", "defendersync.rows",
		"defendersync.skip", "defendersync.attempt", "peer.service", "http.request.method", "url.template", "http.response.status_code",
		"http.request.resend_count", "error.type", "temporalWorkflowID", "temporalRunID", "temporalActivityID",
	}
	resourceKeys = []string{
		"service.name", "service.version", "service.instance.id", "telemetry.sdk.name", "telemetry.sdk.language", "telemetry.sdk.version",
		"defendersync.integration",
	}
)

// allowed checks every attribute against the lists, and that nothing else is told.
func (r traced) allowed() {
	r.t.Helper()
	for _, s := range r.all {
		for key := range s.Attributes {
			if !slices.Contains(spanKeys, key) {
				r.t.Errorf("%s has an attribute %s=%q", s.Name, key, s.Attributes[key])
			}
		}
		for key := range s.Resource {
			if !slices.Contains(resourceKeys, key) {
				r.t.Errorf("the resource of %s has an attribute %s=%q", s.Name, key, s.Resource[key])
			}
		}
		if len(s.Events) > 0 || s.GetStatus().GetMessage() != "" || s.TraceState != "" {
			r.t.Errorf("%s tells more: %v, %q, %q", s.Name, s.Events, s.GetStatus().GetMessage(), s.TraceState)
		}
		if route := s.Attributes["url.template"]; strings.ContainsAny(strings.ReplaceAll(route, "{id}", ""), "?=%{") || strings.ContainsAny(route, "24567890") {
			r.t.Errorf("%s has the route %q", s.Name, route)
		}
	}
}

// private are the names that no trace may hold: of the tenants' people and apps, and
// their secrets.
func private(sim *simulator.Simulator) map[string]bool {
	out := map[string]bool{}
	add := func(names ...string) {
		for _, name := range names {
			if len(name) > 2 {
				out[strings.ToLower(name)] = true
			}
		}
	}
	o := sim.Options()
	add(o.DefenderToken, o.OomnitzaToken, o.TokenUser)
	for app := range sim.Truth() {
		add(app.Name, app.Website)
		add(app.Domains...)
		for _, u := range app.Users {
			name, _, _ := strings.Cut(u.User, "@")
			add(u.User, name)
		}
	}
	return out
}

// keepsPrivate checks every text that a collector was sent.
func keepsPrivate(t *testing.T, from *otlptest.Receiver, names map[string]bool) {
	t.Helper()
	texts := map[string]bool{}
	for _, request := range from.Requests() {
		for _, text := range otlptest.Texts(request) {
			texts[strings.ToLower(text)] = true
		}
	}
	for text := range texts {
		for name := range names {
			if holdsWord(text, name) {
				t.Errorf("the trace holds %q, in %q", name, text)
			}
		}
	}
	if len(texts) < 30 || len(names) < 500 {
		t.Errorf("only %d texts were held against %d names", len(texts), len(names))
	}
}

// holdsWord reports whether a text holds a name as a whole word.
func holdsWord(text, name string) bool {
	for rest, before := text, byte(' '); ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		if i > 0 {
			before = rest[i-1]
		}
		after := byte(' ')
		if end := i + len(name); end < len(rest) {
			after = rest[end]
		}
		if !isLetter(before) && !isLetter(after) {
			return true
		}
		before, rest = rest[i], rest[i+1:]
	}
}

func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' }

// unkindTenant is a tenant that refuses some rows, repeating them, and fails at times.
func unkindTenant() simulator.Options {
	o := rich()
	o.Apps, o.People, o.Pairs = 120, 400, 4000
	bad := simulator.PeerFaults{RateLimited: 0.002, RetryAfter: 1, ServerErrors: 0.03, DropAfter: 0.01, MaxPerRequest: 2}
	o.Faults = simulator.Faults{Defender: bad, Oomnitza: bad, RefuseAssign: 0.002, RefusePeople: 0.005, RefuseSaaS: 0.02}
	return o
}

func TestASessionIsOneTraceFromTheCommandToItsRequests(t *testing.T) {
	for _, protocol := range []string{"http/protobuf", "grpc"} {
		t.Run(protocol, func(t *testing.T) {
			to := collector(t)
			url := to.HTTP
			if protocol == "grpc" {
				url = to.GRPC
			}
			b := newBench(t, unkindTenant(), "OTEL_EXPORTER_OTLP_ENDPOINT="+url, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol,
				"OTEL_EXPORTER_OTLP_HEADERS=x-key=s3cret%20of%20ours", "OTEL_EXPORTER_OTLP_COMPRESSION=gzip")
			names := private(b.Sim)
			w := b.worker()
			r := b.session(saas.OutcomeCompletedWithErrors, "--full")
			if code := w.TerminateAndWait(); code != 0 {
				t.Errorf("the worker ended with %d", code)
			}
			got := readTraces(t, to)
			run := got.one("defendersync run")
			got.connected(run)
			got.parent("StartWorkflow:Session", "defendersync run")
			got.parent("RunWorkflow:Session", "StartWorkflow:Session")
			got.parent("RunWorkflow:Sync", "RunWorkflow:Session")
			for _, activity := range []string{"OpenSession", "UpsertApps", "SyncUsage"} {
				got.parent("RunActivity:"+activity, "RunWorkflow:Sync")
			}
			got.parent("write a page of users", "RunActivity:SyncUsage")
			if got.inOneTrace(run, "Defender: ") < 20 || got.inOneTrace(run, "Oomnitza: ") < 50 {
				t.Errorf("few requests are shown: %v", slices.Sorted(maps.Keys(got.named)))
			}
			if id := got.one("RunWorkflow:Session").Attributes["temporalWorkflowID"]; id != r.Session {
				t.Errorf("the session's span names %q, not %q", id, r.Session)
			}
			got.pictured(run, to)
			got.showsFailures()
			got.allowed()
			keepsPrivate(t, to, names)
			for _, h := range to.Headers() {
				if h.Get("X-Key") != "s3cret of ours" {
					t.Errorf("a delivery has the headers %v", h)
				}
			}
			if log := w.ReadLog(); strings.Contains(log, "s3cret") || strings.Contains(log, "not delivered") {
				t.Errorf("the worker logs %s", log)
			}
			replaysBothWays(b, r.Session)
		})
	}
}

// replaysBothWays checks that what workers with traces have recorded replays with and
// without them.
func replaysBothWays(b *bench, session string) {
	b.t.Helper()
	c, err := b.DialClient()
	if err != nil {
		b.t.Fatal(err)
	}
	defer c.Close()
	tracer := sdktrace.NewTracerProvider().Tracer("test")
	for _, id := range []string{session, contract.SyncID(b.Name)} {
		history, headers := readHistory(b, c, id)
		if headers == 0 {
			b.t.Errorf("the history of %s has no trace", id)
		}
		for name, options := range map[string]worker.WorkflowReplayerOptions{
			"without": {},
			"with":    {Interceptors: []interceptor.WorkerInterceptor{temporalx.NewTracingInterceptor(temporalx.Traces{Tracer: tracer})}},
		} {
			replayer, err := worker.NewWorkflowReplayerWithOptions(options)
			if err != nil {
				b.t.Fatal(err)
			}
			workflows.Register(replayer)
			if err := replayer.ReplayWorkflowHistory(log.NewStructuredLogger(slog.New(slog.DiscardHandler)), history); err != nil {
				b.t.Errorf("%s does not replay %s traces: %v", id, name, err)
			}
		}
	}
}

// readHistory reads a workflow's history, and counts the events that carry a trace.
func readHistory(b *bench, c client.Client, id string) (history *historypb.History, headers int) {
	b.t.Helper()
	history = &historypb.History{}
	for all := c.GetWorkflowHistory(b.ctx, id, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT); all.HasNext(); {
		event, err := all.Next()
		if err != nil {
			b.t.Fatal(err)
		}
		history.Events = append(history.Events, event)
		for _, h := range []*commonpb.Header{
			event.GetWorkflowExecutionStartedEventAttributes().GetHeader(), event.GetActivityTaskScheduledEventAttributes().GetHeader(),
			event.GetStartChildWorkflowExecutionInitiatedEventAttributes().GetHeader(),
		} {
			headers += len(h.GetFields())
		}
	}
	return history, headers
}

// showsFailures checks that failed requests are shown as such, and sent again.
func (r traced) showsFailures() {
	r.t.Helper()
	kinds, resent := map[string]int{}, 0
	for _, s := range r.all {
		if kind := s.Attributes["error.type"]; kind != "" {
			kinds[kind]++
		}
		if s.Attributes["http.request.resend_count"] != "" {
			resent++
		}
	}
	if kinds["ServerError"] == 0 || resent == 0 {
		r.t.Errorf("failures are %v, %d requests are shown as sent again", kinds, resent)
	}
}

func TestAScheduledSessionIsATraceOfItsOwnThatItsCommandIsLinkedTo(t *testing.T) {
	to := collector(t)
	o := rich()
	o.Apps, o.People, o.Pairs = 60, 200, 1000
	b := newBench(t, o, "OTEL_EXPORTER_OTLP_ENDPOINT="+to.HTTP)
	w := b.worker()
	b.schedule()
	b.session(saas.OutcomeCompleted)
	b.done("check")
	b.done("report", "apps")
	w.TerminateAndWait()
	got := readTraces(t, to)
	for _, name := range []string{"defendersync check", "defendersync report apps"} {
		command := got.one(name)
		got.connected(command)
		if got.inOneTrace(command, "Oomnitza: ") == 0 {
			t.Errorf("%s shows no requests", name)
		}
	}
	session, run := got.one("RunWorkflow:Session"), got.one("defendersync run")
	got.connected(session)
	if got.inOneTrace(session, "Oomnitza: ") == 0 {
		t.Error("the session's trace shows no requests")
	}
	if run.Trace() == session.Trace() {
		t.Error("the command is in the session's trace")
	}
	linked := func(from, other otlptest.Span) bool {
		return slices.ContainsFunc(from.Links, func(l *tracepb.Span_Link) bool {
			return string(l.SpanId) == string(other.SpanId) && string(l.TraceId) == string(other.TraceId)
		})
	}
	if !linked(run, session) {
		t.Errorf("the command's span has the links %v", run.Links)
	}
	if !linked(session, run) {
		t.Errorf("the session's span has the links %v", session.Links)
	}
	for name, spans := range got.named {
		if strings.Contains(name, "Watch") {
			t.Errorf("the watch is shown: %s", name)
		}
		if name != "RunActivity:Observe" {
			continue
		}
		for _, s := range spans {
			if s.ParentID() != "" || got.inOneTrace(s, "") != 1 {
				t.Errorf("a look of the watch is part of another trace: %v", s)
			}
		}
	}
	got.allowed()
}

func TestWorkersWithAndWithoutTracesTakeASessionOverFromEachOther(t *testing.T) {
	to := collector(t)
	b := pacedBench(t, "INTEGRATION_HEARTBEAT=4s")
	o := oracle.New(b.Sim)
	on := []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + to.HTTP, "OTEL_BSP_SCHEDULE_DELAY=100"}
	w := b.worker(on...)
	done := b.following("--full")
	for i, next := range []struct {
		stop     func(*harness.Process)
		settings []string
	}{
		// A worker that stops drops its workflows, which must not look like their end.
		{func(p *harness.Process) { p.TerminateAndWait() }, on},
		{(*harness.Process).KillAndWait, nil},
		{(*harness.Process).KillAndWait, on},
	} {
		b.userPages(10, done)
		next.stop(w)
		w = b.worker(next.settings...)
		t.Logf("worker %d has taken over", i+2)
	}
	if r := <-done; r.Outcome != saas.OutcomeCompleted {
		t.Fatalf("the session ended as %s: %s", r.Outcome, r.Error)
	}
	w.TerminateAndWait()
	b.agree(o.LearnDue(b.Sim))
	got := readTraces(t, to)
	session := got.one("RunWorkflow:Session")
	got.parent("RunWorkflow:Sync", "RunWorkflow:Session")
	if n := len(got.named["RunActivity:SyncUsage"]); n == 0 {
		t.Error("no activity is shown")
	}
	if got.inOneTrace(session, "RunActivity:") == 0 {
		t.Errorf("the session's trace has none of its activities")
	}
	got.allowed()
}

func TestACollectorThatFailsCostsASessionNothing(t *testing.T) {
	for name, spoil := range map[string]func(*otlptest.Receiver){
		"down":    func(r *otlptest.Receiver) { r.Stop() },
		"slow":    func(r *otlptest.Receiver) { r.Stall() },
		"refuses": func(r *otlptest.Receiver) { r.Refuse("no room for jane.doe@contoso.com") },
	} {
		for _, protocol := range []string{"http/protobuf", "grpc"} {
			t.Run(name+" "+protocol, func(t *testing.T) {
				to := collector(t)
				url := map[string]string{"http/protobuf": to.HTTP, "grpc": to.GRPC}[protocol]
				spoil(to)
				o := rich()
				o.Apps, o.People, o.Pairs = 60, 200, 1000
				b := newBench(t, o, "OTEL_EXPORTER_OTLP_ENDPOINT="+url, "OTEL_EXPORTER_OTLP_PROTOCOL="+protocol,
					"OTEL_EXPORTER_OTLP_TIMEOUT=1000", "OTEL_BSP_EXPORT_TIMEOUT=2000", "OTEL_BSP_SCHEDULE_DELAY=100", "OTEL_BSP_MAX_QUEUE_SIZE=64", "OTEL_BSP_MAX_EXPORT_BATCH_SIZE=32")
				truth := oracle.New(b.Sim)
				w := b.worker()
				b.session(saas.OutcomeCompleted, "--full")
				b.agree(truth.LearnDue(b.Sim))
				b.until("the worker has told of the collector", func() bool { return strings.Contains(w.ReadLog(), "traces are not delivered") })
				began := time.Now()
				if code := w.TerminateAndWait(); code != 0 {
					t.Errorf("the worker ended with %d", code)
				}
				if took := time.Since(began); took > 30*time.Second {
					t.Errorf("the worker took %v to stop", took)
				}
				log := w.ReadLog()
				if n := strings.Count(log, "traces are not delivered"); n != 1 {
					t.Errorf("the worker told %d times:\n%s", n, log)
				}
				if strings.Contains(log, "jane.doe") {
					t.Errorf("the collector's words are not masked:\n%s", log)
				}
			})
		}
	}
}

func TestTracesThatAreOffReachNobody(t *testing.T) {
	for name, settings := range map[string][]string{
		"the SDK is disabled": {"OTEL_SDK_DISABLED=true", "OTEL_EXPORTER_OTLP_ENDPOINT="},
		"no exporter":         {"OTEL_TRACES_EXPORTER=none", "OTEL_EXPORTER_OTLP_ENDPOINT="},
		"nothing is set":      {"OTEL_SERVICE_NAME="},
	} {
		t.Run(name, func(t *testing.T) {
			to := collector(t)
			o := rich()
			o.Apps, o.People, o.Pairs = 30, 100, 300
			last := len(settings) - 1
			b := newBench(t, o, append(slices.Clone(settings[:last]), settings[last]+to.HTTP)...)
			w := b.worker()
			r := b.session(saas.OutcomeCompleted, "--full")
			w.TerminateAndWait()
			c, err := b.DialClient()
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			for _, id := range []string{r.Session, contract.SyncID(b.Name)} {
				if _, headers := readHistory(b, c, id); headers != 0 {
					t.Errorf("the history of %s has %d traces", id, headers)
				}
			}
			if n := to.Contacts(); n != 0 {
				t.Errorf("the collector was contacted %d times", n)
			}
		})
	}
}

// pictured writes the trace as docs/operations.md shows one, to the file that TRACE_PICTURE
// names.
func (r traced) pictured(root otlptest.Span, from *otlptest.Receiver) {
	r.t.Helper()
	path := os.Getenv("TRACE_PICTURE")
	if path == "" {
		return
	}
	size := 0
	for _, request := range from.Requests() {
		size += proto.Size(request)
	}
	text := fmt.Sprintf("%d spans, %d bytes\n%s", len(r.all), size, r.draw(root, ""))
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		r.t.Error(err)
	}
}

// draw draws a span and what is below it.
func (r traced) draw(s otlptest.Span, indent string) string {
	text := indent + s.Name
	out := fmt.Sprintf("%-58s %8.3f s", text, float64(s.EndTimeUnixNano-s.StartTimeUnixNano)/1e9)
	for _, key := range slices.Sorted(maps.Keys(s.Attributes)) {
		if strings.HasPrefix(key, "temporal") {
			continue
		}
		out += "  " + key + "=" + s.Attributes[key]
	}
	out += "\n"
	for _, below := range r.all {
		if below.ParentID() == s.ID() {
			out += r.draw(below, indent+"  ")
		}
	}
	return out
}
