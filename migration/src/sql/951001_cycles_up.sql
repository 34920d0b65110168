-- Stretches of conversations, and how long their parts took. {id}, {ts} as in the first migration.

-- One stretch from open to resolved: the newest word of the step that changed it.
CREATE TABLE conversation_cycle (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    conversation_id {id} NOT NULL,
    number bigint NOT NULL,
    began text NOT NULL CHECK (began IN ('first', 'reopened')),
    began_at {ts},
    people_at {ts},
    handed_off_at {ts},
    human_at {ts},
    ended_at {ts},
    ended_by text,
    ender_id {id},
    verdict text NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id, number),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_cycle_ended ON conversation_cycle (tenant_id, ended_at) WHERE ended_at IS NOT NULL;

-- How long something took: written once, by the step in which it ended. Seconds of business hours are null where the inbox has none.
CREATE TABLE timing (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    cycle bigint NOT NULL,
    kind text NOT NULL,
    from_at {ts} NOT NULL,
    to_at {ts} NOT NULL,
    seconds bigint NOT NULL,
    business_seconds bigint,
    by_phone boolean NOT NULL,
    agent_id {id},
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX timing_kind ON timing (tenant_id, kind, to_at);
CREATE INDEX timing_conversation ON timing (tenant_id, conversation_id, cycle);
