package contract

import (
	"time"

	"defendersync/internal/saas"
)

// Report is a question with a name. Schedules hold it as JSON, so its keys
// never change; Filters go by the names that they have in the file and on the
// command line.
type Report struct {
	Name        string            `json:"name"`
	Question    string            `json:"question"`
	Title       string            `json:"title,omitempty"` // "": the question's own
	Filters     map[string]string `json:"filters,omitempty"`
	Columns     []string          `json:"columns,omitempty"` // keys, in the order to show; none: all
	Format      string            `json:"format,omitempty"`  // a sheet.Format, of what run writes; mails have a workbook
	Subscribers []string          `json:"subscribers,omitempty"`
	Schedule    string            `json:"schedule,omitempty"` // as INTEGRATION_SCHEDULE
	Timezone    string            `json:"timezone,omitempty"`
}

// ReportParams is what a report's schedule starts its workflows with.
type ReportParams struct {
	Integration string      `json:"integration"`
	Report      Report      `json:"report"`
	Policy      saas.Policy `json:"policy"`
}

// SendReportParams is a report to be sent.
type SendReportParams struct {
	Integration string      `json:"integration"`
	Report      Report      `json:"report"`
	Policy      saas.Policy `json:"policy"`
	Key         string      `json:"key"`  // of this sending: the same again marks a resend
	At          time.Time   `json:"at"`   // date of the mails
	Lane        string      `json:"lane"` // id of the workflow that runs while a session does
}

// SendReportResult is what became of a report. It holds none of its rows.
type SendReportResult struct {
	Rows     int             `json:"rows"`
	Mailed   []string        `json:"mailed,omitempty"`
	Unmailed []ReportRefusal `json:"unmailed,omitempty"`
}

// ReportRefusal is a subscriber whom the report did not reach.
type ReportRefusal struct {
	To  string `json:"to"`
	Why string `json:"why"`
}

// SendReportProgress is what the heartbeat of a posting says.
type SendReportProgress struct {
	Doing  string   `json:"doing"`
	Mailed []string `json:"mailed,omitempty"`
}

// The questions that a report can ask.
const (
	QuestionApps     = "apps"
	QuestionWebsites = "websites"
	QuestionUsers    = "users"
)
