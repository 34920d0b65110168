//! The audit log, consents and suspensions.
//!
//! People only read them. What is written in the first two stays as it is: triggers refuse every change, and every removal but that of a
//! whole tenant (or of the person a consent is about) and, in the audit log, that of what is older than twelve months and lies before the
//! anchor that keeps the rest of the chain provable.

use crate::guard;
use crate::statements::{render, split};
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};

/// Name of this migration is the name of its file.
#[derive(DeriveMigrationName)]
pub struct Migration;

const UP: &str = include_str!("sql/920001_audit_up.sql");

/// Every table, those that refer before those that are referred to.
const DROP_ORDER: [&str; 4] = ["suspension", "consent_event", "audit_event", "audit_head"];

/// True while the tenant of `OLD` is there: a removal that is not a cascade.
const TENANT_STANDS: &str = "EXISTS (SELECT 1 FROM tenant t WHERE t.id = OLD.tenant_id)";

/// True while `OLD` must stay: it lies behind the anchor, or is younger than twelve months by the database's own clock.
const NOT_EXPIRED: &str =
    "(NOT EXISTS (SELECT 1 FROM audit_head h WHERE h.tenant_id = OLD.tenant_id AND OLD.number <= h.anchor) OR OLD.at > {year_ago})";

/// True while those stand whom a consent is about.
const PERSON_STANDS: &str = "(EXISTS (SELECT 1 FROM account a WHERE a.id = OLD.account_id)
    OR EXISTS (SELECT 1 FROM contact c WHERE c.tenant_id = OLD.tenant_id AND c.id = OLD.contact_id))";

/// Returns the triggers of one database.
fn triggers(backend: DbBackend) -> Vec<String> {
    let postgres = backend == DbBackend::Postgres;
    let year_ago = if postgres { "now() - interval '365 days'" } else { "((CAST(strftime('%s', 'now') AS INTEGER) - 31536000) * 1000000)" };
    let event = format!("{TENANT_STANDS} AND {}", NOT_EXPIRED.replace("{year_ago}", year_ago));
    let consent = format!("{TENANT_STANDS} AND {PERSON_STANDS}");
    let back = "NEW.last < OLD.last OR NEW.anchor < OLD.anchor OR NEW.tenant_id <> OLD.tenant_id";
    let refusals = [
        ("audit_event", "UPDATE", "1 = 1"),
        ("audit_event", "DELETE", event.as_str()),
        ("consent_event", "UPDATE", "1 = 1"),
        ("consent_event", "DELETE", consent.as_str()),
        ("audit_head", "UPDATE", back),
        ("audit_head", "DELETE", TENANT_STANDS),
    ];
    refusals
        .into_iter()
        .flat_map(|(table, verb, when)| if postgres { on_postgres(table, verb, when) } else { on_sqlite(table, verb, when) })
        .collect()
}

fn on_sqlite(table: &str, verb: &str, when: &str) -> Vec<String> {
    let name = format!("{table}_keeps_on_{}", verb.to_lowercase());
    vec![format!("CREATE TRIGGER {name} BEFORE {verb} ON {table} WHEN {when} BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END")]
}

fn on_postgres(table: &str, verb: &str, when: &str) -> Vec<String> {
    let name = format!("{table}_keeps_on_{}", verb.to_lowercase());
    let answer = if verb == "DELETE" { "OLD" } else { "NEW" };
    vec![
        format!(
            "CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               IF {when} THEN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END IF;
               RETURN {answer};
             END $$"
        ),
        format!("CREATE TRIGGER {name} BEFORE {verb} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()"),
    ]
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let backend = manager.get_database_backend();
        let postgres = backend == DbBackend::Postgres;
        let mut statements = split(&render(UP, backend));
        if postgres {
            statements.extend(["audit_event", "consent_event"].into_iter().flat_map(guard::append_only_table));
            statements.extend(["audit_head", "suspension"].into_iter().flat_map(guard::read_only_table));
        }
        statements.extend(triggers(backend));
        for statement in &statements {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let db = manager.get_connection();
        for table in DROP_ORDER {
            db.execute_unprepared(&format!("DROP TABLE {table}")).await?;
        }
        if manager.get_database_backend() == DbBackend::Postgres {
            for (table, verb) in
                ["audit_event", "consent_event", "audit_head"].into_iter().flat_map(|table| [(table, "update"), (table, "delete")])
            {
                db.execute_unprepared(&format!("DROP FUNCTION {table}_keeps_on_{verb}()")).await?;
            }
        }
        Ok(())
    }
}
