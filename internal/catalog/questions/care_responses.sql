-- Responses of the contact centre, by tag and week
-- What do we answer people about? A response with several tags counts under their combination. What people wrote is in no table unless a subscription keeps it.
SELECT date_trunc('week', dataset_date) AS week, manual_tag AS tag, count(*) AS responses,
  count(DISTINCT conversation_id) AS conversations, count(DISTINCT responding_agent_display_id) AS agents
FROM khoros_response
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY date_trunc('week', dataset_date), manual_tag
ORDER BY week DESC, responses DESC
