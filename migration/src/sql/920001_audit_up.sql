-- What was done by whom, what people agreed to, and what an operator has stopped. {id}, {ts} as in the first migration. The triggers that
-- refuse changes of the past stand in the migration: their bodies differ between the databases.

-- The end of each tenant's chain of audit events, and where it was cut off by age. The number is drawn under this row's lock.
CREATE TABLE audit_head (
    tenant_id {id} NOT NULL PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    last bigint NOT NULL,
    hash text NOT NULL,
    anchor bigint NOT NULL DEFAULT 0,
    anchor_hash text NOT NULL DEFAULT ''
);

-- One administrative act: ids and names of fields, never what they hold. Each hash covers the row and the hash before it.
CREATE TABLE audit_event (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    number bigint NOT NULL,
    at {ts} NOT NULL,
    actor_kind text NOT NULL CHECK (actor_kind IN ('member', 'api_key', 'operator', 'system')),
    actor_id text,
    action text NOT NULL,
    target_kind text NOT NULL,
    target_id text NOT NULL,
    ip text,
    user_agent text,
    details text NOT NULL,
    prev_hash text NOT NULL,
    hash text NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE INDEX audit_event_action ON audit_event (tenant_id, action, number);
CREATE INDEX audit_event_age ON audit_event (at);

-- What an account or a contact agreed to, or took back.
CREATE TABLE consent_event (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    account_id {id} REFERENCES account (id) ON DELETE CASCADE,
    contact_id {id},
    kind text NOT NULL,
    text_version text NOT NULL,
    given boolean NOT NULL,
    source text NOT NULL,
    ip text,
    at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE,
    CHECK ((account_id IS NULL) <> (contact_id IS NULL))
);
CREATE INDEX consent_event_time ON consent_event (tenant_id, at, id);
CREATE INDEX consent_event_contact ON consent_event (tenant_id, contact_id);
CREATE INDEX consent_event_account ON consent_event (account_id);

-- A tenant, or a feature of one, that the operator has stopped, with the reason that its people read.
CREATE TABLE suspension (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    feature text NOT NULL,
    reason text NOT NULL,
    from_at {ts} NOT NULL,
    until_at {ts},
    created_at {ts} NOT NULL,
    ended_at {ts},
    PRIMARY KEY (tenant_id, id)
);
