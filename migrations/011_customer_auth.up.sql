-- Customers log in themselves: with a password, or with Google.

-- lint: index-build customers are few beside what they own
ALTER TABLE customers
    ADD COLUMN password_hash varchar(255),
    ADD COLUMN email_verified boolean NOT NULL DEFAULT false,
    ADD COLUMN google_id varchar(255) UNIQUE,
    ADD COLUMN google_email varchar(255);

-- lint: unique-customer the hash of a token that was made at random: it collides with nobody's
CREATE TABLE customer_auth_tokens (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    customer_id uuid NOT NULL REFERENCES customers ON DELETE CASCADE,
    token_hash varchar(255) NOT NULL UNIQUE,
    type varchar(50) NOT NULL CHECK (type IN ('email_verify', 'password_reset')),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX customer_auth_tokens_customer_id_type_idx ON customer_auth_tokens (customer_id, type);
