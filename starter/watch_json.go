package main

import (
	"time"

	"defendersync/internal/contract"
	"defendersync/internal/envelope"
)

// verdictJSON is what the watch command found, as JSON shows it.
type verdictJSON struct {
	Code     int           `json:"code"`    // as the exit code
	Status   string        `json:"status"`  // the code in a word
	Summary  string        `json:"summary"` // the problems, or that all is well, in one line
	Problems []problem     `json:"problems"`
	Notified []noticeJSON  `json:"notified"`           // sent to the contacts by this call
	Failed   []string      `json:"failed"`             // why channels did not take a notice; tried again next time
	LastGood envelope.Time `json:"lastGood,omitzero"`  // when the last session that completed ended
	Next     envelope.Time `json:"nextStart,omitzero"` // absent while the schedule is paused without an end
	Paused   *pausedJSON   `json:"paused,omitempty"`
	Running  int           `json:"running"` // sessions that run
	Unread   int           `json:"unread"`  // notices that nobody has marked as read
}

// pausedJSON is a pause of the schedule.
type pausedJSON struct {
	OnPurpose bool          `json:"onPurpose"`        // by 'defendersync schedule pause'
	By        string        `json:"by,omitempty"`     // of a pause on purpose
	Since     envelope.Time `json:"since,omitzero"`   // of that
	Until     envelope.Time `json:"until,omitzero"`   // when it ends by itself, whoever made it; absent: when it is resumed
	Reason    string        `json:"reason,omitempty"` // of a pause on purpose
	Note      string        `json:"note"`             // as Temporal has it
}

func viewVerdict(v verdict) verdictJSON {
	return verdictJSON{
		Code: v.Code, Status: v.Status, Summary: v.Summary, Problems: append([]problem{}, v.Problems...), Notified: viewSent(v.Notified),
		Failed: append([]string{}, v.Failed...), LastGood: timeOrNone(v.LastGood), Next: timeOrNone(v.Next), Paused: viewPause(v.Paused),
		Running: v.Running, Unread: v.Unread,
	}
}

func viewSent(notices []contract.Notice) []noticeJSON {
	list := []noticeJSON{}
	for _, n := range notices {
		list = append(list, viewNotice(nameNotice(n.Key), n))
	}
	return list
}

func viewPause(p *paused) *pausedJSON {
	if p == nil {
		return nil
	}
	return &pausedJSON{p.OnPurpose, p.By, timeOrNone(p.Since), timeOrNone(p.Until), p.Reason, p.Note}
}

// timeOrNone is a time that may be absent.
func timeOrNone(t *time.Time) envelope.Time {
	if t == nil {
		return envelope.Time{}
	}
	return envelope.At(*t)
}
