-- What customers are asked after a stretch of a conversation, and what they answer. {id}, {ts} as in the first migration.

-- How an inbox asks; null: it does not.
ALTER TABLE inbox_rule ADD COLUMN survey text;

-- The stretch that must be over, and the newest one, when a row leaves; null: it does not matter.
ALTER TABLE outbox ADD COLUMN ended_cycle bigint;

-- Written by the step that ends the stretch, which ends once. `member_id`: for whom of the people the answer counts; null where the assistant
-- held it, or nobody in particular. `message_seq`: the message that asks. `changed_at`: when the answer was given or last changed.
CREATE TABLE survey (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    cycle bigint NOT NULL,
    inbox_id {id} NOT NULL,
    message_seq bigint NOT NULL,
    language text NOT NULL,
    resolved_by text NOT NULL CHECK (resolved_by IN ('assistant', 'person', 'silence')),
    resolver_id {id},
    held_by text NOT NULL CHECK (held_by IN ('assistant', 'people')),
    member_id {id},
    asked_at {ts} NOT NULL,
    rating smallint CHECK (rating BETWEEN 1 AND 5),
    comment text,
    answered_at {ts},
    changed_at {ts},
    PRIMARY KEY (tenant_id, id),
    CHECK ((rating IS NULL) = (answered_at IS NULL) AND (rating IS NULL) = (changed_at IS NULL)),
    CHECK (comment IS NULL OR rating IS NOT NULL),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX survey_once ON survey (tenant_id, conversation_id, cycle);
CREATE INDEX survey_asked ON survey (tenant_id, asked_at, id);
CREATE INDEX survey_inbox ON survey (tenant_id, inbox_id, asked_at, id);
CREATE INDEX survey_member ON survey (tenant_id, member_id, asked_at, id) WHERE member_id IS NOT NULL;
