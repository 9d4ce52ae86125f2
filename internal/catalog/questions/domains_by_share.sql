-- What people ask for: dialogs by domain
-- What is the assistant used for? The share is of the property's dialogs that have a domain.
-- Caveat: Devices are left out on purpose: one device may count in several domains. Dialogs without a domain are those in the table of devices that no domain accounts for; a negative number means that the domains have more.
-- Adds up: dialogs
-- Days: 30
WITH domains AS (
  SELECT property_id, max_by(property_name, dataset_date) AS property_name, business_domain, sum(dialog_count) AS dialogs
  FROM asp_domain_engagement
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY property_id, business_domain
), devices AS (
  SELECT property_id, sum(dialog_count) AS dialogs
  FROM asp_device
  WHERE {{days "dataset_date"}}{{property "property_id"}}
  GROUP BY property_id
)
SELECT domains.property_id, domains.property_name, domains.business_domain, domains.dialogs,
  round(1e2 * domains.dialogs / nullif(sum(domains.dialogs) OVER (PARTITION BY domains.property_id), 0), 1) AS percent,
  devices.dialogs - sum(domains.dialogs) OVER (PARTITION BY domains.property_id) AS dialogs_without_domain
FROM domains
LEFT JOIN devices ON devices.property_id = domains.property_id
ORDER BY domains.property_name, domains.property_id, domains.dialogs DESC, domains.business_domain
