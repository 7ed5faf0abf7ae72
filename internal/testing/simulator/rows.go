package simulator

import (
	"strconv"
	"time"
)

// categories are some of those that the vendor lists, one that it misspells
// and one that it does not list. [DOC, CODE]
var categories = []string{"SAASDB_CATEGORY_CRM", "SAASDB_CATEGORY_CLOUD_STORAGE", "SAASDB_CATEGORY_ACCOUNTING_AND_FINANCE",
	"SAASDB_CATEGORY_COLLABORATION", "SAASDB_CATEGORY_SUPLLY_CHAIN_AND_LOGISTICS", "SAASDB_CATEGORY_WEBMAIL",
	"SAASDB_CATEGORY_MARKETING", "SAASDB_CATEGORY_HUMAN_RESOURCE_MANAGEMENT", "SAASDB_CATEGORY_DEVELOPMENT_TOOLS",
	"SAASDB_CATEGORY_IT_SERVICES", "SAASDB_CATEGORY_SECURITY", "SAASDB_CATEGORY_ECOMMERCE", "SAASDB_CATEGORY_EDUCATION",
	"SAASDB_CATEGORY_PROJECT_MANAGEMENT", generativeAI}

const generativeAI = "SAASDB_CATEGORY_GENERATIVE_AI"

// aiCategories are those of AI, of which most apps are generative. Their ids in the portal
// are inferred from names that Graph and the product show. [DOC, CODE, INF]
var aiCategories = []string{generativeAI, generativeAI, generativeAI, "SAASDB_CATEGORY_AI_MODEL_PROVIDER", "SAASDB_CATEGORY_MCP_SERVER", "SAASDB_CATEGORY_CLIENT_AI_APP"}

var tags = []string{"", "", "", "", "Sanctioned", "Unsanctioned", "Monitored"}

// appTraits are an app's constant properties.
func (w *world) appTraits(ai int) (category, tag string, score int) {
	h := w.seed.drawBits(diceApp, uint64(w.apps[ai].id), 1)
	category = categories[h%uint64(len(categories))]
	if category == generativeAI {
		category = aiCategories[h>>40%uint64(len(aiCategories))]
	}
	return category, tags[h>>16%uint64(len(tags))], 1 + int(h>>32%10)
}

// The ways in which a row can be bad.
const (
	badNoName     = "name missing"
	badNullName   = "name null"
	badTypedName  = "name of a wrong type"
	badNoTime     = "time missing"
	badNullTime   = "time null"
	badGarbled    = "time garbled"
	badTypedTime  = "time of a wrong type"
	badNotARecord = "not an object"
	badNoID       = "id missing"
)

// badUser tells what is wrong with a user's row; "" when it is good.
func (w *world) badUser(f *Faults, stream, ai int, k int32) string {
	h := w.seed.drawBits(diceBadUser, uint64(ai)<<32|uint64(uint32(k)), uint64(stream))
	if !fallsWithin(h, f.BadUsers) {
		return ""
	}
	kinds := []string{badNoName, badNullName, badTypedName, badNoTime, badNullTime, badGarbled, badTypedTime, badNotARecord}
	return kinds[mixBits(h)%uint64(len(kinds))]
}

// badApp tells what is wrong with an app's row; "" when it is good.
func (w *world) badApp(f *Faults, stream, ai int) string {
	h := w.seed.drawBits(diceBadApp, uint64(w.apps[ai].id), uint64(stream))
	if !fallsWithin(h, f.BadApps) {
		return ""
	}
	kinds := []string{badNoName, badNullName, badTypedName, badNoID, badNotARecord}
	return kinds[mixBits(h)%uint64(len(kinds))]
}

// appendUser appends one user's row. Its keys are [CODE] where clients read
// them, else [INF].
func (w *world) appendUser(r *reply, stream, ai int, e seen, slot int, since int64, f *Faults) {
	bad := ""
	if f.BadUsers > 0 {
		bad = w.badUser(f, stream, ai, e.k)
	}
	if bad == badNotARecord {
		r.appendText("null")
		return
	}
	v := &w.variants
	nameKey, timeKey := v.UserKeys.Name, v.UserKeys.Time
	if v.UnknownUserRows {
		nameKey, timeKey = "principalRef", "bucket"
	}
	r.appendText("{")
	switch bad {
	case badNoName:
		r.appendText(`"note": "", `)
	case badNullName:
		r.appendText(`"`, nameKey, `": null, `)
	case badTypedName:
		r.appendText(`"`, nameKey, `": {"id": 7}, `)
	default:
		w.appendName(r, nameKey, stream, ai, slot)
	}
	switch bad {
	case badNoTime:
	case badNullTime:
		r.appendText(`"`, timeKey, `": null, `)
	case badGarbled:
		r.appendText(`"`, timeKey, `": "the day before", `)
	case badTypedTime:
		r.appendText(`"`, timeKey, `": [true], `)
	default:
		r.appendText(`"`, timeKey, `": `)
		w.appendWhen(r, ai, e.at)
		r.appendText(", ")
	}
	t := w.userTraffic(stream, ai, e.k, since)
	r.appendText(`"trafficTotalBytes": `)
	r.appendInt(t.up + t.down)
	r.appendText(`, "trafficUploadedBytes": `)
	r.appendInt(t.up)
	r.appendText(`, "trafficDownloadedBytes": `)
	r.appendInt(t.down)
	r.appendText(`, "trafficTotalEvents": `)
	r.appendInt(t.events)
	r.appendText("}")
}

// appendUserName appends a user name without the quotes around it.
func (r *reply) appendUserName(w *world, stream, ai, slot int) {
	var buf [64]byte
	r.body = appendEscaped(r.body, w.appendUserName(buf[:0], stream, ai, slot))
}

// appendApp appends one app's row, in the n-th answer of a list.
func (w *world) appendApp(r *reply, stream, ai int, stat appStat, f *Faults, nth uint64) {
	a := &w.apps[ai]
	v := &w.variants
	bad := w.badApp(f, stream, ai)
	if bad == badNotARecord {
		r.appendText(`"row"`)
		return
	}
	keys := v.AppKeys
	if v.UnknownAppRows {
		keys.ID, keys.Name, keys.Users, keys.Time = "ref", "label", "reach", "bucket"
	}
	category, tag, score := w.appTraits(ai)
	r.appendText("{")
	if bad != badNoID {
		r.appendText(`"`, keys.ID, `": `)
		id := strconv.Itoa(a.id)
		if v.AppIDText {
			id = `"` + id + `"`
		}
		r.appendText(id, ", ")
	}
	switch bad {
	case badNoName:
	case badNullName:
		r.appendText(`"`, keys.Name, `": null, `)
	case badTypedName:
		r.appendText(`"`, keys.Name, `": ["`, strconv.Itoa(a.id), `"], `)
	default:
		r.appendText(`"`, keys.Name, `": `)
		r.appendString(a.brand.name)
		r.appendText(", ")
	}
	r.appendText(`"`, keys.Category, `": "`, category, `", "score": `, strconv.Itoa(score))
	if !v.PlainAppRows {
		r.appendText(", ")
		w.appendDomains(r, ai)
		r.appendText(`, "vendor": `)
		r.appendString(vendorOf(a.brand))
	}
	w.appendCounters(r, stream, ai, &stat, &keys, nth)
	r.appendText(`, "`, keys.Time, `": `)
	w.appendWhen(r, stream, stat.last)
	if v.Unkind.Rows.Huge {
		r.appendText(`, "description": `)
		r.appendString(hugeText)
	}
	r.appendText(`, "`, keys.Tags, `": [`)
	if tag != "" {
		r.appendText(`"`, tag, `"`)
	}
	r.appendText("]}")
}

// appendCounters appends what moves with an app's use. A stream that knows
// machines counts them. [DOC]
func (w *world) appendCounters(r *reply, stream, ai int, stat *appStat, keys *AppKeys, nth uint64) {
	u := &w.variants.Unkind.Rows
	noise := w.seed.drawBits(diceVolatile, uint64(ai), nth)
	events := stat.events
	if u.Volatile == "counter" {
		events += int64(noise % 5)
	}
	type counter struct {
		key   string
		value int64
	}
	counters := []counter{{keys.Users, int64(stat.users)}, {keys.Addresses, int64(stat.addresses)}, {keys.Traffic, stat.up + stat.down},
		{keys.Uploaded, stat.up}, {keys.Downloaded, stat.down}, {keys.Events, events}}
	if stream > 0 && !w.isView(stream) {
		counters = append(counters, counter{keys.Machines, int64(stat.machines)})
	}
	for _, c := range counters {
		if c.key == NoKey || u.NoCounters {
			continue
		}
		r.appendText(`, "`, c.key, `": `)
		r.appendInt(c.value)
	}
	if u.Volatile == "unknown" {
		r.appendText(`, "queryToken": "`, strconv.FormatUint(noise, 36), `"`)
	}
}

// vendorOf names the maker of an app. [INF: no source shows a vendor in a row]
func vendorOf(b brand) string { return b.name + ", Inc." }

// appendTime appends a time, in ms, in one of the forms that were seen in the
// vendor's answers. [CODE]
func appendTime(b []byte, kind string, at int64) []byte {
	layout := "2006-01-02T15:04:05.000Z"
	switch kind {
	case "ms":
		return strconv.AppendInt(b, at, 10)
	case "ms-float":
		b = strconv.AppendInt(b, at, 10)
		return append(b, ".0"...)
	case "ms-string":
		b = append(b, '"')
		b = strconv.AppendInt(b, at, 10)
		return append(b, '"')
	case "seconds":
		return strconv.AppendInt(b, at/1000, 10)
	case "seconds-string":
		b = append(b, '"')
		b = strconv.AppendInt(b, at/1000, 10)
		return append(b, '"')
	case "rfc3339":
	case "rfc3339-0":
		layout = "2006-01-02T15:04:05Z"
	default:
		digits := "0000000"[:kind[len(kind)-1]-'0']
		layout = "2006-01-02T15:04:05." + digits + "Z"
	}
	b = append(b, '"')
	b = time.UnixMilli(at).UTC().AppendFormat(b, layout)
	return append(b, '"')
}
