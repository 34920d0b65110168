-- Booking: the agenda, the book with its wall, and what hangs on it. {id}, {ts} as in the first migration; {within_a_day} is the longest
-- appointment in each database's words. Definitions and rules are JSON as text: the product reads them whole and nothing queries inside.

CREATE TABLE service (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    position bigint NOT NULL,
    definition text NOT NULL,
    active boolean NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE resource (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    position bigint NOT NULL,
    definition text NOT NULL,
    active boolean NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);

-- A local date, YYYY-MM-DD, on which the whole business is closed.
CREATE TABLE holiday (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    day text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (tenant_id, day)
);

CREATE TABLE booking_rules (
    tenant_id {id} NOT NULL PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    rules text NOT NULL,
    updated_at {ts} NOT NULL
);

-- One row from the hold to the end; a move is a new version of it. No reference to the conversation: the appointment outlives it.
CREATE TABLE appointment (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL CHECK (status IN ('held', 'confirming', 'pending_owner', 'confirmed', 'cancelled', 'completed', 'no_show',
                                           'expired', 'released', 'failed')),
    service_id {id} NOT NULL,
    starts_at {ts} NOT NULL,
    ends_at {ts} NOT NULL,
    seats text NOT NULL,
    buffer_before bigint NOT NULL,
    buffer_after bigint NOT NULL,
    hold_expires_at {ts},
    renewed smallint NOT NULL,
    moves {id},
    contact_id {id},
    conversation_id {id},
    name text,
    phone text,
    email text,
    answers text NOT NULL,
    language text NOT NULL,
    zone text NOT NULL,
    local_start text NOT NULL,
    told text,
    reason text,
    generation bigint NOT NULL,
    request_key text,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, request_key),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service (tenant_id, id),
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id),
    FOREIGN KEY (tenant_id, moves) REFERENCES appointment (tenant_id, id),
    CHECK (starts_at < ends_at),
    CHECK (version >= 1)
);
CREATE INDEX appointment_start ON appointment (tenant_id, starts_at, id);
CREATE INDEX appointment_service ON appointment (tenant_id, service_id, starts_at);
CREATE INDEX appointment_contact ON appointment (tenant_id, contact_id, starts_at);
CREATE INDEX appointment_conversation ON appointment (tenant_id, conversation_id, created_at);
CREATE INDEX appointment_moves ON appointment (tenant_id, moves) WHERE moves IS NOT NULL;
CREATE INDEX appointment_held ON appointment (hold_expires_at) WHERE status = 'held';

-- The wall: no two rows that protect one seat at one time, unless they share the group (an appointment and the hold that would move it).
CREATE TABLE appointment_seat (
    tenant_id {id} NOT NULL,
    appointment_id {id} NOT NULL,
    place smallint NOT NULL,
    resource_id {id} NOT NULL,
    seat_no smallint NOT NULL CHECK (seat_no >= 1),
    group_id {id} NOT NULL,
    starts_at {ts} NOT NULL,
    ends_at {ts} NOT NULL,
    protects boolean NOT NULL,
    PRIMARY KEY (tenant_id, appointment_id, place),
    FOREIGN KEY (tenant_id, appointment_id) REFERENCES appointment (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, resource_id) REFERENCES resource (tenant_id, id),
    CHECK (starts_at < ends_at),
    CHECK ({within_a_day})
);
CREATE INDEX appointment_seat_resource ON appointment_seat (tenant_id, resource_id, starts_at);

-- What a conversation was shown last, under the handles by which its customer chooses.
CREATE TABLE slot_shown (
    tenant_id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    shown text NOT NULL,
    shown_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE
);

-- What must be done in outside calendars: any number of times, the version says whether it still counts.
CREATE TABLE calendar_job (
    tenant_id {id} NOT NULL,
    id {id} NOT NULL,
    appointment_id {id} NOT NULL,
    kind text NOT NULL CHECK (kind IN ('create', 'change', 'delete')),
    version bigint NOT NULL,
    generation bigint NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'done', 'dead')),
    due_at {ts} NOT NULL,
    attempt bigint NOT NULL,
    created_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, appointment_id, kind, version, generation),
    FOREIGN KEY (tenant_id, appointment_id) REFERENCES appointment (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX calendar_job_due ON calendar_job (due_at) WHERE state = 'pending';

-- Reminders belong to one version: a move makes new ones, and what is due for an old version is dropped.
CREATE TABLE appointment_reminder (
    tenant_id {id} NOT NULL,
    appointment_id {id} NOT NULL,
    version bigint NOT NULL,
    kind text NOT NULL,
    due_at {ts} NOT NULL,
    state text NOT NULL CHECK (state IN ('pending', 'sent', 'dropped')),
    PRIMARY KEY (tenant_id, appointment_id, version, kind),
    FOREIGN KEY (tenant_id, appointment_id) REFERENCES appointment (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX appointment_reminder_due ON appointment_reminder (due_at) WHERE state = 'pending';
