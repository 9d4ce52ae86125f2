-- Devices in use by property, on an average day
-- How many of the devices are used on a day? Devices are counted for each day and then averaged: a sum over days would count each device thirty times.
-- Caveat: Missing days are left out of the average. Daily reports do not tell how many devices were used at least once in the whole period.
-- Adds up: nothing
-- Days: 30
WITH days AS (
  SELECT property_id, dataset_date, max_by(property_name, dataset_date) AS property_name,
    sum(device_count) AS devices, sum(active_device_count) AS in_use
  FROM asp_device
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY property_id, dataset_date
)
SELECT property_id, max_by(property_name, dataset_date) AS property_name,
  round(avg(CAST(devices AS double)), 1) AS devices, round(avg(CAST(in_use AS double)), 1) AS in_use,
  round(1e2 * sum(in_use) / nullif(sum(devices), 0), 1) AS percent_in_use
FROM days
GROUP BY property_id
ORDER BY percent_in_use
