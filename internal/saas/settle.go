package saas

// Settled is a decision with what has to happen before it can be carried out.
type Settled struct {
	Decision
	After int // index of the app whose record has to give up the name first; -1: none
}

// SettleNames lets the records of a page's apps take their plain names where
// who has them is about to give them up: two apps that swapped names, or a
// chain of renames. names are those that the records have now, by id. What
// waits for a record of another page gets its name in a later session.
func SettleNames(apps []App, decisions []Decision, names map[string]string) []Settled {
	out := make([]Settled, len(apps))
	holders := make(map[string]int, len(apps)) // the app whose record it is, by the record's id
	for i, d := range decisions {
		out[i] = Settled{d, -1}
		if d.Action == ActionUseOurs {
			holders[d.ID] = i
		}
	}
	promised := map[string]bool{}
	for i, app := range apps {
		d := &out[i]
		j, there := holders[d.Blocker]
		key := NameKey(appName(app))
		if d.Blocker == "" || !there || j == i || promised[key] {
			continue
		}
		if NameKey(appName(apps[j])) == key || NameKey(names[d.Blocker]) != key {
			continue // it keeps the name
		}
		promised[key] = true
		d.Name, d.After = appName(app), j
		if d.Action == ActionCreateRenamed {
			d.Action = ActionCreate
		}
	}
	return out
}
