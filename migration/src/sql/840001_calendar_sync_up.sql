-- {id}, {ts} as in the first migration.

-- An event of ours in an outside calendar: written before it is made, forgotten once it is removed.
CREATE TABLE calendar_event (
    tenant_id {id} NOT NULL,
    appointment_id {id} NOT NULL,
    generation bigint NOT NULL,
    resource_id {id} NOT NULL,
    name text NOT NULL,
    starts_at {ts} NOT NULL,
    ends_at {ts} NOT NULL,
    tried_start {ts},
    tried_end {ts},
    version text,
    sequence bigint NOT NULL,
    made boolean NOT NULL,
    PRIMARY KEY (tenant_id, appointment_id, generation, resource_id),
    FOREIGN KEY (tenant_id, appointment_id) REFERENCES appointment (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, resource_id) REFERENCES resource (tenant_id, id)
);
CREATE INDEX calendar_event_resource ON calendar_event (tenant_id, resource_id, ends_at);

-- Looking for changes in a resource's outside calendar: the cursor is kept once what it covers is in the book.
CREATE TABLE calendar_poll (
    tenant_id {id} NOT NULL,
    resource_id {id} NOT NULL,
    cursor text,
    due_at {ts} NOT NULL,
    lease bigint NOT NULL,
    failures bigint NOT NULL,
    checked_at {ts},
    unknown_since {ts},
    compared_at {ts},
    PRIMARY KEY (tenant_id, resource_id),
    FOREIGN KEY (tenant_id, resource_id) REFERENCES resource (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX calendar_poll_due ON calendar_poll (due_at);

-- Until when somebody is at a job: no other job of its appointment is begun before.
ALTER TABLE calendar_job ADD COLUMN leased_until {ts};
CREATE INDEX calendar_job_open ON calendar_job (tenant_id, appointment_id) WHERE state = 'pending';
