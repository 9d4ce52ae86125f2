-- Dialogs and days with data, by unit
-- Which rooms use the assistant most?
-- Caveat: Occupancy is not taken into account: a room with few dialogs may only have had few guests.
-- Adds up: dialogs
-- Days: 31
SELECT property_id, max_by(property_name, dataset_date) AS property_name,
  unit_id, max_by(unit_name, dataset_date) AS unit_name,
  count(DISTINCT dataset_date) AS days, max_by(device_count, dataset_date) AS devices,
  sum(dialog_count) AS dialogs
FROM asp_device
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY property_id, unit_id
ORDER BY dialogs DESC, property_id, unit_id
