-- Who waits for a time to become free. No reference to the conversation: as with appointments, the row outlives it. Resources are JSON; dates
-- are local, YYYY-MM-DD; minutes count from midnight. `look_at`: when somebody must see whether a time fits; `look_no` rises with every
-- reason to look, so that a reason that comes during a look is not forgotten.

CREATE TABLE waitlist_entry (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'offered', 'booked', 'declined', 'expired', 'left')),
    service_id {id} NOT NULL,
    resources text NOT NULL,
    first_day text NOT NULL,
    last_day text NOT NULL,
    from_minute bigint NOT NULL,
    to_minute bigint NOT NULL,
    before_at {ts},
    moves {id},
    contact_id {id} NOT NULL,
    conversation_id {id} NOT NULL,
    name text,
    language text NOT NULL,
    appointment_id {id},
    look_at {ts} NOT NULL,
    look_no bigint NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, service_id) REFERENCES service (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, contact_id) REFERENCES contact (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, moves) REFERENCES appointment (tenant_id, id),
    FOREIGN KEY (tenant_id, appointment_id) REFERENCES appointment (tenant_id, id)
);
-- One wish of a customer for a service is live.
CREATE UNIQUE INDEX waitlist_entry_live ON waitlist_entry (tenant_id, contact_id, service_id) WHERE state IN ('waiting', 'offered');
CREATE INDEX waitlist_entry_line ON waitlist_entry (tenant_id, service_id, created_at, id) WHERE state = 'waiting';
CREATE INDEX waitlist_entry_look ON waitlist_entry (look_at) WHERE state = 'waiting';
CREATE INDEX waitlist_entry_made ON waitlist_entry (tenant_id, created_at, id);
CREATE INDEX waitlist_entry_offer ON waitlist_entry (tenant_id, appointment_id) WHERE appointment_id IS NOT NULL;
