-- What a member has with a conversation. {id}, {ts}, {false} as in the first migration.

-- `last_read`: the newest message that the member has looked at; null: never opened. `marked`: to be looked at again, whatever was read.
-- `mentioned_seq`: the newest note that mentions the member.
CREATE TABLE conversation_member (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    member_id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    last_read bigint,
    marked boolean NOT NULL DEFAULT {false},
    mentioned_seq bigint,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, member_id, conversation_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX conversation_member_of ON conversation_member (tenant_id, conversation_id);
CREATE INDEX conversation_member_mentioned ON conversation_member (tenant_id, member_id, conversation_id) WHERE mentioned_seq IS NOT NULL;
