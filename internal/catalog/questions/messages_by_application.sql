-- Messages that Pinpoint delivered, by application and week
-- How many messages reached people? Counted are messages of campaigns, and transactional e-mail and SMS.
-- Caveat: Pinpoint ended on 2026-10-30: this is history. The number of recipients cannot be added up. Days are in UTC.
-- Adds up: delivered
-- Days: 180
SELECT application_id, CAST(date_trunc('week', dataset_date) AS date) AS week, sum(amount) AS delivered,
  sum(CASE WHEN kpi_name = 'successful-deliveries-grouped-by-campaign' THEN amount END) AS by_campaigns,
  sum(CASE WHEN kpi_name = 'txn-emails-delivered' THEN amount END) AS transactional_emails,
  sum(CASE WHEN kpi_name = 'txn-sms-delivered' THEN amount END) AS transactional_sms
FROM pinpoint_kpis
WHERE level = 'application' AND kpi_name IN ('successful-deliveries-grouped-by-campaign', 'txn-emails-delivered', 'txn-sms-delivered')
  AND {{days "dataset_date"}}
GROUP BY application_id, CAST(date_trunc('week', dataset_date) AS date)
ORDER BY week DESC, application_id
