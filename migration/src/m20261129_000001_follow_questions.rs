//! A survey says how far its question got, kept by a trigger of the outbox: whatever ends a question, none is forgotten.

use crate::statements::split;
use crate::tables::{change_rows, run};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/000001_surveys_up.sql");

/// What the messages say of the questions that are there already.
const FILL: &str = "UPDATE survey SET state = CASE m.status WHEN 'cancelled' THEN 'lost' WHEN 'failed' THEN 'lost'
    WHEN 'uncertain' THEN 'uncertain' WHEN 'queued' THEN 'queued' ELSE 'sent' END
    FROM message m WHERE m.tenant_id = survey.tenant_id AND m.conversation_id = survey.conversation_id AND m.seq = survey.message_seq";

/// A row that waits, or leaves at this moment, says nothing; one that is tried again is lost until it has left.
const WHEN: &str = "NEW.ended_cycle IS NOT NULL AND NEW.state <> OLD.state
    AND NEW.state IN ('sent', 'uncertain', 'failed', 'cancelled', 'dead')";

const FOLLOWS: &str = "UPDATE survey SET state = CASE NEW.state WHEN 'sent' THEN 'sent' WHEN 'uncertain' THEN 'uncertain' ELSE 'lost' END
    WHERE tenant_id = NEW.tenant_id AND conversation_id = NEW.conversation_id AND cycle = NEW.ended_cycle;";

const DOWN: &str = "DROP INDEX survey_rated;
DROP INDEX survey_answered;
ALTER TABLE survey DROP COLUMN changes;
ALTER TABLE survey DROP COLUMN state;";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        run(manager, split(UP)).await?;
        change_rows(manager, FILL).await?;
        let trigger = if manager.get_database_backend() == DbBackend::Postgres {
            vec![
                format!("CREATE FUNCTION survey_follows() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {FOLLOWS} RETURN NULL; END $$"),
                format!(
                    "CREATE TRIGGER survey_follows AFTER UPDATE OF state ON outbox FOR EACH ROW WHEN ({WHEN}) EXECUTE FUNCTION survey_follows()"
                ),
            ]
        } else {
            vec![format!("CREATE TRIGGER survey_follows AFTER UPDATE OF state ON outbox WHEN {WHEN} BEGIN {FOLLOWS} END")]
        };
        run(manager, trigger).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let trigger = if manager.get_database_backend() == DbBackend::Postgres {
            vec!["DROP TRIGGER survey_follows ON outbox".to_owned(), "DROP FUNCTION survey_follows()".to_owned()]
        } else {
            vec!["DROP TRIGGER survey_follows".to_owned()]
        };
        run(manager, trigger).await?;
        run(manager, split(DOWN)).await
    }
}
