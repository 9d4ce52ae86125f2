-- Sessions per user of skills, by day
-- How often does a person come back on the same day?
-- Caveat: Both numbers are for whole days in UTC. Users of several days, hours or locales cannot be added up, and people who share an account are one user.
-- Adds up: sessions
-- Days: 30
SELECT dataset_date, skill_id, stage, max(amount) AS sessions, max(reading) AS users,
  round(CAST(max(amount) AS double) / nullif(CAST(max(reading) AS double), 0), 2) AS sessions_per_user
FROM raw.skill_metrics
WHERE period = 'P1D' AND locale IS NULL AND intent IS NULL AND group_field IS NULL AND coalesce(statistic, 'count') = 'count'
  AND metric IN ('totalSessions', 'uniqueCustomers') AND {{days "dataset_date"}}
GROUP BY dataset_date, skill_id, stage, skill_type
ORDER BY dataset_date DESC, skill_id, stage
