-- Mails that must leave. What has ended keeps neither text nor link.
CREATE TABLE mail (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    contact_id {id},
    payload text NOT NULL,
    reference text NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'retry', 'sending', 'uncertain', 'sent', 'failed', 'dropped')),
    reason text,
    attempt bigint NOT NULL,
    doubtful bigint NOT NULL,
    due_at {ts},
    leased_until {ts},
    expires_at {ts} NOT NULL,
    created_at {ts} NOT NULL,
    ended_at {ts},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, reference),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX mail_due ON mail (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX mail_ended ON mail (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX mail_contact ON mail (tenant_id, contact_id) WHERE contact_id IS NOT NULL;
