-- Dialogs by property and week, against the week before
-- Is Alexa used more or less than before? Weeks begin on Monday.
-- Caveat: The change is NULL unless both weeks are consecutive and have 7 days. A day counts when the property has a row for any unit.
-- Adds up: dialogs
-- Days: 90
WITH weeks AS (
  SELECT property_id, max_by(property_name, dataset_date) AS property_name, CAST(date_trunc('week', dataset_date) AS date) AS week,
    count(DISTINCT dataset_date) AS days, sum(dialog_count) AS dialogs
  FROM asp_device
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY property_id, CAST(date_trunc('week', dataset_date) AS date)
), compared AS (
  SELECT property_id, property_name, week, days, dialogs,
    lag(week) OVER (PARTITION BY property_id ORDER BY week) AS week_before,
    lag(days) OVER (PARTITION BY property_id ORDER BY week) AS days_before,
    lag(dialogs) OVER (PARTITION BY property_id ORDER BY week) AS dialogs_before
  FROM weeks
)
SELECT property_id, property_name, week, dialogs, days,
  CASE WHEN days = 7 AND days_before = 7 AND week_before = week - INTERVAL '7' DAY
    THEN round(1e2 * (dialogs - dialogs_before) / nullif(dialogs_before, 0), 1) END AS percent_change
FROM compared
ORDER BY property_name, property_id, week
