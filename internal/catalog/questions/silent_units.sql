-- Units with devices and without a dialog
-- Where is a device unplugged, offline or forgotten?
-- Caveat: The vendor's youngest days may still be missing.
-- Adds up: devices
-- Days: 14
SELECT unit_id, max_by(property_name, dataset_date) AS property_name, max_by(unit_name, dataset_date) AS unit_name,
  max_by(device_count, dataset_date) AS devices, max(dataset_date) AS last_day_seen
FROM asp_device
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY unit_id
HAVING max_by(device_count, dataset_date) > 0 AND sum(coalesce(dialog_count, 0)) = 0
ORDER BY property_name, unit_name
