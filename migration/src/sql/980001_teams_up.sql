-- Who answers: teams, presence, and how conversations are given to people. {id}, {ts} as in the first migration.

-- A group of members. One that was removed keeps its name for old conversations.
CREATE TABLE team (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    name text NOT NULL,
    state text NOT NULL CHECK (state IN ('active', 'removed')),
    mode text NOT NULL CHECK (mode IN ('off', 'round_robin', 'least_loaded')),
    max_open bigint,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX team_name ON team (tenant_id, name) WHERE state = 'active';

CREATE TABLE team_member (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    team_id {id} NOT NULL,
    member_id {id} NOT NULL,
    PRIMARY KEY (tenant_id, team_id, member_id),
    FOREIGN KEY (tenant_id, team_id) REFERENCES team (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX team_member_of ON team_member (tenant_id, member_id);

-- The front desk of a business. `version` rises with everything that changes who may be given a conversation: whoever decides by what he
-- has read commits only if it still stands.
CREATE TABLE desk (
    tenant_id {id} NOT NULL PRIMARY KEY REFERENCES tenant (id) ON DELETE CASCADE,
    version bigint NOT NULL,
    max_open bigint NOT NULL,
    updated_at {ts} NOT NULL
);

-- A member at the desk. `turn`: the version of the desk at which this member was last given a conversation.
CREATE TABLE desk_member (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    member_id {id} NOT NULL,
    choice text NOT NULL CHECK (choice IN ('online', 'busy', 'away')),
    max_open bigint,
    last_seen {ts},
    turn bigint NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, member_id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);
CREATE INDEX desk_member_here ON desk_member (last_seen) WHERE choice = 'online';

-- How an inbox gives conversations to people, and when they are there: `hours` is JSON, null for always.
CREATE TABLE inbox_rule (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    inbox_id {id} NOT NULL,
    mode text NOT NULL CHECK (mode IN ('off', 'round_robin', 'least_loaded')),
    max_open bigint,
    on_return text NOT NULL CHECK (on_return IN ('route', 'keep')),
    hours text,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, inbox_id),
    FOREIGN KEY (tenant_id, inbox_id) REFERENCES inbox (tenant_id, id) ON DELETE CASCADE
);

ALTER TABLE conversation ADD COLUMN team_id {id};
CREATE INDEX conversation_team ON conversation (tenant_id, team_id, last_activity_at, id) WHERE team_id IS NOT NULL;
CREATE INDEX conversation_line ON conversation (tenant_id, inbox_id, waiting_since)
    WHERE status = 'open' AND speaker = 'nobody' AND assignee_id IS NULL;
CREATE INDEX conversation_load ON conversation (tenant_id, assignee_id) WHERE status = 'open' AND assignee_id IS NOT NULL;
