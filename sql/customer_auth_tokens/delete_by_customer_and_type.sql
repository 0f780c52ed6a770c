-- Delete the customer's tokens of one type, used ones included.
-- The number deleted. Index: customer_auth_tokens_customer_id_type_idx.
-- scope: operator
DELETE FROM customer_auth_tokens AS t
WHERE
    t.customer_id = :customer_id
    AND t.type = :type;
