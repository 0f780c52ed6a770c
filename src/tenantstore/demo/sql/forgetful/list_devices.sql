-- The names of all devices, in order: the condition that keeps customers apart has been forgotten.
-- scope: tenant
SELECT d.name
FROM devices AS d
WHERE :customer_id::uuid IS NOT NULL
ORDER BY d.name;
