//! Very many conversations of one business, made by a few statements: for tests of plans and for benchmarks of lists.
//!
//! They look like those of a business after years: most are resolved, one in twenty lives, a few labels are common and most are rare. Nothing is
//! drawn by lot: the same size gives the same rows on both databases.

use crate::domain::ids::{AgentId, InboxId, LabelId, TeamId, TenantId};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::scope::Role;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr};
use uuid::Uuid;

/// Inboxes; the last ones are small.
pub const INBOXES: u128 = 6;
/// People.
pub const AGENTS: u128 = 20;
/// Labels; each is three times as rare as the one before.
pub const LABELS: u128 = 8;
/// Conversations of one transaction.
const CHUNK: u64 = 50_000;

/// What each kind of id begins with.
const INBOX: u128 = 0x10;
const AGENT: u128 = 0x20;
const LABEL: u128 = 0x30;
const TEAM: u128 = 0x70;

const fn id(kind: u128, number: u128) -> Uuid {
    Uuid::from_u128((kind << 96) | number)
}

/// Returns an inbox, from 0.
#[must_use]
pub const fn inbox(number: u128) -> InboxId {
    InboxId(id(INBOX, number))
}

/// Returns a person, from 0.
#[must_use]
pub const fn agent(number: u128) -> AgentId {
    AgentId(id(AGENT, number))
}

/// Returns a label, from 0.
#[must_use]
pub const fn label(number: u128) -> LabelId {
    LabelId(id(LABEL, number))
}

/// Returns a team, from 0: the first has a fifth of all conversations, two more a fiftieth each, most are nobody's.
#[must_use]
pub const fn team(number: u128) -> TeamId {
    TeamId(id(TEAM, number))
}

/// Makes the business's conversations, with contacts, threads, labels and counts. The tenant must be there and have none.
///
/// # Errors
/// [`StoreError`].
pub async fn make(store: &Store, tenant: TenantId, size: u64) -> Result<(), StoreError> {
    run(store, move |spell| spell.house(tenant)).await?;
    for from in (0..size).step_by(usize::try_from(CHUNK).unwrap_or(usize::MAX)) {
        let last = size.min(from + CHUNK) - 1;
        run(store, move |spell| spell.conversations(tenant, from, last)).await?;
    }
    run(store, move |spell| spell.settled(tenant, size)).await?;
    store.recount_conversations(tenant).await.map(drop)
}

async fn run(store: &Store, texts: impl FnOnce(Spell) -> Vec<String>) -> Result<(), StoreError> {
    let texts = texts(Spell { postgres: store.backend() == DbBackend::Postgres });
    store.solo(Role::Engine, move |tx: &DatabaseTransaction| Box::pin(run_all(tx, texts))).await
}

async fn run_all(tx: &DatabaseTransaction, texts: Vec<String>) -> Result<(), DbErr> {
    for text in texts {
        tx.execute_unprepared(&text).await?;
    }
    Ok(())
}

/// How a database spells things.
#[derive(Clone, Copy)]
struct Spell {
    postgres: bool,
}

impl Spell {
    fn tenant(self, tenant: TenantId) -> String {
        if self.postgres { format!("'{tenant}'::uuid") } else { format!("x'{}'", tenant.0.simple()) }
    }

    /// The id of a kind with a number.
    fn id(self, kind: u128, number: &str) -> String {
        if self.postgres {
            format!("(lpad(to_hex({kind}), 8, '0') || lpad(to_hex(({number})::bigint), 24, '0'))::uuid")
        } else {
            format!("unhex(printf('%08x%024x', {kind}, {number}))")
        }
    }

    /// An instant, by seconds after the beginning.
    fn at(self, seconds: &str) -> String {
        if self.postgres { format!("to_timestamp(1700000000 + ({seconds}))") } else { format!("(1700000000 + ({seconds})) * 1000000") }
    }

    fn numbers(self, from: u64, last: u64) -> String {
        if self.postgres {
            format!("(SELECT i FROM generate_series({from}::bigint, {last}::bigint) AS g(i)) AS n")
        } else {
            format!("(WITH RECURSIVE g(i) AS (SELECT {from} UNION ALL SELECT i + 1 FROM g WHERE i < {last}) SELECT i FROM g) AS n")
        }
    }

    fn house(self, tenant: TenantId) -> Vec<String> {
        let (tenant, at) = (self.tenant(tenant), self.at("0"));
        let inboxes = (0..INBOXES).map(|number| {
            let id = self.id(INBOX, &number.to_string());
            format!("INSERT INTO inbox (tenant_id, id, channel, name, created_at, updated_at) VALUES ({tenant}, {id}, 'generic', 'in {number}', {at}, {at})")
        });
        let labels = (0..LABELS).map(|number| {
            let id = self.id(LABEL, &number.to_string());
            format!(
                "INSERT INTO label (tenant_id, id, title, title_key, colour, created_at, updated_at)
                 VALUES ({tenant}, {id}, 'Label {number}', 'label {number}', '#6b7280', {at}, {at})"
            )
        });
        inboxes.chain(labels).collect()
    }

    fn conversations(self, tenant: TenantId, from: u64, last: u64) -> Vec<String> {
        let (tenant, numbers) = (self.tenant(tenant), self.numbers(from, last));
        let id = |kind| self.id(kind, "i");
        let [contact, thread, conversation] = [id(0x40), id(0x50), id(0x60)];
        let inbox = self.id(INBOX, "CASE WHEN i % 100 < 96 THEN i % 3 ELSE 3 + i % 3 END");
        let agent = self.id(AGENT, &format!("(i / 7) % {AGENTS}"));
        let begun = self.at("i * 60");
        // Some are touched long after they began.
        let touched = self.at("i * 60 + (i * 7919) % 200000");
        let waits = self.at("i * 60 + (i * 7919) % 100000");
        let live = "(i % 100) IN (3, 7, 18, 41, 77)";
        let status = "CASE WHEN i % 100 IN (3, 41) THEN 'open' WHEN i % 100 IN (7, 77) THEN 'pending' WHEN i % 100 = 18 THEN 'snoozed'
                      WHEN i % 100 = 50 THEN 'spam' ELSE 'resolved' END";
        let speaker = "CASE WHEN i % 100 IN (7, 77) THEN 'assistant' ELSE 'nobody' END";
        let [large, one, other] = ["0", "1", "2"].map(|number| self.id(TEAM, number));
        let team = format!("CASE WHEN i % 5 = 2 THEN {large} WHEN i % 50 = 3 THEN {one} WHEN i % 50 = 41 THEN {other} END");
        let label_rows = (0..LABELS).map(|number| {
            let every = 3_u64.pow(u32::try_from(number).unwrap_or_default() + 1);
            let label = self.id(LABEL, &number.to_string());
            format!(
                "INSERT INTO conversation_label (tenant_id, conversation_id, label_id, status, last_activity_at, created_at, waiting_since,
                 priority, assignee_id)
                 SELECT tenant_id, id, {label}, status, last_activity_at, created_at, waiting_since, priority, assignee_id FROM conversation
                 WHERE tenant_id = {tenant} AND number BETWEEN {from} + 1 AND {last} + 1 AND ((number - 1) / 5) % {every} = 1"
            )
        });
        let mut texts = vec![
            format!(
                "INSERT INTO contact (tenant_id, id, name, created_at, updated_at)
                 SELECT {tenant}, {contact}, 'Ana ' || i, {begun}, {begun} FROM {numbers}"
            ),
            format!(
                "INSERT INTO thread (tenant_id, id, inbox_id, contact_id, kind, part, reply_kind, reply_to, created_at)
                 SELECT {tenant}, {thread}, {inbox}, {contact}, 'direct', i % 256, 'external', 'u-' || i, {begun} FROM {numbers}"
            ),
            format!(
                "INSERT INTO conversation (tenant_id, id, number, thread_id, inbox_id, contact_id, part, status, speaker, assignee_id, team_id, priority,
                 cycle, waiting_since, first_reply_at, last_activity_at, last_inbound_at, resolved_at, version, last_turn, last_seq, format,
                 snapshot, created_at)
                 SELECT {tenant}, {conversation}, i + 1, {thread}, {inbox}, {contact}, i % 256, {status}, {speaker},
                 CASE WHEN i % 100 = 3 OR i % 4 = 0 AND i % 100 NOT IN (7, 77) THEN {agent} END, {team},
                 CASE i % 60 WHEN 1 THEN 'low' WHEN 3 THEN 'urgent' WHEN 17 THEN 'high' WHEN 41 THEN 'medium' END, 1,
                 CASE WHEN {live} AND (i / 3) % 2 = 0 THEN {waits} END, CASE WHEN i % 3 = 0 THEN {waits} END,
                 {touched}, {touched}, CASE WHEN i % 100 NOT IN (3, 7, 18, 41, 50, 77) THEN {touched} END, 1, 0, 0, 1, '{{}}', {begun}
                 FROM {numbers}"
            ),
        ];
        texts.extend(label_rows);
        texts
    }

    /// The number of the next conversation; and the figures that PostgreSQL plans by, which only the owner of the tables may have made.
    fn settled(self, tenant: TenantId, size: u64) -> Vec<String> {
        let tenant = self.tenant(tenant);
        let feed = format!(
            "INSERT INTO tenant_feed (tenant_id, last, conversations) VALUES ({tenant}, 0, {size})
             ON CONFLICT (tenant_id) DO UPDATE SET conversations = {size}"
        );
        let figures = ["RESET ROLE", "ANALYZE contact", "ANALYZE thread", "ANALYZE conversation", "ANALYZE conversation_label"];
        let figures = figures.into_iter().filter(|_| self.postgres).map(str::to_owned);
        [feed].into_iter().chain(figures).collect()
    }
}
