-- Papers, and who besides their author may read and edit them.
CREATE TABLE papers (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    author_id uuid NOT NULL REFERENCES customers,
    slug text NOT NULL,
    title text NOT NULL,
    readers uuid[] NOT NULL DEFAULT '{}',
    editors uuid[] NOT NULL DEFAULT '{}',
    CONSTRAINT papers_slug_key UNIQUE (author_id, slug)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON papers TO tenantstore_operator;
GRANT SELECT, INSERT (author_id, slug, title), UPDATE (title), DELETE ON papers TO tenantstore_tenant;
ALTER TABLE papers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY papers_operator ON papers TO tenantstore_operator USING (true) WITH CHECK (true);
CREATE POLICY papers_select ON papers FOR SELECT TO tenantstore_tenant
USING (author_id = tenantstore_customer_id() OR tenantstore_customer_id() = ANY (readers));
CREATE POLICY papers_insert ON papers FOR INSERT TO tenantstore_tenant
WITH CHECK (author_id = tenantstore_customer_id());
CREATE POLICY papers_update ON papers FOR UPDATE TO tenantstore_tenant
USING (author_id = tenantstore_customer_id() OR tenantstore_customer_id() = ANY (editors));
CREATE POLICY papers_delete ON papers FOR DELETE TO tenantstore_tenant
USING (author_id = tenantstore_customer_id());
