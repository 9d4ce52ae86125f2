-- Calls and drop-ins by property, network and direction
-- Who calls whom, how, and for how long?
-- Caveat: A call between two rooms is presumably in the rows of both, once for each direction: add up one direction only.
-- Adds up: nothing
-- Days: 30
SELECT property_id, max_by(property_name, dataset_date) AS property_name, call_provider, direction, sub_experience,
  sum(calling_action_count) AS calls, sum(calling_duration_minutes) AS call_minutes,
  sum(dropin_action_count) AS drop_ins, sum(dropin_duration_minutes) AS drop_in_minutes,
  round(CAST(sum(calling_duration_minutes) AS double) / nullif(sum(calling_action_count), 0), 2) AS minutes_per_call
FROM asp_communication
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY property_id, call_provider, direction, sub_experience
ORDER BY property_name, property_id, call_provider, direction, sub_experience
