//! What a member was told, and what members and the business have chosen. A member sees the own rows only, and of conversations, and of
//! appointments that were agreed in one, only those that are still seen. Whoever opens a conversation ends its ladder.

use super::visible::{in_seen_appointment, in_seen_conversation};
use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{ConversationId, MemberId, NotificationId};
use crate::domain::notice::choice::Choices;
use crate::domain::notice::{DEFAULT_MINUTES, Kind};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::logged;
use crate::store::time::{instant, timestamp};
use entities::notification::{Column, Entity, Model};
use entities::{notice, notification_choice, notification_rules};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select,
};
use uuid::Uuid;

/// What a member was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotificationRow {
    /// Its id.
    pub id: NotificationId,
    /// What happened.
    pub kind: Kind,
    /// The conversation, where it is one's.
    pub conversation: Option<ConversationId>,
    /// What else it is about: an appointment, an inbox.
    pub subject: Option<Uuid>,
    /// When it was told.
    pub created_at: Timestamp,
    /// When the member looked.
    pub read_at: Option<Timestamp>,
}

/// A place in the list: first what is unread, the newest first, then the rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotificationPlace {
    /// True: among those that were looked at.
    pub read: bool,
    /// When it was told.
    pub at: Timestamp,
    /// Which.
    pub id: NotificationId,
}

impl NotificationRow {
    /// Returns where it stands in the list.
    #[must_use]
    pub const fn place(&self) -> NotificationPlace {
        NotificationPlace { read: self.read_at.is_some(), at: self.created_at, id: self.id }
    }

    fn read(row: Model) -> Result<Self, DbErr> {
        let kind =
            Kind::parse(&row.kind).ok_or_else(|| DbErr::Type("a kind of notification that this release does not know".to_owned()))?;
        Ok(Self {
            id: row.id.into(),
            kind,
            conversation: row.conversation_id.map(ConversationId),
            subject: row.subject_id,
            created_at: timestamp(row.created_at),
            read_at: row.read_at.map(timestamp),
        })
    }
}

impl TenantScope {
    fn own_notifications(&self, member: MemberId) -> Select<Entity> {
        let seen = in_seen_conversation(self.id().0, self.sight(), Column::ConversationId);
        let shown = Condition::any().add(Column::ConversationId.is_null()).add(seen);
        let shown = Condition::all().add(shown).add(in_seen_appointment(self.id().0, self.sight(), Column::SubjectId));
        Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::MemberId.eq(member.0)).filter(shown)
    }

    /// Lists what a member was told, from a place on.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn notifications(
        &self,
        member: MemberId,
        after: Option<NotificationPlace>,
        limit: u64,
    ) -> Result<Vec<NotificationRow>, StoreError> {
        let own = self.own_notifications(member).order_by_desc(Column::CreatedAt).order_by_desc(Column::Id);
        self.read(move |tx| {
            Box::pin(async move {
                let mut rows = Vec::new();
                if after.is_none_or(|after| !after.read) {
                    let unread = own.clone().filter(Column::ReadAt.is_null()).filter(below(tx, after));
                    rows = unread.limit(limit).all(tx).await?;
                }
                let left = limit.saturating_sub(rows.len() as u64);
                if left > 0 {
                    let read = own.filter(Column::ReadAt.is_not_null()).filter(below(tx, after.filter(|after| after.read)));
                    rows.extend(read.limit(left).all(tx).await?);
                }
                rows.into_iter().map(NotificationRow::read).collect()
            })
        })
        .await
    }

    /// Notes that a member has looked at one, which ends the ladder of its cause. `None`: the member has no such one.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read_notification(
        &self,
        member: MemberId,
        id: NotificationId,
        now: Timestamp,
    ) -> Result<Option<NotificationRow>, StoreError> {
        let own = self.own_notifications(member).filter(Column::Id.eq(id.0));
        let tenant = self.id().0;
        self.write(move |tx| {
            Box::pin(async move {
                let Some(row) = own.clone().one(tx).await? else { return Ok(None) };
                if row.read_at.is_none() {
                    let this = Condition::all().add(Column::TenantId.eq(tenant)).add(Column::Id.eq(row.id));
                    look_at(tx, this, now).await?;
                    opened(tx, Condition::all().add(notice::Column::TenantId.eq(tenant)).add(notice::Column::Id.eq(row.notice_id))).await?;
                }
                own.one(tx).await?.map(NotificationRow::read).transpose()
            })
        })
        .await
    }

    /// Notes that a member has looked at everything, or at everything of one conversation, and ends the ladders of what was looked at. Of a
    /// conversation the ladder ends also if this member was told nothing. Returns how many were unread.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn read_notifications(&self, member: MemberId, of: Option<ConversationId>, now: Timestamp) -> Result<u64, StoreError> {
        let tenant = self.id().0;
        let seen = in_seen_conversation(tenant, self.sight(), notice::Column::ConversationId);
        self.write(move |tx| {
            Box::pin(async move {
                let mut mine = Condition::all().add(Column::TenantId.eq(tenant)).add(Column::MemberId.eq(member.0));
                mine = mine.add(Column::ReadAt.is_null());
                let ladders = Condition::all().add(notice::Column::TenantId.eq(tenant)).add(seen);
                let ladders = match of {
                    Some(conversation) => {
                        mine = mine.add(Column::ConversationId.eq(conversation.0));
                        ladders.add(notice::Column::ConversationId.eq(conversation.0))
                    }
                    None => {
                        let mut told = Query::select();
                        told.column(Column::NoticeId).from(Entity).cond_where(mine.clone());
                        ladders.add(notice::Column::Id.in_subquery(told))
                    }
                };
                opened(tx, ladders).await?;
                look_at(tx, mine, now).await
            })
        })
        .await
    }

    /// Returns what a member has chosen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn notification_choices(&self, member: MemberId) -> Result<Choices, StoreError> {
        use notification_choice::{Column, Entity};
        let own = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::MemberId.eq(member.0));
        let row = self.read(|tx| Box::pin(own.one(tx))).await?;
        Ok(Choices::stored(row.as_ref().map(|row| row.choices.as_str())))
    }

    /// Keeps what a member has chosen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn choose_notifications(&self, member: MemberId, choices: &Choices, now: Timestamp) -> Result<(), StoreError> {
        use notification_choice::{Column, Entity};
        let (tenant, choices) = (self.id().0, choices.to_stored());
        self.write(move |tx| {
            Box::pin(async move {
                let at = instant(now).value(tx.get_database_backend());
                let mut put = Query::insert();
                put.into_table(Entity).columns([Column::TenantId, Column::MemberId, Column::Choices, Column::UpdatedAt]);
                put.values_panic([tenant.into(), member.0.into(), choices.into(), Expr::val(at)]);
                put.on_conflict(
                    OnConflict::columns([Column::TenantId, Column::MemberId])
                        .update_columns([Column::Choices, Column::UpdatedAt])
                        .to_owned(),
                );
                tx.execute(&put).await.map(drop)
            })
        })
        .await
    }

    /// Returns after how many minutes an unopened hand-over climbs; 0: never.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn handoff_minutes(&self) -> Result<u16, StoreError> {
        use notification_rules::{Column, Entity};
        let own = Entity::find().filter(Column::TenantId.eq(self.id().0));
        let row = self.read(|tx| Box::pin(own.one(tx))).await?;
        Ok(row.map_or(DEFAULT_MINUTES, |row| u16::try_from(row.handoff_minutes).unwrap_or(DEFAULT_MINUTES)))
    }

    /// Keeps after how many minutes an unopened hand-over climbs. What stays as it is leaves nothing in the log.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn set_handoff_minutes(&self, minutes: u16, now: Timestamp) -> Result<(), StoreError> {
        use notification_rules::{Column, Entity};
        let (id, by) = (self.id(), self.caller().clone());
        let tenant = id.0;
        self.write(move |tx| {
            Box::pin(async move {
                let before = Entity::find_by_id(tenant).one(tx).await?.map_or(i64::from(DEFAULT_MINUTES), |row| row.handoff_minutes);
                if before == i64::from(minutes) {
                    return Ok(());
                }
                let at = instant(now).value(tx.get_database_backend());
                let mut put = Query::insert();
                put.into_table(Entity).columns([Column::TenantId, Column::HandoffMinutes, Column::UpdatedAt]);
                put.values_panic([tenant.into(), i64::from(minutes).into(), Expr::val(at)]);
                put.on_conflict(
                    OnConflict::column(Column::TenantId).update_columns([Column::HandoffMinutes, Column::UpdatedAt]).to_owned(),
                );
                tx.execute(&put).await?;
                let deed = Deed::new(Action::NotificationRulesReplaced, id).before("handoff_minutes", before);
                logged(tx, id, (&by, now), deed.after("handoff_minutes", minutes)).await
            })
        })
        .await
    }
}

/// Keeps what comes after a place, the newest first.
fn below(tx: &DatabaseTransaction, after: Option<NotificationPlace>) -> Condition {
    let Some(NotificationPlace { at, id, .. }) = after else { return Condition::all() };
    let at = instant(at).value(tx.get_database_backend());
    let same = Condition::all().add(Expr::col(Column::CreatedAt).eq(at.clone())).add(Column::Id.lt(id.0));
    Condition::any().add(Expr::col(Column::CreatedAt).lt(at)).add(same)
}

async fn look_at(tx: &DatabaseTransaction, which: Condition, now: Timestamp) -> Result<u64, DbErr> {
    let now = instant(now).value(tx.get_database_backend());
    let update = Entity::update_many().col_expr(Column::ReadAt, Expr::val(now)).filter(which).filter(Column::ReadAt.is_null());
    Ok(update.exec(tx).await?.rows_affected)
}

/// Ends ladders because somebody has looked. A first rung that is still to be told is told: it is not a ladder yet.
async fn opened(tx: &DatabaseTransaction, which: Condition) -> Result<(), DbErr> {
    use notice::{Column, Entity};
    let never = entities::instant::Instant::optional(None, tx.get_database_backend());
    let update = Entity::update_many().col_expr(Column::DueAt, Expr::val(never)).col_expr(Column::Ended, Expr::val("opened"));
    update.filter(which).filter(Column::DueAt.is_not_null()).filter(Column::Rung.gt(1)).exec(tx).await.map(drop)
}
