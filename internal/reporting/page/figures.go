package page

// makeFigures are the numbers at the head of the page.
func (p page) makeFigures() []figure {
	return []figure{p.sessionFigure(), p.appsFigure(), p.peopleFigure(), p.activeFigure(), p.unsanctionedFigure(), p.unusedFigure()}
}

// notRead stands in a figure whose panel has nothing to show.
const notRead = "–"

func (p page) isMissing(at Panel) bool {
	_, missing := p.Missing[at]
	return missing
}

func (p page) sessionFigure() figure {
	f := figure{Label: "Last session", Value: notRead, Detail: "none known"}
	if p.isMissing(Sessions) {
		return f
	}
	if s, ok := p.LastSession(); ok {
		f.Value, f.Detail, f.Tone = cleanName(s.Outcome), p.formatMoment(s.Began), toneOf(s.Outcome)
	} else if len(p.Sessions) > 0 {
		f.Detail = "only skipped, limited and dry runs"
	}
	return f
}

// LastSession is the session that began last; false: there is none. Dry runs and skipped
// sessions carried nothing over, and limited ones a few apps, so they say nothing of how
// current the data is.
func (d Data) LastSession() (last Session, ok bool) {
	for _, s := range d.Sessions {
		if !s.DryRun && !s.Limited && s.Outcome != outcomeSkipped && (!ok || s.Began.After(last.Began)) {
			last, ok = s, true
		}
	}
	return last, ok
}

func (p page) appsFigure() figure {
	f := figure{Label: "Apps", Value: formatNumber(p.Totals.Apps), Detail: formatNumber(p.Totals.NewApps) + " new this month"}
	if p.isMissing(NewApps) {
		f.Detail = ""
	}
	if p.isMissing(MostUsed) {
		f.Value = notRead
	}
	return f
}

func (p page) peopleFigure() figure {
	if p.isMissing(Activity) {
		return figure{Label: "People", Value: notRead, Detail: "not read"}
	}
	return figure{Label: "People", Value: formatNumber(p.Totals.People), Detail: formatNumber(p.Totals.ActivePeople) + " active in an app"}
}

func (p page) activeFigure() figure {
	t := p.Totals
	whole := t.Active + t.Inactive + t.Unknown
	if p.isMissing(Activity) {
		return figure{Label: "Active users of apps", Value: notRead, Detail: "not read"}
	}
	if whole == 0 {
		return figure{Label: "Active users of apps", Value: "0", Detail: "none yet"}
	}
	return figure{Label: "Active users of apps", Value: formatNumber(t.Active), Detail: formatPercent(t.Active, whole) + " of " + formatNumber(whole)}
}

func (p page) unsanctionedFigure() figure {
	f := figure{Label: "Unsanctioned in use", Value: formatNumber(p.Totals.Unsanctioned), Detail: "apps"}
	switch {
	case p.isMissing(Unsanctioned):
		f.Value, f.Detail = notRead, "not read"
	case p.Totals.Unsanctioned == 1:
		f.Detail, f.Tone = "app", "bad"
	case p.Totals.Unsanctioned > 0:
		f.Tone = "bad"
	}
	return f
}

func (p page) unusedFigure() figure {
	if p.isMissing(Chase) {
		return figure{Label: "People to chase", Value: notRead, Detail: "not read"}
	}
	return figure{Label: "People to chase", Value: formatNumber(p.Totals.Unused), Detail: "with unused apps"}
}
