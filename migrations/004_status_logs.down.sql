-- Loses the history of who was online when.

DROP TABLE device_status_logs;
