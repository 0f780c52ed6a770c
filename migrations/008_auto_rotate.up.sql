-- Phones that change their address by the clock; 0 for never.

ALTER TABLE devices ADD COLUMN auto_rotate_minutes integer NOT NULL DEFAULT 0;
