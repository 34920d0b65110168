-- The engine's tables. One text for both databases: {id} is uuid or blob, {ts} timestamptz or bigint (microseconds since 1970, UTC).
-- JSON is text on both: nothing queries inside it. Statements end with a semicolon at the end of a line.

CREATE TABLE tenant (
    id {id} NOT NULL PRIMARY KEY,
    slug text NOT NULL UNIQUE,
    name text NOT NULL,
    locale text NOT NULL,
    timezone text NOT NULL,
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'suspended')),
    limits text NOT NULL DEFAULT '{}',
    facts text NOT NULL DEFAULT '{}',
    assistant text NOT NULL DEFAULT '{}',
    created_at {ts} NOT NULL
);

-- Numbers of a tenant: moved by the last statement of a batch, never by a sequence, so that readers see them in order.
CREATE TABLE tenant_feed (
    tenant_id {id} NOT NULL PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    last bigint NOT NULL DEFAULT 0,
    conversations bigint NOT NULL DEFAULT 0
);

-- Wrapped data keys; deleting a tenant's rows makes its sealed values unreadable for ever.
CREATE TABLE data_key (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    dek_id bigint NOT NULL,
    kek_id text NOT NULL,
    wrapped {bytes} NOT NULL,
    created_at {ts} NOT NULL,
    retired_at {ts},
    PRIMARY KEY (tenant_id, dek_id)
);

CREATE TABLE api_key (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    name text NOT NULL,
    hash text NOT NULL UNIQUE,
    last4 text NOT NULL,
    created_at {ts} NOT NULL,
    last_used_at {ts},
    revoked_at {ts},
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE inbox (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    channel text NOT NULL,
    name text NOT NULL,
    settings text NOT NULL DEFAULT '{}',
    secrets {bytes},
    state text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'disabled')),
    state_reason text,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- Which inbox an app-wide delivery belongs to. Engine only: the one unique that crosses tenants.
CREATE TABLE account_route (
    channel text NOT NULL,
    account text NOT NULL,
    tenant_id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    PRIMARY KEY (channel, account),
    FOREIGN KEY (tenant_id, inbox_id) REFERENCES inbox (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE contact (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    name text,
    name_chosen boolean NOT NULL DEFAULT {false},
    phone text,
    email text,
    locale text,
    blocked boolean NOT NULL DEFAULT {false},
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE contact_identity (
    tenant_id {id} NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    contact_id {id} NOT NULL,
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, kind, value),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX contact_identity_contact ON contact_identity (tenant_id, contact_id);

CREATE TABLE thread (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    contact_id {id} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('direct', 'group')),
    part smallint NOT NULL,
    reply_kind text NOT NULL,
    reply_to text NOT NULL,
    conversation_id {id},
    last_inbound_at {ts},
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, inbox_id) REFERENCES inbox (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX thread_contact ON thread (tenant_id, contact_id);

CREATE TABLE thread_alias (
    tenant_id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    thread_id {id} NOT NULL,
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, inbox_id, kind, value),
    FOREIGN KEY (tenant_id, thread_id) REFERENCES thread (tenant_id, id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX thread_alias_thread ON thread_alias (tenant_id, thread_id);

CREATE TABLE conversation (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    number bigint NOT NULL,
    thread_id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    contact_id {id} NOT NULL,
    part smallint NOT NULL,
    origin text NOT NULL DEFAULT 'customer',
    status text NOT NULL CHECK (status IN ('pending', 'open', 'snoozed', 'resolved', 'spam')),
    speaker text NOT NULL CHECK (speaker IN ('assistant', 'human', 'nobody')),
    speaker_id {id},
    assignee_id {id},
    priority text,
    cycle bigint NOT NULL,
    waiting_since {ts},
    snoozed_until {ts},
    first_reply_at {ts},
    last_activity_at {ts} NOT NULL,
    last_inbound_at {ts},
    resolved_at {ts},
    version bigint NOT NULL,
    last_turn bigint NOT NULL DEFAULT 0,
    last_seq bigint NOT NULL DEFAULT 0,
    step_id {id},
    format smallint NOT NULL,
    snapshot text NOT NULL,
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, number),
    FOREIGN KEY (tenant_id, thread_id) REFERENCES thread (tenant_id, id) DEFERRABLE INITIALLY DEFERRED,
    CHECK ((status = 'pending') = (speaker = 'assistant')),
    CHECK (status NOT IN ('resolved', 'spam') OR speaker = 'nobody'),
    CHECK (snoozed_until IS NULL OR status = 'snoozed')
);
CREATE INDEX conversation_activity ON conversation (tenant_id, last_activity_at, id);
CREATE INDEX conversation_status ON conversation (tenant_id, status, last_activity_at, id);
CREATE INDEX conversation_thread ON conversation (tenant_id, thread_id);
CREATE INDEX conversation_contact ON conversation (tenant_id, contact_id);

-- The queue. new: durable, not yet in the thread; recorded: in the thread, still owed an outcome; settled; dead.
-- occurred_at is min(the event's own time, received_at): the order key's first part. event_at is the event's own time, for windows.
CREATE TABLE inbound (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    external_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('item', 'command', 'timer', 'delivery_failed')),
    conversation_id {id} NOT NULL,
    part smallint NOT NULL,
    payload text NOT NULL,
    state text NOT NULL CHECK (state IN ('new', 'recorded', 'settled', 'dead')),
    reason text,
    outcome text,
    fingerprint text,
    attempts smallint NOT NULL DEFAULT 0,
    occurred_at {ts} NOT NULL,
    event_at {ts},
    delivery_index bigint NOT NULL DEFAULT 0,
    received_at {ts} NOT NULL,
    settled_at {ts},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, inbox_id, external_id)
);
CREATE INDEX inbound_open ON inbound (part, received_at) WHERE state IN ('new', 'recorded');
CREATE INDEX inbound_conversation_open ON inbound (tenant_id, conversation_id) WHERE state IN ('new', 'recorded');
CREATE INDEX inbound_quarantined ON inbound (tenant_id, conversation_id) WHERE state = 'settled' AND reason = 'quarantined';
CREATE INDEX inbound_settled ON inbound (settled_at) WHERE state = 'settled';
CREATE INDEX inbound_dead ON inbound (tenant_id, received_at) WHERE state = 'dead';

CREATE TABLE message (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    seq bigint NOT NULL,
    cycle bigint NOT NULL,
    direction text NOT NULL CHECK (direction IN ('in', 'out', 'note', 'system')),
    author text NOT NULL CHECK (author IN ('contact', 'assistant', 'agent', 'phone', 'system')),
    author_id {id},
    content text NOT NULL,
    external_id text,
    inbound_id {id},
    status text CHECK (status IN ('queued', 'sent', 'delivered', 'read', 'played', 'failed', 'uncertain', 'cancelled')),
    status_rank smallint NOT NULL DEFAULT 0,
    error text,
    turn_no bigint,
    reactions text,
    late boolean NOT NULL DEFAULT {false},
    occurred_at {ts} NOT NULL,
    created_at {ts} NOT NULL,
    edited_at {ts},
    deleted_at {ts},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, conversation_id, seq),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX message_external ON message (tenant_id, conversation_id, external_id) WHERE external_id IS NOT NULL;

-- What must leave. ord orders the rows of a conversation; a row waits while an earlier one is unsettled.
CREATE TABLE outbox (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    message_id {id},
    inbox_id {id} NOT NULL,
    part smallint NOT NULL,
    ord bigint NOT NULL,
    class text NOT NULL CHECK (class IN ('agent', 'assistant', 'bulk')),
    state text NOT NULL CHECK (state IN ('pending', 'retry', 'sending', 'sent', 'uncertain', 'failed', 'cancelled', 'dead')),
    attempt bigint NOT NULL DEFAULT 0,
    cancelling boolean NOT NULL DEFAULT {false},
    due_at {ts} NOT NULL,
    sending_at {ts},
    provider_id text,
    code text,
    detail text,
    to_kind text NOT NULL,
    to_value text NOT NULL,
    payload text NOT NULL,
    in_reply_to text,
    turn_no bigint,
    created_at {ts} NOT NULL,
    finished_at {ts},
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, conversation_id, ord),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX outbox_open ON outbox (part, due_at) WHERE state IN ('pending', 'retry', 'sending');
CREATE INDEX outbox_conversation_open ON outbox (tenant_id, conversation_id, ord) WHERE state IN ('pending', 'retry', 'sending');
CREATE INDEX outbox_provider ON outbox (tenant_id, inbox_id, provider_id) WHERE provider_id IS NOT NULL;
CREATE INDEX outbox_finished ON outbox (finished_at) WHERE state IN ('sent', 'cancelled');

-- Statuses that came before the send's answer; applied by the sent mark, dropped after an hour.
CREATE TABLE parked_status (
    tenant_id {id} NOT NULL,
    inbox_id {id} NOT NULL,
    external_id text NOT NULL,
    state text NOT NULL,
    rank smallint NOT NULL,
    error text,
    at {ts} NOT NULL,
    parked_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, inbox_id, external_id, state)
);
CREATE INDEX parked_status_age ON parked_status (parked_at);

CREATE TABLE timer (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    due_at {ts} NOT NULL,
    part smallint NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, conversation_id, kind, key),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX timer_due ON timer (due_at);

-- The journal of side effects within an unfinished turn.
CREATE TABLE turn_step (
    tenant_id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    turn_no bigint NOT NULL,
    ordinal bigint NOT NULL,
    step_key text NOT NULL,
    tool text NOT NULL,
    arguments text NOT NULL,
    result text NOT NULL,
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id, turn_no, ordinal),
    UNIQUE (tenant_id, step_key),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE turn (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    turn_no bigint NOT NULL,
    outcome text NOT NULL,
    reason text,
    model text NOT NULL,
    trace text NOT NULL,
    started_at {ts} NOT NULL,
    finished_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, conversation_id, turn_no),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);

CREATE TABLE timeline (
    tenant_id {id} NOT NULL,
    number bigint NOT NULL,
    conversation_id {id} NOT NULL,
    kind text NOT NULL,
    data text NOT NULL,
    at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, number)
);
CREATE INDEX timeline_conversation ON timeline (tenant_id, conversation_id, number);

CREATE TABLE usage_fact (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    kind text NOT NULL,
    amount bigint NOT NULL,
    cost_micros bigint NOT NULL DEFAULT 0,
    conversation_id {id},
    cycle bigint,
    at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX usage_fact_at ON usage_fact (tenant_id, at);

CREATE TABLE attachment (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    message_id {id} NOT NULL,
    ordinal smallint NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'stored', 'failed', 'expired')),
    kind text NOT NULL,
    mime_type text NOT NULL,
    provider_ref text,
    url text,
    file_name text,
    sha256 text,
    size bigint,
    voice boolean NOT NULL DEFAULT {false},
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, message_id, ordinal),
    FOREIGN KEY (tenant_id, message_id) REFERENCES message (tenant_id, id) ON DELETE CASCADE
);

-- Ownership of the 256 partitions. Engine only.
CREATE TABLE partition (
    id smallint NOT NULL PRIMARY KEY,
    owner text,
    epoch bigint NOT NULL DEFAULT 0
);

CREATE TABLE node (
    id text NOT NULL PRIMARY KEY,
    started_at {ts} NOT NULL,
    heartbeat_at {ts} NOT NULL
);

-- What came in and belongs to no conversation: kept raw for 30 days.
CREATE TABLE unrouted (
    id {id} NOT NULL PRIMARY KEY,
    channel text NOT NULL,
    account text,
    tenant_id {id},
    inbox_id {id},
    reason text NOT NULL,
    raw text NOT NULL,
    received_at {ts} NOT NULL
);
CREATE INDEX unrouted_age ON unrouted (received_at);

-- One row; raised by every change of tenants, inboxes or keys, so that running servers notice within a second.
CREATE TABLE config_version (
    id smallint NOT NULL PRIMARY KEY,
    version bigint NOT NULL
);
INSERT INTO config_version (id, version) VALUES (1, 1);
