-- Dialogs by property and week
-- Is Alexa used more or less than before? Weeks begin on Monday.
-- Caveat: The first and the last week may be cut.
-- Adds up: dialogs
-- Days: 90
SELECT property_id, max_by(property_name, dataset_date) AS property_name,
  date_trunc('week', dataset_date) AS week, sum(dialog_count) AS dialogs
FROM asp_device
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY property_id, date_trunc('week', dataset_date)
ORDER BY property_name, week
