//! A person asks to send a failed message once more. Only rows that certainly or possibly did not arrive, and are at rest, go again.

use crate::domain::ids::{ConversationId, MessageId, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::{Published, StoreError};
use crate::store::TenantScope;
use crate::store::time::instant;
use entities::{message, outbox, tenant_feed, timeline};
use sea_orm::sea_query::{Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use serde_json::{Value, json};

/// The kind of the event that tells that a message's status moved.
pub const STATUS_EVENT: &str = "message.status";

/// What became of the wish.
#[derive(Clone, Debug, PartialEq)]
pub enum Retried {
    /// The message goes again.
    Queued(Box<Published>),
    /// It is on its way already: the wish is a repeat, or came too early. The number is the message's.
    Underway(i64),
    /// It is no message that failed.
    NotFailed,
    /// There is no such message in this conversation.
    Absent,
}

impl TenantScope {
    /// Queues a failed message again, with everything it carried. Its attempts go on counting, so that an answer of an old call
    /// never marks the new one.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn retry_message(&self, conversation: ConversationId, message: MessageId, at: Timestamp) -> Result<Retried, StoreError> {
        let wish = Wish { tenant: self.id(), conversation, message, at };
        self.write(move |tx| Box::pin(async move { wish.carry_out(tx).await })).await
    }
}

/// One wish.
struct Wish {
    tenant: TenantId,
    conversation: ConversationId,
    message: MessageId,
    at: Timestamp,
}

impl Wish {
    async fn carry_out(&self, tx: &DatabaseTransaction) -> Result<Retried, DbErr> {
        let mine = message::Entity::find()
            .filter(message::Column::TenantId.eq(self.tenant.0))
            .filter(message::Column::ConversationId.eq(self.conversation.0))
            .filter(message::Column::Id.eq(self.message.0));
        let Some(row) = mine.one(tx).await? else {
            return Ok(Retried::Absent);
        };
        if row.deleted_at.is_some() {
            return Ok(Retried::NotFailed);
        }
        if self.requeue(tx).await? == 0 {
            let underway = self.underway(tx).await?;
            return Ok(if underway { Retried::Underway(row.seq) } else { Retried::NotFailed });
        }
        self.mark_queued(tx).await?;
        self.publish(tx, row.seq).await.map(|event| Retried::Queued(Box::new(event)))
    }

    async fn requeue(&self, tx: &DatabaseTransaction) -> Result<u64, DbErr> {
        let backend = tx.get_database_backend();
        let update = outbox::Entity::update_many()
            .col_expr(outbox::Column::State, Expr::val("pending"))
            .col_expr(outbox::Column::Cancelling, Expr::val(false))
            .col_expr(outbox::Column::DueAt, Expr::val(instant(self.at).value(backend)))
            .col_expr(outbox::Column::SendingAt, Expr::val(entities::instant::Instant::optional(None, backend)))
            .col_expr(outbox::Column::FinishedAt, Expr::val(entities::instant::Instant::optional(None, backend)))
            // A late word about the try before must not be taken for one about the next.
            .col_expr(outbox::Column::ProviderId, Expr::val(Option::<String>::None))
            .col_expr(outbox::Column::Code, Expr::val(Option::<String>::None))
            .col_expr(outbox::Column::Detail, Expr::val(Option::<String>::None));
        let failed = update
            .filter(outbox::Column::TenantId.eq(self.tenant.0))
            .filter(outbox::Column::ConversationId.eq(self.conversation.0))
            .filter(outbox::Column::MessageId.eq(self.message.0))
            .filter(outbox::Column::State.is_in(["failed", "dead", "uncertain"]));
        Ok(failed.exec(tx).await?.rows_affected)
    }

    async fn underway(&self, tx: &DatabaseTransaction) -> Result<bool, DbErr> {
        let mine = outbox::Entity::find()
            .filter(outbox::Column::TenantId.eq(self.tenant.0))
            .filter(outbox::Column::ConversationId.eq(self.conversation.0))
            .filter(outbox::Column::MessageId.eq(self.message.0))
            .filter(outbox::Column::State.is_in(["pending", "retry", "sending"]));
        mine.one(tx).await.map(|row| row.is_some())
    }

    async fn mark_queued(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        let update = message::Entity::update_many()
            .col_expr(message::Column::Status, Expr::val("queued"))
            .col_expr(message::Column::StatusRank, Expr::val(0_i16))
            .col_expr(message::Column::Error, Expr::val(Option::<String>::None));
        let mine = update.filter(message::Column::TenantId.eq(self.tenant.0)).filter(message::Column::Id.eq(self.message.0));
        mine.exec(tx).await.map(|_| ())
    }

    /// Takes the tenant's next number last, so that its lock lives for one commit only.
    async fn publish(&self, tx: &DatabaseTransaction, seq: i64) -> Result<Published, DbErr> {
        let data: Value = json!({"message_id": self.message, "seq": seq, "status": "queued"});
        let feed = tenant_feed::Entity::update_many()
            .col_expr(tenant_feed::Column::Last, Expr::col(tenant_feed::Column::Last).add(1))
            .filter(tenant_feed::Column::TenantId.eq(self.tenant.0))
            .exec_with_returning(tx)
            .await?;
        let number = feed.first().map(|feed| feed.last).ok_or_else(|| DbErr::RecordNotFound("the tenant's feed".to_owned()))?;
        let values: [sea_orm::Value; 6] = [
            self.tenant.0.into(),
            number.into(),
            self.conversation.0.into(),
            STATUS_EVENT.into(),
            data.to_string().into(),
            instant(self.at).value(tx.get_database_backend()),
        ];
        insert_event(tx, values).await?;
        Ok(Published { tenant: self.tenant, number, conversation: self.conversation, kind: STATUS_EVENT, data, at: self.at })
    }
}

/// Inserts by hand, because an instant is bound differently on the two databases.
async fn insert_event(tx: &DatabaseTransaction, values: [sea_orm::Value; 6]) -> Result<(), DbErr> {
    let mut insert = Query::insert();
    insert.into_table(timeline::Entity).columns([
        timeline::Column::TenantId,
        timeline::Column::Number,
        timeline::Column::ConversationId,
        timeline::Column::Kind,
        timeline::Column::Data,
        timeline::Column::At,
    ]);
    insert.values(values.map(Expr::val)).map_err(|error| DbErr::Custom(error.to_string()))?;
    tx.execute(&insert).await.map(|_| ())
}
