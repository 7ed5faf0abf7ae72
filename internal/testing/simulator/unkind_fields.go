package simulator

import (
	"strconv"
	"strings"
	"time"
)

// appendDomains appends the field of an app's row that tells its domains.
func (w *world) appendDomains(r *reply, ai int) {
	list := w.appDomains(ai)
	id := strconv.Itoa(w.apps[ai].id)
	key, open, end, before, after := "domains", "[", "]", "", ""
	switch w.variants.Unkind.Rows.Domains {
	case "objects":
		before, after = `{"id": 7, "domain": `, "}"
	case "key":
		key = "domainList"
	case "text":
		r.appendText(`"domains": `)
		r.appendString(strings.Join(list, ", "))
		return
	case "url":
		r.appendText(`"url": `)
		r.appendString("https://www." + w.apps[ai].brand.domain + "/start?from=" + id)
		r.appendText(", ")
		list = append([]string{"c" + id + "y.dev"}, "www."+w.apps[ai].brand.domain)
	case "hundreds":
		// Of an app's main site there are several hosts, which is all that tells it where the
		// name does not.
		list = append(list, "www."+w.apps[ai].brand.domain, "static."+w.apps[ai].brand.domain)
		for n := range 350 {
			list = append([]string{"c" + id + "m" + strconv.Itoa(n) + ".cn"}, list...)
		}
	}
	if w.variants.Unkind.Rows.Huge {
		list = append([]string{hugeText}, list...)
	}
	r.appendText(`"`, key, `": `, open)
	for i, domain := range list {
		if i > 0 {
			r.appendText(", ")
		}
		r.appendText(before)
		r.appendString(domain)
		r.appendText(after)
	}
	r.appendText(end)
}

// hugeText is longer than any text that a row has use for.
var hugeText = strings.Repeat("endless ", 2500)

// appendWhen appends a last activity: by the variant's form, or, where every
// list has its own, by the list's. One list keeps to one form, so that its
// order stays what it is.
func (w *world) appendWhen(r *reply, list int, at int64) {
	if !w.variants.Unkind.Rows.Times {
		r.body = appendTime(r.body, w.variants.Time, at)
		return
	}
	t := time.UnixMilli(at).UTC()
	switch list % 12 {
	case 0:
		r.appendText(t.Format(`"2006-01-02T15:04:05.000+0000"`))
	case 1:
		r.appendText(t.In(time.FixedZone("", -19800)).Format(`"2006-01-02 15:04:05.000 -07:00"`))
	case 2:
		r.appendText(t.Format(`"Mon, 02 Jan 2006 15:04:05 GMT"`))
	case 3:
		r.appendText(t.Format(`"2006-01-02t15:04:05.0000000z"`))
	case 4:
		r.appendText(t.Format(`"2006-01-02T15:04:05,000"`))
	case 5:
		r.appendText(`"\/Date(`, strconv.FormatInt(at, 10), `)\/"`)
	case 6:
		r.appendText(strconv.FormatInt(at*1e6, 10))
	case 7:
		r.appendText(`{"$date": {"$numberLong": "`, strconv.FormatInt(at, 10), `"}}`)
	case 8:
		r.appendText(t.Format(`"Jan 2, 2006 3:04:05 PM"`))
	case 9:
		r.appendText(`"`, strconv.FormatInt(at*1e3, 10), `"`)
	case 10:
		r.appendText(strconv.FormatFloat(float64(at), 'e', -1, 64))
	default:
		r.appendText(t.Format(`"20060102T150405Z"`))
	}
}
