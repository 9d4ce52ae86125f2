-- bad: A campaign was tapped more often than it was shown
-- A tap needs an impression, in the same unit and on the same day.
SELECT 'asp_proactive_campaign' AS table_name, dataset_date, unit_id, campaign_id AS subject, taps_count AS value, impression_count AS expected
FROM asp_proactive_campaign
WHERE taps_count > impression_count
