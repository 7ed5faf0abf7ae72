package saas

import (
	"bytes"
	"hash/fnv"
)

// claimSize is the length of a claim: three bytes of the name under which the
// record stands, six of its id, three of the app's id; all are hashes.
const claimSize, claimName, claimKey = 12, 3, 9

// Claims tell which app a record stands for, where the record's own link key
// doesn't: one that was adopted, or one of a tenant that keeps no link keys.
// They are packed, because all of a session's travel with it; the latest stand
// last. A nil value is empty.
type Claims []byte

// Add notes that a record stands for an app. names are those by which another
// app may come upon it.
func (c *Claims) Add(record, app string, names ...string) {
	for _, name := range names {
		claim := packClaim(name, record, app)
		if c.findClaim(claim[:claimKey]) < 0 {
			*c = append(*c, claim...)
		}
	}
}

// ClaimedByOthers reports whether a record stands for another app.
func (c Claims) ClaimedByOthers(record, app string) bool {
	want := packClaim("", record, app)
	for at := 0; at+claimSize <= len(c); at += claimSize {
		if bytes.Equal(c[at+claimName:at+claimKey], want[claimName:claimKey]) {
			return !bytes.Equal(c[at+claimKey:at+claimSize], want[claimKey:])
		}
	}
	return false
}

// ForApps are the claims that some of the apps have to heed: those of other apps to
// records that they might take by their names.
func (c Claims) ForApps(apps []App) Claims {
	seekers := map[[claimName]byte]map[string]bool{} // by name: the last bytes of who may look for it
	for _, app := range apps {
		for _, name := range []string{appName(app), nameWithID(app), ShortName(app)} {
			claim := packClaim(name, "", app.ID)
			key := [claimName]byte(claim)
			if seekers[key] == nil {
				seekers[key] = map[string]bool{}
			}
			seekers[key][string(claim[claimKey:])] = true
		}
	}
	var out Claims
	for at := 0; at+claimSize <= len(c); at += claimSize {
		who := seekers[[claimName]byte(c[at:])]
		if len(who) > 1 || len(who) == 1 && !who[string(c[at+claimKey:at+claimSize])] {
			out = append(out, c[at:at+claimSize]...)
		}
	}
	return out
}

// WithLatest are the claims and further ones, in the place of those to the same
// records; the latest limit of them.
func (c Claims) WithLatest(more Claims, limit int) Claims {
	again := make(map[[claimKey]byte]bool, len(more)/claimSize)
	for at := 0; at+claimSize <= len(more); at += claimSize {
		again[[claimKey]byte(more[at:])] = true
	}
	out := make(Claims, 0, len(c)+len(more))
	for at := 0; at+claimSize <= len(c); at += claimSize {
		if !again[[claimKey]byte(c[at:])] {
			out = append(out, c[at:at+claimSize]...)
		}
	}
	return append(out, more...).KeepLatest(limit)
}

// KeepLatest are the latest claims, at most limit.
func (c Claims) KeepLatest(limit int) Claims {
	return c[max(0, len(c)/claimSize-limit)*claimSize:]
}

// findClaim is where a claim with these first bytes stands; -1: nowhere.
func (c Claims) findClaim(key []byte) int {
	for at := 0; at+claimSize <= len(c); at += claimSize {
		if bytes.Equal(c[at:at+len(key)], key) {
			return at
		}
	}
	return -1
}

// NameGroup is the same for all names that a tenant may make one when it cuts
// them off.
func NameGroup(name string) string {
	runes := []rune(NameKey(name))
	return string(runes[:min(len(runes), nameCaps[0]-1)])
}

func packClaim(name, record, app string) []byte {
	out := make([]byte, 0, claimSize)
	out = appendHash(out, NameGroup(name), claimName)
	out = appendHash(out, record, claimKey-claimName)
	return appendHash(out, app, claimSize-claimKey)
}

// appendHash appends so many bytes of a text's hash, to which all bits of it
// contribute.
func appendHash(out []byte, text string, size int) []byte {
	h := fnv.New64a()
	_, _ = h.Write([]byte(text)) // it never fails
	sum := h.Sum64()
	sum ^= sum >> 32
	for range size {
		out = append(out, byte(sum))
		sum >>= 8
	}
	return out
}
