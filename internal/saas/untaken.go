package saas

import (
	"encoding/base64"
	"encoding/binary"
	"hash/fnv"
	"slices"
)

// maxUntaken bounds the values that are remembered, over all fields.
const maxUntaken = 200

// Untaken is what Oomnitza did not take of records, by field: values that it
// refuses, or stores otherwise than they were sent. A session hands it to the
// next, so that nothing is tried in vain every day; full sessions try anew. Its
// zero value is empty.
type Untaken struct {
	Fields []UntakenField `json:"fields,omitempty"`
}

// UntakenField is one field of Untaken.
type UntakenField struct {
	Field  string   `json:"f"`
	Words  string   `json:"w,omitempty"` // the tenant's, of the first refusal; empty where it stores the value otherwise
	Values []string `json:"v"`           // hashes
}

// Has reports whether a value of a field is known not to be taken.
func (u Untaken) Has(field, value string) bool {
	h := valueHash(value)
	for _, f := range u.Fields {
		if f.Field == field && slices.Contains(f.Values, h) {
			return true
		}
	}
	return false
}

// Add remembers that a value of a field is not taken, and with what words it
// was refused.
func (u *Untaken) Add(field, value, words string) {
	if u.Has(field, value) || u.countValues() >= maxUntaken {
		return
	}
	h := valueHash(value)
	for i := range u.Fields {
		if f := &u.Fields[i]; f.Field == field && (f.Words == "") == (words == "") {
			f.Values = append(f.Values, h)
			return
		}
	}
	u.Fields = append(u.Fields, UntakenField{Field: field, Words: words, Values: []string{h}})
}

// RefusalOf are what the tenant said of a value of a field; empty where it stores
// the value otherwise, or where nothing is known.
func (u Untaken) RefusalOf(field, value string) string {
	h := valueHash(value)
	for _, f := range u.Fields {
		if f.Field == field && slices.Contains(f.Values, h) {
			return f.Words
		}
	}
	return ""
}

// FirstRefusal are the tenant's first words about a field; fallback where there are
// none.
func (u Untaken) FirstRefusal(field, fallback string) string {
	for _, f := range u.Fields {
		if f.Field == field && f.Words != "" {
			return f.Words
		}
	}
	return fallback
}

// Without is what is known of all fields but one that is refused from time to
// time: names become free.
func (u Untaken) Without(field string) Untaken {
	out := u.Clone()
	out.Fields = slices.DeleteFunc(out.Fields, func(f UntakenField) bool { return f.Field == field && f.Words != "" })
	return out
}

// Clone is a copy that can be added to by itself.
func (u Untaken) Clone() Untaken {
	out := Untaken{Fields: slices.Clone(u.Fields)}
	for i := range out.Fields {
		out.Fields[i].Values = slices.Clone(out.Fields[i].Values)
	}
	return out
}

func (u Untaken) countValues() int {
	n := 0
	for _, f := range u.Fields {
		n += len(f.Values)
	}
	return n
}

func valueHash(value string) string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(value))
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(nil, h.Sum64()))
}
