-- Calls and drop-ins by property and direction
-- Who calls whom, and for how long?
-- Caveat: A call between two rooms is presumably in the rows of both, once for each direction: add up one direction only.
-- Adds up: nothing
-- Days: 30
SELECT property_id, max_by(property_name, dataset_date) AS property_name, direction,
  sum(calling_action_count) AS calls, sum(calling_duration_minutes) AS call_minutes,
  sum(dropin_action_count) AS drop_ins, sum(dropin_duration_minutes) AS drop_in_minutes
FROM asp_communication
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY property_id, direction
ORDER BY property_name, direction
