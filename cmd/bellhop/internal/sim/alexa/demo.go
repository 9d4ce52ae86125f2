package alexa

import (
	"time"

	"github.com/bellhop-asp/bellhop/cmd/bellhop/internal/sim/alexa/skills"
)

// DemoSkills are the skills that the properties of the demonstration use, with the names and intents that reports of their
// engagement have, a smart home skill for the rooms and a flash briefing. All are older than the window of a demonstration.
func DemoSkills() skills.Config {
	born := time.Date(2025, 3, 3, 9, 0, 0, 0, time.UTC)
	c := skills.Config{PageSize: 5} // so that a week has two pages
	add := func(name string, of skills.Type, daily, customers int64, intents []weighted) {
		s := skills.Skill{
			ID: skills.ID(name), Name: name, Type: of, Born: born, Daily: daily, Customers: customers,
			Locales: []skills.Share{{Value: "en-US", Weight: 3}, {Value: "fr-CA", Weight: 1}},
		}
		for _, in := range intents {
			s.Intents = append(s.Intents, skills.Share{Value: in.value, Weight: in.weight})
		}
		c.Skills = append(c.Skills, s)
		born = born.AddDate(0, 1, 0)
	}
	for _, kind := range []Kind{Hotel, SeniorLiving, Hospital} {
		add(profiles[kind].skill, skills.Custom, 240, 60, profiles[kind].intents)
	}
	add("Room Controls", skills.SmartHome, 360, 72, nil)
	add("House News", skills.FlashBriefing, 48, 40, nil)
	c.Foreign = []string{skills.ID("a skill of another developer")}
	return c
}
