//! What somebody sees whose sight is limited: the filter that every query of conversations, and of what hangs on them, puts beside the
//! tenant's. Without a limit it costs nothing. Says in the database's words what [`Sight::sees`] says.

use crate::domain::ids::{AgentId, ContactId, ConversationId, InboxId, TeamId};
use crate::domain::membership::{Home, Sight};
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use entities::conversation::{Column, Entity};
use entities::{appointment, contact, thread};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
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
    is_seen(tenant, sight, Column::Id, conversation)
}

/// Keeps rows whose column is this one of some conversation that is seen. Asked of each row: a list of all that is seen would be made anew for
/// every question on SQLite, a tenth of a second for a hundred thousand conversations.
fn is_seen(tenant: Uuid, sight: &Sight, what: Column, outer: impl ColumnTrait) -> Condition {
    if sight.limit().is_everything() {
        return Condition::all();
    }
    let seen = Alias::new("seen");
    let column = |column: Column| Expr::col((seen.clone(), column));
    let mut found = Query::select();
    found.expr(Expr::val(1)).from_as(Entity, seen.clone()).and_where(column(Column::TenantId).eq(tenant));
    found.and_where(column(what).equals(outer.as_column_ref())).cond_where(in_sight_as(sight, column));
    Condition::all().add(Expr::exists(found))
}

/// Keeps rows whose column names no appointment that was agreed in a hidden conversation.
pub(super) fn in_seen_appointment(tenant: Uuid, sight: &Sight, subject: impl ColumnTrait) -> Condition {
    use appointment::{Column as A, Entity as E};
    if sight.limit().is_everything() {
        return Condition::all();
    }
    let mut hidden = Query::select();
    hidden.expr(Expr::val(1)).from(E).and_where(Expr::col((E, A::TenantId)).eq(tenant));
    hidden.and_where(Expr::col((E, A::Id)).equals(subject.as_column_ref())).and_where(A::ConversationId.is_not_null());
    hidden.cond_where(is_seen(tenant, sight, Column::Id, A::ConversationId).not());
    Condition::all().add(Expr::exists(hidden).not())
}

/// Keeps threads: of a limit to inboxes their own, of one to teams those with a conversation that is seen.
pub(super) fn in_seen_thread(tenant: Uuid, sight: &Sight) -> Condition {
    if sight.limit().teams().is_some() {
        return is_seen(tenant, sight, Column::ThreadId, thread::Column::Id);
    }
    let inboxes = seen_inboxes(sight).map(|ids| thread::Column::InboxId.is_in(ids));
    Condition::all().add_option(inboxes)
}

/// Keeps contacts: of a limit to inboxes those who wrote to one of them, of one to teams those with a conversation that is seen.
pub(super) fn known_in_sight(tenant: Uuid, sight: &Sight) -> Condition {
    if sight.limit().teams().is_some() {
        return is_seen(tenant, sight, Column::ContactId, contact::Column::Id);
    }
    let Some(inboxes) = seen_inboxes(sight) else { return Condition::all() };
    let known = Alias::new("known");
    let column = |column: thread::Column| Expr::col((known.clone(), column));
    let mut found = Query::select();
    found.expr(Expr::val(1)).from_as(thread::Entity, known.clone()).and_where(column(thread::Column::TenantId).eq(tenant));
    found.and_where(column(thread::Column::ContactId).equals(contact::Column::Id.as_column_ref()));
    found.and_where(column(thread::Column::InboxId).is_in(inboxes));
    Condition::all().add(Expr::exists(found))
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

const STANDING: [Column; 4] = [Column::Id, Column::InboxId, Column::TeamId, Column::AssigneeId];

fn home((id, inbox, team, assignee): Standing) -> (ConversationId, Home) {
    (ConversationId(id), Home { inbox: InboxId(inbox), team: team.map(TeamId), assignee: assignee.map(AgentId) })
}

/// Tells whether what reaches every conversation of these contacts would reach one that is hidden. They stay locked, in the order in which the
/// engine locks them, so that none moves out of sight before it is reached.
pub(super) async fn reaches_hidden(tx: &DatabaseTransaction, tenant: Uuid, sight: &Sight, of: &[ContactId]) -> Result<bool, DbErr> {
    if sight.limit().is_everything() {
        return Ok(false);
    }
    let theirs = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::ContactId.is_in(of.iter().map(|id| id.0)));
    let theirs = theirs.order_by_asc(Column::Id).lock_exclusive().select_only().columns(STANDING).into_tuple::<Standing>();
    Ok(theirs.all(tx).await?.into_iter().any(|row| !sight.sees(&home(row).1)))
}

impl TenantScope {
    /// Tells where those of these conversations stand that there are and that are seen, in no order.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn homes(&self, conversations: Vec<ConversationId>) -> Result<Vec<(ConversationId, Home)>, StoreError> {
        let ids = conversations.into_iter().map(|id| id.0);
        let mine = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::Id.is_in(ids));
        let mine = mine.filter(in_sight(self.sight())).select_only();
        let found = mine.columns(STANDING).into_tuple::<Standing>();
        let found = self.read(move |tx| Box::pin(async move { found.all(tx).await })).await?;
        Ok(found.into_iter().map(home).collect())
    }
}
