-- Rooms by dialogs per occupied day
-- Which rooms use Alexa most? Dialogs are counted per occupied day, because a room that is always occupied would otherwise beat one that is often empty.
-- Caveat: Without bellhop map import of rooms and occupancy, the names are those of the units, and occupied days are unknown. A day counts when its subscription has a row for any unit; on such a day an occupied room without a row of its own counts with no dialogs.
-- Adds up: dialogs, occupied_days, dialogs_when_occupied
-- Days: 28
WITH used AS (
  SELECT dataset_date, subscription, property_id, property_name, unit_id, unit_name, dialog_count
  FROM asp_device
  WHERE {{days "dataset_date"}}
), covered AS (
  SELECT DISTINCT dataset_date, subscription FROM used
), units AS (
  SELECT unit_id, max_by(subscription, dataset_date) AS subscription, max_by(property_name, dataset_date) AS property_name,
    max_by(unit_name, dataset_date) AS unit_name, sum(dialog_count) AS dialogs
  FROM used
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY unit_id
), stays AS (
  SELECT units.unit_id, count(*) AS occupied_days, sum(coalesce(used.dialog_count, 0)) AS dialogs
  FROM units
  JOIN own_occupancy ON own_occupancy.unit_id = units.unit_id AND own_occupancy.occupied = 1
  JOIN covered ON covered.subscription = units.subscription AND covered.dataset_date = own_occupancy.stay_date
  LEFT JOIN used ON used.unit_id = units.unit_id AND used.dataset_date = own_occupancy.stay_date
  GROUP BY units.unit_id
)
SELECT units.property_name, units.unit_id, coalesce(own_rooms.room, units.unit_name) AS room, own_rooms.building, own_rooms.wing,
  units.dialogs, stays.occupied_days, stays.dialogs AS dialogs_when_occupied,
  round(CAST(stays.dialogs AS double) / stays.occupied_days, 2) AS dialogs_per_occupied_day
FROM units
LEFT JOIN own_rooms ON own_rooms.unit_id = units.unit_id
LEFT JOIN stays ON stays.unit_id = units.unit_id
ORDER BY dialogs_per_occupied_day DESC NULLS LAST, units.dialogs DESC NULLS LAST, units.unit_id
LIMIT 100
