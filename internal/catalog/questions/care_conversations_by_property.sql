-- Conversations of the contact centre, by property and week
-- Which properties contact us, and how often? A response belongs to a property by its company, and by its tag where the mapping names one.
-- Caveat: Without bellhop map import of properties, no row has a property. A conversation that continues into another week, or has the tags of two properties, counts in each.
-- Adds up: nothing
-- Days: 30
WITH responses AS (
  SELECT dataset_date, conversation_id, company, ',' || replace(replace(coalesce(manual_tag, ''), ';', ','), ', ', ',') || ',' AS tags
  FROM khoros_response
  WHERE {{days "dataset_date"}}
)
SELECT own_properties.property_id, own_properties.property_code, CAST(date_trunc('week', responses.dataset_date) AS date) AS week,
  count(*) AS responses, count(DISTINCT responses.conversation_id) AS conversations
FROM responses
LEFT JOIN own_properties ON own_properties.company = responses.company
  AND (own_properties.tag IS NULL OR strpos(responses.tags, ',' || own_properties.tag || ',') > 0)
WHERE {{days "responses.dataset_date"}}{{property "own_properties.property_id"}}
GROUP BY own_properties.property_id, own_properties.property_code, CAST(date_trunc('week', responses.dataset_date) AS date)
ORDER BY week DESC, conversations DESC, own_properties.property_id
