-- When each phone came and went.

CREATE TABLE device_status_logs (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
    status varchar(20) NOT NULL,
    previous_status varchar(20) NOT NULL,
    changed_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX device_status_logs_device_id_changed_at_idx ON device_status_logs (device_id, changed_at);
