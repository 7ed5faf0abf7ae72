package simulator

import (
	"encoding/json"
	"html"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// RecordSwitches say what Oomnitza does with SaaS records.
type RecordSwitches struct {
	// CreatedBy is how "createdby" is shown: "" the token's user name, "literal"
	// as the create sent it, "empty", "id", "number", "name", "object",
	// "capitals", "around" (Name <address>), "opaque" (of no person).
	CreatedBy string
	// Names is what becomes of a name when it is stored: "" nothing, "escaped",
	// "spaced", "cut" (to 30 characters).
	Names string
	// Unique is what unique names are compared without: "" case alone,
	// "accents" (and width, blanks, punctuation), "deleted" (deleted records
	// have their names still).
	Unique string

	Categories []string // the only ones that are taken; records without get the first
	Websites   string   // what a website must look like: "" anything, "https", "short" (12 characters)
	NoSource   bool     // "source" can't be set
	Wordless   bool     // a refusal of a field doesn't name it

	OddTypes bool // required fields have other types than documented, and further fields are there
	Deleted  bool // a deleted record of the name, with our link key, is listed before each app's own

	Blocked    float64 // share of apps whose name a firewall does not let through
	BlockedBy  string  // its answer: "403" (the default), "406", "501", "500", "drop"
	Locked     float64 // share of records that can't be changed
	LockedBy   int     // the status of that (403)
	Unassigned float64 // share of records to which nobody can be assigned (403)

	UnauthorizedOnce bool // the first request of each kind is answered 401
	Mute             bool // every write is answered 403, whatever it is
}

// recordWorlds are the worlds of this file.
func recordWorlds() []World {
	set := func(name string, ends Ending, change func(*RecordSwitches)) World {
		return World{Name: name, Ends: ends, Set: func(o *Options) { change(&o.Variants.Unkind.Records) }}
	}
	worlds := []World{
		set("Oomnitza takes the creator literally", Exact, func(r *RecordSwitches) { r.CreatedBy = "literal" }),
		set("Oomnitza shows no creator", Noted, func(r *RecordSwitches) { r.CreatedBy = "empty" }),
		set("Oomnitza shows a creator that is no person", Noted, func(r *RecordSwitches) { r.CreatedBy = "opaque" }),
		set("Oomnitza takes listed categories alone", Noted, func(r *RecordSwitches) { r.Categories = []string{"Other", "CRM"} }),
		set("Oomnitza takes listed categories alone and does not say so", Noted, func(r *RecordSwitches) { r.Categories, r.Wordless = []string{"Other"}, true }),
		set("Oomnitza wants websites to begin with https", Noted, func(r *RecordSwitches) { r.Websites = "https" }),
		set("Oomnitza takes short websites alone and does not say so", Noted, func(r *RecordSwitches) { r.Websites, r.Wordless = "short", true }),
		set("Oomnitza does not let the source be set", Noted, func(r *RecordSwitches) { r.NoSource = true }),
		set("Oomnitza has fields of other types", Exact, func(r *RecordSwitches) { r.OddTypes = true }),
		set("Oomnitza escapes names", Exact, func(r *RecordSwitches) { r.Names = "escaped" }),
		set("Oomnitza puts blanks around names", Exact, func(r *RecordSwitches) { r.Names = "spaced" }),
		set("Oomnitza's unique names ignore accents", Exact, func(r *RecordSwitches) { r.Unique = "accents" }),
		set("Oomnitza lists deleted records", Exact, func(r *RecordSwitches) { r.Deleted = true }),
		set("Oomnitza lists deleted records, and their names are taken", Noted, func(r *RecordSwitches) { r.Deleted, r.Unique = true, "deleted" }),
		set("Oomnitza lets some records not be changed", Loud, func(r *RecordSwitches) { r.Locked = 0.1 }),
		set("Oomnitza breaks when some records are changed", Loud, func(r *RecordSwitches) { r.Locked, r.LockedBy = 0.1, http.StatusInternalServerError }),
		set("Oomnitza lets nobody be assigned to some apps", Loud, func(r *RecordSwitches) { r.Unassigned = 0.1 }),
		set("Oomnitza answers 401 once", Exact, func(r *RecordSwitches) { r.UnauthorizedOnce = true }),
		set("Oomnitza lets nothing be written", Loud, func(r *RecordSwitches) { r.Mute = true }),
		{Name: "apps of one name, and another integration's records of it", Ends: Exact, Set: func(o *Options) { o.SameNames, o.ExistingApps = 20, 0.6 }},
		{Name: "apps of one name where Oomnitza keeps no link keys", Ends: Exact,
			Set: func(o *Options) { o.SameNames, o.ExistingApps, o.Variants.LinkKeyIgnored = 20, 0.3, true }},
	}
	for _, form := range []string{"id", "number", "name", "object", "capitals", "around"} {
		worlds = append(worlds, set("Oomnitza shows the creator as "+form, Exact, func(r *RecordSwitches) { r.CreatedBy = form }))
	}
	for _, by := range []string{"403", "406", "501", "500", "drop"} {
		worlds = append(worlds, set("a firewall before Oomnitza answers "+by+" to some names", Loud, func(r *RecordSwitches) { r.Blocked, r.BlockedBy = 0.05, by }))
	}
	return worlds
}

// onRecord lets the switches answer a request about a SaaS record in place of
// the tenant; true: it is answered.
func (c *call) onRecord() bool {
	u := &c.variants.Unkind.Records
	kind := c.req.Method + " " + c.resource.path
	if u.UnauthorizedOnce && c.firstOf(kind) {
		c.answerError(http.StatusUnauthorized, "Authentication failed: try again")
		return true
	}
	if c.req.Method == http.MethodGet {
		return false
	}
	switch {
	case u.Mute:
		c.answerError(http.StatusForbidden, "You do not have permission to perform this action")
	case kind == "POST saas" && c.s.nameBlocked(c.bodyName()):
		c.blockRequest(u.BlockedBy)
	case kind == "PATCH saas/{}" && c.s.RecordLocked(c.recordName()):
		status := u.LockedBy
		if status == 0 {
			status = http.StatusForbidden
		}
		c.answerError(status, "This record is locked")
	case kind == "POST saas/{}/users" && c.s.AssignForbidden(c.recordName()):
		c.answerError(http.StatusForbidden, "Users of this record are managed elsewhere")
	default:
		return false
	}
	return true
}

// firstOf reports whether no request of that kind came before.
func (c *call) firstOf(kind string) bool {
	_, before := c.s.met.LoadOrStore(kind, true)
	return !before
}

// completeFields fills in what the tenant gives a record that was made without.
func (u *RecordSwitches) completeFields(f *saasFields) {
	if f.Category == "" && len(u.Categories) > 0 {
		f.Category = u.Categories[0]
	}
}

// blockRequest answers as a firewall does.
func (c *call) blockRequest(by string) {
	if by == "drop" {
		panic(http.ErrAbortHandler)
	}
	status, _ := strconv.Atoi(by)
	if status == 0 {
		status = http.StatusForbidden
	}
	c.header["Content-Type"] = []string{"text/html"}
	c.r.setError(status, "<html><head><title>Request blocked</title></head><body>Your request looks like an attack.</body></html>")
}

// bodyName is the name in the body of a write.
func (c *call) bodyName() string {
	var body struct {
		Name string `json:"saas_name"`
	}
	_ = json.Unmarshal(c.body, &body)
	return body.Name
}

// recordName is the name of the record that a request is about.
func (c *call) recordName() string {
	if _, r := c.s.oom.findByID(c.ident); r != nil {
		return r.copyFields().Name
	}
	return ""
}

// nameBlocked reports whether a firewall does not let a name through.
func (s *Simulator) nameBlocked(name string) bool {
	return s.drawRefusal(s.Variants().Unkind.Records.Blocked, "blocked", foldName(name))
}

// RecordLocked reports whether the record of a name can't be changed.
func (s *Simulator) RecordLocked(name string) bool {
	return s.drawRefusal(s.Variants().Unkind.Records.Locked, "locked", foldName(name))
}

// AssignForbidden reports whether nobody can be assigned to the app of a name.
func (s *Simulator) AssignForbidden(name string) bool {
	return s.drawRefusal(s.Variants().Unkind.Records.Unassigned, "unassigned", foldName(name))
}

// FieldRefused reports whether Oomnitza refuses a value of a field.
func (s *Simulator) FieldRefused(field, value string) bool {
	u := s.Variants().Unkind.Records
	switch field {
	case "category":
		return value != "" && len(u.Categories) > 0 && !slices.Contains(u.Categories, value)
	case "url":
		return u.Websites == "https" && value != "" && !strings.HasPrefix(value, "https://") || u.Websites == "short" && utf8.RuneCountInString(value) > 12
	case "source":
		return u.NoSource && value != ""
	}
	return false
}

// refusesField finds the first field of a write that is not taken; what a
// record has already may be sent.
func (c *call) refusesField(have, sent *saasFields) bool {
	for _, f := range []struct{ key, have, sent, words string }{
		{"category", have.Category, sent.Category, "category: %q is not a valid choice"},
		{"url", have.URL, sent.URL, "url: %q is not a valid URL"},
		{"source", have.Source, sent.Source, "source: %q can't be set"},
	} {
		if f.have == f.sent || !c.s.FieldRefused(f.key, f.sent) {
			continue
		}
		words := strings.Replace(f.words, "%q", strconv.Quote(f.sent), 1)
		if c.variants.Unkind.Records.Wordless {
			words = "The request is not valid"
		}
		c.refuseWrite(http.StatusBadRequest, words)
		return true
	}
	return false
}

// shownName is the name of a record as this tenant has stored it.
func (u *RecordSwitches) shownName(name string) string {
	switch u.Names {
	case "escaped":
		return html.EscapeString(name)
	case "spaced":
		return " " + name + " "
	case "cut":
		return strings.TrimSpace(string([]rune(name)[:min(30, utf8.RuneCountInString(name))]))
	}
	return name
}

// uniqueKey is the form under which names of records are compared.
func (u *RecordSwitches) uniqueKey(name string) string { return u.comparedName(u.shownName(name)) }

// comparedName is the same for a name as it is stored.
func (u *RecordSwitches) comparedName(name string) string {
	name = foldName(name)
	if u.Unique != "accents" {
		return name
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || unicode.IsSpace(r) || unicode.IsPunct(r) && !strings.ContainsRune("()", r) {
			return -1
		}
		return r
	}, norm.NFKD.String(name))
}

// shownCreator appends who made a record, as this tenant shows it.
func (c *call) shownCreator(f *saasFields) {
	u := &c.variants.Unkind.Records
	name := f.CreatedBy
	if u.CreatedBy == "" || u.CreatedBy == "literal" || f.ByAnother || name != c.s.TokenUser() {
		c.r.appendString(name)
		return
	}
	id := "0"
	if n, ok := c.s.oom.personNumber(name); ok {
		id = strconv.Itoa(n + personBase)
	}
	switch u.CreatedBy {
	case "empty":
		c.r.appendText(`""`)
	case "id":
		c.r.appendString(id)
	case "number":
		c.r.appendText(id)
	case "name":
		c.r.appendString("Defender Sync")
	case "object":
		c.r.appendText(`{"user_id": `, id, `, "full_name": "Defender Sync"}`)
	case "capitals":
		c.r.appendString(strings.ToUpper(name))
	case "around":
		c.r.appendString("Defender Sync <" + name + ">")
	default:
		c.r.appendString("API integration #4")
	}
}

type oddField struct{ key, value string }

// hasOddTypes reports whether fields of records have other types than documented.
func (u *RecordSwitches) hasOddTypes() bool {
	return u.OddTypes || u.CreatedBy == "number" || u.CreatedBy == "object"
}

// creatorNow is "createdby" of the record that a request is about, as JSON.
func (c *call) creatorNow() string {
	_, r := c.s.oom.findByID(c.ident)
	if r == nil {
		return ""
	}
	f := r.copyFields()
	before := len(c.r.body)
	c.shownCreator(&f)
	text := string(c.r.body[before:])
	c.r.body = c.r.body[:before]
	return text
}

// oddFields are the fields that OddTypes shows in place of the documented ones
// and beside them.
var oddFields = []oddField{
	{"hash", `"9f86d081884c7d659a2feaa0c55ad015"`}, {"ignored", `false`}, {"linked", `null`}, {"changedate", `1.0`},
	{"creationdate", `17950000001234567890`}, {"changedby", `{"id": [100002, 1e3], "of": {"any": "depth <&>"}}`},
	{"custom_number", `12345678901234567890`}, {"custom_float", `1.50`}, {"custom_object", `{"b": 1, "a": null}`}, {"custom_list", `[true, "false"]`},
}

// appendOdd appends them.
func (c *call) appendOdd() {
	for _, f := range oddFields {
		c.r.appendText(`, "`, f.key, `": `, f.value)
	}
}

// checkOdd reports what a change does to fields that it has no business with:
// each is sent back as it came, or not at all. The rest of the body is returned.
func (c *call) checkOdd() {
	var body map[string]json.RawMessage
	if json.Unmarshal(c.body, &body) != nil {
		return
	}
	fields := oddFields
	if !c.variants.Unkind.Records.OddTypes {
		fields = nil
	}
	if by := c.variants.Unkind.Records.CreatedBy; by == "number" || by == "object" {
		fields = append(slices.Clone(fields), oddField{"createdby", c.creatorNow()})
	}
	for _, f := range fields {
		came, sent := compactJSON(f.value), compactJSON(string(body[f.key]))
		if body[f.key] == nil {
			continue
		}
		if came != sent {
			c.s.violations.addViolation("Oomnitza: PATCH saas/{}: " + f.key + " came as " + came + " and was sent back as " + sent)
		}
		delete(body, f.key)
		for key, value := range map[string]string{"hash": "false", "ignored": `"0"`, "linked": `"0"`, "changedate": `"0"`, "creationdate": `"0"`, "changedby": `""`, "createdby": `""`} {
			if key == f.key {
				body[key] = json.RawMessage(value)
			}
		}
	}
	c.body, _ = json.Marshal(body)
}

// compactJSON strips a JSON value of the blanks and escapes that mean nothing.
func compactJSON(value string) string {
	var out strings.Builder
	quoted := false
	value = strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(value)
	for i := range len(value) {
		if value[i] == '"' {
			quoted = !quoted
		}
		if quoted || value[i] != ' ' {
			out.WriteByte(value[i])
		}
	}
	return out.String()
}

// buryRecords lists deleted records of the apps' names before their own.
func (t *tenant) buryRecords(born int64) {
	for i := range t.sim.world.apps {
		a := &t.sim.world.apps[i]
		r := &record{fields: saasFields{Name: a.brand.name, Source: "Microsoft Defender for Cloud Apps", Ignored: "0", Linked: "0",
			LinkKey: "defender-app:" + strconv.Itoa(a.id), CreatedBy: t.sim.TokenUser(), Created: born, ChangedBy: "admin", Changed: born, Deleted: true}}
		t.saas = append(t.saas, r)
		n := len(t.saas) - 1
		t.buried[foldName(r.fields.Name)] = append(t.buried[foldName(r.fields.Name)], n)
		t.byLink[r.fields.LinkKey] = append(t.byLink[r.fields.LinkKey], n)
	}
}

// DeleteSaaS deletes a record, as an operator may.
func (s *Simulator) DeleteSaaS(name string) bool {
	t := s.oom
	t.saasMu.Lock()
	defer t.saasMu.Unlock()
	n, ok := t.bySaaS[s.nameKey(name)]
	if !ok {
		return false
	}
	r := t.saas[n]
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(t.bySaaS, s.nameKey(name))
	t.byLink[r.fields.LinkKey] = slices.DeleteFunc(t.byLink[r.fields.LinkKey], func(at int) bool { return at == n })
	r.fields.Deleted, r.fields.Erased = true, true
	t.changed.Add(1)
	return true
}

// nameKey is the form under which names of records are compared now.
func (s *Simulator) nameKey(name string) string {
	u := s.Variants().Unkind.Records
	return u.uniqueKey(name)
}
