-- What the owner of a phone, and those it is shared with, write about it.
CREATE TABLE notes (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    device_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    author_id uuid NOT NULL REFERENCES customers (id) ON DELETE CASCADE,
    body text NOT NULL CONSTRAINT notes_body_check CHECK (body <> ''),
    created_at timestamptz NOT NULL DEFAULT now(),
    -- The owner is the phone's, and no note outlives that.
    CONSTRAINT notes_device_id_owner_id_fkey
        FOREIGN KEY (device_id, owner_id) REFERENCES devices (id, customer_id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX notes_device_id_created_at_id_idx ON notes (device_id, created_at, id);

ALTER TABLE notes ENABLE ROW LEVEL SECURITY;
ALTER TABLE notes FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON TABLE notes TO tenantstore_operator;
GRANT SELECT, INSERT (device_id, owner_id, author_id, body), DELETE ON TABLE notes TO tenantstore_tenant;

CREATE POLICY notes_operator ON notes TO tenantstore_operator USING (true) WITH CHECK (true);
-- Row-local: an author sees what they wrote, an owner what was written about theirs.
CREATE POLICY notes_tenant_select ON notes FOR SELECT TO tenantstore_tenant
    USING (owner_id = tenantstore_customer_id() OR author_id = tenantstore_customer_id());
CREATE POLICY notes_tenant_insert ON notes FOR INSERT TO tenantstore_tenant
    WITH CHECK (
        author_id = tenantstore_customer_id()
        -- Whose phone it is, or with whom it is shared: the policies of devices decide.
        AND EXISTS (SELECT FROM devices AS d WHERE d.id = notes.device_id)
    );
CREATE POLICY notes_tenant_delete ON notes FOR DELETE TO tenantstore_tenant
    USING (owner_id = tenantstore_customer_id() OR author_id = tenantstore_customer_id());
