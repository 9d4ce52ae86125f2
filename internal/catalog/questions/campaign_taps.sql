-- Taps per hundred impressions, by campaign
-- Which campaigns do people respond to? The ratio is computed from the sums; an average of daily ratios would weigh a quiet day like a busy one.
-- Caveat: A promotion to many units has several campaigns, each with its row here.
-- Adds up: impressions, taps
-- Days: 90
SELECT campaign_id, min(dataset_date) AS first_day, max(dataset_date) AS last_day,
  sum(impression_count) AS impressions, sum(taps_count) AS taps,
  round(1e2 * sum(taps_count) / nullif(sum(impression_count), 0), 2) AS taps_per_hundred
FROM asp_proactive_campaign
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY campaign_id
ORDER BY taps_per_hundred DESC NULLS LAST, campaign_id
