//! Commands that were given: what became of them.

use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::Happening;
use crate::domain::ids::{AgentId, ConversationId, InboundId};
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::in_seen_conversation;
use crate::store::spelling::key;
use entities::inbound::{Column, Entity};
use entities::inbox;
use sea_orm::sea_query::Query;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

/// A command as people look it up.
#[derive(Clone, Debug, PartialEq)]
pub struct CommandRow {
    /// Its row.
    pub id: InboundId,
    /// The conversation.
    pub conversation: ConversationId,
    /// `new`, `recorded`, `settled` or `dead`.
    pub state: String,
    /// What it did, once it has run.
    pub outcome: Option<CommandOutcome>,
    /// False: its conversation is out of sight by now.
    pub seen: bool,
}

impl TenantScope {
    /// Finds a command by its row: of a conversation that is seen, or an own one, whatever became of the conversation since.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away or the stored outcome cannot be read.
    pub async fn command(&self, id: InboundId) -> Result<Option<CommandRow>, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_conversation(tenant, self.sight(), Column::ConversationId);
        let own = self.sight().me().map(begin_of);
        self.read(move |tx| {
            Box::pin(async move {
                let one = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0));
                let one = one.filter(Column::Kind.eq("command"));
                if let Some(row) = one.clone().filter(seen).one(tx).await? {
                    return read_command(row, true).map(Some);
                }
                let Some(own) = own else { return Ok(None) };
                let row = one.filter(Column::ExternalId.starts_with(own)).one(tx).await?;
                row.map(|row| read_command(row, false)).transpose()
            })
        })
        .await
    }
}

impl TenantScope {
    /// Returns what the first request under a row's key asked of a conversation; `None`: there was none, or nobody can read it any more.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn asked_before(&self, conversation: ConversationId, external_id: &str) -> Result<Option<Happening>, StoreError> {
        let mine = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::ConversationId.eq(conversation.0));
        let one = mine.filter(Column::Kind.eq("command")).filter(Column::ExternalId.eq(key(external_id)));
        let row = self.read(move |tx| Box::pin(async move { one.one(tx).await })).await?;
        Ok(row.and_then(|row| serde_json::from_str(&row.payload).ok()))
    }

    /// Returns the conversation that a request has taken whose rows begin like this: what it tried in vain is left out.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn taken_under(&self, begin: String) -> Result<Option<ConversationId>, StoreError> {
        let mut inboxes = Query::select();
        inboxes.column(inbox::Column::Id).from(inbox::Entity);
        inboxes.cond_where(inbox::Column::TenantId.eq(self.id().0));
        // The first that sorts behind all that begin so.
        let end = format!("{}~", begin);
        let mine = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::InboxId.in_subquery(inboxes));
        let tried = mine.filter(Column::ExternalId.gte(begin)).filter(Column::ExternalId.lt(end));
        let rows = self.read(move |tx| Box::pin(async move { tried.all(tx).await })).await?;
        let refused = |outcome: &String| outcome.contains("\"refused\"");
        Ok(rows.into_iter().find(|row| !row.outcome.as_ref().is_some_and(refused)).map(|row| row.conversation_id.into()))
    }
}

/// Returns how the keys of somebody's commands begin.
#[must_use]
pub fn begin_of(agent: AgentId) -> String {
    format!("cmd:{agent}:")
}

fn read_command(row: entities::inbound::Model, seen: bool) -> Result<CommandRow, DbErr> {
    let outcome = row.outcome.as_deref().map(serde_json::from_str).transpose();
    Ok(CommandRow {
        id: row.id.into(),
        conversation: row.conversation_id.into(),
        state: row.state,
        outcome: outcome.map_err(|error| DbErr::Json(error.to_string()))?,
        seen,
    })
}
