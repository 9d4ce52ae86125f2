WITH daily AS (
  SELECT property_id, property_name, subscription, dataset_date, sum(dialog_count) AS dialogs
  FROM asp_device
  WHERE dataset_date BETWEEN DATE '{before}' AND DATE '{sunday}' AND property_id IS NOT NULL
  GROUP BY property_id, property_name, subscription, dataset_date
), reported AS (
  SELECT DISTINCT property_id, subscription FROM daily
), covered AS (
  SELECT reported.property_id,
    count(CASE WHEN days.dataset_date >= DATE '{monday}' THEN 1 END) AS days, count(CASE WHEN days.dataset_date < DATE '{monday}' THEN 1 END) AS days_before,
    7 * count(DISTINCT reported.subscription) AS days_wanted
  FROM reported
  LEFT JOIN operations.days AS days ON days.subscription = reported.subscription AND days.table_name = 'asp_device'
    AND days.status IN ('COMPLETE', 'ZERO') AND days.dataset_date BETWEEN DATE '{before}' AND DATE '{sunday}'
  GROUP BY reported.property_id
), weekly AS (
  SELECT property_id, max(property_name) AS property_name,
    sum(CASE WHEN dataset_date >= DATE '{monday}' THEN dialogs ELSE 0 END) AS dialogs, sum(CASE WHEN dataset_date < DATE '{monday}' THEN dialogs ELSE 0 END) AS dialogs_before
  FROM daily GROUP BY property_id
)
SELECT property_id, property_name, dialogs_before, dialogs, days_before = days_wanted AND days = days_wanted AS complete,
  CASE WHEN days_before = days_wanted AND days = days_wanted THEN dialogs - dialogs_before END AS change,
  CASE WHEN days_before = days_wanted AND days = days_wanted THEN CAST(dialogs - dialogs_before AS double) / nullif(dialogs_before, 0) END AS ratio
FROM weekly JOIN covered USING (property_id)
ORDER BY abs(CASE WHEN days_before = days_wanted AND days = days_wanted THEN dialogs - dialogs_before END) DESC NULLS LAST, property_id
