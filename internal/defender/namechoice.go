package defender

import "slices"

// How much a text looks like a user name, as saas.Namer.Fit tells.
const (
	fitNobody  = 1 // the name of a device, a service, somebody anonymised
	fitAccount = 3 // a bare name; 4 is an address or DOMAIN\name
)

// fewNames is how many names are too few to see whether they repeat.
const fewNames = 5

// nameColumn is the choice of a page.
type nameColumn struct {
	path   int    // -1: there is no name on the page
	key    string // the path's text
	sure   bool   // values of it can be used
	moved  bool   // it is not the one that was known, and that one no longer fits
	column int    // columns on the page
}

// chooseColumn picks the column whose values look most like what is wanted. The one
// that is known already stays as long as it fits, so that nobody becomes
// another person in mid-session.
func (n *userNames) chooseColumn(known string) nameColumn {
	if len(n.paths) == 0 {
		return nameColumn{path: -1}
	}
	if len(n.paths) == 1 && n.paths[0].text == known && !n.paths[0].unknown {
		return nameColumn{path: 0, key: known, sure: true, column: 1} // nothing to choose from
	}
	stats := n.rateColumns()
	best := 0
	for i := range stats {
		if stats[i].sum > stats[best].sum || stats[i].sum == stats[best].sum && n.paths[i].rank < n.paths[best].rank {
			best = i
		}
	}
	choice := nameColumn{path: best, sure: stats[best].usable > 0, column: len(n.paths)}
	if at, there := n.places[known]; there && known != "" && stats[at].usable > 0 && 2*stats[at].usable >= stats[best].usable {
		choice.path, choice.sure = at, true
	} else if known != "" && choice.sure && n.paths[best].text != known {
		choice.moved = true
	}
	choice.key = n.paths[choice.path].text
	return choice
}

// nameStat says what a column holds.
type nameStat struct {
	sum    int // of how well its values fit
	usable int // values that name a person
}

func (n *userNames) rateColumns() []nameStat {
	stats := make([]nameStat, len(n.paths))
	distinct := make([]map[string]struct{}, len(n.paths))
	for _, row := range n.rows {
		for i := range row {
			v := &row[i]
			if v.fit = n.fit(v.text); v.fit == fitAccount && n.paths[v.path].display {
				v.fit-- // "Alice" is rather a name than an account there
			}
			s := &stats[v.path]
			s.sum += weightOf(v.fit)
			if v.fit <= fitNobody {
				continue
			}
			s.usable++
			if distinct[v.path] == nil {
				distinct[v.path] = make(map[string]struct{}, len(n.rows))
			}
			distinct[v.path][v.text] = struct{}{}
		}
	}
	for i := range stats {
		if n.paths[i].unknown {
			stats[i].sum /= 2 // it is believed where the known ones hold no account
		}
		// A list names each user once: what repeats is somebody else, such as
		// their manager.
		if s := &stats[i]; s.usable >= fewNames && 5*len(distinct[i]) < 4*s.usable {
			s.sum, s.usable = 0, 0
			n.discreditColumn(i)
		}
	}
	return stats
}

// weightOf is how much a value counts for its column: a few accounts outweigh
// many names for people to read.
func weightOf(fit int) int {
	if fit >= fitAccount {
		return 2 * fit
	}
	return min(fit, 1)
}

// discreditColumn has no row named by a column.
func (n *userNames) discreditColumn(path int) {
	for _, row := range n.rows {
		for i := range row {
			if row[i].path == path {
				row[i].fit = 0
			}
		}
	}
}

// pickName gives the name of a row: that of the chosen column, or, where it has
// none that can be used, one that leaves no doubt. weak says that it has only
// a name that others' aren't of the kind of: "Alice" where they have addresses.
func (n *userNames) pickName(row int, choice nameColumn) (text string, weak bool) {
	values := n.rows[row]
	if len(values) == 0 {
		return "", false
	}
	at := slices.IndexFunc(values, func(v nameValue) bool { return v.path == choice.path })
	if at >= 0 && (values[at].fit > 0 || choice.column == 1) {
		return values[at].text, false
	}
	best := values[0]
	for _, v := range values[1:] {
		if v.fit > best.fit || v.fit == best.fit && n.paths[v.path].rank < n.paths[best.path].rank {
			best = v
		}
	}
	switch {
	case best.fit >= fitAccount, best.fit == fitNobody, !choice.sure && at < 0:
		return best.text, false
	case at >= 0:
		return values[at].text, false
	}
	return best.text, true
}
