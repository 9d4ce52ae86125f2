-- Responses of the contact centre, by tag and week
-- What do we answer people about? A response with several tags counts under their combination.
-- Caveat: What people wrote is in no table unless a subscription keeps it. A conversation that continues into another week, or has responses of several tags, counts in each.
-- Adds up: responses
-- Days: 30
SELECT CAST(date_trunc('week', dataset_date) AS date) AS week, manual_tag AS tag, count(*) AS responses,
  count(DISTINCT conversation_id) AS conversations, count(DISTINCT responding_agent_display_id) AS agents
FROM khoros_response
WHERE {{days "dataset_date"}}
GROUP BY CAST(date_trunc('week', dataset_date) AS date), manual_tag
ORDER BY week DESC, responses DESC, tag
