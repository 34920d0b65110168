//! What somebody sees whose sight is limited: the filter that every query of conversations, and of what hangs on them, puts beside the
//! tenant's. Without a limit it costs nothing. Says in the database's words what [`Sight::sees`] says.

use crate::domain::ids::{AgentId, ConversationId, InboxId, TeamId};
use crate::domain::membership::{Home, Sight};
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use entities::conversation::{Column, Entity};
use entities::{contact, thread};
use sea_orm::sea_query::{Expr, ExprTrait, Query, SelectStatement};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use uuid::Uuid;

/// Keeps conversations.
pub(super) fn in_sight(sight: &Sight) -> Condition {
    in_sight_as(sight, |column| Expr::col((Entity, column)))
}

/// Keeps conversations that the query calls by another name.
pub(super) fn in_sight_as(sight: &Sight, column: impl Fn(Column) -> Expr) -> Condition {
    let mut all = Condition::all();
    if let Some(inboxes) = seen_inboxes(sight) {
        all = all.add(column(Column::InboxId).is_in(inboxes));
    }
    if let Some(teams) = seen_teams(sight) {
        let own = sight.me().map(|AgentId(me)| column(Column::AssigneeId).eq(me));
        all = all.add(Condition::any().add(column(Column::TeamId).is_in(teams)).add_option(own));
    }
    all
}

/// Keeps rows that hang on a conversation.
pub(super) fn in_seen_conversation(tenant: Uuid, sight: &Sight, conversation: impl ColumnTrait) -> Condition {
    match seen(tenant, sight, Column::Id) {
        None => Condition::all(),
        Some(ids) => Condition::all().add(conversation.in_subquery(ids)),
    }
}

/// Returns something of every conversation that is seen; `None`: all of them are.
pub(super) fn seen(tenant: Uuid, sight: &Sight, what: Column) -> Option<SelectStatement> {
    if sight.limit().is_everything() {
        return None;
    }
    let mut found = Query::select();
    found.column((Entity, what)).from(Entity).and_where(Column::TenantId.eq(tenant)).cond_where(in_sight(sight));
    Some(found)
}

/// Keeps threads: of a limit to inboxes their own, of one to teams those with a conversation that is seen.
pub(super) fn in_seen_thread(tenant: Uuid, sight: &Sight) -> Condition {
    if sight.limit().teams().is_some() {
        let ids = seen(tenant, sight, Column::ThreadId);
        return Condition::all().add_option(ids.map(|ids| thread::Column::Id.in_subquery(ids)));
    }
    let inboxes = seen_inboxes(sight).map(|ids| thread::Column::InboxId.is_in(ids));
    Condition::all().add_option(inboxes)
}

/// Keeps contacts: of a limit to inboxes those who wrote to one of them, of one to teams those with a conversation that is seen.
pub(super) fn known_in_sight(tenant: Uuid, sight: &Sight) -> Condition {
    if sight.limit().teams().is_some() {
        let ids = seen(tenant, sight, Column::ContactId);
        return Condition::all().add_option(ids.map(|ids| contact::Column::Id.in_subquery(ids)));
    }
    let Some(inboxes) = seen_inboxes(sight) else { return Condition::all() };
    let mut ids = Query::select();
    ids.column(thread::Column::ContactId)
        .from(thread::Entity)
        .and_where(Expr::col(thread::Column::TenantId).eq(tenant))
        .and_where(Expr::col(thread::Column::InboxId).is_in(inboxes));
    Condition::all().add(contact::Column::Id.in_subquery(ids))
}

/// Returns the inboxes to which somebody is limited; `None`: to none.
pub(super) fn seen_inboxes(sight: &Sight) -> Option<Vec<Uuid>> {
    Some(sight.limit().inboxes()?.map(|InboxId(id)| id).collect())
}

/// Returns the teams to which somebody is limited; `None`: to none.
pub(super) fn seen_teams(sight: &Sight) -> Option<Vec<Uuid>> {
    Some(sight.limit().teams()?.map(|TeamId(id)| id).collect())
}

/// Where a conversation stands, as a query reads it: its id, inbox, team and assignee.
type Standing = (Uuid, Uuid, Option<Uuid>, Option<Uuid>);

impl TenantScope {
    /// Tells where those of these conversations stand that there are and that are seen, in no order.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn homes(&self, conversations: Vec<ConversationId>) -> Result<Vec<(ConversationId, Home)>, StoreError> {
        let ids = conversations.into_iter().map(|id| id.0);
        let mine = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.is_in(ids));
        let mine = mine.filter(in_sight(self.sight())).select_only();
        let found = mine.columns([Column::Id, Column::InboxId, Column::TeamId, Column::AssigneeId]).into_tuple::<Standing>();
        let found = self.read(move |tx| Box::pin(async move { found.all(tx).await })).await?;
        let home = |(id, inbox, team, assignee): Standing| {
            let home = Home { inbox: InboxId(inbox), team: team.map(TeamId), assignee: assignee.map(AgentId) };
            (ConversationId(id), home)
        };
        Ok(found.into_iter().map(home).collect())
    }
}
