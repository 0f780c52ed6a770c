-- How many devices have each status, by status. Rows of StatusCount. Index: devices_status_idx.
-- scope: operator
SELECT
    d.status,
    count(*) AS devices
FROM devices AS d
GROUP BY d.status
ORDER BY d.status;
