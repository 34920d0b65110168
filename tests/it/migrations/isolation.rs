//! The wall between tenants inside the database: row-level security on PostgreSQL, composite keys on both.

use crate::support::database::TestDatabase;
use crate::support::seed;
use crate::support::tables::{self, Table};
use anyhow::{Context, Result};
use sea_orm::{ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, Statement, TransactionTrait};
use uuid::Uuid;

const A: Uuid = Uuid::from_u128(0xA);
const B: Uuid = Uuid::from_u128(0xB);
const C: Uuid = Uuid::from_u128(0xC);

/// Tables that people never touch, whatever tenant they belong to.
const ENGINE_ONLY: [&str; 12] = [
    "data_key",
    "account_route",
    "partition",
    "node",
    "unrouted",
    "platform_key",
    "account",
    "account_token",
    "recovery_code",
    "session",
    "refresh_token",
    "file_leftover",
];

/// Tables that people read and never write.
const READ_ONLY: [&str; 7] =
    ["audit_head", "audit_event", "consent_event", "suspension", "conversation_label", "conversation_count", "survey"];

/// Tables of which people read and change some columns only; each has a test of its own.
const IN_PART: [&str; 1] = ["mail"];

/// Opens a transaction as the engine; on SQLite there are no roles and it is a plain one.
pub(crate) async fn engine(db: &DatabaseConnection) -> Result<DatabaseTransaction> {
    let tx = db.begin().await?;
    if db.get_database_backend() == DbBackend::Postgres {
        tx.execute_unprepared("SET LOCAL ROLE recado_engine").await?;
    }
    Ok(tx)
}

/// Opens a transaction as people of `tenant`, or of none.
async fn people(db: &DatabaseConnection, tenant: Option<Uuid>) -> Result<DatabaseTransaction> {
    let tx = db.begin().await?;
    tx.execute_unprepared("SET LOCAL ROLE recado_people").await?;
    if let Some(tenant) = tenant {
        tx.execute_unprepared(&format!("SELECT set_config('app.tenant_id', '{tenant}', true)")).await?;
    }
    Ok(tx)
}

/// Returns the database's error code, if the outcome is such an error.
pub(crate) fn sqlstate<T>(outcome: Result<T, DbErr>) -> Option<String> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = outcome.err()? else {
        return None;
    };
    error.as_database_error()?.code().map(|code| code.into_owned())
}

async fn count(db: &impl ConnectionTrait, condition: &str) -> Result<i64> {
    let query = Statement::from_string(DbBackend::Postgres, format!("SELECT count(*) AS n FROM {condition}"));
    Ok(db.query_one_raw(query).await?.context("a count is one row")?.try_get("", "n")?)
}

/// Every table with rows of a tenant that people may see, with the column that names the tenant.
fn tenant_tables() -> Vec<(Table, &'static str)> {
    let owner = |table: &Table| -> Option<&'static str> {
        let owned = table.columns.iter().any(|column| column.name == "tenant_id" && !column.nullable);
        if table.name == "tenant" { Some("id") } else { owned.then_some("tenant_id") }
    };
    let seen = tables::all().into_iter().filter(|table| !ENGINE_ONLY.contains(&table.name.as_str()));
    seen.filter_map(|table| owner(&table).map(|column| (table, column))).collect()
}

async fn two_tenants() -> Result<TestDatabase> {
    let database = TestDatabase::postgres().await?;
    let tx = engine(database.connection()).await?;
    seed::tenant(&tx, A).await?;
    seed::tenant(&tx, B).await?;
    tx.commit().await?;
    Ok(database)
}

#[tokio::test]
async fn people_see_the_rows_of_their_tenant_only_in_every_table() -> Result<()> {
    let database = two_tenants().await?;
    assert_eq!(tenant_tables().len(), 69);
    for tenant in [A, B] {
        let tx = people(database.connection(), Some(tenant)).await?;
        for (table, owner) in tenant_tables() {
            let name = &table.name;
            assert_eq!(count(&tx, name).await?, 1, "{name}");
            assert_eq!(count(&tx, &format!("{name} WHERE {owner} <> '{tenant}'")).await?, 0, "{name}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn people_without_a_tenant_see_nothing_also_after_another_tenant_used_the_connection() -> Result<()> {
    let database = two_tenants().await?;
    for round in 0..2 {
        let tx = people(database.connection(), None).await?;
        for (table, _) in tenant_tables() {
            assert_eq!(count(&tx, &table.name).await?, 0, "{} in round {round}", table.name);
        }
        tx.commit().await?;
        people(database.connection(), Some(A)).await?.commit().await?;
    }
    Ok(())
}

#[tokio::test]
async fn people_cannot_write_for_another_tenant_in_any_table() -> Result<()> {
    let database = two_tenants().await?;
    for (table, owner) in tenant_tables() {
        let name = &table.name;
        let tx = people(database.connection(), Some(A)).await?;
        let foreign = tx.execute(&seed::insert(&table, C, DbBackend::Postgres)).await;
        assert_eq!(sqlstate(foreign).as_deref(), Some("42501"), "{name}");
        tx.rollback().await?;

        if READ_ONLY.contains(&name.as_str()) || IN_PART.contains(&name.as_str()) {
            continue;
        }
        let tx = people(database.connection(), Some(A)).await?;
        let touched = tx.execute_unprepared(&format!("UPDATE {name} SET {owner} = {owner} WHERE {owner} = '{B}'")).await?;
        assert_eq!(touched.rows_affected(), 0, "{name}");
        let stolen = tx.execute_unprepared(&format!("UPDATE {name} SET {owner} = '{C}'")).await;
        assert_eq!(sqlstate(stolen).as_deref(), Some("42501"), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn people_write_for_their_own_tenant() -> Result<()> {
    let database = TestDatabase::postgres().await?;
    let tx = engine(database.connection()).await?;
    let all = tables::all();
    for table in all.iter().filter(|table| ["tenant", "account"].contains(&table.name.as_str())) {
        tx.execute(&seed::insert(table, A, DbBackend::Postgres)).await?;
    }
    tx.commit().await?;
    let tx = people(database.connection(), Some(A)).await?;
    for (table, _) in tenant_tables().iter().filter(|(table, _)| table.name != "tenant" && !READ_ONLY.contains(&table.name.as_str())) {
        tx.execute(&seed::insert(table, A, DbBackend::Postgres)).await.with_context(|| table.name.clone())?;
    }
    assert_eq!(tx.execute_unprepared("UPDATE config_version SET version = version + 1").await?.rows_affected(), 1);
    tx.commit().await?;
    Ok(())
}

#[tokio::test]
async fn people_change_nothing_of_what_they_only_read_not_even_their_own() -> Result<()> {
    let database = two_tenants().await?;
    let tables = tables::all();
    for table in tables.iter().filter(|table| READ_ONLY.contains(&table.name.as_str())) {
        let name = &table.name;
        for statement in [format!("UPDATE {name} SET tenant_id = tenant_id"), format!("DELETE FROM {name}")] {
            let tx = people(database.connection(), Some(A)).await?;
            assert_eq!(sqlstate(tx.execute_unprepared(&statement).await).as_deref(), Some("42501"), "{statement}");
        }
        let tx = people(database.connection(), Some(A)).await?;
        let own = tx.execute(&seed::insert(table, A, DbBackend::Postgres)).await;
        assert_eq!(sqlstate(own).as_deref(), Some("42501"), "{name}");
    }
    Ok(())
}

/// What a mail says, and to whom, is its sender's: people learn what became of it, and give it to another contact of theirs.
#[tokio::test]
async fn people_learn_what_became_of_a_mail_and_nothing_of_what_it_says() -> Result<()> {
    let database = two_tenants().await?;
    for refused in [
        "SELECT * FROM mail",
        "SELECT payload FROM mail",
        "SELECT recipient FROM mail",
        "UPDATE mail SET state = 'sent'",
        "UPDATE mail SET payload = ''",
        "DELETE FROM mail",
    ] {
        let tx = people(database.connection(), Some(A)).await?;
        assert_eq!(sqlstate(tx.execute_unprepared(refused).await).as_deref(), Some("42501"), "{refused}");
    }
    let tx = people(database.connection(), Some(A)).await?;
    assert_eq!(count(&tx, &format!("mail WHERE state = 'pending' AND reference <> '' AND tenant_id = '{A}'")).await?, 1);
    assert_eq!(tx.execute_unprepared("UPDATE mail SET contact_id = contact_id").await?.rows_affected(), 1, "only their own");
    Ok(())
}

#[tokio::test]
async fn people_have_no_way_to_the_engines_tables_nor_to_making_tenants() -> Result<()> {
    let database = two_tenants().await?;
    let selects = ENGINE_ONLY.iter().map(|table| format!("SELECT 1 FROM {table}"));
    let others = ["INSERT INTO config_version (id, version) VALUES (2, 1)", "DELETE FROM config_version", "DELETE FROM tenant"];
    for statement in selects.chain(others.map(str::to_owned)) {
        let tx = people(database.connection(), Some(A)).await?;
        assert_eq!(sqlstate(tx.execute_unprepared(&statement).await).as_deref(), Some("42501"), "{statement}");
    }
    Ok(())
}

/// `FORCE` binds the owner: a transaction that forgot its role sees nothing, and no table of a tenant is left open.
#[tokio::test]
async fn the_owner_without_a_role_sees_no_tenants_rows() -> Result<()> {
    let database = two_tenants().await?;
    for table in tenant_tables().iter().map(|(table, _)| table.name.as_str()).chain(["data_key", "account_route", "unrouted"]) {
        assert_eq!(count(database.connection(), table).await?, 0, "{table}");
    }
    let rights = "SELECT rolsuper OR rolbypassrls AS n FROM pg_roles WHERE rolname IN (current_user, 'recado_people', 'recado_engine')";
    for row in database.connection().query_all_raw(Statement::from_string(DbBackend::Postgres, rights)).await? {
        assert!(!row.try_get::<bool>("", "n")?, "no role of the product may bypass the policies");
    }
    Ok(())
}

/// The checks behind a cascade run past the policies: erasing a tenant's conversation takes its messages along.
#[tokio::test]
async fn a_cascade_reaches_its_rows_under_the_policies() -> Result<()> {
    let database = two_tenants().await?;
    let tx = people(database.connection(), Some(A)).await?;
    assert_eq!(tx.execute_unprepared("DELETE FROM conversation").await?.rows_affected(), 1);
    tx.commit().await?;
    let tx = engine(database.connection()).await?;
    for table in ["conversation", "message", "outbox", "timer", "turn", "turn_step", "attachment", "conversation_file", "survey"] {
        assert_eq!(count(&tx, &format!("{table} WHERE tenant_id = '{A}'")).await?, 0, "{table}");
        assert_eq!(count(&tx, &format!("{table} WHERE tenant_id = '{B}'")).await?, 1, "{table}");
    }
    Ok(())
}

/// A row of A may not point at anything of B, not even when the engine writes it.
#[tokio::test]
async fn a_reference_never_crosses_tenants() -> Result<()> {
    let references = [
        ("thread", "inbox_id"),
        ("thread", "contact_id"),
        ("contact_identity", "contact_id"),
        ("thread_alias", "thread_id"),
        ("account_route", "inbox_id"),
        ("conversation", "thread_id"),
        ("message", "conversation_id"),
        ("outbox", "conversation_id"),
        ("timer", "conversation_id"),
        ("turn", "conversation_id"),
        ("turn_step", "conversation_id"),
        ("survey", "conversation_id"),
        ("attachment", "message_id"),
        ("appointment", "service_id"),
        ("appointment", "contact_id"),
        ("appointment", "moves"),
        ("appointment_seat", "appointment_id"),
        ("appointment_seat", "resource_id"),
        ("slot_shown", "conversation_id"),
        ("calendar_job", "appointment_id"),
        ("appointment_reminder", "appointment_id"),
        ("calendar_event", "appointment_id"),
        ("calendar_event", "resource_id"),
        ("calendar_poll", "resource_id"),
        ("mail", "contact_id"),
        ("waitlist_entry", "service_id"),
        ("waitlist_entry", "contact_id"),
        ("waitlist_entry", "moves"),
        ("waitlist_entry", "appointment_id"),
        ("team_member", "team_id"),
        ("team_member", "member_id"),
        ("desk_member", "member_id"),
        ("inbox_rule", "inbox_id"),
        ("conversation_member", "member_id"),
        ("conversation_member", "conversation_id"),
        ("contact_note", "contact_id"),
        ("contact_merge", "contact_id"),
        ("contact_merge", "from_id"),
        ("canned_reply", "owner_id"),
        ("contact_import_row", "import_id"),
        ("bulk_action_item", "bulk_action_id"),
        ("conversation_file", "file_id"),
        ("conversation_file", "conversation_id"),
        ("canned_reply_file", "file_id"),
        ("canned_reply_file", "canned_reply_id"),
    ];
    for database in TestDatabase::both().await? {
        let tx = engine(database.connection()).await?;
        seed::tenant(&tx, A).await?;
        seed::tenant(&tx, B).await?;
        tx.commit().await?;
        for (name, column) in references {
            refuses(&database, name, column).await.with_context(|| format!("{name}.{column} on {:?}", database.backend()))?;
        }
    }
    Ok(())
}

async fn refuses(database: &TestDatabase, table: &str, column: &str) -> Result<()> {
    let postgres = database.backend() == DbBackend::Postgres;
    let literal = |id: Uuid| if postgres { format!("'{id}'") } else { format!("x'{}'", id.simple()) };
    let tx = engine(database.connection()).await?;
    let update = format!("UPDATE {table} SET {column} = {} WHERE tenant_id = {}", literal(B), literal(A));
    // Some references are checked when the transaction ends: asked for in words, so that one that cannot end is still ours to roll back.
    let outcome = match tx.execute_unprepared(&update).await {
        Ok(_) => tx.execute_unprepared("COMMIT").await,
        Err(error) => Err(error),
    };
    // Dropped, it would be open for a while yet, in the way of the next one.
    let outcome = match outcome {
        Ok(_) => Ok(()),
        Err(error) => tx.rollback().await.and(Err(error)),
    };
    assert_eq!(sqlstate(outcome).as_deref(), Some(if postgres { "23503" } else { "787" }));
    Ok(())
}
