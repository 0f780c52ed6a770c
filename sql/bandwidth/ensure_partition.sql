-- Make the partition of bandwidth_logs for the UTC month of this day, unless it is there. Its name.
-- scope: operator
-- not-null: partition: the function ends with the name of the day's month, made or found
SELECT tenantstore_ensure_bandwidth_partition(:month) AS partition;
