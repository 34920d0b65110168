-- Webhooks to businesses' own systems. {id}, {ts}, {bytes} as in the first migration.

-- An endpoint that is told what happens. `cursor`: the last number of the timeline that was looked at for it; `leases`: names whoever takes
-- deliveries; `failing_since`, `failed_at`: the stretch in which it did nothing but fail; `expired`: events that were passed over as too old.
CREATE TABLE webhook_endpoint (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    url text NOT NULL,
    description text NOT NULL,
    events text NOT NULL,
    inboxes text,
    notes boolean NOT NULL,
    enabled boolean NOT NULL,
    disabled_reason text,
    disabled_at {ts},
    secret {bytes} NOT NULL,
    old_secret {bytes},
    old_until {ts},
    cursor bigint NOT NULL,
    leases bigint NOT NULL,
    failing_since {ts},
    failed_at {ts},
    succeeded_at {ts},
    rests_until {ts},
    expired bigint NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- That an endpoint is told of one event, once; a sample has no number. `lease`: who has it; no words of anybody are kept here, but the
-- beginning of what the endpoint answered.
CREATE TABLE webhook_delivery (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    endpoint_id {id} NOT NULL,
    number bigint,
    kind text NOT NULL,
    conversation_id {id},
    state text NOT NULL CHECK (state IN ('pending', 'delivered', 'failed', 'expired', 'dropped')),
    attempt bigint NOT NULL,
    attempts text NOT NULL,
    due_at {ts},
    lease bigint NOT NULL,
    leased_until {ts},
    expires_at {ts} NOT NULL,
    created_at {ts} NOT NULL,
    ended_at {ts},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, endpoint_id, number),
    FOREIGN KEY (tenant_id, endpoint_id) REFERENCES webhook_endpoint (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX webhook_delivery_due ON webhook_delivery (tenant_id, endpoint_id, due_at) WHERE due_at IS NOT NULL;
CREATE INDEX webhook_delivery_leased ON webhook_delivery (tenant_id, endpoint_id, leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX webhook_delivery_list ON webhook_delivery (tenant_id, endpoint_id, created_at, id);
CREATE INDEX webhook_delivery_ended ON webhook_delivery (ended_at) WHERE ended_at IS NOT NULL;
CREATE INDEX webhook_delivery_conversation ON webhook_delivery (tenant_id, conversation_id) WHERE conversation_id IS NOT NULL;
