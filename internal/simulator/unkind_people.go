package simulator

// PeopleSwitches say what Oomnitza does with people and assignments.
type PeopleSwitches struct{}

func peopleWorlds() []World { return nil }
