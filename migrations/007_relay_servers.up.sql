-- The servers that phones tunnel to.

CREATE TABLE relay_servers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(100) NOT NULL,
    ip varchar(45) NOT NULL UNIQUE,
    location varchar(100) NOT NULL DEFAULT '',
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE devices ADD COLUMN relay_server_id uuid REFERENCES relay_servers;
-- lint: several-tables both columns are entries in the catalogs, and the lock timeout bounds the wait
ALTER TABLE pairing_codes ADD COLUMN relay_server_id uuid REFERENCES relay_servers;
