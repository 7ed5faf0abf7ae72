package tracing

import "go.opentelemetry.io/otel/attribute"

// Attributes of our own. Those of HTTP and of errors are OpenTelemetry's semantic
// conventions; those of workflows and activities are named as Temporal's SDKs do.
const (
	KeyCalls     = attribute.Key("defendersync.calls")           // requests of a piece of work
	KeyFailed    = attribute.Key("defendersync.calls.failed")    // those that failed
	KeyNotShown  = attribute.Key("defendersync.calls.not_shown") // those without a span
	KeyWaited    = attribute.Key("defendersync.waited_ms")       // what a request waited for its turn, in milliseconds
	KeyRows      = attribute.Key("defendersync.rows")            // rows of a page
	KeySkip      = attribute.Key("defendersync.skip")            // rows before a page
	KeyAttempt   = attribute.Key("defendersync.attempt")         // of an activity, from 1
	KeyPeer      = attribute.Key("peer.service")                 // Defender or Oomnitza
	KeyMethod    = attribute.Key("http.request.method")
	KeyRoute     = attribute.Key("url.template")
	KeyStatus    = attribute.Key("http.response.status_code")
	KeyResent    = attribute.Key("http.request.resend_count") // of the same request, from 1
	KeyErrorType = attribute.Key("error.type")

	KeyWorkflowID = attribute.Key("temporalWorkflowID")
	KeyRunID      = attribute.Key("temporalRunID")
	KeyActivityID = attribute.Key("temporalActivityID")
)
