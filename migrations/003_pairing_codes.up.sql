-- Codes by which a phone joins the fleet, and the token that it then proves itself with.

-- lint: unique-customer a phone that joins knows its code and no customer; the code is made at random, not chosen
CREATE TABLE pairing_codes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    code varchar(8) NOT NULL UNIQUE,
    device_auth_token varchar(64) NOT NULL,
    claimed_by_device_id uuid REFERENCES devices ON DELETE SET NULL,
    claimed_at timestamptz,
    expires_at timestamptz NOT NULL,
    created_by uuid REFERENCES users,
    created_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE devices ADD COLUMN auth_token varchar(64);
