-- Files that people attach. {id}, {ts} as in the first migration.

-- `name` names the bytes in the store of files: the row is there before they are. `expires_at`: nobody uses the file; whatever is not used
-- by then goes. A file in use has none.
CREATE TABLE file (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    state text NOT NULL CHECK (state IN ('receiving', 'ready')),
    name text NOT NULL,
    uploaded_by {id} NOT NULL,
    file_name text NOT NULL,
    media_type text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    width bigint,
    height bigint,
    preview boolean NOT NULL,
    created_at {ts} NOT NULL,
    expires_at {ts},
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX file_due ON file (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX file_waiting ON file (tenant_id) WHERE expires_at IS NOT NULL;

-- A file belongs to a conversation: some message of it has it, or is to have it until `held_until`.
CREATE TABLE conversation_file (
    tenant_id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    file_id {id} NOT NULL,
    held_until {ts},
    PRIMARY KEY (tenant_id, conversation_id, file_id),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, file_id) REFERENCES file (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_file_use ON conversation_file (tenant_id, file_id);
CREATE INDEX conversation_file_held ON conversation_file (held_until) WHERE held_until IS NOT NULL;

-- The files of a prepared text, in their order.
CREATE TABLE canned_reply_file (
    tenant_id {id} NOT NULL,
    canned_reply_id {id} NOT NULL,
    file_id {id} NOT NULL,
    place bigint NOT NULL,
    PRIMARY KEY (tenant_id, canned_reply_id, file_id),
    FOREIGN KEY (tenant_id, canned_reply_id) REFERENCES canned_reply (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, file_id) REFERENCES file (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX canned_reply_file_use ON canned_reply_file (tenant_id, file_id);

-- Bytes whose row is gone, until they are gone too. Refers to nothing, so that it outlives what it is about, the business among that.
CREATE TABLE file_leftover (
    tenant_id {id} NOT NULL,
    name text NOT NULL,
    due_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, name)
);
CREATE INDEX file_leftover_due ON file_leftover (due_at);
