-- The fleet: staff, customers, phones, what runs through the phones and what is logged of them.
--
-- Nobody is seeded. An admin is made with an e-mail and a hash that somebody chose: a well-known password is an open door.

CREATE TABLE users (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    email varchar(255) NOT NULL UNIQUE,
    password_hash varchar(255) NOT NULL,
    name varchar(255) NOT NULL,
    role varchar(50) NOT NULL DEFAULT 'operator',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- lint: unique-customer the operator alone makes phones and gives out ports; no tenant can try whether one is taken
CREATE TABLE devices (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL DEFAULT '',
    android_id varchar(255) NOT NULL UNIQUE,
    status varchar(50) NOT NULL DEFAULT 'offline',
    cellular_ip inet,
    wifi_ip inet,
    vpn_ip inet,
    carrier varchar(100) DEFAULT '',
    network_type varchar(20) DEFAULT '',
    battery_level integer DEFAULT 0,
    battery_charging boolean DEFAULT false,
    signal_strength integer DEFAULT 0,
    base_port integer NOT NULL UNIQUE,
    http_port integer NOT NULL,
    socks5_port integer NOT NULL,
    udp_relay_port integer NOT NULL,
    ovpn_port integer NOT NULL,
    last_heartbeat timestamptz,
    app_version varchar(50) DEFAULT '',
    device_model varchar(100) DEFAULT '',
    android_version varchar(20) DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX devices_status_idx ON devices (status);

CREATE TABLE customers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    name varchar(255) NOT NULL,
    email varchar(255) NOT NULL UNIQUE,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE proxy_connections (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
    customer_id uuid REFERENCES customers ON DELETE SET NULL,
    username varchar(255) NOT NULL,
    password_hash varchar(255) NOT NULL,
    ip_whitelist text[] DEFAULT '{}',
    bandwidth_limit bigint DEFAULT 0,
    bandwidth_used bigint DEFAULT 0,
    active boolean NOT NULL DEFAULT true,
    expires_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON COLUMN proxy_connections.bandwidth_limit IS 'Bytes; 0 for no limit.';

CREATE INDEX proxy_connections_device_id_idx ON proxy_connections (device_id);
CREATE INDEX proxy_connections_customer_id_idx ON proxy_connections (customer_id);
CREATE INDEX proxy_connections_username_idx ON proxy_connections (username);

CREATE TABLE ip_history (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
    ip inet NOT NULL,
    method varchar(50) NOT NULL DEFAULT 'natural',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX ip_history_device_id_created_at_idx ON ip_history (device_id, created_at);

-- Refers to no device and no connection: what was used stays counted when they are gone.
CREATE TABLE bandwidth_logs (
    id uuid NOT NULL DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL,
    connection_id uuid,
    bytes_in bigint NOT NULL DEFAULT 0,
    bytes_out bigint NOT NULL DEFAULT 0,
    interval_start timestamptz NOT NULL,
    interval_end timestamptz NOT NULL,
    PRIMARY KEY (id, interval_start)
) PARTITION BY RANGE (interval_start);

CREATE INDEX bandwidth_logs_device_id_interval_start_idx ON bandwidth_logs (device_id, interval_start);

-- The month before, for reports that come late, to two after; the worker makes the later ones. Months are UTC's. There is no
-- default partition: a row in it would stand in the way of its month's own.
DO $$
DECLARE
    this_month CONSTANT timestamp := date_trunc('month', now() AT TIME ZONE 'UTC');
    month timestamp;
BEGIN
    FOR month IN SELECT generate_series(this_month - interval '1 month', this_month + interval '2 months', interval '1 month') LOOP
        EXECUTE format(
            'CREATE TABLE %I PARTITION OF bandwidth_logs FOR VALUES FROM (%L) TO (%L)',
            to_char(month, '"bandwidth_logs_"YYYY_MM'),
            month AT TIME ZONE 'UTC',
            (month + interval '1 month') AT TIME ZONE 'UTC'
        );
    END LOOP;
END
$$;

CREATE TABLE device_commands (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL REFERENCES devices ON DELETE CASCADE,
    type varchar(50) NOT NULL,
    status varchar(50) NOT NULL DEFAULT 'pending',
    payload jsonb DEFAULT '{}',
    result jsonb DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    executed_at timestamptz
);

CREATE INDEX device_commands_device_id_created_at_idx ON device_commands (device_id, created_at);
CREATE INDEX device_commands_pending_idx ON device_commands (device_id, created_at) WHERE status = 'pending';
