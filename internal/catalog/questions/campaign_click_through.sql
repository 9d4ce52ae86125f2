-- Click-through of promotions: taps per hundred impressions, with their titles
-- Which promotions are answered? A promotion that was split into several campaigns is one row. Without a title, no snapshot has the campaign.
SELECT coalesce(campaign_group, campaign_id) AS promotion, max_by(title, dataset_date) AS title,
  array_agg(DISTINCT campaign_id ORDER BY campaign_id) AS campaign_ids,
  min(dataset_date) AS first_day, max(dataset_date) AS last_day,
  sum(impression_count) AS impressions, sum(taps_count) AS taps,
  round(1e2 * sum(taps_count) / nullif(sum(impression_count), 0), 2) AS taps_per_hundred
FROM asp_campaign_results
WHERE dataset_date >= current_date - INTERVAL '90' DAY
GROUP BY coalesce(campaign_group, campaign_id)
ORDER BY taps_per_hundred DESC
