-- bad: A unit talked for longer than its devices had time
-- A device has 1,440 minutes a day, for calls and drop-ins together. Units without a row in asp_device are not checked.
SELECT 'asp_communication' AS table_name, talk.dataset_date, talk.unit_id, NULL AS subject, talk.minutes AS value, 1440 * device_count AS expected
FROM (
  SELECT dataset_date, unit_id, sum(coalesce(calling_duration_minutes, 0) + coalesce(dropin_duration_minutes, 0)) AS minutes
  FROM asp_communication GROUP BY dataset_date, unit_id
) AS talk
JOIN asp_device AS device ON device.dataset_date = talk.dataset_date AND device.unit_id = talk.unit_id
WHERE talk.minutes > 1440 * device_count
