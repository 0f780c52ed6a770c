-- Make the partition of bandwidth_logs for the UTC month of this day, unless it is there. Its name.
-- scope: operator
SELECT tenantstore_ensure_bandwidth_partition(:month) AS partition;
