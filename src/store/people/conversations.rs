//! Conversations as people see them, with the names around them and the newest message: a page costs four queries, whatever its size.

use crate::domain::ids::{AgentId, ContactId, ConversationId, ConversationKey, InboxId, LabelId, Partition, TeamId};
use crate::domain::membership::Home;
use crate::ports::faults::broken;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::messages::{self, MessageRow};
use crate::store::people::visible::in_sight;
use entities::conversation::{Column, Entity, Model};
use entities::{contact, inbox, label};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Select};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// A conversation for people.
#[derive(Clone, Debug)]
pub struct ConversationRow {
    /// The row.
    pub model: Model,
    /// The contact's name.
    pub contact_name: Option<String>,
    /// The inbox; `None` only if it vanished meanwhile.
    pub inbox: Option<InboxFacts>,
    /// The newest message.
    pub last_message: Option<MessageRow>,
    /// Its labels that there still are, by title.
    pub labels: Vec<LabelFacts>,
}

/// What people see of a label.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelFacts {
    /// Which.
    pub id: LabelId,
    /// Its words.
    pub title: String,
    /// Its colour.
    pub colour: String,
}

/// What people see of an inbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InboxFacts {
    /// Its name.
    pub name: String,
    /// Its channel's spelling.
    pub channel: String,
    /// Its public settings as JSON.
    pub settings: String,
}

impl ConversationRow {
    /// Returns the key by which the engine knows it.
    #[must_use]
    pub fn key(&self) -> ConversationKey {
        let part = Partition(u16::try_from(self.model.part).unwrap_or_default());
        ConversationKey { tenant: self.model.tenant_id.into(), id: self.model.id.into(), part }
    }

    /// Returns where it stands.
    #[must_use]
    pub fn home(&self) -> Home {
        let Model { inbox_id, team_id, assignee_id, .. } = self.model;
        Home { inbox: InboxId(inbox_id), team: team_id.map(TeamId), assignee: assignee_id.map(AgentId) }
    }

    /// Returns its contact.
    #[must_use]
    pub fn contact(&self) -> ContactId {
        self.model.contact_id.into()
    }
}

impl TenantScope {
    /// Finds a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn conversation(&self, id: ConversationId) -> Result<Option<ConversationRow>, StoreError> {
        let tenant = self.id().0;
        let seen = in_sight(self.sight());
        self.read(move |tx| {
            Box::pin(async move {
                let model = own(tenant).filter(seen).filter(Column::Id.eq(id.0)).one(tx).await?;
                Ok(dress(tx, tenant, model.into_iter().collect()).await?.pop())
            })
        })
        .await
    }
}

/// Begins a query of the tenant's conversations. Its filter is the one that a test takes away to see which wall holds then.
fn own(tenant: Uuid) -> Select<Entity> {
    let all = Entity::find();
    if broken("tenant_filter") { all } else { all.filter(Column::TenantId.eq(tenant)) }
}

/// Reads conversations by their ids, in no order. Who may see them was decided before.
pub(super) async fn by_ids(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    ids: impl IntoIterator<Item = ConversationId>,
) -> Result<Vec<ConversationRow>, DbErr> {
    let ids: Vec<Uuid> = ids.into_iter().map(|id| id.0).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let models = own(tenant).filter(Column::Id.is_in(ids)).all(tx).await?;
    dress(tx, tenant, models).await
}

/// Adds names, labels and newest messages.
async fn dress(tx: &DatabaseTransaction, tenant: Uuid, models: Vec<Model>) -> Result<Vec<ConversationRow>, DbErr> {
    if models.is_empty() {
        return Ok(Vec::new());
    }
    let contacts = names(tx, tenant, &models).await?;
    let inboxes = inboxes(tx, tenant, &models).await?;
    let places: Vec<(Uuid, i64)> = models.iter().map(|model| (model.id, model.last_seq)).collect();
    let newest = messages::at(tx, tenant, &places, Condition::all()).await?;
    let mut newest: HashMap<Uuid, MessageRow> = newest.into_iter().map(|row| (row.conversation.0, row)).collect();
    let labels = labels(tx, tenant, &models).await?;
    let rows = models.into_iter().map(|model| ConversationRow {
        labels: label_ids(&model).filter_map(|id| labels.get(&id).cloned()).collect(),
        contact_name: contacts.get(&model.contact_id).cloned().flatten(),
        inbox: inboxes.get(&model.inbox_id).cloned(),
        last_message: newest.remove(&model.id),
        model,
    });
    Ok(rows.collect())
}

async fn names(tx: &DatabaseTransaction, tenant: Uuid, models: &[Model]) -> Result<HashMap<Uuid, Option<String>>, DbErr> {
    let ids = models.iter().map(|model| model.contact_id);
    let mine = contact::Entity::find().filter(contact::Column::TenantId.eq(tenant)).filter(contact::Column::Id.is_in(ids));
    Ok(mine.all(tx).await?.into_iter().map(|row| (row.id, row.name)).collect())
}

/// Lists the ids of a conversation's labels; some may be of labels that were deleted.
fn label_ids(model: &Model) -> impl Iterator<Item = Uuid> {
    let ids: Vec<Uuid> = model.labels.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    ids.into_iter()
}

async fn labels(tx: &DatabaseTransaction, tenant: Uuid, models: &[Model]) -> Result<HashMap<Uuid, LabelFacts>, DbErr> {
    let ids: BTreeSet<Uuid> = models.iter().flat_map(label_ids).collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let mine = label::Entity::find().filter(label::Column::TenantId.eq(tenant)).filter(label::Column::Id.is_in(ids));
    let rows = mine.filter(label::Column::DeletedAt.is_null()).all(tx).await?.into_iter();
    Ok(rows.map(|row| (row.id, LabelFacts { id: row.id.into(), title: row.title, colour: row.colour })).collect())
}

async fn inboxes(tx: &DatabaseTransaction, tenant: Uuid, models: &[Model]) -> Result<HashMap<Uuid, InboxFacts>, DbErr> {
    let ids = models.iter().map(|model| model.inbox_id);
    let mine = inbox::Entity::find().filter(inbox::Column::TenantId.eq(tenant)).filter(inbox::Column::Id.is_in(ids));
    let rows = mine.all(tx).await?.into_iter();
    Ok(rows.map(|row| (row.id, InboxFacts { name: row.name, channel: row.channel, settings: row.settings })).collect())
}
