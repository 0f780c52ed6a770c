-- Links that rotate a phone's address for whoever holds them.

CREATE TABLE rotation_links (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
    token varchar(64) NOT NULL UNIQUE,
    name varchar(255) NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz
);

CREATE INDEX rotation_links_device_id_idx ON rotation_links (device_id);
