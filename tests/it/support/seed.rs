//! Rows for every table without writing one by hand: values are derived from the column's kind, with a few exceptions.
//!
//! All ids of a tenant's rows are the tenant's own id, so that every reference within the tenant holds. Nothing is left null
//! unless a rule of the schema wants it, so that reading the row back decodes every column.

use crate::support::tables::{self, Column, Kind, Table};
use anyhow::Result;
use entities::instant::Instant;
use sea_orm::sea_query::{Alias, InsertStatement, OnConflict, Query, SimpleExpr};
use sea_orm::{ConnectionTrait, DbBackend, Value};
use uuid::Uuid;

/// The instant in every seeded row: with microseconds, which both databases must keep.
pub const AT: Instant = Instant(1_790_000_000_123_456);

/// Rows that the migration itself makes.
pub const MADE_BY_MIGRATION: [&str; 2] = ["partition", "config_version"];

/// Inserts one row of the tenant into every table but those that the migration filled.
pub async fn tenant(db: &impl ConnectionTrait, tenant: Uuid) -> Result<()> {
    for table in tables::all().iter().filter(|table| !MADE_BY_MIGRATION.contains(&table.name.as_str())) {
        db.execute(&insert(table, tenant, db.get_database_backend())).await?;
    }
    Ok(())
}

/// Returns the insertion of one row.
pub fn insert(table: &Table, tenant: Uuid, backend: DbBackend) -> InsertStatement {
    let value = |column: &Column| -> SimpleExpr { derive(&table.name, column, tenant, backend).into() };
    let mut statement = Query::insert();
    statement.into_table(Alias::new(&table.name)).columns(table.columns.iter().map(|column| Alias::new(&column.name)));
    statement.values_panic(table.columns.iter().map(value));
    if table.name == "platform_key" {
        // The installation's, not the tenant's: whoever is seeded first makes it.
        statement.on_conflict(OnConflict::new().do_nothing().to_owned());
    }
    statement
}

fn derive(table: &str, column: &Column, tenant: Uuid, backend: DbBackend) -> Value {
    if let Some(text) = fixed(table, &column.name) {
        return text.into();
    }
    if column.name == "snoozed_until" {
        return Instant::optional(None, backend);
    }
    if (table, column.name.as_str()) == ("consent_event", "account_id") {
        // A consent is an account's or a contact's, never both.
        return Value::Uuid(None);
    }
    if column.name == "ends_at" {
        return Instant(AT.0 + 1).value(backend);
    }
    match column.kind {
        Kind::Id => tenant.into(),
        Kind::Instant => AT.value(backend),
        Kind::Text | Kind::Foreign => tenant.simple().to_string().into(),
        Kind::Big => 1_i64.into(),
        Kind::Small => 1_i16.into(),
        Kind::Bool => true.into(),
        Kind::Bytes => vec![0_u8, 255].into(),
    }
}

/// Returns what a column with a closed list of values gets.
fn fixed(table: &str, column: &str) -> Option<&'static str> {
    match (table, column) {
        ("tenant" | "inbox" | "member", "state") => Some("active"),
        ("account", "totp_state") => Some("off"),
        ("account_token", "purpose") => Some("reset"),
        ("member" | "invitation", "role") => Some("member"),
        ("thread", "kind") => Some("direct"),
        ("conversation", "status") => Some("open"),
        ("conversation", "speaker") => Some("human"),
        ("inbound", "kind") => Some("item"),
        ("inbound", "state") => Some("new"),
        ("message", "direction") => Some("in"),
        ("message", "author") => Some("contact"),
        ("message", "status") => Some("sent"),
        ("outbox", "class") => Some("agent"),
        ("outbox" | "attachment" | "calendar_job" | "appointment_reminder" | "mail" | "webhook_delivery", "state") => Some("pending"),
        ("calendar_job", "kind") => Some("create"),
        ("appointment", "status") => Some("held"),
        ("audit_event", "actor_kind") => Some("operator"),
        ("suspension", "feature") => Some("all"),
        ("contact_import" | "bulk_action", "state") => Some("running"),
        ("bulk_action", "by_kind") => Some("member"),
        ("bulk_action_item", "result") => Some("done"),
        ("file", "state") => Some("ready"),
        ("contact_import_row", "result") => Some("created"),
        ("waitlist_entry", "state") => Some("waiting"),
        ("conversation_cycle", "began") => Some("first"),
        ("survey", "resolved_by") => Some("silence"),
        ("survey", "held_by") => Some("people"),
        ("survey", "state") => Some("queued"),
        ("team", "state") => Some("active"),
        ("team" | "inbox_rule", "mode") => Some("round_robin"),
        ("desk_member", "choice") => Some("online"),
        ("inbox_rule", "on_return") => Some("route"),
        _ => None,
    }
}
