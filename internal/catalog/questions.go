package catalog

// Question is something that people who run voice assistants ask, with the query that answers it.
type Question struct {
	// ID is the resource's name in the template, without its prefix.
	ID string
	// Name and Meaning are what Athena's list of saved queries shows.
	Name, Meaning string
	// SQL is in Athena's dialect, over the default views.
	SQL string
}

// Questions returns the saved queries. Each obeys the additivity of the measures that it adds up.
func Questions() []Question {
	return []Question{
		{
			"DialogsByPropertyAndWeek", "Dialogs by property and week",
			"Is Alexa used more or less than before? Weeks begin on Monday; the first and the last may be cut.",
			`SELECT property_id, max_by(property_name, dataset_date) AS property_name,
  date_trunc('week', dataset_date) AS week, sum(dialog_count) AS dialogs
FROM asp_device_leaf
WHERE dataset_date >= current_date - INTERVAL '90' DAY
GROUP BY property_id, date_trunc('week', dataset_date)
ORDER BY property_name, week`,
		},
		{
			"DevicesInUse", "Devices in use by property, average day of the last 30",
			"How many of the devices are used on a day? Devices are counted for each day and then averaged: added up over days, each would count thirty times.",
			`WITH days AS (
  SELECT property_id, dataset_date, max_by(property_name, dataset_date) AS property_name,
    sum(device_count) AS devices, sum(active_device_count) AS in_use
  FROM asp_device_leaf
  WHERE dataset_date >= current_date - INTERVAL '30' DAY
  GROUP BY property_id, dataset_date
)
SELECT property_id, max_by(property_name, dataset_date) AS property_name,
  round(avg(CAST(devices AS double)), 1) AS devices, round(avg(CAST(in_use AS double)), 1) AS in_use,
  round(100.0 * sum(in_use) / nullif(sum(devices), 0), 1) AS percent_in_use
FROM days
GROUP BY property_id
ORDER BY percent_in_use`,
		},
		{
			"SilentUnits", "Units with devices and without a dialog in 14 days",
			"Where is a device unplugged, offline or forgotten? The vendor's youngest days may still be missing.",
			`SELECT property_name, unit_id, max_by(unit_name, dataset_date) AS unit_name,
  max_by(device_count, dataset_date) AS devices, max(dataset_date) AS last_day_seen
FROM asp_device_leaf
WHERE dataset_date >= current_date - INTERVAL '14' DAY
GROUP BY property_name, unit_id
HAVING max_by(device_count, dataset_date) > 0 AND sum(coalesce(dialog_count, 0)) = 0
ORDER BY property_name, unit_name`,
		},
		{
			"DomainsByShare", "What people ask for: dialogs by domain, last 30 days",
			"What is the assistant used for? Devices are left out on purpose: one device may count in several domains.",
			`SELECT business_domain, sum(dialog_count) AS dialogs,
  round(100.0 * sum(dialog_count) / sum(sum(dialog_count)) OVER (), 1) AS percent
FROM asp_domain_engagement_leaf
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY business_domain
ORDER BY dialogs DESC`,
		},
		{
			"IntentsOfOwnSkills", "Most used intents of the property's own skills, last 30 days",
			"Which parts of our skills are used?",
			`SELECT skill_name, intent_name, sum(dialog_count) AS dialogs
FROM asp_property_skill_leaf
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY skill_name, intent_name
ORDER BY dialogs DESC
LIMIT 100`,
		},
		{
			"CampaignTaps", "Taps per hundred impressions, by campaign",
			"Which campaigns are answered? The ratio is that of the sums; the average of daily ratios would weigh a quiet day like a busy one.",
			`SELECT campaign_id, min(dataset_date) AS first_day, max(dataset_date) AS last_day,
  sum(impression_count) AS impressions, sum(taps_count) AS taps,
  round(100.0 * sum(taps_count) / nullif(sum(impression_count), 0), 2) AS taps_per_hundred
FROM asp_proactive_campaign_leaf
WHERE dataset_date >= current_date - INTERVAL '90' DAY
GROUP BY campaign_id
ORDER BY taps_per_hundred DESC`,
		},
		{
			"CallsAndDropIns", "Calls and drop-ins by property and direction, last 30 days",
			"Who calls whom, and for how long? Add up one direction only: a call between two rooms is presumably in both.",
			`SELECT property_id, max_by(property_name, dataset_date) AS property_name, direction,
  sum(calling_action_count) AS calls, sum(calling_duration_minutes) AS call_minutes,
  sum(dropin_action_count) AS drop_ins, sum(dropin_duration_minutes) AS drop_in_minutes
FROM asp_communication_leaf
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY property_id, direction
ORDER BY property_name, direction`,
		},
	}
}
