-- Days without a row, and until when they can be fetched
-- What is missing, and for how long can it still be requested? The days checked are those between a subscription's first and last day with rows in any of these tables.
-- Caveat: A day that the vendor reported as empty has no row either, and days before the first and after the last row are not checked: bellhop coverage knows both. The vendor keeps 90 days.
-- Adds up: nothing
-- Days: 90
WITH had AS (
  SELECT 'asp_device' AS table_name, subscription, dataset_date FROM raw.asp_device WHERE {{days "dataset_date"}}
  UNION
  SELECT 'asp_domain_engagement' AS table_name, subscription, dataset_date FROM raw.asp_domain_engagement WHERE {{days "dataset_date"}}
  UNION
  SELECT 'asp_proactive_campaign' AS table_name, subscription, dataset_date FROM raw.asp_proactive_campaign WHERE {{days "dataset_date"}}
  UNION
  SELECT 'asp_property_skill' AS table_name, subscription, dataset_date FROM raw.asp_property_skill WHERE {{days "dataset_date"}}
  UNION
  SELECT 'asp_communication' AS table_name, subscription, dataset_date FROM raw.asp_communication WHERE {{days "dataset_date"}}
), spans AS (
  SELECT subscription, min(dataset_date) AS first_day, max(dataset_date) AS last_day FROM had GROUP BY subscription
), digits AS (
  SELECT digit FROM (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) AS ten (digit)
), days AS (
  SELECT spans.subscription, CAST(spans.first_day + (a.digit + 10 * b.digit + 100 * c.digit) * INTERVAL '1' DAY AS date) AS dataset_date
  FROM spans CROSS JOIN digits AS a CROSS JOIN digits AS b CROSS JOIN digits AS c
  WHERE spans.first_day + (a.digit + 10 * b.digit + 100 * c.digit) * INTERVAL '1' DAY <= spans.last_day
)
SELECT expected.table_name, expected.subscription, days.dataset_date, CAST(days.dataset_date + INTERVAL '90' DAY AS date) AS lost_after
FROM (SELECT DISTINCT table_name, subscription FROM had) AS expected
JOIN days ON days.subscription = expected.subscription
LEFT JOIN had ON had.table_name = expected.table_name AND had.subscription = expected.subscription AND had.dataset_date = days.dataset_date
WHERE had.dataset_date IS NULL
ORDER BY days.dataset_date, expected.table_name, expected.subscription
