package campaigns

import "fmt"

// Group is a promotion: campaigns of the same content and activation window.
type Group struct {
	Name   string `json:"group"`
	Title  string `json:"title"`
	Window Window `json:"window"`
	// IDs are those of its campaigns, in the order of the list; Units counts their targets, each once.
	IDs   []string `json:"campaigns"`
	Units int      `json:"units"`
}

// Groups joins the campaigns of each promotion, in the order of the first of each.
func Groups(all []Listed) ([]Group, error) {
	groups := []Group{}
	at := map[string]int{}
	units := map[string]map[Unit]bool{}
	for _, l := range all {
		name, err := l.Group()
		if err != nil {
			return nil, fmt.Errorf("campaign %s: its content is not JSON", l.ID)
		}
		i, known := at[name]
		if !known {
			i = len(groups)
			at[name], units[name] = i, map[Unit]bool{}
			title, _ := l.Display()
			groups = append(groups, Group{Name: name, Title: title, Window: l.Scheduling.ActivationWindow})
		}
		for _, unit := range l.Targeting.Values {
			units[name][unit] = true
		}
		groups[i].IDs, groups[i].Units = append(groups[i].IDs, l.ID), len(units[name])
	}
	return groups, nil
}
