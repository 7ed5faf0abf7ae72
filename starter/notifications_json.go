package main

import (
	"slices"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
	"defendersync/internal/saas"
)

// noticeJSON is a notice as JSON shows it.
type noticeJSON struct {
	ID       string              `json:"id,omitempty"` // that 'notifications read' takes
	Key      string              `json:"key"`          // identifies the matter: there is one notice for each key, ever
	Kind     contract.NoticeKind `json:"kind"`
	At       envelope.Time       `json:"at"`              // when it was found
	Since    envelope.Time       `json:"since,omitzero"`  // when the matter began
	Headline string              `json:"headline"`        // what happened, in one line
	Cause    string              `json:"cause,omitempty"` // why, in a sentence or two
	Todo     string              `json:"todo,omitempty"`  // what to do
	Session  string              `json:"session,omitempty"`
	Run      string              `json:"run,omitempty"`   // Temporal's run id of the session
	WebUI    string              `json:"webUI,omitempty"` // the session's page
	Progress *noticeProgressJSON `json:"progress,omitempty"`
	Errors   []saas.ReasonCount  `json:"errors,omitempty"` // rejected rows by reason, the most frequent first
	Read     bool                `json:"read"`             // somebody has marked it as read
}

// noticeProgressJSON is how far the session of a notice was.
type noticeProgressJSON struct {
	Phase        string        `json:"phase,omitempty"`
	AppsRead     int           `json:"appsRead"`
	AppsKnown    int           `json:"appsKnown"` // about; 0: not known
	Uncounted    int           `json:"uncounted"` // streams whose apps are not among these
	Counts       saas.Counts   `json:"counts"`
	LastProgress envelope.Time `json:"lastProgress,omitzero"`
	ExpectedEnd  envelope.Time `json:"expectedEnd,omitzero"`
	Final        bool          `json:"final"` // the counts are those of the session's result
}

// undeliveredJSON is a delivery of a notice that failed.
type undeliveredJSON struct {
	Key      string `json:"key"` // of the notice
	Channel  string `json:"channel"`
	To       string `json:"to,omitempty"` // the contact
	Attempts int    `json:"attempts"`
	Error    string `json:"error"` // of the latest attempt
}

func viewNotice(id string, n contract.Notice) noticeJSON {
	v := noticeJSON{
		ID: id, Key: n.Key, Kind: n.Kind, At: envelope.At(n.At), Since: envelope.At(n.Since), Headline: n.Headline, Cause: n.Cause, Todo: n.Todo,
		Session: n.Session, Run: n.Run, WebUI: n.Link, Errors: n.Errors, Read: n.Read,
	}
	if p := n.Progress; p != nil {
		v.Progress = &noticeProgressJSON{p.Phase, p.AppsRead, p.AppsKnown, p.Uncounted, p.Counts, envelope.At(p.LastProgress), envelope.At(p.ExpectedEnd), p.Final}
	}
	return v
}

func viewNotices(rows []noticeRow) (list []noticeJSON) {
	for _, r := range rows {
		list = append(list, viewNotice(r.ID, r.Notice))
	}
	return list
}

// viewUndelivered lists the deliveries that failed, those that were given up last.
func viewUndelivered(s contract.WatchState) []undeliveredJSON {
	list := []undeliveredJSON{}
	for _, u := range slices.Concat(s.Pending, s.Lost) {
		if u.Error != "" {
			list = append(list, undeliveredJSON{u.Key, u.Channel, u.To, u.Tries, u.Error})
		}
	}
	return list
}
