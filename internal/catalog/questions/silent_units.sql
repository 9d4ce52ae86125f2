-- Units with devices and without a dialog in 14 days
-- Where is a device unplugged, offline or forgotten? The vendor's youngest days may still be missing.
SELECT unit_id, max_by(property_name, dataset_date) AS property_name, max_by(unit_name, dataset_date) AS unit_name,
  max_by(device_count, dataset_date) AS devices, max(dataset_date) AS last_day_seen
FROM asp_device
WHERE dataset_date >= current_date - INTERVAL '14' DAY
GROUP BY unit_id
HAVING max_by(device_count, dataset_date) > 0 AND sum(coalesce(dialog_count, 0)) = 0
ORDER BY property_name, unit_name
