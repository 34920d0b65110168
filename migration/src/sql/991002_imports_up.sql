-- Tables of contacts that are taken in. {id}, {ts} as in the first migration.

-- `file` is the table as it came, until all of it is done; `next_row`: how many of its rows are done, which also fences two workers.
CREATE TABLE contact_import (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    id {id} NOT NULL,
    by_id {id} NOT NULL,
    state text NOT NULL CHECK (state IN ('running', 'done')),
    file text,
    rows_total bigint NOT NULL,
    next_row bigint NOT NULL,
    created bigint NOT NULL,
    updated bigint NOT NULL,
    skipped bigint NOT NULL,
    created_at {ts} NOT NULL,
    finished_at {ts},
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX contact_import_due ON contact_import (created_at) WHERE state = 'running';
CREATE INDEX contact_import_age ON contact_import (created_at);

-- What became of each row, by its place in the table; `line` is where it begins in the file.
CREATE TABLE contact_import_row (
    tenant_id {id} NOT NULL,
    import_id {id} NOT NULL,
    place bigint NOT NULL,
    line bigint NOT NULL,
    result text NOT NULL CHECK (result IN ('created', 'updated', 'skipped')),
    contact_id {id},
    column_name text,
    reason text,
    PRIMARY KEY (tenant_id, import_id, place),
    FOREIGN KEY (tenant_id, import_id) REFERENCES contact_import (tenant_id, id) ON DELETE CASCADE
);
