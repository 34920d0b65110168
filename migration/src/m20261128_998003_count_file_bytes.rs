//! How many bytes a business's files take, kept by triggers: a plan bounds it, and no upload may have to add up all files.

use crate::guard;
use crate::statements::render;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const TABLE: &str = "CREATE TABLE file_usage (
    tenant_id {id} NOT NULL REFERENCES tenant (id) ON DELETE CASCADE,
    bytes bigint NOT NULL,
    PRIMARY KEY (tenant_id)
)";

const FILL: &str = "INSERT INTO file_usage (tenant_id, bytes) SELECT tenant_id, SUM(size) FROM file GROUP BY tenant_id";

const GROWS: &str = "INSERT INTO file_usage (tenant_id, bytes) VALUES (NEW.tenant_id, NEW.size - OLD.size)
    ON CONFLICT (tenant_id) DO UPDATE SET bytes = file_usage.bytes + excluded.bytes;";

/// Of a business that goes nothing is left to be counted.
const GOES: &str = "UPDATE file_usage SET bytes = bytes - OLD.size WHERE tenant_id = OLD.tenant_id;";

/// The product makes rows without bytes, which arrive later.
const COMES: &str = "INSERT INTO file_usage (tenant_id, bytes) VALUES (NEW.tenant_id, NEW.size)
    ON CONFLICT (tenant_id) DO UPDATE SET bytes = file_usage.bytes + excluded.bytes;";

const WAYS: [(&str, &str, &str, &str); 3] = [
    ("file_comes", "INSERT", "NEW.size > 0", COMES),
    ("file_grows", "UPDATE OF size", "OLD.size <> NEW.size", GROWS),
    ("file_goes", "DELETE", "OLD.size > 0", GOES),
];

fn triggers(backend: DbBackend) -> Vec<String> {
    let mut statements = Vec::new();
    for (name, what, when, body) in WAYS {
        if backend == DbBackend::Postgres {
            statements.push(format!("CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$"));
            statements.push(format!("CREATE TRIGGER {name} AFTER {what} ON file FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION {name}()"));
        } else {
            statements.push(format!("CREATE TRIGGER {name} AFTER {what} ON file WHEN {when} BEGIN {body} END"));
        }
    }
    statements
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let postgres = backend == DbBackend::Postgres;
        let mut statements = vec![render(TABLE, backend)];
        // Policies bind the owner too: off for a moment.
        statements.extend(postgres.then(|| "ALTER TABLE file NO FORCE ROW LEVEL SECURITY".to_owned()));
        statements.push(FILL.to_owned());
        statements.extend(postgres.then(|| "ALTER TABLE file FORCE ROW LEVEL SECURITY".to_owned()));
        if postgres {
            statements.extend(guard::tenant_table("file_usage"));
        }
        statements.extend(triggers(backend));
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        let postgres = manager.get_database_backend() == DbBackend::Postgres;
        for (name, ..) in WAYS {
            db.execute_unprepared(&format!("DROP TRIGGER {name}{}", if postgres { " ON file" } else { "" })).await?;
            if postgres {
                db.execute_unprepared(&format!("DROP FUNCTION {name}()")).await?;
            }
        }
        db.execute_unprepared("DROP TABLE file_usage").await.map(drop)
    }
}
