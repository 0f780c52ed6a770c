-- Fails with that SQLSTATE, and says more than a customer may know.
-- scope: tenant
SELECT notes_fail(:state) AS failed
WHERE :customer_id::uuid IS NOT NULL;
