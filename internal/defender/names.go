package defender

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"

	"defendersync/internal/httpx"
)

// Bounds on what is looked at for a user's name.
const (
	maxKnown     = 1000     // keys that are remembered
	maxNested    = 3        // objects inside objects
	maxInnerJSON = 64 << 10 // bytes of a text that is JSON itself
	maxNameText  = 512      // bytes of a name; beyond, it is cut and can't be mapped
)

// userNames reads the names of a page's users. Rows may have several columns
// that could name somebody: a display name, an address, an id; which one does
// is seen from what they hold, over the whole page.
type userNames struct {
	fit    func(string) int // how much a text looks like the names that are wanted; see saas.Namer.Fit
	paths  []namePath
	places map[string]int // of paths
	rows   [][]nameValue
	row    []nameValue // the row at hand
	strong bool        // it has a key that is not weak
	folded []byte
	known  map[string]*traits // of keys that were met
}

// namePath is where a name stands in a row: "userName", "user>upn".
type namePath struct {
	text    string
	rank    int  // the less, the likelier
	weak    bool // it may be a database's id
	display bool // it may be a display name
	unknown bool // its key is not a known one: it counts where it holds an address or DOMAIN\name
}

type nameValue struct {
	path int
	text string
	fit  int // -1: not asked for yet
}

func newUserNames(fit func(string) int) *userNames {
	if fit == nil {
		fit = func(string) int { return 0 }
	}
	return &userNames{fit: fit, places: map[string]int{}, known: map[string]*traits{}}
}

// beginRow begins a row, whose fields follow.
func (n *userNames) beginRow() { n.row, n.strong = make([]nameValue, 0, len(n.row)), false }

// endRow ends the row.
func (n *userNames) endRow() {
	if n.strong {
		n.row = slices.DeleteFunc(n.row, func(v nameValue) bool { return n.paths[v.path].weak })
	}
	n.rows = append(n.rows, n.row)
}

// readField takes in one field, if it may hold a name.
func (n *userNames) readField(above string, key, value []byte, depth int) {
	k := n.traitsOf(key)
	unknown := !k.named && !k.holder && (k.likely || depth > 0 && k.inner)
	if !k.named && !k.holder && !unknown || depth > maxNested {
		return
	}
	if depth == 0 && !k.weak && k.named {
		n.strong = true
	}
	path := namePath{text: above + k.key, rank: k.rank + depth*1000, weak: k.weak, display: k.display, unknown: unknown}
	if unknown {
		path.rank += unknownRank
	}
	n.readValue(path, value, depth, k.holder && !k.named)
}

// readValue takes in what stands under a key: a text, a text that is JSON itself,
// an object, or a list of one of them. Of a holder only objects count.
func (n *userNames) readValue(path namePath, raw []byte, depth int, holder bool) {
	if s, ok := httpx.UnquoteText(raw); ok {
		if inner, ok := innerJSON(s); ok && len(inner) <= maxInnerJSON {
			n.readValue(path, inner, depth+1, true)
		} else if !isBlank(s) && !holder && (!path.unknown || strings.ContainsAny(s, "@\\") && !strings.HasPrefix(s, `\\`)) {
			n.addName(path, clipText(s, maxNameText))
		}
		return
	}
	if depth > maxNested {
		return
	}
	httpx.EachField(raw, func(key, value []byte) { n.readField(path.text+">", key, value, depth+1) })
	items := 0
	httpx.EachItem(raw, func(item []byte) {
		if items++; items == 1 {
			n.readValue(path, item, depth+1, holder)
		}
	})
}

func (n *userNames) addName(path namePath, text string) {
	at, known := n.places[path.text]
	if !known {
		at = len(n.paths)
		n.paths = append(n.paths, path)
		n.places[path.text] = at
	}
	for i := range n.row {
		if n.row[i].path == at { // a repeated key counts as it ends
			n.row[i].text = text
			return
		}
	}
	n.row = append(n.row, nameValue{at, text, -1})
}

// unknownRank puts keys that are not known behind all that are.
const unknownRank = 500

// traits are what a key tells of what stands under it.
type traits struct {
	key     string
	rank    int
	named   bool // it is one of the known keys of names
	holder  bool // it may hold an object with a name in it
	inner   bool // it is known inside such an object
	weak    bool
	display bool
	likely  bool // it is not known, and sounds like one of the user's names
}

// traitsOf tells the traits of a key. All rows of a page have the same keys, so
// they are remembered.
func (n *userNames) traitsOf(key []byte) *traits {
	if k, known := n.known[string(key)]; known {
		return k
	}
	k := &traits{
		key:    string(key),
		holder: slices.Contains(nameHolders, string(key)), inner: slices.Contains(innerKeys, string(key)),
		weak: slices.Contains(weakKeys, string(key)), display: slices.Contains(displayKeys, string(key)),
	}
	k.rank, k.named = n.rankKey(key)
	k.likely = !k.named && n.soundsLikely()
	if len(n.known) < maxKnown {
		n.known[string(key)] = k
	}
	return k
}

// soundsLikely reports whether a key that is not known, as rank folded it,
// sounds like one of the user's names, and not like somebody else's.
func (n *userNames) soundsLikely() bool {
	has := func(word string) bool { return bytes.Contains(n.folded, []byte(word)) }
	return slices.ContainsFunc(nameWords, has) && !slices.ContainsFunc(otherWords, has)
}

// rankKey is how likely a key is to hold the name; a key in another spelling is
// less so than the exact one.
func (n *userNames) rankKey(key []byte) (int, bool) {
	keys := userColumns.keys[colName]
	for i, name := range keys {
		if string(key) == name {
			return 2 * i, true
		}
	}
	n.folded = foldKey(n.folded[:0], key)
	for i, name := range foldedNames {
		if string(n.folded) == name {
			return 2*i + 1, true
		}
	}
	return 2 * len(keys), false
}

// foldedNames are the keys of names without case and joints.
var foldedNames = func() []string {
	out := make([]string, 0, 32)
	for _, key := range userColumns.keys[colName] {
		out = append(out, string(foldKey(nil, []byte(key))))
	}
	return out
}()

// foldKey spells user_principal_name, UserPrincipalName and the like alike.
func foldKey(to, key []byte) []byte {
	for _, c := range key {
		switch {
		case c == '_' || c == '-' || c == ' ' || c == '.':
		case 'A' <= c && c <= 'Z':
			to = append(to, c+'a'-'A')
		default:
			to = append(to, c)
		}
	}
	return to
}

// clipText cuts a text at a character.
func clipText(s string, size int) string {
	if len(s) <= size {
		return s
	}
	for size > 0 && !utf8.RuneStart(s[size]) {
		size--
	}
	return string(bytes.Clone([]byte(s[:size]))) // so that the whole one can be freed
}
