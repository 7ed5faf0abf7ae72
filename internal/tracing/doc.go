// Package tracing shows what a process does as spans of an OpenTelemetry trace.
//
// Work that somebody asked for, such as an activity or a command, begins by [Begin],
// which puts what is needed into the context. Below it, [Start] shows a step and
// [StartCall] a request to a peer. In a context without it, and when the trace is not
// sampled, all of them do nothing and allocate nothing.
//
// A session on a large tenant makes tens of thousands of requests, more than the stores
// of traces take. Each piece of work therefore shows its first [Shown] steps and calls;
// of the later ones, those that failed, were sent again or took [Slow] or longer, up to [Noted]. How many
// calls there were, and how many are not shown, are attributes of its span.
//
// Spans hold no personal data and no secret: names and attributes come from the code or
// are numbers, and an error is shown by its kind, never by its text.
package tracing
