-- Most used intents of the property's own skills
-- Which parts of our skills are used?
-- Caveat: The intents have the names that the skill had on the day: a renamed one ends, and another begins.
-- Adds up: dialogs
-- Days: 30
SELECT skill_name, intent_name, sum(dialog_count) AS dialogs
FROM asp_property_skill
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY skill_name, intent_name
ORDER BY dialogs DESC
LIMIT 100
