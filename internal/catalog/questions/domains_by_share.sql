-- What people ask for: dialogs by domain, last 30 days
-- What is the assistant used for? Devices are left out on purpose: one device may count in several domains.
SELECT business_domain, sum(dialog_count) AS dialogs,
  round(1e2 * sum(dialog_count) / sum(sum(dialog_count)) OVER (), 1) AS percent
FROM asp_domain_engagement
WHERE dataset_date >= current_date - INTERVAL '30' DAY
GROUP BY business_domain
ORDER BY dialogs DESC
