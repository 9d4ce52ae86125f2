package campaigns

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/chance"
)

// The houses' own campaigns have a life that is a pure function of the seed, the house and the time: standing ones always run,
// and some are called something else every other while; seasonal ones come on Mondays and are deleted some weeks later.

// text is what a campaign says in a locale.
type text struct{ locale, title, body string }

// texts are those of the standing campaigns: what they are called, and what they are called every other ten days.
var texts = map[string][][]text{
	"breakfast": {
		{{"en-US", "Breakfast by the lake", "Served until 10:30, in the pavilion."}, {"fr-CA", "Petit-déjeuner au bord du lac", "Servi jusqu'à 10 h 30, au pavillon."}},
		{{"en-US", "Breakfast by the lake, longer", "Served until 11:30 this week."}, {"fr-CA", "Petit-déjeuner prolongé", "Servi jusqu'à 11 h 30 cette semaine."}},
	},
	"spa": {
		{{"en-US", "An hour at the spa", "Say: Alexa, ask Concierge for the spa."}, {"fr-CA", "Une heure au spa", "Dites : Alexa, demande le spa à Concierge."}},
	},
	"activities": {
		{{"en-US", "What is on today?", "Ask Daily Life for the activities."}, {"fr-CA", "Au programme aujourd'hui", "Demandez le programme à Daily Life."}},
		{{"en-US", "Join us today", "Ask Daily Life what is on."}, {"fr-CA", "Joignez-vous à nous", "Demandez à Daily Life ce qui se passe."}},
	},
	"wellness": {
		{{"en-US", "Move a little", "Gentle exercise at ten."}, {"fr-CA", "Bougez un peu", "Gymnastique douce à dix heures."}},
	},
	"visiting-hours": {
		{{"en-US", "Visiting hours", "Every day from 2 to 8 p.m."}, {"fr-CA", "Heures de visite", "Tous les jours de 14 h à 20 h."}},
	},
}

// seasonal are the texts of the campaigns that come and go.
var seasonal = [][]text{
	{{"en-US", "Live music on Friday", "At eight, in the lounge."}, {"fr-CA", "Musique vendredi", "À vingt heures, au salon."}},
	{{"en-US", "Soup of the week", "Pumpkin & ginger."}, {"fr-CA", "La soupe de la semaine", "Citrouille et gingembre."}},
	{{"en-US", "Film night", "Popcorn is on the house."}, {"fr-CA", "Soirée cinéma", "Le maïs soufflé est offert."}},
	{{"en-US", "A walk with the gardener", "We meet at the gate at nine."}, {"fr-CA", "Promenade au jardin", "Rendez-vous à la grille à neuf heures."}},
}

// Template is the only documented one.
const Template = "doc://alexa/apl/documents/enterprise/suggestions/home/defaultTemplate"

const (
	day  = 24 * time.Hour
	week = 7 * day
)

// firstMonday is one; standing campaigns began on it.
var firstMonday = time.Date(2025, 1, 6, 8, 0, 0, 0, time.UTC)

// layout has the documented fraction of two digits.
const layout = "2006-01-02T15:04:05.00Z"

// live are the campaigns that a client sees, the newest first.
func (a *API) live(client string, now time.Time) []Stored {
	var all []Stored
	if client == a.Owner {
		for i, h := range a.Houses {
			all = append(all, a.standing(h, now)...)
			all = append(all, a.seasonal(i, h, now)...)
		}
	}
	for _, c := range a.state.Created {
		if c.Client == client {
			all = append(all, c)
		}
	}
	all = slices.DeleteFunc(all, func(c Stored) bool { _, gone := a.state.Deleted[c.ID]; return gone })
	slices.SortFunc(all, func(x, y Stored) int { return cmp.Or(y.Created.Compare(x.Created), strings.Compare(x.ID, y.ID)) })
	return all
}

func (a *API) standing(h House, now time.Time) (all []Stored) {
	if now.Before(firstMonday) {
		return nil
	}
	for _, s := range h.Standing {
		names := texts[s.Name]
		says := names[int(now.Sub(firstMonday)/(10*day))%len(names)]
		for part, id := range s.IDs {
			units := h.Units[part*MaxUnits : min((part+1)*MaxUnits, len(h.Units))]
			all = append(all, Stored{
				ID: id, Client: a.Owner, Created: firstMonday, Validated: firstMonday.Add(time.Hour),
				Entity: written(says, units, firstMonday, firstMonday.AddDate(10, 0, 0), false),
			})
		}
	}
	return all
}

// seasonal are those of the last six Mondays that have not been deleted yet.
func (a *API) seasonal(number int, h House, now time.Time) (all []Stored) {
	if len(h.Units) == 0 {
		return nil
	}
	newest := int64(now.Sub(firstMonday) / week)
	for n := newest; n > newest-6; n-- {
		c := chance.Draw(a.Seed, "seasonal", h.Name, n)
		id := ID(c)
		created := firstMonday.Add(time.Duration(n)*week + time.Duration(c.Below(600))*time.Minute)
		deleted := created.Add(10*day + time.Duration(c.Below(12*24))*time.Hour)
		says := slices.Clone(seasonal[c.Below(int64(len(seasonal)))])
		if renamed := c.Hits(400); renamed && now.Sub(created) >= 4*day {
			says[0].title += ", by request"
		}
		s := Stored{ID: id, Client: a.Owner, Created: created, Validated: a.validated(created, c)}
		if c.Hits(150) {
			s.Rejected = "The text promises something free of charge."
		}
		start := created.Truncate(time.Hour).Add(day)
		units := h.Units[:min(len(h.Units), 1+int(c.Below(20)))]
		// One house's tool puts the background in the wrong place, as the documented sample of a query does.
		s.Entity = written(says, units, start, start.Add(2*week), number%2 == 1)
		if !now.Before(created) && now.Before(deleted) {
			all = append(all, s)
		}
	}
	return all
}

func (a *API) validated(created time.Time, c *chance.Stream) time.Time {
	return created.Add(a.ValidationMin + time.Duration(c.Below(int64(a.ValidationMax-a.ValidationMin)+1)))
}

// written is the body of a campaign in the documented form.
func written(says []text, units []string, start, end time.Time, misplaced bool) entity {
	type object = map[string]any
	var values []object
	for _, s := range says {
		sources := object{"displayText": object{"title": s.title, "body": s.body}}
		value := object{"locale": s.locale, "document": object{"type": "Link", "src": Template}, "datasources": sources}
		background := object{"backgroundImageSource": "https://example.com/" + s.locale + ".jpg"}
		if misplaced {
			value["background"] = background
		} else {
			sources["background"] = background
		}
		values = append(values, value)
	}
	var targets []object
	for _, u := range units {
		targets = append(targets, object{"id": u})
	}
	raw := func(v any) json.RawMessage {
		text, err := json.Marshal(v)
		if err != nil {
			panic(fmt.Sprintf("our own texts: %v", err))
		}
		return text
	}
	return entity{
		Suggestion: raw(object{"variants": []object{{"placement": object{"channel": "HOME"}, "content": object{"values": values}}}}),
		Targeting:  raw(object{"type": "UNITS", "values": targets}),
		Scheduling: raw(object{"activationWindow": object{"start": start.Format(layout), "end": end.Format(layout)}}),
	}
}
