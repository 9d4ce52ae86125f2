-- Dialogs by property and week
-- Is Alexa used more or less than before? Weeks begin on Monday; the first and the last may be cut.
SELECT property_id, max_by(property_name, dataset_date) AS property_name,
  date_trunc('week', dataset_date) AS week, sum(dialog_count) AS dialogs
FROM asp_device
WHERE dataset_date >= current_date - INTERVAL '90' DAY
GROUP BY property_id, date_trunc('week', dataset_date)
ORDER BY property_name, week
