// Package otlp sends the spans of this process to a collector, by OTLP over HTTP or gRPC.
// It is set by OpenTelemetry's standard variables, which package config reads and checks.
//
// Traces are never worth a session: spans wait in a bounded queue, those that find it full
// are dropped, and a collector that is slow or does not answer is waited for by nobody. It
// is logged once, and again when it answers.
package otlp
