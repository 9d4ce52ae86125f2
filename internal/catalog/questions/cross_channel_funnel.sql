-- Messages, cards and care, by property and day
-- Do messages, cards on the screens and conversations of the contact centre move together? A channel without data is NULL.
-- Caveat: The vendors' days begin at different hours: compare trends, not days. Messages and conversations need bellhop map import of properties; an application that serves several properties is left out. A conversation of several days counts on each.
-- Adds up: delivered, impressions, taps
-- Days: 60
WITH applications AS (
  SELECT application_id, max(property_id) AS property_id
  FROM own_properties
  WHERE application_id IS NOT NULL
  GROUP BY application_id
  HAVING count(DISTINCT property_id) = 1
), messages AS (
  SELECT applications.property_id, pinpoint_kpis.dataset_date, sum(pinpoint_kpis.amount) AS delivered
  FROM pinpoint_kpis
  JOIN applications ON applications.application_id = pinpoint_kpis.application_id
  WHERE pinpoint_kpis.level = 'application'
    AND pinpoint_kpis.kpi_name IN ('successful-deliveries-grouped-by-campaign', 'txn-emails-delivered', 'txn-sms-delivered')
    AND {{days "pinpoint_kpis.dataset_date"}}
  GROUP BY applications.property_id, pinpoint_kpis.dataset_date
), cards AS (
  SELECT property_id, dataset_date, sum(impression_count) AS impressions, sum(taps_count) AS taps
  FROM asp_proactive_campaign
  WHERE {{days "dataset_date"}}
  GROUP BY property_id, dataset_date
), care AS (
  SELECT own_properties.property_id, responses.dataset_date, count(DISTINCT responses.conversation_id) AS conversations
  FROM (
    SELECT dataset_date, conversation_id, company, ',' || replace(replace(coalesce(manual_tag, ''), ';', ','), ', ', ',') || ',' AS tags
    FROM khoros_response
    WHERE {{days "dataset_date"}}
  ) AS responses
  JOIN own_properties ON own_properties.company = responses.company
    AND (own_properties.tag IS NULL OR strpos(responses.tags, ',' || own_properties.tag || ',') > 0)
  GROUP BY own_properties.property_id, responses.dataset_date
), days AS (
  SELECT property_id, dataset_date FROM messages
  UNION SELECT property_id, dataset_date FROM cards
  UNION SELECT property_id, dataset_date FROM care
)
SELECT days.property_id, days.dataset_date, messages.delivered, cards.impressions, cards.taps, care.conversations
FROM days
LEFT JOIN messages ON messages.property_id = days.property_id AND messages.dataset_date = days.dataset_date
LEFT JOIN cards ON cards.property_id = days.property_id AND cards.dataset_date = days.dataset_date
LEFT JOIN care ON care.property_id = days.property_id AND care.dataset_date = days.dataset_date
WHERE {{days "days.dataset_date"}}{{property "days.property_id"}}
ORDER BY days.dataset_date DESC, days.property_id
