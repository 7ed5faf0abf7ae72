package simulator

// AssignRefused reports whether Oomnitza refuses to assign a person to an app,
// by the app's name and the user name that it holds.
func (s *Simulator) AssignRefused(app, username string) bool {
	return s.refused(s.faults.Load().RefuseAssign, "assign", fold(app), fold(username))
}

// PersonRefused reports whether Oomnitza refuses to create a person.
func (s *Simulator) PersonRefused(username string) bool {
	return s.refused(s.faults.Load().RefusePeople, "person", fold(username))
}

// SaaSRefused reports whether Oomnitza refuses to create an app.
func (s *Simulator) SaaSRefused(name string) bool {
	return s.refused(s.faults.Load().RefuseSaaS, "saas", fold(name))
}

// refused throws the same dice for the same thing every time.
func (s *Simulator) refused(share float64, what ...string) bool {
	return share > 0 && chance(seed(s.opts.Seed).text(diceRefuse, what...), share)
}
