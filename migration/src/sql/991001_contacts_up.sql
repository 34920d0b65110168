-- Contacts as people keep them, and canned replies. {id}, {ts} as in the first migration.

-- By name, folded: without accents, in lower case; whoever has no name comes last.
CREATE INDEX contact_by_name ON contact (tenant_id, name_key, id);
CREATE INDEX contact_by_age ON contact (tenant_id, created_at, id);

-- What people note about a customer. The author is a member or an API key.
CREATE TABLE contact_note (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    contact_id {id} NOT NULL,
    author_id {id} NOT NULL,
    body text NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_note_list ON contact_note (tenant_id, contact_id, created_at, id);

-- That two rows were one customer. `moved`: which rows were given to the survivor, `filled`: what the survivor did not know before; both JSON,
-- both for the way back. The other row stays, without anything, and names the survivor (contact.merged_into).
CREATE TABLE contact_merge (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    contact_id {id} NOT NULL,
    from_id {id} NOT NULL,
    by_id {id} NOT NULL,
    moved text NOT NULL,
    filled text NOT NULL,
    merged_at {ts} NOT NULL,
    undone_at {ts},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, from_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX contact_merge_list ON contact_merge (tenant_id, contact_id, merged_at, id);
CREATE INDEX contact_merge_from ON contact_merge (tenant_id, from_id);

-- Prepared texts. Without an owner they are everybody's.
CREATE TABLE canned_reply (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    code text NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    language text,
    owner_id {id},
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, code),
    FOREIGN KEY (tenant_id, owner_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);
