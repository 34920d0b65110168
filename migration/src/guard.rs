//! PostgreSQL's second wall between tenants: two roles without login, their grants, and row-level security.
//!
//! The one login owns the tables and is a member of both roles; every transaction of the product begins with `SET LOCAL ROLE`.
//! Never use this on SQLite, which has neither roles nor policies. Policies bind the owner too (`FORCE`), so seeds come first.
//! Later migrations call these functions for their own tables; what they return for a table must therefore never change.

/// The role of people's requests: sees the tenant named by `app.tenant_id`, and nothing if none is named.
pub const PEOPLE: &str = "recado_people";

/// The role of webhook ingest and of the writer's batches: sees every tenant.
pub const ENGINE: &str = "recado_engine";

/// Returns the statements that make both roles, if missing, and let the current login take them on.
///
/// Roles belong to the whole server, so another database's migration may make the same ones at the same moment:
/// losing that race is a success. Roles are never dropped, other databases of the server may use them.
#[must_use]
pub fn roles() -> Vec<String> {
    [PEOPLE, ENGINE].into_iter().flat_map(|role| [create_role(role), grant_role(role)]).chain([schema_usage()]).collect()
}

fn create_role(role: &str) -> String {
    format!(
        "DO $$ BEGIN
           IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN CREATE ROLE {role} NOLOGIN; END IF;
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
         END $$"
    )
}

fn grant_role(role: &str) -> String {
    format!(
        "DO $$ BEGIN
           GRANT {role} TO CURRENT_USER;
         EXCEPTION WHEN unique_violation THEN NULL;
         END $$"
    )
}

fn schema_usage() -> String {
    format!("DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO {PEOPLE}, {ENGINE}', current_schema()); END $$")
}

/// Returns the statements for a table whose rows belong to the tenant in `tenant_id`, open to people and engine.
#[must_use]
pub fn tenant_table(table: &str) -> Vec<String> {
    let mut statements = sealed_table(table);
    statements.push(format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {PEOPLE}"));
    statements.push(people_policy(table, "tenant_id"));
    statements
}

/// Returns the statements for the table of tenants itself: people read and change their own row, they never add or remove one.
#[must_use]
pub fn tenants() -> Vec<String> {
    let mut statements = sealed_table("tenant");
    statements.push(format!("GRANT SELECT, UPDATE ON tenant TO {PEOPLE}"));
    statements.push(people_policy("tenant", "id"));
    statements
}

/// Returns the statements for a table with tenants' rows that only the engine may touch.
///
/// A policy for a role also covers its members, and the login is one: `USING (true)` would show everything to a transaction
/// that forgot its role. So the policy asks who is acting; as a sub-select that is done once a statement, not once a row.
#[must_use]
pub fn sealed_table(table: &str) -> Vec<String> {
    let itself = format!("(SELECT current_user) = '{ENGINE}'");
    vec![
        engine_table(table),
        format!("ALTER TABLE {table} ENABLE ROW LEVEL SECURITY"),
        format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY"),
        format!("CREATE POLICY engine ON {table} TO {ENGINE} USING ({itself}) WITH CHECK ({itself})"),
    ]
}

/// Returns the statements for a table of tenants' rows that people read and only the engine writes.
#[must_use]
pub fn read_only_table(table: &str) -> Vec<String> {
    let mut statements = sealed_table(table);
    statements.push(format!("GRANT SELECT ON {table} TO {PEOPLE}"));
    statements.push(people_policy(table, "tenant_id"));
    statements
}

/// Returns the statements for a table as [`read_only_table`] of which not even the engine changes a row; what may go is for its triggers
/// to say.
#[must_use]
pub fn append_only_table(table: &str) -> Vec<String> {
    let mut statements = read_only_table(table);
    statements.push(format!("REVOKE UPDATE ON {table} FROM {ENGINE}"));
    statements
}

/// Returns the grant for a table of the installation that only the engine may touch.
#[must_use]
pub fn engine_table(table: &str) -> String {
    format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO {ENGINE}")
}

/// After a local setting has ended it reads as the empty text, not as null: hence `NULLIF`, which makes both mean "no tenant".
fn people_policy(table: &str, column: &str) -> String {
    let own = format!("{column} = NULLIF(current_setting('app.tenant_id', true), '')::uuid");
    format!("CREATE POLICY people ON {table} TO {PEOPLE} USING ({own}) WITH CHECK ({own})")
}
