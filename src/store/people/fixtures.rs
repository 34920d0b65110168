//! Rows for tests, in a database of their own that goes with the test.

mod test_home;

pub use test_home::insert as insert_row;

use crate::crypto::ids::SystemIds;
use crate::crypto::mac::hex;
use crate::crypto::tokens;
use crate::domain::content::Content;
use crate::domain::ids::{
    AgentId, ApiKeyId, ContactId, ConversationId, InboxId, MessageId, OutboxId, SurveyId, TeamId, TenantId, ThreadId,
};
use crate::domain::time::Timestamp;
use crate::ports::clock::{Clock, Moment};
use crate::ports::ids::IdSource;
use crate::store::Store;
use crate::store::connect::{StoreOptions, connect_for_migration};
use crate::store::people::fixtures::test_home::{Home, administer, server};
use crate::store::scope::Role;
use crate::store::time::instant;
use async_trait::async_trait;
use entities::{
    account, api_key, contact, conversation, inbox, message, outbox, survey, team, tenant, tenant_feed, thread, timeline, turn,
};
use migration::Migrator;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter};
use sea_orm_migration::MigratorTrait;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use uuid::Uuid;

/// The instant at which every test begins.
pub const NOW: Timestamp = Timestamp::from_secs(1_760_000_000);

/// Returns the row of an account that nobody can sign in to with a password.
pub fn account_row(id: Uuid, name: &str, email: &str, at: entities::instant::Instant) -> account::ActiveModel {
    account::ActiveModel {
        id: Set(id),
        email: Set(email.to_owned()),
        name: Set(name.to_owned()),
        locale: Set("es".to_owned()),
        password_hash: Set("none".to_owned()),
        password_changed_at: Set(at),
        created_at: Set(at),
        updated_at: Set(at),
        ..Default::default()
    }
}

/// A clock that stands still until it is told to go on.
pub struct StillClock {
    moment: watch::Sender<Duration>,
}

impl StillClock {
    pub fn advance(&self, span: Duration) {
        self.moment.send_modify(|moment| *moment += span);
    }
}

#[async_trait]
impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        NOW.after(*self.moment.borrow())
    }

    fn moment(&self) -> Moment {
        Moment(*self.moment.borrow())
    }

    async fn sleep_until(&self, until: Moment) {
        let mut moment = self.moment.subscribe();
        moment.wait_for(|moment| Moment(*moment) >= until).await.expect("the clock lives");
    }
}

/// A database of one test.
pub struct Base {
    pub store: Store,
    pub clock: Arc<StillClock>,
    pub ids: Arc<SystemIds>,
    /// Where it is.
    pub url: String,
    _home: Home,
}

/// A tenant with a key and an inbox.
#[derive(Clone)]
pub struct Shop {
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub key: ApiKeyId,
    pub token: String,
}

fn inbox_row(shop: &Shop, id: InboxId, channel: &str) -> inbox::ActiveModel {
    inbox::ActiveModel {
        tenant_id: Set(shop.tenant.0),
        id: Set(id.0),
        channel: Set(channel.to_owned()),
        name: Set("Front desk".to_owned()),
        created_at: Set(instant(NOW)),
        updated_at: Set(instant(NOW)),
        ..Default::default()
    }
}

/// A conversation with its surroundings.
#[derive(Clone, Copy)]
pub struct Talk {
    pub id: ConversationId,
    pub contact: ContactId,
}

impl Base {
    pub async fn open() -> Self {
        let ids = Arc::new(SystemIds::new());
        let folder = std::env::temp_dir().join(format!("recado-people-{}", ids.uuid()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let url = format!("sqlite://{}?mode=rwc", folder.join("test.db").display());
        Self::at(url, Home::Folder(folder), ids).await
    }

    /// Makes a database on the PostgreSQL server of the tests.
    pub async fn postgres() -> Self {
        let (ids, admin) = (Arc::new(SystemIds::new()), server());
        let name = format!("recado_door_{}", ids.uuid().simple());
        administer(&admin, &format!("CREATE DATABASE {name}")).await;
        let mut url = admin.clone();
        url.set_path(&name);
        Self::at(url.into(), Home::Server { admin, name }, ids).await
    }

    async fn at(url: String, home: Home, ids: Arc<SystemIds>) -> Self {
        let migrating = connect_for_migration(&url).await.expect("opens");
        Migrator::up(&migrating, None).await.expect("migrates");
        migrating.close().await.expect("closes");
        let clock = Arc::new(StillClock { moment: watch::Sender::new(Duration::ZERO) });
        let options = StoreOptions::new(url.clone());
        let store = Store::open(&options, Arc::clone(&clock) as Arc<dyn Clock>, Arc::clone(&ids) as Arc<dyn IdSource>).await;
        Self { store: store.expect("opens"), clock, ids, url, _home: home }
    }

    pub fn uuid(&self) -> Uuid {
        self.ids.uuid()
    }

    pub async fn insert<A>(&self, row: A)
    where
        A: ActiveModelTrait + Send + 'static,
    {
        self.store.solo(Role::Engine, move |tx| Box::pin(async move { test_home::insert(tx, row).await })).await.expect("inserts");
    }

    /// Makes a tenant with a key and an inbox of a channel.
    pub async fn shop(&self, slug: &str, channel: &str) -> Shop {
        let at = instant(NOW);
        let shop = Shop {
            tenant: TenantId(self.uuid()),
            inbox: InboxId(self.uuid()),
            key: ApiKeyId(self.uuid()),
            token: format!("{}{slug}-key", tokens::PREFIX),
        };
        let (id, name) = (Set(shop.tenant.0), slug.to_owned());
        let (locale, timezone) = (Set("es-MX".to_owned()), Set("UTC".to_owned()));
        let row = tenant::ActiveModel {
            id,
            slug: Set(name.clone()),
            name: Set(name),
            locale,
            timezone,
            created_at: Set(at),
            ..Default::default()
        };
        self.insert(row).await;
        self.insert(tenant_feed::ActiveModel { tenant_id: Set(shop.tenant.0), ..Default::default() }).await;
        let hash = Set(hex(&tokens::hash(&shop.token)));
        let key = api_key::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(shop.key.0),
            name: Set("ci".to_owned()),
            hash,
            last4: Set("-key".to_owned()),
            created_at: Set(at),
            ..Default::default()
        };
        self.insert(key).await;
        self.insert(inbox_row(&shop, shop.inbox, channel)).await;
        shop
    }

    /// Makes another inbox of a channel.
    pub async fn inbox(&self, shop: &Shop, channel: &str) -> InboxId {
        let id = InboxId(self.uuid());
        self.insert(inbox_row(shop, id, channel)).await;
        id
    }

    /// Makes a conversation, `minute` minutes after the beginning.
    pub async fn talk(&self, shop: &Shop, number: i64, (status, speaker): (&str, &str), minute: i64) -> Talk {
        let talk = Talk { id: ConversationId(self.uuid()), contact: ContactId(self.uuid()) };
        let (tenant_id, thread) = (Set(shop.tenant.0), ThreadId(self.uuid()));
        let at = instant(NOW.after(Duration::from_secs(60 * minute.unsigned_abs())));
        let who = contact::ActiveModel {
            tenant_id: tenant_id.clone(),
            id: Set(talk.contact.0),
            name: Set(Some("Ana".to_owned())),
            created_at: Set(at),
            updated_at: Set(at),
            ..Default::default()
        };
        self.insert(who).await;
        let row = thread::ActiveModel {
            tenant_id: tenant_id.clone(),
            id: Set(thread.0),
            inbox_id: Set(shop.inbox.0),
            contact_id: Set(talk.contact.0),
            kind: Set("direct".to_owned()),
            part: Set(7),
            reply_kind: Set("external".to_owned()),
            reply_to: Set("u-1".to_owned()),
            created_at: Set(at),
            ..Default::default()
        };
        self.insert(row).await;
        let row = conversation::ActiveModel {
            tenant_id,
            id: Set(talk.id.0),
            number: Set(number),
            thread_id: Set(thread.0),
            inbox_id: Set(shop.inbox.0),
            contact_id: Set(talk.contact.0),
            part: Set(7),
            status: Set(status.to_owned()),
            speaker: Set(speaker.to_owned()),
            cycle: Set(1),
            last_activity_at: Set(at),
            last_inbound_at: Set(Some(at)),
            version: Set(1),
            last_seq: Set(1),
            format: Set(1),
            snapshot: Set("{}".to_owned()),
            created_at: Set(at),
            ..Default::default()
        };
        self.insert(row).await;
        self.store.recount_conversations(shop.tenant).await.expect("counts");
        talk
    }

    /// Makes a conversation one of a customer who has others.
    pub async fn of_one_customer(&self, shop: &Shop, talk: Talk, customer: ContactId) {
        let (tenant, was, is) = (shop.tenant.0, talk.contact.0, Expr::val(customer.0));
        let moved = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                use {conversation::Column as C, thread::Column as T};
                let threads = thread::Entity::update_many().col_expr(T::ContactId, is.clone()).filter(T::TenantId.eq(tenant));
                threads.filter(T::ContactId.eq(was)).exec(tx).await?;
                let talks = conversation::Entity::update_many().col_expr(C::ContactId, is).filter(C::TenantId.eq(tenant));
                talks.filter(C::ContactId.eq(was)).exec(tx).await.map(drop)
            })
        });
        moved.await.expect("moves");
    }

    /// Makes a team of nobody.
    pub async fn team(&self, shop: &Shop, name: &str) -> TeamId {
        let id = TeamId(self.uuid());
        let row = team::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(id.0),
            name: Set(name.to_owned()),
            state: Set("active".to_owned()),
            mode: Set("off".to_owned()),
            created_at: Set(instant(NOW)),
            updated_at: Set(instant(NOW)),
            ..Default::default()
        };
        self.insert(row).await;
        id
    }

    /// Adds a survey of a stretch that somebody held, asked now by the message of the same number, which has left; perhaps with an answer.
    pub async fn survey(
        &self,
        shop: &Shop,
        talk: Talk,
        (cycle, held, member): (i64, &str, Option<Uuid>),
        answer: Option<(i16, &str)>,
    ) -> SurveyId {
        let (id, at) = (SurveyId(self.uuid()), instant(self.clock.now()));
        let row = survey::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(id.0),
            conversation_id: Set(talk.id.0),
            cycle: Set(cycle),
            inbox_id: Set(shop.inbox.0),
            message_seq: Set(cycle),
            language: Set("es".to_owned()),
            resolved_by: Set("person".to_owned()),
            held_by: Set(held.to_owned()),
            member_id: Set(member),
            asked_at: Set(at),
            rating: Set(answer.map(|(rating, _)| rating)),
            comment: Set(answer.map(|(_, comment)| comment.to_owned())),
            answered_at: Set(answer.map(|_| at)),
            changed_at: Set(answer.map(|_| at)),
            state: Set("sent".to_owned()),
            ..Default::default()
        };
        self.insert(row).await;
        id
    }

    /// Puts a conversation where somebody might give it: of a team or none, somebody's or nobody's.
    pub async fn give(&self, shop: &Shop, talk: ConversationId, team: Option<TeamId>, assignee: Option<AgentId>) {
        give(&self.store, shop.tenant, talk, (team, assignee)).await;
    }

    /// Adds a message.
    pub async fn message(&self, shop: &Shop, talk: Talk, seq: i64, direction: &str, text: &str) -> MessageId {
        self.message_with(shop, talk, seq, (direction, text), |row| row).await
    }

    /// Adds a message with something special about it.
    pub async fn message_with(
        &self,
        shop: &Shop,
        talk: Talk,
        seq: i64,
        (direction, text): (&str, &str),
        special: impl FnOnce(message::ActiveModel) -> message::ActiveModel,
    ) -> MessageId {
        let id = MessageId(self.uuid());
        let author = if direction == "in" { "contact" } else { "assistant" };
        let row = message::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(id.0),
            conversation_id: Set(talk.id.0),
            seq: Set(seq),
            cycle: Set(1),
            direction: Set(direction.to_owned()),
            author: Set(author.to_owned()),
            content: Set(serde_json::to_string(&Content::text(text)).expect("serialises")),
            occurred_at: Set(instant(NOW)),
            created_at: Set(instant(NOW)),
            ..Default::default()
        };
        self.insert(special(row)).await;
        id
    }

    /// Adds an outbox row that carries a message.
    pub async fn outbox(&self, shop: &Shop, talk: Talk, message: MessageId, ord: i64, (state, text): (&str, &str)) -> OutboxId {
        let id = OutboxId(self.uuid());
        let row = outbox::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(id.0),
            conversation_id: Set(talk.id.0),
            message_id: Set(Some(message.0)),
            inbox_id: Set(shop.inbox.0),
            part: Set(7),
            ord: Set(ord),
            class: Set("assistant".to_owned()),
            state: Set(state.to_owned()),
            attempt: Set(3),
            due_at: Set(instant(NOW)),
            code: Set(Some("131000".to_owned())),
            to_kind: Set("external".to_owned()),
            to_value: Set("u-1".to_owned()),
            payload: Set(serde_json::to_string(&Content::text(text)).expect("serialises")),
            created_at: Set(instant(NOW)),
            ..Default::default()
        };
        self.insert(row).await;
        id
    }

    /// Adds an event to the timeline, with the next number.
    pub async fn event(&self, shop: &Shop, talk: Talk, number: i64, kind: &str, data: serde_json::Value) {
        let row = timeline::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            number: Set(number),
            conversation_id: Set(talk.id.0),
            kind: Set(kind.to_owned()),
            data: Set(data.to_string()),
            at: Set(instant(NOW)),
        };
        self.insert(row).await;
        let tenant = shop.tenant.0;
        self.store
            .solo(Role::Engine, move |tx| {
                Box::pin(async move {
                    let feed = tenant_feed::ActiveModel { tenant_id: Set(tenant), last: Set(number), ..Default::default() };
                    feed.update(tx).await.map(|_| ())
                })
            })
            .await
            .expect("moves");
    }

    /// Adds a turn.
    pub async fn turn(&self, shop: &Shop, talk: Talk, turn_no: i64) {
        let row = turn::ActiveModel {
            tenant_id: Set(shop.tenant.0),
            id: Set(self.uuid()),
            conversation_id: Set(talk.id.0),
            turn_no: Set(turn_no),
            outcome: Set("replied".to_owned()),
            model: Set("offline".to_owned()),
            trace: Set("{}".to_owned()),
            started_at: Set(instant(NOW)),
            finished_at: Set(instant(NOW)),
            ..Default::default()
        };
        self.insert(row).await;
    }

    /// Revokes a key.
    pub async fn revoke(&self, shop: &Shop) {
        self.change_key(shop, api_key::ActiveModel { revoked_at: Set(Some(instant(NOW))), ..Default::default() }).await;
    }

    /// Lets a key do only this: a JSON list of permissions.
    pub async fn limit(&self, shop: &Shop, scopes: &str) {
        self.change_key(shop, api_key::ActiveModel { scopes: Set(scopes.to_owned()), ..Default::default() }).await;
    }

    async fn change_key(&self, shop: &Shop, change: api_key::ActiveModel) {
        let row = api_key::ActiveModel { tenant_id: Set(shop.tenant.0), id: Set(shop.key.0), ..change };
        let changed = self.store.solo(Role::Engine, move |tx| Box::pin(async move { row.update(tx).await.map(drop) })).await;
        changed.expect("changes the key");
    }
}

/// Puts a conversation where somebody might give it.
pub async fn give(store: &Store, tenant: TenantId, talk: ConversationId, (team, assignee): (Option<TeamId>, Option<AgentId>)) {
    let (team_id, assignee_id) = (Set(team.map(|team| team.0)), Set(assignee.map(|agent| agent.0)));
    let row = conversation::ActiveModel { tenant_id: Set(tenant.0), id: Set(talk.0), team_id, assignee_id, ..Default::default() };
    let given = store.solo(Role::Engine, move |tx| Box::pin(async move { row.update(tx).await.map(drop) })).await;
    given.expect("gives");
    store.recount_conversations(tenant).await.expect("counts");
}
