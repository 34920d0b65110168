//! Lists of a label, and of those that wait, walk an index in every order: a label's rows carry what lists are sorted and split by.

use crate::statements::{render, split};
use crate::tables::{change_rows, run};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const COLUMNS: &str = "ALTER TABLE conversation_label ADD COLUMN created_at {ts} NOT NULL DEFAULT {beginning};
ALTER TABLE conversation_label ADD COLUMN waiting_since {ts};
ALTER TABLE conversation_label ADD COLUMN priority text;
ALTER TABLE conversation_label ADD COLUMN assignee_id {id};";

const FILL: &str = "UPDATE conversation_label SET created_at = c.created_at, waiting_since = c.waiting_since, priority = c.priority,
    assignee_id = c.assignee_id
    FROM conversation c WHERE c.tenant_id = conversation_label.tenant_id AND c.id = conversation_label.conversation_id";

const INDEXES: &str = "DROP INDEX conversation_label_list;
CREATE INDEX conversation_label_list ON conversation_label (tenant_id, label_id, status, last_activity_at, conversation_id, assignee_id);
CREATE INDEX conversation_label_created ON conversation_label (tenant_id, label_id, status, created_at, conversation_id, assignee_id);
CREATE INDEX conversation_label_waiting
    ON conversation_label (tenant_id, label_id, status, waiting_since, conversation_id, priority, assignee_id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_label_priority
    ON conversation_label (tenant_id, label_id, priority, status, last_activity_at, conversation_id, assignee_id)
    WHERE priority IS NOT NULL;
CREATE INDEX conversation_waiting_activity ON conversation (tenant_id, status, last_activity_at, id, assignee_id, inbox_id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_waiting_created ON conversation (tenant_id, status, created_at, id, assignee_id, inbox_id)
    WHERE waiting_since IS NOT NULL;
CREATE INDEX conversation_priority_created ON conversation (tenant_id, priority, status, created_at, id, assignee_id, inbox_id)
    WHERE priority IS NOT NULL;";

const DOWN: &str = "DROP INDEX conversation_priority_created;
DROP INDEX conversation_waiting_created;
DROP INDEX conversation_waiting_activity;
DROP INDEX conversation_label_priority;
DROP INDEX conversation_label_waiting;
DROP INDEX conversation_label_created;
DROP INDEX conversation_label_list;
ALTER TABLE conversation_label DROP COLUMN assignee_id;
ALTER TABLE conversation_label DROP COLUMN priority;
ALTER TABLE conversation_label DROP COLUMN waiting_since;
ALTER TABLE conversation_label DROP COLUMN created_at;
CREATE INDEX conversation_label_list ON conversation_label (tenant_id, label_id, status, last_activity_at, conversation_id);";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let beginning = if backend == DbBackend::Postgres { "to_timestamp(0)" } else { "0" };
        run(manager, split(&render(COLUMNS, backend).replace("{beginning}", beginning))).await?;
        change_rows(manager, FILL).await?;
        run(manager, split(INDEXES)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, split(DOWN)).await
    }
}
