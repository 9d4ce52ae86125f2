-- What people ask for: dialogs by domain
-- What is the assistant used for?
-- Caveat: Devices are left out on purpose: one device may count in several domains.
-- Adds up: dialogs, percent
-- Days: 30
SELECT business_domain, sum(dialog_count) AS dialogs,
  round(1e2 * sum(dialog_count) / sum(sum(dialog_count)) OVER (), 1) AS percent
FROM asp_domain_engagement
WHERE {{days "dataset_date"}}{{property "property_id"}}
GROUP BY business_domain
ORDER BY dialogs DESC
