package simulator

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// appendName appends the fields of a user's row that tell who it is.
func (w *world) appendName(r *reply, key string, stream, ai, slot int) {
	u := &w.variants.Unkind.Rows
	if u.Names == "" && u.Spelling == "" && !u.Nobody && !u.Twins {
		r.appendText(`"`, key, `": "`)
		r.appendUserName(w, stream, ai, slot)
		r.appendText(`", `)
		return
	}
	h := w.seed.drawBits(diceSpelling, uint64(slot)<<8|uint64(stream), uint64(ai)+1<<40)
	person := w.personOf(slot)
	name := w.unkindName(u, string(w.appendUserName(nil, stream, ai, slot)), person, h)
	first, last, _ := w.personName(person)
	for i, field := range unkindFields(u.Names, key, name, first+" "+last, h) {
		if i%2 == 0 {
			r.appendText(`"`, field, `": `)
			continue
		}
		r.appendText(field, ", ")
	}
}

// unkindName spells a name as the switches ask for.
func (w *world) unkindName(u *RowSwitches, name string, person int, h uint64) string {
	local, domain, address := strings.Cut(name, "@")
	kind := w.kindOf(person)
	switch {
	case strings.HasPrefix(name, "User_"):
		return name
	case u.Nobody && (kind == nameDevice || kind == nameService):
		return nobodies[h%uint64(len(nobodies))]
	case !address:
		return name
	case u.Twins && w.isTwin(person):
		return string(w.appendLocalPart(nil, person-1)) + "@twin.example"
	}
	switch u.Spelling {
	case "invisible":
		return fmt.Sprintf(unseen[h%uint64(len(unseen))], local, domain)
	case "wrapped":
		return fmt.Sprintf(wraps[h%uint64(len(wraps))], local, domain)
	case "prefixed":
		return fmt.Sprintf(prefixes[h%uint64(len(prefixes))], local, domain)
	case "guests":
		if strings.EqualFold(domain, "fabrikam.com") && h%2 == 0 {
			return local + "_" + domain + "#EXT#@contoso.onmicrosoft.com"
		}
	}
	return name
}

// isTwin tells whom Twins gives their neighbour's account.
func (w *world) isTwin(person int) bool {
	return person%8 == 1 && w.kindOf(person) == nameEmail && w.kindOf(person-1) == nameEmail
}

// Twins are the people whom RowSwitches.Twins gives the account of another,
// with the address that rows show.
func (s *Simulator) Twins() map[int]string {
	out := map[int]string{}
	for p := range s.opts.People {
		if s.world.isTwin(p) {
			out[p] = string(s.world.appendLocalPart(nil, p-1)) + "@twin.example"
		}
	}
	return out
}

var (
	unseen   = []string{"%s@%s", "%s@%s\u200b", "\ufeff%s@%s", "%s\u00ad@%s", "\u200e%s@%s\u200f", "\u202a%s@%s\u202c", "%s\u2060@\u200c%s", "\u00a0%s@%s\u3000", "%s\ufe0f＠%s"}
	wraps    = []string{"%s@%s", `"%s@%s"`, "<%s@%s>", "mailto:%s@%s", "SMTP:%s@%s", "%s@%s.", "Some Body <%s@%s>", "'%s@%s'", "%s@%s (Some Body)", "sip:%s@%s;transport=tls"}
	prefixes = []string{"%s@%s", `AzureAD\%s@%s`, `CONTOSO\%s@%s`, "i:0#.f|membership|%s@%s", "live.com#%s@%s", `CONTOSO\\%s@%s`}
	nobodies = []string{"-", "N/A", "unknown", "(none)", "NULL", "S-1-5-21-3623811015-3361044348-30300820-512", `NT-AUTORITÄT\Lokaler Dienst`, `AUTORITE NT\Système`,
		"Sync_DC01_0a1b2c@contoso.onmicrosoft.com", "ANONYMOUS LOGON", "HealthMailbox0a1b2c3d", "system$", "0a1b2c3d-0000-4000-8000-00000000abcd", "Netzwerkdienst",
		"AnonymousUser", "Administrator", "SystemMailbox{1f05a927-3be2-4fb9-aa03-b59fe3b56f4c}@contoso.com", "\u200b-"}
)

// unkindFields are keys and values, in turn, of a row that has more than a name.
func unkindFields(form, key, name, display string, h uint64) []string {
	text := func(s string) string { return string(mustSucceed(json.Marshal(s))) }
	object := func(keyed ...string) string { return "{" + strings.Join(keyed, ", ") + "}" }
	id := fmt.Sprintf("%08x-0000-4000-8000-%012x", uint32(h), h>>16)
	switch form {
	case "beside":
		return []string{"name", text(display), "email", text(name)}
	case "json":
		return []string{"username", text(object(`"id": `+text(id), `"displayName": `+text(display))), "email", text(name)}
	case "object":
		return []string{"user", object(`"id": `+text(id), `"displayName": `+text(display), `"upn": `+text(name), `"manager": {"mail": "boss@contoso.com"}`)}
	case "mixed":
		if h%3 == 0 {
			return []string{key, text(name)}
		}
		return []string{"displayName", text(display), "mail", text(name), "id", text(id)}
	case "ids":
		return []string{"id", text(id), "account", text(strconv.FormatUint(h%1e6, 10)), "displayName", text(display), "userPrincipalName", text(name)}
	case "display":
		return []string{"name", text(display), "reference", text(id)}
	}
	return []string{key, text(name)}
}

func mustSucceed[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
