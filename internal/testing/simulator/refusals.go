package simulator

// AssignRefused reports whether Oomnitza refuses to assign a person to an app, by
// the app's name and the user name, both as Holdings tells them: the user name that
// was meant, however it is stored.
func (s *Simulator) AssignRefused(app, username string) bool {
	return s.drawRefusal(s.faults.Load().RefuseAssign, "assign", foldName(app), foldName(username))
}

// PersonRefused reports whether Oomnitza refuses to create a person.
func (s *Simulator) PersonRefused(username string) bool {
	return s.drawRefusal(s.faults.Load().RefusePeople, "person", foldName(username))
}

// SaaSRefused reports whether Oomnitza refuses to create an app.
func (s *Simulator) SaaSRefused(name string) bool {
	return s.drawRefusal(s.faults.Load().RefuseSaaS, "saas", foldName(name))
}

// drawRefusal throws the same dice for the same thing every time.
func (s *Simulator) drawRefusal(share float64, what ...string) bool {
	return share > 0 && fallsWithin(seed(s.opts.Seed).drawTextBits(diceRefuse, what...), share)
}
