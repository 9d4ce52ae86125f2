-- warn: A property's day fell below half of what is usual
-- The usual number is the median of the same weekday in the eight weeks before, from at least three such days. A property without rows on a day on which other properties have rows counts as 0.
WITH property AS (
  SELECT property_id, min(dataset_date) AS first_date FROM asp_device WHERE property_id IS NOT NULL GROUP BY property_id
), daily AS (
  SELECT property.property_id, day.dataset_date, coalesce(sum(dialog_count), 0) AS dialogs
  FROM property
  JOIN (SELECT DISTINCT dataset_date FROM asp_device) AS day ON day.dataset_date >= first_date
  LEFT JOIN asp_device ON asp_device.property_id = property.property_id AND asp_device.dataset_date = day.dataset_date
  GROUP BY property.property_id, day.dataset_date
), usual AS (
  SELECT daily.property_id, daily.dataset_date, daily.dialogs, median(earlier.dialogs) AS dialogs_usual
  FROM daily
  JOIN daily AS earlier ON earlier.property_id = daily.property_id AND earlier.dataset_date < daily.dataset_date
    AND earlier.dataset_date >= daily.dataset_date - INTERVAL '56' DAY AND date_diff('day', earlier.dataset_date, daily.dataset_date) % 7 = 0
  GROUP BY daily.property_id, daily.dataset_date, daily.dialogs
  HAVING count(*) >= 3
)
SELECT 'asp_device' AS table_name, dataset_date, property_id AS unit_id, 'dialog_count' AS subject, dialogs AS value, dialogs_usual AS expected
FROM usual
WHERE dialogs < dialogs_usual / 2
