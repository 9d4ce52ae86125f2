-- Sessions per user of skills, by day
-- How often does a person come back on the same day? Both numbers are of whole days in UTC: users of hours or days cannot be added up.
SELECT dataset_date, skill_id, stage, max(amount) AS sessions, max(reading) AS users,
  round(CAST(max(amount) AS double) / nullif(CAST(max(reading) AS double), 0), 2) AS sessions_per_user
FROM raw.skill_metrics
WHERE period = 'P1D' AND locale IS NULL AND intent IS NULL AND group_field IS NULL AND coalesce(statistic, 'count') = 'count'
  AND metric IN ('totalSessions', 'uniqueCustomers') AND dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY dataset_date, skill_id, stage, skill_type
ORDER BY dataset_date DESC, skill_id, stage
