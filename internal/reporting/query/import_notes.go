package query

// ListNotes returns what the operator should know before importing the files.
func (i Import) ListNotes() []string {
	var sum Imported
	unread := 0
	for _, one := range i.Apps {
		sum.NoEmail += one.NoEmail
		sum.NoLastActivity += one.NoLastActivity
		sum.Unsafe += one.Unsafe
		sum.Suspended += one.Suspended
		sum.Absent += one.Absent
		sum.Live += one.Live
		if one.Unread {
			unread++
		}
	}
	var notes []string
	add := func(n int, what, text string) {
		if n > 0 {
			notes = append(notes, countNoun(n, what)+" "+text)
		}
	}
	add(sum.Live, "last activity", "read live from Defender")
	add(sum.NoLastActivity, "user", "excluded: no last activity is known")
	add(sum.NoEmail, "user", "excluded: no email address, by which the import identifies people")
	add(sum.Unsafe, "user", "excluded: a spreadsheet would take the email address or role for a formula")
	add(sum.Suspended, "user", "included who can't log in to Oomnitza: the import accepts active people only and may reject them")
	add(sum.Absent, "user", "listed by Defender but not assigned in Oomnitza yet: the next session assigns them")
	add(unread, "app", "whose users Defender does not list: last activity that Oomnitza does not have stays unknown")
	return notes
}
