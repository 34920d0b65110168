//! A store with one business and two inboxes, and short ways to write to it.

use crate::support::database::TestDatabase;
use anyhow::{Context, Result};
use recado::crypto::ids::SystemIds;
use recado::domain::content::Content;
use recado::domain::conversation::effect::{CommandOutcome, InboundMove, InboundState, NewOutbox, OutboxClass, TimelineKind, Writes};
use recado::domain::conversation::event::InboundRow;
use recado::domain::conversation::message::{Author, NewMessage, Recent};
use recado::domain::delivery::{Address, AddressKind, Item, ItemBody, Peer};
use recado::domain::ids::{ConversationKey, Epoch, InboxId, StepId, TenantId};
use recado::domain::inbox::ReopenWithin;
use recado::domain::time::Timestamp;
use recado::ports::ids::IdSource;
use recado::ports::store::{ClaimOutbox, Claimed, CommitStep, Committed, EngineStore, Ingest, Ingested, Loaded, NewRow, OutboxRow};
use recado::store::Store;
use recado::store::connect::{StoreOptions, all_partitions};
use recado::store::scope::Role;
use recado::testing::clock::ManualClock;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, Statement};
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// When everything happens.
pub const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_123_456);

/// A store under test.
pub struct Rig {
    pub store: Store,
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub other: InboxId,
    pub epoch: Epoch,
    pub database: TestDatabase,
}

impl Rig {
    /// One on each database.
    pub async fn both() -> Result<[Self; 2]> {
        let [sqlite, postgres] = TestDatabase::both().await?;
        Ok([Self::on(sqlite).await?, Self::on(postgres).await?])
    }

    pub async fn on(database: TestDatabase) -> Result<Self> {
        let store = open(database.url()).await?;
        let ids = SystemIds::new();
        let (tenant, inbox, other) = (TenantId(ids.uuid()), InboxId(ids.uuid()), InboxId(ids.uuid()));
        let rig = Self { store, tenant, inbox, other, epoch: Epoch(0), database };
        rig.seed().await?;
        let taken = rig.store.claim_partitions("here", &all_partitions()).await?;
        let epoch = taken.first().context("partitions")?.1;
        Ok(Self { epoch, ..rig })
    }

    async fn seed(&self) -> Result<()> {
        let at = if self.database.backend() == DbBackend::Postgres { "now()" } else { "1" };
        let tenant = self.id(self.tenant.0);
        let mut texts = vec![format!(
            "INSERT INTO tenant (id, slug, name, locale, timezone, created_at) VALUES ({tenant}, 'demo', 'Demo', 'es', 'UTC', {at})"
        )];
        for inbox in [self.inbox, self.other] {
            texts.push(format!(
                "INSERT INTO inbox (tenant_id, id, channel, name, created_at, updated_at)
                 VALUES ({tenant}, {}, 'generic', 'in', {at}, {at})",
                self.id(inbox.0)
            ));
        }
        for text in texts {
            self.sql(text).await?;
        }
        Ok(())
    }

    /// Spells an id as a literal of the database.
    pub fn id(&self, id: Uuid) -> String {
        match self.database.backend() {
            DbBackend::Postgres => format!("'{id}'"),
            DbBackend::MySql | DbBackend::Sqlite | _ => format!("x'{}'", id.simple()),
        }
    }

    /// Runs a statement as the engine.
    pub async fn sql(&self, text: String) -> Result<()> {
        self.store
            .solo(Role::Engine, move |tx: &DatabaseTransaction| {
                Box::pin(async move {
                    tx.execute_raw(Statement::from_string(tx.get_database_backend(), text)).await?;
                    Ok(())
                })
            })
            .await?;
        Ok(())
    }

    /// Counts rows.
    pub async fn count(&self, from: &str) -> Result<i64> {
        self.one(format!("SELECT COUNT(*) AS n FROM {from}")).await
    }

    /// Asks for one value named `n`.
    pub async fn one<T: sea_orm::TryGetable + Send + 'static>(&self, text: String) -> Result<T> {
        let row = self
            .store
            .solo(Role::Engine, move |tx: &DatabaseTransaction| {
                Box::pin(async move { tx.query_one_raw(Statement::from_string(tx.get_database_backend(), text)).await })
            })
            .await?;
        Ok(row.context("no row")?.try_get("", "n")?)
    }

    /// A delivery of items for the first inbox.
    pub fn delivery(&self, items: Vec<Item>) -> Ingest {
        let hours = ReopenWithin::For(Duration::from_hours(72));
        Ingest { tenant: self.tenant, inbox: self.inbox, assistant: true, reopen: hours, received_at: NOW, first_index: 0, items }
    }

    /// Gives one message of one person.
    pub async fn hear(&self, id: &str, from: &str, text: &str) -> Result<Ingested> {
        let answers = self.store.ingest(self.delivery(vec![message(id, from, text)])).await?;
        answers.first().copied().context("no answer")
    }

    /// Gives a message that founds a conversation.
    pub async fn begin(&self, from: &str) -> Result<ConversationKey> {
        accepted(self.hear(&format!("first-{from}"), from, "hola").await?)
    }

    pub async fn load(&self, key: ConversationKey) -> Result<Loaded> {
        self.store.load(key).await?.context("no conversation")
    }

    /// A step from what is stored now, with no writes yet.
    pub async fn step(&self, key: ConversationKey) -> Result<CommitStep> {
        let loaded = self.load(key).await?;
        Ok(CommitStep {
            step: StepId(SystemIds::new().uuid()),
            key,
            inbox: loaded.conversation.inbox,
            to: loaded.to,
            epoch: self.epoch,
            expected_version: loaded.conversation.version,
            state: loaded.conversation.state,
            writes: Box::new(Writes::default()),
            at: NOW,
        })
    }

    /// Records every new row and answers with one text of a class.
    pub async fn answering(&self, key: ConversationKey, text: &str, class: OutboxClass) -> Result<CommitStep> {
        let mut step = self.step(key).await?;
        for row in self.new_rows(key).await? {
            step.writes.inbound.push(settled(&row));
        }
        say(&mut step, text, class);
        Ok(step)
    }

    pub async fn commit(&self, step: CommitStep) -> Result<Committed> {
        Ok(self.store.commit(step).await?)
    }

    pub async fn new_rows(&self, key: ConversationKey) -> Result<Vec<InboundRow>> {
        let rows = self.store.new_rows(key).await?;
        Ok(rows.into_iter().filter_map(|row| if let NewRow::Row(row) = row { Some(*row) } else { None }).collect())
    }

    /// Marks a row as sending.
    pub async fn claim(&self, row: &OutboxRow) -> Result<Claimed> {
        self.claim_at(row, row.attempt, self.epoch).await
    }

    pub async fn claim_at(&self, row: &OutboxRow, attempt: i64, epoch: Epoch) -> Result<Claimed> {
        Ok(self.store.claim_outbox(ClaimOutbox { key: row.key, id: row.id, attempt, epoch, at: NOW }).await?)
    }
}

/// Opens a store, as a process of its own would.
pub async fn open(url: &str) -> Result<Store> {
    Ok(Store::open(&StoreOptions::new(url), Arc::new(ManualClock::at(NOW)), Arc::new(SystemIds::new())).await?)
}

pub fn accepted(answer: Ingested) -> Result<ConversationKey> {
    match answer {
        Ingested::Accepted(key) => Ok(key),
        Ingested::Duplicate | Ingested::Unrouted => anyhow::bail!("not accepted: {answer:?}"),
    }
}

pub fn message(id: &str, from: &str, text: &str) -> Item {
    item(id, from, ItemBody::Message { content: Content::text(text) })
}

pub fn item(id: &str, from: &str, body: ItemBody) -> Item {
    let address = Address::new(AddressKind::External, from);
    let peer = Peer { thread: vec![address.clone()], reply_to: Some(address.clone()), person: vec![address], ..Peer::default() };
    Item { external_id: id.to_owned(), occurred_at: None, peer, body, message_id: None, raw: None }
}

pub fn settled(row: &InboundRow) -> InboundMove {
    InboundMove {
        id: row.id,
        from: InboundState::New,
        to: InboundState::Settled,
        reason: Some("replied"),
        outcome: Some(CommandOutcome::Done { changed: true, seq: None }),
    }
}

/// Adds a message of ours that must leave.
pub fn say(step: &mut CommitStep, text: &str, class: OutboxClass) {
    let state = &mut step.state;
    state.last_seq += 1;
    state.last_ord += 1;
    let (seq, ord, turn_no, content) = (state.last_seq, state.last_ord, Some(1), Content::text(text));
    let message = NewMessage {
        seq,
        cycle: state.cycle,
        author: Author::Assistant,
        content: content.clone(),
        external_id: None,
        inbound: None,
        turn_no,
        late: false,
        occurred_at: step.at,
        at: step.at,
    };
    state.recent.push(Recent::of(&message));
    step.writes.messages.push(message);
    step.writes.outbox.push(NewOutbox { ord, seq, class, content, in_reply_to: None, turn_no, proviso: None });
    step.writes.timeline.push(TimelineKind::MessageCreated { seq });
}
