-- Dialogs and devices in use, by property
-- Which property uses the assistant, and how much of it?
-- Caveat: Devices are those of an average day, and the percentage is computed from the sums. Only days on which the property has rows count: fewer days mean fewer dialogs.
-- Adds up: dialogs
-- Days: 31
WITH days AS (
  SELECT property_id, dataset_date, max_by(property_name, dataset_date) AS property_name,
    sum(device_count) AS devices, sum(active_device_count) AS in_use, sum(dialog_count) AS dialogs
  FROM asp_device
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY property_id, dataset_date
)
SELECT property_id, max_by(property_name, dataset_date) AS property_name, count(*) AS days,
  round(avg(CAST(devices AS double)), 1) AS devices, round(avg(CAST(in_use AS double)), 1) AS in_use,
  round(1e2 * sum(in_use) / nullif(sum(devices), 0), 1) AS percent_in_use, sum(dialogs) AS dialogs
FROM days
GROUP BY property_id
ORDER BY dialogs DESC, property_id
