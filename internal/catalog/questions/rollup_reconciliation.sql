-- Units whose own number differs from the sum of their rooms
-- Do parents equal the sum of their rooms? A difference comes from the parent's own devices, or from rooms that the report lacks.
-- Caveat: The vendor computes its own roll-ups. Without sub-units in the reports there is nothing to compare.
-- Adds up: nothing
-- Days: 30
WITH below AS (
  SELECT dataset_date, subscription, above_id, count(*) AS units_below, sum(coalesce(dialog_count, 0)) AS dialogs_below
  FROM raw.asp_device CROSS JOIN UNNEST(unit_ids) AS path (above_id)
  WHERE row_scope = 'LEAF' AND {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY dataset_date, subscription, above_id
)
SELECT parent.dataset_date, parent.subscription, parent.depth, parent.unit_id, parent.unit_name, below.units_below,
  parent.dialog_count AS dialogs, below.dialogs_below, coalesce(parent.dialog_count, 0) - below.dialogs_below AS difference
FROM raw.asp_device AS parent
JOIN below ON below.dataset_date = parent.dataset_date AND below.subscription = parent.subscription AND below.above_id = parent.unit_id
WHERE parent.row_scope = 'ROLLUP' AND {{days "parent.dataset_date"}}{{property "parent.property_id"}}
  AND coalesce(parent.dialog_count, 0) <> below.dialogs_below
ORDER BY parent.dataset_date DESC, parent.subscription, parent.depth, parent.unit_id
