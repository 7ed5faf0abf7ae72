// Command defendersync is the operator's command line. It checks the settings
// and both tenants, applies the schedule, runs sessions and follows them,
// answers questions, and tells how the integration stands. It carries nothing
// over itself: that is the worker's work.
//
// Each command has a file of its own, named <noun>_<verb>.go. What is
// wrong with a command, or how it is documented, is found there:
//
//	check                      check.go, check_*.go
//	setup                      setup.go
//	schedule apply             schedule_apply.go
//	schedule show              schedule_show.go
//	schedule pause             schedule_pause.go
//	schedule resume            schedule_resume.go
//	schedule delete            schedule_delete.go
//	run                        run.go, run_trigger.go, run_direct.go, run_confirm.go
//	sessions list              sessions_list.go, sessions_filter.go, sessions_columns.go
//	sessions show              sessions_show.go
//	sessions errors            sessions_errors.go
//	sessions cancel            sessions_cancel.go
//	report apps                report_apps.go
//	report websites            report_websites.go
//	report users               report_users.go
//	report dashboard           report_dashboard.go
//	report run                 report_run.go
//	report list                report_list.go
//	report subscribe           report_subscribe.go, report_subscriptions.go
//	report unsubscribe         report_unsubscribe.go
//	watch                      watch.go, watch_memory.go, watch_notify.go
//	notifications list         notifications_list.go
//	notifications read         notifications_read.go
//	notifications test         notifications_try.go (a file ending in _test.go would be a test)
//	completion                 completion.go, over internal/completion
//	man                        man.go, over internal/manpage
//	version                    version.go
//
// What commands share is named by its subject:
//
//	app.go                     the tree of commands
//	streams.go, colour.go      standard input, output and errors, injected so that tests run commands in process
//	exit.go                    exit codes
//	flags.go, flags_*.go       flags that several commands have, and what is said of wrong ones
//	connection.go              the settings and the connection to Temporal
//	schedule.go                the Temporal Schedule, as commands read and write it
//	schedule_put.go            a schedule created or updated, for sessions and reports
//	schedule_differences.go    a schedule compared with the settings
//	schedule_text.go           a schedule in words; its times are internal/calendar's
//	session_*.go               a session followed and in words; internal/sessions reads it
//	watch_start.go             the Watch workflow, started or signalled
//	status_line.go             progress, as a line on the terminal or plain lines
//	report_progress.go         how far a report has got
package main
