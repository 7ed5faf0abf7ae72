package simulator

// ListSwitches say how Defender's lists behave.
type ListSwitches struct{}

func listWorlds() []World { return nil }
