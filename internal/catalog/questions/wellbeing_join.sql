-- Change of satisfaction by minutes of calls
-- Do residents who call more feel better? Each answer to the survey is compared with the answer from the same room in the month before.
-- Caveat: Correlation is not causation. Bands of fewer than 5 rooms are left out. Without bellhop map import of a survey the answer is empty. A month counts as soon as there are data for one of its days.
-- Adds up: answers
-- Days: 180
WITH units AS (
  SELECT DISTINCT unit_id, CAST(date_trunc('month', dataset_date) AS date) AS month
  FROM asp_device
  WHERE {{days "dataset_date"}}{{property "property_id"}}
), minutes AS (
  SELECT unit_id, CAST(date_trunc('month', dataset_date) AS date) AS month, sum(calling_duration_minutes) AS minutes
  FROM asp_communication
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY unit_id, CAST(date_trunc('month', dataset_date) AS date)
), answers AS (
  SELECT unit_id, survey_month, satisfaction,
    lag(satisfaction) OVER (PARTITION BY unit_id ORDER BY survey_month) AS before,
    lag(survey_month) OVER (PARTITION BY unit_id ORDER BY survey_month) AS month_before
  FROM own_survey
), compared AS (
  SELECT answers.unit_id, answers.satisfaction - answers.before AS change,
    CASE WHEN coalesce(minutes.minutes, 0) = 0 THEN '0' WHEN minutes.minutes < 30 THEN 'below 30' ELSE '30 and more' END AS minutes_of_calls
  FROM answers
  JOIN units ON units.unit_id = answers.unit_id AND units.month = answers.survey_month
  LEFT JOIN minutes ON minutes.unit_id = answers.unit_id AND minutes.month = answers.survey_month
  WHERE answers.month_before = answers.survey_month - INTERVAL '1' MONTH
)
SELECT minutes_of_calls, count(DISTINCT unit_id) AS rooms, count(change) AS answers, round(avg(CAST(change AS double)), 2) AS change
FROM compared
GROUP BY minutes_of_calls
HAVING count(DISTINCT unit_id) >= 5
ORDER BY minutes_of_calls
