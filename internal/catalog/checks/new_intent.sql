-- info: An intent was seen for the first time
-- Intent names are the vendor's: a name that is new may be a release of the skill, or an old one under another name. What was there on the table's first day is not new.
SELECT 'asp_property_skill' AS table_name, min(dataset_date) AS dataset_date, NULL AS unit_id, skill_name || ' / ' || intent_name AS subject,
  sum(dialog_count) AS value, NULL AS expected
FROM asp_property_skill
GROUP BY skill_name, intent_name
HAVING min(dataset_date) > (SELECT min(dataset_date) FROM asp_property_skill)
