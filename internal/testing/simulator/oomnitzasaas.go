package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

var saasFilterFields = saasTypes.listFields()

// listSaaS answers GET /api/v3/saas. [DOC]
func (s *Simulator) listSaaS(c *call) {
	f, ok := c.readFilter(saasFilterFields)
	if !ok {
		return
	}
	t := s.oom
	t.saasMu.RLock()
	defer t.saasMu.RUnlock()
	found := selectRecords(f, len(t.saas), t.findSaaS, func(n int) bool {
		fields := t.saas[n].copyFields()
		fields.Name = strings.TrimSpace(c.variants.Unkind.Records.shownName(fields.Name)) // as databases compare
		return f.matchRecord(fields.sourceFields(n), c.variants.CaseMatters)
	})
	found = slices.DeleteFunc(found, func(n int) bool { return t.saas[n].copyFields().Erased })
	by, ok := c.readSort(saasFilterFields)
	if !ok {
		return
	}
	if by != "" {
		values := make(map[int]string, len(found))
		for _, n := range found {
			fields := t.saas[n].copyFields()
			values[n] = fields.sourceFields(n)(by)
		}
		slices.SortStableFunc(found, func(x, y int) int { return compareValues(values[x], values[y]) })
		c.reverseIfDescending(found)
	}
	from, to, ok := c.readPaging(len(found))
	if !ok {
		return
	}
	c.r.appendText("[")
	for i, n := range found[from:to] {
		if i > 0 {
			c.r.appendText(", ")
		}
		fields := t.saas[n].copyFields()
		c.appendSaaS(n, &fields)
	}
	c.r.appendText("]")
}

// findSaaS looks a value up in the indexes; the caller holds the lock.
func (t *tenant) findSaaS(field, value string) ([]int, bool) {
	switch field {
	case "saas_name":
		u := t.sim.Variants().Unkind.Records
		found := slices.Clone(t.buried[foldName(value)])
		if n, ok := t.bySaaS[u.comparedName(value)]; ok {
			found = append(found, n)
		}
		return found, true
	case "link_key":
		return slices.Clone(t.byLink[value]), true
	}
	return nil, false
}

// readSort reads the sort of a list: the field, "" for none.
func (c *call) readSort(known map[string]bool) (string, bool) {
	text := c.query.Get("sortby")
	field, direction, _ := strings.Cut(text, " ")
	if text != "" && (!known[field] || direction != "" && direction != "asc" && direction != "desc") {
		c.refuseUnknown(http.StatusBadRequest, "sortby takes a field and asc or desc")
		return "", false
	}
	return field, true
}

func (c *call) reverseIfDescending(found []int) {
	if strings.HasSuffix(c.query.Get("sortby"), " desc") {
		slices.Reverse(found)
	}
}

func (r *record) copyFields() saasFields {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.fields
}

// sourceFields gives an app's fields to a filter.
func (f *saasFields) sourceFields(n int) source {
	return func(field string) string {
		switch field {
		case "saas_name":
			return f.Name
		case "link_key":
			return f.LinkKey
		case "source":
			return f.Source
		case "category":
			return f.Category
		case "publisher":
			return f.Publisher
		case "url":
			return f.URL
		case "createdby":
			return f.CreatedBy
		case "changedby":
			return f.ChangedBy
		case "creationdate":
			return strconv.FormatInt(f.Created, 10)
		case "changedate":
			return strconv.FormatInt(f.Changed, 10)
		case "visited":
			return strconv.FormatInt(f.Visited, 10)
		case "ignored":
			return f.Ignored
		case "linked":
			return f.Linked
		case "saas_id", "uid":
			return strconv.Itoa(n + saasBase)
		}
		return ""
	}
}

// appendSaaS appends a SaaS object as documented, times as text. [DOC]
func (c *call) appendSaaS(n int, f *saasFields) {
	r := c.r
	u := &c.variants.Unkind.Records
	r.appendText(`{"saas_id": `)
	c.appendID(n+saasBase, false)
	for _, p := range []struct{ key, value string }{{"saas_name", u.shownName(f.Name)}, {"source", f.Source}, {"link_key", f.LinkKey}, {"category", f.Category}, {"publisher", f.Publisher}, {"url", f.URL},
		{"version", f.Version}, {"usage_statistic", f.Statistic}, {"usage_history", f.History}, {"renewal_date", f.Renewal},
	} {
		r.appendText(`, "`, p.key, `": `)
		r.appendString(p.value)
	}
	r.appendText(`, "createdby": `)
	c.shownCreator(f)
	if u.OddTypes {
		c.appendOdd()
	} else {
		c.appendEven(f)
	}
	r.appendText(`, "visited": `)
	r.appendInt(f.Visited)
	r.appendText(`, "available_licenses": `)
	r.appendInt(f.Available)
	r.appendText(`, "total_licenses": `)
	r.appendInt(f.Total)
	r.appendText(`, "annual_spend": `)
	r.body = strconv.AppendFloat(r.body, f.Spend, 'f', -1, 64)
	r.appendText(`, "deleted": `, map[bool]string{true: `"1"`, false: `"0"`}[f.Deleted], `, "is_inf": false, "uid": `)
	r.appendInt(int64(n + saasBase))
	r.appendText("}")
}

// appendEven appends the fields whose types are as documented.
func (c *call) appendEven(f *saasFields) {
	r := c.r
	for _, p := range []struct{ key, value string }{{"ignored", f.Ignored}, {"linked", f.Linked}, {"changedby", f.ChangedBy}} {
		r.appendText(`, "`, p.key, `": `)
		r.appendString(p.value)
	}
	r.appendText(`, "creationdate": "`)
	r.appendInt(f.Created)
	r.appendText(`", "changedate": "`)
	r.appendInt(f.Changed)
	r.appendText(`", "hash": `, strconv.FormatBool(f.Hash))
}

// appendID appends an id as this tenant writes it: as documented, apps' are numbers
// in objects and texts in the answer to a create, people's are texts.
func (c *call) appendID(id int, text bool) {
	if c.variants.IDs == "string" || c.variants.IDs == "documented" && text {
		c.r.appendText(`"`, strconv.Itoa(id), `"`)
		return
	}
	c.r.appendInt(int64(id))
}

// getSaaS answers GET /api/v3/saas/{id}. [DOC]
func (s *Simulator) getSaaS(c *call) {
	n, r := s.oom.findByID(c.ident)
	if r == nil || r.copyFields().Erased {
		c.answerError(http.StatusNotFound, "There is no such SaaS")
		return
	}
	fields := r.copyFields()
	c.appendSaaS(n, &fields)
}

// createSaaS answers POST /api/v3/saas. Names are unique. [DOC HC:5467502004119]
func (s *Simulator) createSaaS(c *call) {
	object, err := saasTypes.decodeBody(c.body, saasRequired)
	if err != nil {
		c.refuseUnknown(http.StatusBadRequest, err.Error())
		return
	}
	now := s.Now().Unix()
	r := &record{fields: saasFields{CreatedBy: s.TokenUser(), Created: now, ChangedBy: s.TokenUser(), Changed: now}}
	r.fields.setFields(object, c.variants.LinkKeyIgnored)
	name := r.fields.Name
	if text, ok := object["createdby"].(string); ok && c.variants.Unkind.Records.CreatedBy == "literal" {
		r.fields.CreatedBy = text
	}
	switch {
	case strings.TrimSpace(name) == "":
		c.refuseWrite(http.StatusBadRequest, "saas_name must not be empty")
		return
	case s.SaaSRefused(name):
		c.refuseWrite(http.StatusBadRequest, "This SaaS cannot be created")
		return
	case c.refusesField(&saasFields{}, &r.fields):
		return
	}
	c.variants.Unkind.Records.completeFields(&r.fields)
	t := s.oom
	t.saasMu.Lock()
	if c.variants.Unkind.Records.Unique == "deleted" && len(t.buried[foldName(name)]) > 0 {
		t.saasMu.Unlock()
		s.refuseConflict(c, "SaaS with this name already exists", false)
		return
	}
	if at, taken := t.bySaaS[s.nameKey(name)]; taken {
		other := t.saas[at]
		t.saasMu.Unlock()
		s.refuseConflict(c, "SaaS with this name already exists", other.createdBlindly(&r.fields))
		return
	}
	n := t.addSaaS(r)
	t.saasMu.Unlock()
	t.updateCounts(func(k *Counts) { k.SaaSCreated++ })
	if c.req.Context().Err() != nil {
		r.mu.Lock()
		r.unanswered = true
		r.mu.Unlock()
	}
	c.r.appendText(`{"saas_id": `)
	c.appendID(n+saasBase, true)
	c.r.appendText("}")
}

// createdBlindly reports whether a refused create repeats the one that made
// this app although that was answered.
func (r *record) createdBlindly(again *saasFields) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return !r.unanswered && !r.fields.ByAnother && r.fields.Name == again.Name && r.fields.LinkKey == again.LinkKey
}

// refuseConflict refuses a create for a name that is taken.
func (s *Simulator) refuseConflict(c *call, message string, repeated bool) {
	s.oom.updateCounts(func(k *Counts) { k.Conflicts++ })
	if repeated && !c.faults.Oomnitza.anyFault() && c.req.Context().Err() == nil {
		s.violations.addViolation("Oomnitza: created twice: " + c.resource.path)
	}
	c.refuseWrite(http.StatusConflict, message)
}

// patchSaaS answers PATCH /api/v3/saas/{id}. [DOC]
func (s *Simulator) patchSaaS(c *call) {
	if c.variants.Unkind.Records.hasOddTypes() {
		c.checkOdd()
	}
	object, err := saasTypes.decodeBody(c.body, saasRequired)
	if err != nil {
		c.refuseUnknown(http.StatusBadRequest, err.Error())
		return
	}
	n, r := s.oom.findByID(c.ident)
	if r == nil || r.copyFields().Erased {
		c.answerError(http.StatusNotFound, "There is no such SaaS")
		return
	}
	t := s.oom
	t.saasMu.Lock()
	defer t.saasMu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	changed := r.fields
	changed.setFields(object, c.variants.LinkKeyIgnored)
	if changed.Name == c.variants.Unkind.Records.shownName(r.fields.Name) {
		changed.Name = r.fields.Name // sent back as it is stored
	}
	if c.refusesField(&r.fields, &changed) {
		return
	}
	if text, ok := object["createdby"].(string); ok && c.variants.Unkind.Records.CreatedBy == "literal" {
		changed.CreatedBy = text
	}
	if s.nameKey(changed.Name) != s.nameKey(r.fields.Name) && c.variants.Unkind.Records.Unique == "deleted" && len(t.buried[foldName(changed.Name)]) > 0 {
		s.refuseConflict(c, "SaaS with this name already exists", false)
		return
	}
	if at, taken := t.bySaaS[s.nameKey(changed.Name)]; taken && at != n {
		s.refuseConflict(c, "SaaS with this name already exists", false)
		return
	}
	changed.ChangedBy, changed.Changed = s.TokenUser(), s.Now().Unix()
	changed.PatchCount++
	t.reindexApp(n, &r.fields, &changed)
	r.fields = changed
	t.updateCounts(func(k *Counts) { k.SaaSPatched++ })
	c.appendSaaS(n, &changed)
}

// reindexApp follows a change of name or link key; the caller holds the lock.
func (t *tenant) reindexApp(n int, old, changed *saasFields) {
	if was, is := t.sim.nameKey(old.Name), t.sim.nameKey(changed.Name); was != is {
		delete(t.bySaaS, was)
		t.bySaaS[is] = n
	}
	if old.LinkKey != changed.LinkKey {
		t.byLink[old.LinkKey] = slices.DeleteFunc(t.byLink[old.LinkKey], func(at int) bool { return at == n })
		if changed.LinkKey != "" {
			t.byLink[changed.LinkKey] = append(t.byLink[changed.LinkKey], n)
		}
	}
}

// setFields takes over what a body has; who made and changed the app, and when, is
// the tenant's own affair.
func (f *saasFields) setFields(object map[string]any, noLinkKey bool) {
	texts := map[string]*string{"saas_name": &f.Name, "source": &f.Source, "ignored": &f.Ignored, "linked": &f.Linked,
		"link_key": &f.LinkKey, "category": &f.Category, "publisher": &f.Publisher, "url": &f.URL, "version": &f.Version,
		"usage_statistic": &f.Statistic, "usage_history": &f.History, "renewal_date": &f.Renewal}
	numbers := map[string]*int64{"visited": &f.Visited, "available_licenses": &f.Available, "total_licenses": &f.Total}
	for key, value := range object {
		switch v := value.(type) {
		case string:
			if to := texts[key]; to != nil && !(noLinkKey && key == "link_key") {
				*to = v
			}
		case float64:
			if to := numbers[key]; to != nil {
				*to = int64(v)
			}
			if key == "annual_spend" {
				f.Spend = v
			}
		case bool:
			if key == "hash" {
				f.Hash = v
			}
		}
	}
}
