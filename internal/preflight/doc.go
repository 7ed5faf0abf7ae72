// Package preflight checks what a session needs of both tenants before it
// starts, by reading real data: the token, the default role and the integration
// user in Oomnitza; the token and the streams of Defender; the first page of
// apps, and a page of one app's users. What it finds out is the session's plan.
//
// A session makes the checks when it opens, and the check command makes the same
// ones by itself; CheckLists is the command's alone. Nothing is written. The
// package knows no Temporal.
package preflight
