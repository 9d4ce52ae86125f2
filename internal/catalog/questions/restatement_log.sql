-- Published numbers that have changed since
-- Which published numbers changed, from what to what, and when?
-- Caveat: A day that was published once and never replaced is not listed. The values are sums over leaf rows of one day of one subscription. In Athena the data are as of the last bellhop operations publish.
-- Adds up: nothing
-- Days: 90
SELECT table_name, subscription, dataset_date, measure, old_value, new_value, new_value - old_value AS change,
  CAST(new_value - old_value AS double) / nullif(CAST(old_value AS double), 0) AS ratio, restated_at, new_job
FROM operations.restatements
WHERE {{days "dataset_date"}}
ORDER BY restated_at DESC, table_name, subscription, dataset_date, measure
