package dataset

import (
	"fmt"
	"slices"
)

// campaignViews are over the default views of asp_campaigns and asp_proactive_campaign, which they name as they are.
func campaignViews() []View { return []View{campaignDefinitions(), campaignResults()} }

// defining are the columns that make a campaign what it is: all that a snapshot has of it but when and how it was taken.
func defining() []Column {
	return slices.DeleteFunc(aspCampaigns().Columns, func(c Column) bool {
		return c.Role == RoleDate || c.Role == RoleExtra || c.Role == RoleSubscription
	})
}

// campaignDefinitions puts consecutive snapshots of a campaign together as long as nothing about it changes. Equal ones have the
// same difference between their place among all snapshots of the campaign and their place among those that are equal.
func campaignDefinitions() View {
	columns := defining()
	return View{
		Name: "asp_campaign_definitions", Over: []string{"asp_campaigns"},
		Meaning: "What each campaign was, from when to when: a row is one campaign for as long as nothing about it changed. A campaign that is " +
			"gone from the snapshots of its subscription, or was changed, keeps its row.",
		Columns: append(slices.Clone(columns),
			Column{Name: "valid_from", Type: Date, Role: RoleDimension, Meaning: "The first snapshot that has the campaign so. It may be older than the first snapshot of all."},
			Column{
				Name: "valid_to", Type: Date, Role: RoleDimension, Nullable: true,
				Meaning: "The last day before the campaign changed, or the last snapshot that has it. NULL: the newest snapshot that has any campaign has it so.",
			}),
		query: func(string) string {
			return fmt.Sprintf(`SELECT %[1]s, valid_from,
  CASE
    WHEN next_from IS NOT NULL THEN CAST(next_from - INTERVAL '1' DAY AS date)
    WHEN last_day < newest_day THEN last_day
  END AS valid_to
FROM (
  SELECT %[1]s, min(dataset_date) AS valid_from, max(dataset_date) AS last_day, max_by(newest_day, dataset_date) AS newest_day,
    lead(min(dataset_date)) OVER (PARTITION BY campaign_id ORDER BY min(dataset_date)) AS next_from
  FROM (
    SELECT dataset_date, %[1]s,
      max(dataset_date) OVER (PARTITION BY subscription) AS newest_day,
      row_number() OVER (PARTITION BY campaign_id ORDER BY dataset_date)
        - row_number() OVER (PARTITION BY %[1]s ORDER BY dataset_date) AS unchanged
    FROM asp_campaigns
  ) AS snapshot
  GROUP BY %[1]s, unchanged
) AS definition`, names(columns))
		},
	}
}

// campaignResults takes for each day the definition of the newest snapshot until then, and of a campaign that has none yet the
// earliest one. No two definitions of a campaign are for the same day, so that no row of results comes twice.
func campaignResults() View {
	results, _ := Lookup("asp_proactive_campaign")
	var joined []Column
	for _, name := range []string{"title", "body", "campaign_group", "starts_at", "ends_at", "validation_status"} {
		columns := defining()
		c := columns[slices.IndexFunc(columns, func(c Column) bool { return c.Name == name })]
		c.Nullable = true
		joined = append(joined, c)
	}
	return View{
		Name: "asp_campaign_results", Over: []string{results.Name, "asp_campaigns"},
		Meaning: "asp_proactive_campaign with what each campaign was on the day, by asp_campaigns. A campaign that no snapshot has is there " +
			"too, with NULL for its title and all else.",
		Columns: slices.Concat(results.Columns, joined),
		query: func(string) string {
			return fmt.Sprintf(`SELECT %[1]s, %[2]s
FROM asp_proactive_campaign
LEFT JOIN (
  SELECT campaign_id AS defined_id, %[2]s,
    CASE WHEN lag(valid_from) OVER (PARTITION BY campaign_id ORDER BY valid_from) IS NULL THEN DATE '1970-01-01' ELSE valid_from END AS first_day,
    lead(valid_from, 1, DATE '9999-12-31') OVER (PARTITION BY campaign_id ORDER BY valid_from) AS next_day
  FROM asp_campaign_definitions
) AS definition ON defined_id = campaign_id AND first_day <= dataset_date AND dataset_date < next_day`,
				names(results.Columns), names(joined))
		},
	}
}
