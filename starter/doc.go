// Command defendersync is the operator's command line. It checks the settings
// and both tenants, applies the schedule, starts and follows sessions, answers
// reports, and monitors the integration. It syncs nothing itself: the worker
// does, and of a dry run with --plan alone the command does the reading.
//
// Each command has a file of its own, named <noun>_<verb>.go, with its help,
// its flags and its action:
//
//	check                      check.go, check_*.go; --settings: check_settings.go
//	config show                config.go, config_show.go
//	setup                      setup.go
//	schedule apply             schedule_apply.go
//	schedule show              schedule_show.go
//	schedule pause             schedule_pause.go, schedule_until.go
//	schedule resume            schedule_resume.go
//	schedule delete            schedule_delete.go
//	run                        run.go, run_options.go, run_trigger.go, run_direct.go, run_confirm.go;
//	                           --plan: run_plan.go, run_plan_sheet.go
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
//	status                     status.go, status_text.go, status_file.go
//	watch                      watch.go, watch_notify.go, watch_repeat.go
//	notifications list         notifications_list.go
//	notifications read         notifications_read.go
//	notifications test         notifications_try.go (a file ending in _test.go would be a test)
//	init                       init.go, init_*.go; mail and webhook: init_channels.go, init_mail.go, init_webhook.go
//	roles                      roles.go
//	completion                 completion.go, over internal/completion
//	man                        man.go, over internal/manpage
//	version                    version.go
//
// What commands share is in files named after their subject:
//
//	app.go                     the tree of commands
//	streams.go, colour.go      standard streams, terminal, user and clock, injected for tests in process
//	exit.go                    exit codes
//	env_files.go               files of settings, by --env-file
//	flags.go, flags_*.go       flags of several commands, and the errors for wrong ones
//	json.go                    what the JSON of every command begins with, over internal/envelope
//	connection.go              the settings and the connection to Temporal
//	schedule.go                the Temporal Schedule, as commands read and write it
//	schedule_put.go            a schedule created or updated, for sessions and reports
//	schedule_differences.go    a schedule compared with the settings
//	schedule_pauserule.go      what a pause and a resume make of a schedule
//	schedule_pausetext.go      a pause in words
//	schedule_text.go           a schedule in words, over internal/calendar
//	text_table.go              tables that stand beside other text
//	session_*.go               sessions followed and in words, over internal/sessions
//	watch_start.go             the Watch workflow, started or signalled
//	status_line.go             progress, as a line on the terminal or plain lines
//	report_progress.go         the progress of a report
package main
