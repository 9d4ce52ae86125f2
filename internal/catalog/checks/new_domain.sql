-- info: A business domain was seen for the first time
-- Domain names are the vendor's. Names on the table's first day are not new.
SELECT 'asp_domain_engagement' AS table_name, min(dataset_date) AS dataset_date, NULL AS unit_id, business_domain AS subject,
  sum(dialog_count) AS value, NULL AS expected
FROM asp_domain_engagement
GROUP BY business_domain
HAVING min(dataset_date) > (SELECT min(dataset_date) FROM asp_domain_engagement)
