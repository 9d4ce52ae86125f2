-- info: An intent was seen for the first time
-- Intent names are the vendor's: a new name may come from a release of the skill, or from a rename. Names on the table's first day are not new.
SELECT 'asp_property_skill' AS table_name, min(dataset_date) AS dataset_date, NULL AS unit_id, skill_name || ' / ' || intent_name AS subject,
  sum(dialog_count) AS value, NULL AS expected
FROM asp_property_skill
GROUP BY skill_name, intent_name
HAVING min(dataset_date) > (SELECT min(dataset_date) FROM asp_property_skill)
