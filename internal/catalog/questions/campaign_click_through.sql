-- Click-through of promotions: taps per hundred impressions, with their titles
-- Which promotions do people respond to? A promotion that was split into several campaigns is one row, and so are campaigns that bellhop map import groups.
-- Caveat: A promotion without a title is in no snapshot. How many people saw it is unknown: devices of several campaigns or days cannot be added up.
-- Adds up: impressions, taps
-- Days: 90
SELECT coalesce(own_campaigns.campaign_group, results.campaign_group, results.campaign_id) AS promotion,
  max_by(results.title, results.dataset_date) AS title,
  array_agg(DISTINCT results.campaign_id ORDER BY results.campaign_id) AS campaign_ids,
  min(results.dataset_date) AS first_day, max(results.dataset_date) AS last_day,
  sum(results.impression_count) AS impressions, sum(results.taps_count) AS taps,
  round(1e2 * sum(results.taps_count) / nullif(sum(results.impression_count), 0), 2) AS taps_per_hundred
FROM asp_campaign_results AS results
LEFT JOIN own_campaigns ON own_campaigns.campaign_id = results.campaign_id
WHERE {{days "results.dataset_date"}}{{property "results.property_id"}}
GROUP BY coalesce(own_campaigns.campaign_group, results.campaign_group, results.campaign_id)
ORDER BY taps_per_hundred DESC NULLS LAST, promotion
