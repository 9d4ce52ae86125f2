-- Most used intents of the property's own skills, last 30 days
-- Which parts of our skills are used?
SELECT skill_name, intent_name, sum(dialog_count) AS dialogs
FROM asp_property_skill
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY skill_name, intent_name
ORDER BY dialogs DESC
LIMIT 100
