package campaigns

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
)

// Group names the promotion that a campaign belongs to: campaigns of the same content and activation window, whatever their
// targets, have one group. Keys that bellhop does not know make no difference.
func (c Campaign) Group() (string, error) {
	content, err := canonical(c.values())
	if err != nil {
		return "", err
	}
	window, err := canonical(c.Scheduling.ActivationWindow)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(slices.Concat(content, window))
	return "g-" + hex.EncodeToString(sum[:6]), nil
}

// Split divides a promotion to any number of units into campaigns of as many as the vendor takes, which report as one group.
// A unit that is named twice counts once.
func Split(c Campaign) []Campaign {
	var units []Unit
	for _, u := range c.Targeting.Values {
		if !slices.Contains(units, u) {
			units = append(units, u)
		}
	}
	var parts []Campaign
	for chunk := range slices.Chunk(units, maxUnits) {
		part := c
		part.Targeting.Values = chunk
		parts = append(parts, part)
	}
	if parts == nil {
		return []Campaign{c}
	}
	return parts
}

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
