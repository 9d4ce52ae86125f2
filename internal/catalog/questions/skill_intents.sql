-- Most used intents of skills
-- What do people say to a skill? Each intent is counted once a day, from the row of the longest period and of all locales if there is one.
-- Caveat: Utterances that reached no intent are missing.
-- Adds up: utterances
-- Days: 30
SELECT skill_id, stage, intent, sum(amount) AS utterances
FROM (
  SELECT dataset_date, skill_id, stage, intent, amount,
    rank() OVER (PARTITION BY dataset_date, skill_id, stage, skill_type, intent
      ORDER BY CASE WHEN locale IS NULL THEN 1 ELSE 2 END, subscription, period) AS choice
  FROM raw.skill_metrics
  WHERE metric = 'totalUtterances' AND intent IS NOT NULL AND group_field IS NULL AND period IN ('P1D', 'PT1H', 'PT15M')
    AND {{days "dataset_date"}}
) AS counted
WHERE choice = 1
GROUP BY skill_id, stage, intent
ORDER BY utterances DESC
LIMIT 100
