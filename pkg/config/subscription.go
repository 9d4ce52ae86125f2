package config

import "github.com/bellhop-asp/bellhop/pkg/report"

// check reports what is wrong with the first subscription. There is one as soon as any of its variables says something
// that its default does not; what it cannot do without must then be set.
func (s Subscription) check(r *reader) {
	if s.Name != "" || r.differs(Subscription{}) {
		r.require("BELLHOP_SUBSCRIPTION")
		r.require("BELLHOP_UNIT_ID")
	}
	r.check("BELLHOP_SUBSCRIPTION", s.Name == "" || report.ValidSlug(s.Name))
	r.check("BELLHOP_UNIT_ID", s.UnitID == "" || unitID.MatchString(s.UnitID))
	r.check("BELLHOP_CATEGORIES", words.MatchString(s.Categories))
	r.check("BELLHOP_SHOW_SUB_UNITS", s.ShowSubUnits == "true" || s.ShowSubUnits == "false")
	r.check("BELLHOP_LAG_DAYS", between(s.LagDays, 0, 88))
	r.check("BELLHOP_REFRESH_DAYS", between(s.RefreshDays, 0, 88))
	r.check("BELLHOP_MAX_WINDOW_DAYS", between(s.MaxWindowDays, 1, report.MaxWindowDays))
}

// First returns the subscription that the environment asks for, and false when it asks for none. Its parameters are
// those of the ASP Analytics source, which has the last word on them.
func (s Subscription) First() (report.Subscription, bool) {
	if s.Name == "" {
		return report.Subscription{}, false
	}
	return report.Subscription{
		Name:   s.Name,
		Source: report.SourceASPAnalytics,
		Params: report.Params{
			"unit_id":        s.UnitID,
			"categories":     s.Categories,
			"show_sub_units": s.ShowSubUnits,
		},
		From:          s.From,
		LagDays:       s.LagDays,
		RefreshDays:   s.RefreshDays,
		MaxWindowDays: s.MaxWindowDays,
	}, true
}
