-- Devices in use in percent, by property and week
-- Are more of the devices used than before? The percentage is computed from the sums over the week.
-- Caveat: It is the share of device-days: daily reports do not tell how many devices were used at least once in a week. A week of fewer than 7 days is not comparable.
-- Adds up: nothing
-- Days: 90
WITH daily AS (
  SELECT property_id, dataset_date, max(property_name) AS property_name, sum(device_count) AS devices, sum(active_device_count) AS in_use
  FROM asp_device
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY property_id, dataset_date
)
SELECT property_id, max_by(property_name, dataset_date) AS property_name, CAST(date_trunc('week', dataset_date) AS date) AS week, count(*) AS days,
  round(avg(CAST(devices AS double)), 1) AS devices, round(1e2 * sum(in_use) / nullif(sum(devices), 0), 1) AS percent_in_use
FROM daily
GROUP BY property_id, CAST(date_trunc('week', dataset_date) AS date)
ORDER BY property_id, week
