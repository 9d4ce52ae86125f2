-- Units where a campaign was never shown
-- Where was a campaign never seen, and why? The query looks in the targeted unit and in all units below it.
-- Caveat: Only campaigns in the newest snapshot are listed. The days are those of the results, and "not shown" may mean a device without a screen, or one that was off.
-- Adds up: nothing
-- Days: 30
WITH results AS (
  SELECT dataset_date, campaign_id, unit_ids, impression_count
  FROM asp_proactive_campaign
  WHERE {{days "dataset_date"}}
), days AS (
  SELECT min(dataset_date) AS first_day, max(dataset_date) AS last_day FROM results
), reported AS (
  SELECT DISTINCT above_id FROM results CROSS JOIN UNNEST(unit_ids) AS path (above_id)
), shown AS (
  SELECT campaign_id, above_id, sum(impression_count) AS impressions
  FROM results CROSS JOIN UNNEST(unit_ids) AS path (above_id)
  GROUP BY campaign_id, above_id
), aimed AS (
  SELECT campaign_group, campaign_id, title, validation_status, starts_at, ends_at, unit_id
  FROM asp_campaign_definitions CROSS JOIN UNNEST(split(target_units, ' ')) AS target (unit_id)
  WHERE valid_to IS NULL
)
SELECT aimed.campaign_group AS promotion, aimed.campaign_id, aimed.title, aimed.unit_id,
  CASE
    WHEN aimed.validation_status = 'REJECTED' THEN 'rejected'
    WHEN CAST(aimed.starts_at AS date) > days.last_day THEN 'not begun'
    WHEN CAST(aimed.ends_at AS date) < days.first_day THEN 'over before'
    WHEN reported.above_id IS NULL THEN 'no results of this unit'
    ELSE 'not shown'
  END AS why
FROM aimed
CROSS JOIN days
LEFT JOIN reported ON reported.above_id = aimed.unit_id
LEFT JOIN shown ON shown.campaign_id = aimed.campaign_id AND shown.above_id = aimed.unit_id
WHERE coalesce(shown.impressions, 0) = 0
ORDER BY promotion, aimed.campaign_id, aimed.unit_id
