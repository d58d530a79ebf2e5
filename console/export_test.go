package console

// PageInfo describes a page of the list for tests.
type PageInfo struct {
	Path    string
	InMenu  bool
	Params  []string // those that the page needs
	Actions []ActionInfo
}

// ActionInfo describes an action of a page for tests.
type ActionInfo struct {
	Path   string
	Inputs []string
}

// Pages returns the list of pages.
func Pages() (list []PageInfo) {
	for _, p := range pages {
		info := PageInfo{Path: p.Path, InMenu: p.InMenu}
		for _, i := range p.Params {
			if i.Must {
				info.Params = append(info.Params, i.Name)
			}
		}
		for _, a := range p.Actions {
			own := ActionInfo{Path: p.Path + "/" + a.Name}
			for _, i := range a.Inputs {
				own.Inputs = append(own.Inputs, i.Name)
			}
			info.Actions = append(info.Actions, own)
		}
		list = append(list, info)
	}
	return list
}
