-- Devices, devices in use and dialogs, by day
-- How is the assistant used from day to day?
-- Caveat: A missing day has no row, and neither does a day without any unit. Devices are counted again each day and cannot be added up over days.
-- Adds up: dialogs
-- Days: 31
SELECT dataset_date, sum(device_count) AS devices, sum(active_device_count) AS in_use, sum(dialog_count) AS dialogs
FROM asp_device
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY dataset_date
ORDER BY dataset_date
