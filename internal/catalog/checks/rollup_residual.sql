-- warn: A parent's number differs from the sum of its rooms
-- The vendor computes a parent's number itself. A difference comes from devices at the parent itself, or from rooms that the report lacks.
SELECT 'asp_device' AS table_name, parent.dataset_date, parent.unit_id, 'dialog_count' AS subject, parent.dialog_count AS value, leaves.dialogs AS expected
FROM raw.asp_device AS parent
JOIN (
  SELECT dataset_date, subscription, ancestor_id, sum(dialog_count) AS dialogs
  FROM raw.asp_device CROSS JOIN UNNEST(unit_ids) AS path (ancestor_id)
  WHERE row_scope = 'LEAF' AND ancestor_id <> unit_id
  GROUP BY dataset_date, subscription, ancestor_id
) AS leaves ON leaves.dataset_date = parent.dataset_date AND leaves.subscription = parent.subscription AND leaves.ancestor_id = parent.unit_id
WHERE parent.row_scope = 'ROLLUP' AND parent.dialog_count <> leaves.dialogs
