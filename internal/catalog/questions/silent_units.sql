-- Units with devices and without a dialog
-- Where is a device unplugged, offline or forgotten? A unit is listed when there are data for at least 7 days since it was first seen, and none has a dialog.
-- Caveat: A day counts when its subscription has a row for any unit. A unit without any row in these days is not listed, and an unoccupied room is silent too.
-- Adds up: devices
-- Days: 14
WITH used AS (
  SELECT dataset_date, subscription, property_id, property_name, unit_id, unit_name, device_count, dialog_count
  FROM asp_device
  WHERE {{days "dataset_date"}}
), silent AS (
  SELECT unit_id, max_by(subscription, dataset_date) AS subscription, max_by(property_name, dataset_date) AS property_name,
    max_by(unit_name, dataset_date) AS unit_name, max_by(device_count, dataset_date) AS devices,
    min(dataset_date) AS first_day_seen, max(dataset_date) AS last_day_seen
  FROM used
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY unit_id
  HAVING max_by(device_count, dataset_date) > 0 AND sum(coalesce(dialog_count, 0)) = 0
), covered AS (
  SELECT DISTINCT dataset_date, subscription FROM used
)
SELECT silent.unit_id, silent.property_name, silent.unit_name, silent.devices, silent.last_day_seen, count(*) AS days
FROM silent
JOIN covered ON covered.subscription = silent.subscription AND covered.dataset_date >= silent.first_day_seen
GROUP BY silent.unit_id, silent.property_name, silent.unit_name, silent.devices, silent.last_day_seen
HAVING count(*) >= 7
ORDER BY silent.property_name, silent.unit_name, silent.unit_id
