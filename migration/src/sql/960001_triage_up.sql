-- What people sort conversations by, the lists and their counts. {id}, {ts}, {false} as in the first migration.

-- Labels of a conversation as a JSON list of ids, and its attributes as a JSON object; null: none. `conversation_label` says the same for lists.
ALTER TABLE conversation ADD COLUMN labels text;
ALTER TABLE conversation ADD COLUMN attributes text;

-- A business's labels. `title_key`: the title without case and accents. One that is deleted is absent for everybody at once; its row goes once
-- it has been taken off the last conversation.
CREATE TABLE label (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    title text NOT NULL,
    title_key text NOT NULL,
    colour text NOT NULL,
    description text,
    deleted_at {ts},
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id)
);
CREATE UNIQUE INDEX label_title ON label (tenant_id, title_key) WHERE deleted_at IS NULL;
CREATE INDEX label_deleted ON label (deleted_at) WHERE deleted_at IS NOT NULL;

-- That a conversation has a label, with what lists of it are sorted and split by.
CREATE TABLE conversation_label (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    conversation_id {id} NOT NULL,
    label_id {id} NOT NULL,
    status text NOT NULL,
    last_activity_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, conversation_id, label_id),
    FOREIGN KEY (tenant_id, conversation_id) REFERENCES conversation (tenant_id, id) ON DELETE CASCADE,
    FOREIGN KEY (tenant_id, label_id) REFERENCES label (tenant_id, id)
);
CREATE INDEX conversation_label_list ON conversation_label (tenant_id, label_id, status, last_activity_at, conversation_id);

-- How many conversations there are of each kind. Nobody is the id of zeros, since a key cannot be null. Moved in the transaction that moves
-- the conversation, under the lock of the tenant's feed.
CREATE TABLE conversation_count (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    inbox_id {id} NOT NULL,
    status text NOT NULL,
    assignee_id {id} NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (tenant_id, inbox_id, status, assignee_id)
);

-- A filter with a name: of one member, or of the whole business. `filter`: JSON.
CREATE TABLE saved_view (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    member_id {id},
    name text NOT NULL,
    name_key text NOT NULL,
    filter text NOT NULL,
    sort text NOT NULL,
    created_at {ts} NOT NULL,
    updated_at {ts} NOT NULL,
    PRIMARY KEY (tenant_id, id),
    FOREIGN KEY (tenant_id, member_id) REFERENCES member (tenant_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX saved_view_own ON saved_view (tenant_id, member_id, name_key) WHERE member_id IS NOT NULL;
CREATE UNIQUE INDEX saved_view_shared ON saved_view (tenant_id, name_key) WHERE member_id IS NULL;

-- Lists walk one of these from their beginning to a page's end. What comes after `id` is there so that a walk need not look at the rows.
DROP INDEX conversation_activity;
DROP INDEX conversation_status;
CREATE INDEX conversation_list ON conversation (tenant_id, status, last_activity_at, id, assignee_id, inbox_id);
CREATE INDEX conversation_inbox_list ON conversation (tenant_id, inbox_id, status, last_activity_at, id, assignee_id);
CREATE INDEX conversation_assignee_list ON conversation (tenant_id, assignee_id, status, last_activity_at, id, inbox_id)
    WHERE assignee_id IS NOT NULL;
CREATE INDEX conversation_created_list ON conversation (tenant_id, status, created_at, id, assignee_id, inbox_id);
CREATE INDEX conversation_waiting_list ON conversation (tenant_id, status, waiting_since, id, assignee_id, inbox_id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_priority_list ON conversation (tenant_id, priority, status, last_activity_at, id, assignee_id, inbox_id)
    WHERE priority IS NOT NULL;
CREATE INDEX conversation_priority_waiting_list ON conversation (tenant_id, priority, status, waiting_since, id, assignee_id, inbox_id)
    WHERE priority IS NOT NULL AND waiting_since IS NOT NULL;

-- What is there already is counted once.
INSERT INTO conversation_count (tenant_id, inbox_id, status, assignee_id, count)
SELECT tenant_id, inbox_id, status, COALESCE(assignee_id, {nobody}), COUNT(*) FROM conversation
GROUP BY tenant_id, inbox_id, status, COALESCE(assignee_id, {nobody});
