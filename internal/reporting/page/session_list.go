package page

// listFigures are the numbers at the head of the page of sessions.
func (p page) listFigures() []figure {
	good, bad, dry, rejected, added, defender := 0, 0, 0, 0, 0, 0
	for _, s := range p.Sessions {
		switch tone := toneOf(s.Outcome); {
		case tone == "bad":
			bad++
		case s.DryRun:
			dry++
		case tone == "good", tone == "warn":
			good++
		}
		rejected, added, defender = rejected+max(s.Rejected, 0), added+max(s.Added, 0), defender+max(s.Defender, 0)
	}
	whole := "of " + formatCount(len(p.Sessions), "session", "sessions")
	if dry > 0 {
		whole += ", " + formatCount(dry, "dry run", "dry runs")
	}
	failed := figure{Label: "Failed", Value: formatNumber(bad), Detail: "or ended by force"}
	if bad > 0 {
		failed.Tone = "bad"
	}
	return []figure{
		p.sessionFigure(),
		{Label: "Completed", Value: formatNumber(good), Detail: whole},
		failed,
		{Label: "Users added", Value: formatNumber(added), Detail: "to apps"},
		{Label: "Rejected", Value: formatNumber(rejected), Detail: "rows"},
		{Label: "Requests", Value: formatNumber(defender), Detail: "to Defender"},
	}
}

// listPanels are the charts of the sessions, and all of them in a table.
func (p page) listPanels() []panel {
	charts := p.sessionsPanel()
	charts.More = nil
	if charts.Missing != "" {
		charts.Missing = "No session matches."
		return []panel{charts}
	}
	if left := len(p.Sessions) - maxSessions; left > 0 {
		charts.Note = "The charts show the latest " + formatNumber(maxSessions) + " sessions."
	}
	list := panel{ID: "all-sessions", Title: "All sessions, latest first", Wide: true, Note: cleanSentence(p.Notes[Sessions]), Table: &table{
		Stacked: true,
		Columns: []column{{Label: "Began", Brief: true}, {Label: "Outcome"}, {Label: "Mode", Minor: true}, {Label: "Took", Number: true, Brief: true}, {Label: "Started by", Minor: true},
			{Label: "Apps", Number: true, Minor: true}, {Label: "Users", Number: true, Minor: true}, {Label: "Added", Number: true}, {Label: "Updated", Number: true, Minor: true},
			{Label: "Rejected", Number: true}, {Label: "To Defender", Number: true, Minor: true}, {Label: "To Oomnitza", Number: true, Minor: true}},
		Rest: "Added and updated are users of apps, rejected are rows; to Defender and to Oomnitza are requests.",
	}}
	for _, s := range p.Sessions {
		outcome := describeOutcome(s)
		if note := cleanSentence(s.Note); note != "" {
			outcome += ": " + note
		}
		list.Table.Rows = append(list.Table.Rows, plainCells(
			p.formatMoment(s.Began), outcome, describeMode(s), p.formatLength(s), cleanName(s.StartedBy), formatKnown(s.Apps), formatKnown(s.Users),
			formatKnown(s.Added), formatKnown(s.Updated), formatKnown(s.Rejected), formatKnown(s.Defender), formatKnown(s.Oomnitza),
		))
	}
	return []panel{charts, list}
}
