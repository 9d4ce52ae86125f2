-- Click-through of promotions: taps per hundred impressions, with their titles
-- Which promotions are answered? A promotion that was split into several campaigns is one row.
-- Caveat: A promotion without a title is in no snapshot. Nobody knows how many people saw it: devices of several campaigns or days cannot be added up.
-- Adds up: impressions, taps
-- Days: 90
SELECT coalesce(campaign_group, campaign_id) AS promotion, max_by(title, dataset_date) AS title,
  array_agg(DISTINCT campaign_id ORDER BY campaign_id) AS campaign_ids,
  min(dataset_date) AS first_day, max(dataset_date) AS last_day,
  sum(impression_count) AS impressions, sum(taps_count) AS taps,
  round(1e2 * sum(taps_count) / nullif(sum(impression_count), 0), 2) AS taps_per_hundred
FROM asp_campaign_results
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY coalesce(campaign_group, campaign_id)
ORDER BY taps_per_hundred DESC
