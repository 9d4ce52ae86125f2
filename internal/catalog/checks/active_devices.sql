-- bad: More devices were used than exist
-- A unit's active devices are a subset of its devices.
SELECT 'asp_device' AS table_name, dataset_date, unit_id, NULL AS subject, active_device_count AS value, device_count AS expected
FROM asp_device
WHERE active_device_count > device_count
