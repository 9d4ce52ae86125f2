-- Dialogs of each room on each day
-- Where and when is the assistant used? A day on which a room had a device and nobody spoke is 0.
-- Caveat: A room without a row has no number, and on a missing day no room has one: neither is 0.
-- Adds up: dialogs
-- Days: 14
SELECT property_id, max(property_name) AS property_name, unit_id, max(unit_name) AS unit_name, dataset_date,
  sum(device_count) AS devices, sum(dialog_count) AS dialogs
FROM asp_device
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY property_id, unit_id, dataset_date
ORDER BY property_name, unit_name, unit_id, dataset_date
