package simulator

// RecordSwitches say what Oomnitza does with SaaS records.
type RecordSwitches struct{}

func recordWorlds() []World { return nil }
