-- Most used intents of the property's own skills
-- Which parts of our skills are used, and how often do they fall back? Percentages are of the skill's dialogs.
-- Caveat: An intent has the name that it had on the day: after a rename, the old name ends and a new one begins. Devices are left out: one may use several intents.
-- Adds up: dialogs
-- Days: 30
SELECT skill_name, intent_name, sum(dialog_count) AS dialogs,
  round(1e2 * sum(dialog_count) / nullif(sum(sum(dialog_count)) OVER (PARTITION BY skill_name), 0), 1) AS percent,
  round(1e2 * sum(sum(CASE WHEN intent_name LIKE 'AMAZON.Fallback%' THEN dialog_count ELSE 0 END)) OVER (PARTITION BY skill_name)
    / nullif(sum(sum(dialog_count)) OVER (PARTITION BY skill_name), 0), 1) AS percent_falling_back,
  min(dataset_date) AS first_day, max(dataset_date) AS last_day
FROM asp_property_skill
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY skill_name, intent_name
ORDER BY dialogs DESC, skill_name, intent_name
LIMIT 100
