-- Utterances of skills, and how many of them failed
-- Do our skills work?
-- Caveat: Days are in UTC. An utterance that the skill answered wrongly does not count as failed.
-- Adds up: utterances, failed
-- Days: 31
SELECT skill_id, stage, count(DISTINCT dataset_date) AS days,
  sum(CASE WHEN metric = 'totalUtterances' THEN amount END) AS utterances,
  sum(CASE WHEN metric = 'failedUtterances' THEN amount END) AS failed,
  round(1e2 * sum(CASE WHEN metric = 'failedUtterances' THEN amount END)
    / nullif(sum(CASE WHEN metric = 'totalUtterances' THEN amount END), 0), 2) AS percent_failed
FROM skill_metrics
WHERE metric IN ('totalUtterances', 'failedUtterances') AND {{days "dataset_date"}}
GROUP BY skill_id, stage
ORDER BY utterances DESC, skill_id, stage
