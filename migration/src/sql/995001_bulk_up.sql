-- Actions over many conversations. {id}, {ts} as in the first migration.

-- `by_kind`: `member` or `api_key`; what they may do and see is asked again for every item. `action` is JSON without a customer's word.
CREATE TABLE bulk_action (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    by_kind text NOT NULL CHECK (by_kind IN ('member', 'api_key')),
    by_id {id} NOT NULL,
    fingerprint text NOT NULL,
    action text NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done', 'cancelled')),
    items bigint NOT NULL,
    created_at {ts} NOT NULL,
    cancelled_at {ts},
    finished_at {ts},
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX bulk_action_due ON bulk_action (created_at) WHERE state = 'running';
CREATE INDEX bulk_action_age ON bulk_action (finished_at) WHERE finished_at IS NOT NULL;
-- Nobody has two at work at once.
CREATE UNIQUE INDEX bulk_action_one ON bulk_action (tenant_id, by_id) WHERE state = 'running';

-- What becomes of each conversation, in the order in which they are taken. The list is fixed when the job is made; no reference to the
-- conversation, since a report outlives what it is about. `command_id` is the row of the queue that carries it out.
CREATE TABLE bulk_action_item (
    tenant_id {id} NOT NULL,
    bulk_action_id {id} NOT NULL,
    place bigint NOT NULL,
    conversation_id {id} NOT NULL,
    command_id {id},
    result text NOT NULL CHECK (result IN ('waiting', 'given', 'done', 'unchanged', 'refused', 'absent', 'cancelled')),
    reason text,
    detail text,
    PRIMARY KEY (tenant_id, bulk_action_id, place),
    FOREIGN KEY (tenant_id, bulk_action_id) REFERENCES bulk_action (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX bulk_action_item_open ON bulk_action_item (tenant_id, bulk_action_id, result, place) WHERE result IN ('waiting', 'given');
