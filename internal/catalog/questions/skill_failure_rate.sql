-- Failed utterances of skills in percent, by day
-- When did a skill fail? The percentage is computed from the day's sums, and is NULL on a day without utterances.
-- Caveat: Days are in UTC. An utterance that the skill answered wrongly does not count as failed.
-- Adds up: utterances, failed
-- Days: 30
SELECT dataset_date, skill_id, stage,
  sum(CASE WHEN metric = 'totalUtterances' THEN amount END) AS utterances,
  sum(CASE WHEN metric = 'failedUtterances' THEN amount END) AS failed,
  round(1e2 * sum(CASE WHEN metric = 'failedUtterances' THEN amount END)
    / nullif(sum(CASE WHEN metric = 'totalUtterances' THEN amount END), 0), 2) AS percent_failed
FROM skill_metrics
WHERE metric IN ('totalUtterances', 'failedUtterances') AND {{days "dataset_date"}}
GROUP BY dataset_date, skill_id, stage
ORDER BY dataset_date DESC, skill_id, stage
