//! How long people's lists and figures take over very many conversations of one business, on both databases.
//!
//! `cargo bench --features testing --bench lists -- [SIZE]` makes SIZE conversations (1,000,000 if not given) in a folder that goes with the
//! run, and on the PostgreSQL server of `RECADO_TEST_DATABASE_URL`, if one is named.
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]

use anyhow::{Context, Result};
use recado::crypto::ids::SystemIds;
use recado::domain::conversation::standing::Status;
use recado::domain::ids::TenantId;
use recado::domain::membership::Visibility;
use recado::domain::triage::Priority;
use recado::domain::triage::filter::{AssigneeIs, Filter};
use recado::domain::triage::sort::Sort;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::ports::ids::IdSource;
use recado::store::Store;
use recado::store::connect::{StoreOptions, connect_for_migration};
use recado::store::people::listing::Listing;
use recado::store::scope::Role;
use recado::testing::crowd::{agent, inbox, label, make};
use sea_orm::{ConnectionTrait, Database, DatabaseTransaction, DbBackend, Statement};
use std::sync::Arc;
use std::time::Duration;

/// Runs of each question.
const RUNS: usize = 40;

#[tokio::main]
async fn main() -> Result<()> {
    let size = std::env::args().filter_map(|text| text.parse().ok()).next_back().unwrap_or(1_000_000);
    let folder = std::env::temp_dir().join(format!("recado-lists-{}", SystemIds::new().uuid().simple()));
    std::fs::create_dir_all(&folder)?;
    let done = measure(&format!("sqlite://{}?mode=rwc", folder.join("lists.db").display()), size).await;
    std::fs::remove_dir_all(&folder)?;
    done?;
    if let Some(server) = server() {
        let name = format!("recado_lists_{}", SystemIds::new().uuid().simple());
        let admin = Database::connect(&server).await?;
        admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
        let base = server.rsplit_once('/').context("an address with a database")?.0;
        let done = measure(&format!("{base}/{name}"), size).await;
        admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
        done?;
    }
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "the server of a benchmark is named by who runs it, there is no config here")]
fn server() -> Option<String> {
    std::env::var("RECADO_TEST_DATABASE_URL").ok()
}

async fn measure(url: &str, size: u64) -> Result<()> {
    let db = connect_for_migration(url).await?;
    migration::up(&db).await?;
    db.close().await?;
    let clock = Arc::new(SystemClock::new());
    let store = Store::open(&StoreOptions::new(url), Arc::clone(&clock) as Arc<dyn Clock>, Arc::new(SystemIds::new())).await?;
    let tenant = TenantId(SystemIds::new().uuid());
    found(&store, tenant).await?;
    let began = clock.moment();
    make(&store, tenant, size).await?;
    println!("\n{:?}, {size} conversations, made in {:.1} s", store.backend(), (clock.moment().0 - began.0).as_secs_f64());
    println!("{:48} {:>9} {:>9}", "", "p50 ms", "p95 ms");
    for (what, filter, seen) in questions() {
        let scope = store.tenant(tenant).limited_to(seen);
        for sort in Sort::ALL {
            let listing = Listing { filter: filter.clone(), sort, me: agent(3) };
            let page = async || scope.list_conversations(listing.clone(), None, 51).await.map(drop);
            told(&format!("{what} by {}", sort.as_str()), &clock, page).await?;
        }
        told(&format!("{what}: count"), &clock, async || scope.count_conversations(filter.clone(), agent(3)).await.map(drop)).await?;
        told(&format!("{what}: tabs"), &clock, async || scope.conversation_tabs(filter.clone(), agent(3)).await.map(drop)).await?;
    }
    Ok(())
}

async fn found(store: &Store, tenant: TenantId) -> Result<()> {
    let (id, at) = match store.backend() {
        DbBackend::Postgres => (format!("'{tenant}'"), "now()"),
        DbBackend::MySql | DbBackend::Sqlite | _ => (format!("x'{}'", tenant.0.simple()), "1"),
    };
    let text = format!("INSERT INTO tenant (id, slug, name, locale, timezone, created_at) VALUES ({id}, 'b', 'B', 'es', 'UTC', {at})");
    let statement = Statement::from_string(store.backend(), text);
    store.solo(Role::Engine, move |tx: &DatabaseTransaction| Box::pin(async move { tx.execute_raw(statement).await.map(drop) })).await?;
    Ok(())
}

fn questions() -> Vec<(&'static str, Filter, Visibility)> {
    let open = || Filter { statuses: [Status::Open].into(), ..Filter::default() };
    let few = || Visibility::of([inbox(0), inbox(4)]);
    vec![
        ("all", Filter::default(), Visibility::everything()),
        ("open", open(), Visibility::everything()),
        ("open, two inboxes seen", open(), few()),
        ("open and mine", Filter { assignee: Some(AssigneeIs::Me), ..open() }, Visibility::everything()),
        ("open and nobody's", Filter { assignee: Some(AssigneeIs::Nobody), ..open() }, Visibility::everything()),
        ("a common label", Filter { labels: [label(0)].into(), ..Filter::default() }, Visibility::everything()),
        ("a rare label", Filter { labels: [label(7)].into(), ..Filter::default() }, Visibility::everything()),
        ("urgent", Filter { priorities: [Some(Priority::Urgent)].into(), ..Filter::default() }, Visibility::everything()),
        ("waiting", Filter { waiting: Some(true), ..Filter::default() }, few()),
        ("unattended and open", Filter { unattended: true, ..open() }, Visibility::everything()),
        ("resolved and mine", Filter { statuses: [Status::Resolved].into(), assignee: Some(AssigneeIs::Me), ..Filter::default() }, few()),
    ]
}

async fn told<E: std::error::Error + Send + Sync + 'static>(
    what: &str,
    clock: &SystemClock,
    ask: impl AsyncFn() -> Result<(), E>,
) -> Result<()> {
    let mut spans = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        let began = clock.moment();
        ask().await?;
        spans.push(clock.moment().0 - began.0);
    }
    spans.sort_unstable();
    let at = |part: usize| spans.get(RUNS * part / 100).copied().unwrap_or(Duration::ZERO).as_secs_f64() * 1_000.0;
    println!("{what:48} {:9.2} {:9.2}", at(50), at(95));
    Ok(())
}
