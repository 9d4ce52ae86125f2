-- Calls and drop-ins by property and direction, last 30 days
-- Who calls whom, and for how long? Add up one direction only: a call between two rooms is presumably in both.
SELECT property_id, max_by(property_name, dataset_date) AS property_name, direction,
  sum(calling_action_count) AS calls, sum(calling_duration_minutes) AS call_minutes,
  sum(dropin_action_count) AS drop_ins, sum(dropin_duration_minutes) AS drop_in_minutes
FROM asp_communication
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY property_id, direction
ORDER BY property_name, direction
