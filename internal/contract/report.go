package contract

import (
	"time"

	"defendersync/internal/saas"
)

// Report is a question that has a name. Filters have the names that they have in
// the file of reports and on the command line.
type Report struct {
	Name        string            `json:"name"`
	Question    string            `json:"question"`
	Title       string            `json:"title,omitempty"` // "": the question's own
	Filters     map[string]string `json:"filters,omitempty"`
	Columns     []string          `json:"columns,omitempty"` // keys, in the order to show; none: all
	Format      string            `json:"format,omitempty"`  // of the file that "report run" writes; mails have a workbook
	Subscribers []string          `json:"subscribers,omitempty"`
	Schedule    string            `json:"schedule,omitempty"` // as INTEGRATION_SCHEDULE
	Timezone    string            `json:"timezone,omitempty"`
}

// ReportParams are the parameters of Report.
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
	Key         string      `json:"key"`  // of this sending; a mail that is sent again has the same
	At          time.Time   `json:"at"`   // date of the mails
	Lane        string      `json:"lane"` // workflow id that runs while a session does: SyncID
}

// SendReportResult says who has a report. It holds none of its rows.
type SendReportResult struct {
	Rows     int             `json:"rows"`
	Mailed   []string        `json:"mailed,omitempty"`
	Unmailed []ReportRefusal `json:"unmailed,omitempty"`
}

// ReportRefusal is a subscriber who did not get the report.
type ReportRefusal struct {
	To  string `json:"to"`
	Why string `json:"why"`
}

// SendReportProgress is the heartbeat of SendReport, from which another attempt
// goes on.
type SendReportProgress struct {
	Doing  string   `json:"doing"`
	Mailed []string `json:"mailed,omitempty"`
}

// The questions that a report can ask.
const (
	QuestionApps     = "apps"
	QuestionWebsites = "websites"
	QuestionUsers    = "users"
	// QuestionDashboard asks for the dashboard: a page in place of rows.
	QuestionDashboard = "dashboard"
)
