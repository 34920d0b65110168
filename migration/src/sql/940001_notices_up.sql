-- What people of a business are told. {id}, {ts} as in the first migration.

-- Something that somebody may have to be told, written in the transaction of its cause; also its ladder. `due_at`: when the next rung is to be
-- told; null once it has ended, with the reason.
CREATE TABLE notice (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    kind text NOT NULL,
    cause text NOT NULL,
    conversation_id {id},
    inbox_id {id},
    subject_id {id},
    to_id {id},
    by_id {id},
    rung bigint NOT NULL,
    due_at {ts},
    ended text,
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, cause),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX notice_due ON notice (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notice_age ON notice (created_at);
CREATE INDEX notice_conversation ON notice (tenant_id, conversation_id, kind, created_at) WHERE conversation_id IS NOT NULL;

-- That one member was told of it: once.
CREATE TABLE notification (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    notice_id {id} NOT NULL,
    member_id {id} NOT NULL,
    kind text NOT NULL,
    conversation_id {id},
    subject_id {id},
    created_at {ts} NOT NULL,
    read_at {ts},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, notice_id, member_id),
    FOREIGN KEY (tenant_id, notice_id) REFERENCES notice (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX notification_list ON notification (tenant_id, member_id, created_at, id);
CREATE INDEX notification_unread ON notification (tenant_id, member_id, created_at, id) WHERE read_at IS NULL;
CREATE INDEX notification_conversation ON notification (tenant_id, conversation_id, member_id) WHERE conversation_id IS NOT NULL;

-- What a member wants to be told: JSON, kind to ways.
CREATE TABLE notification_choice (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    member_id {id} NOT NULL,
    choices text NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, member_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);

-- What a business wants: minutes between two rungs of the ladder, 0 for none.
CREATE TABLE notification_rules (
    tenant_id {id} NOT NULL PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    handoff_minutes bigint NOT NULL,
    updated_at {ts} NOT NULL
);
