//! The numbered feed: what a stream that resumes has missed. Read in keyset pages, never in one long transaction.

use crate::domain::ids::ConversationId;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::time::timestamp;
use entities::tenant_feed;
use entities::timeline::{Column, Entity, Model};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;

/// An event as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct TimelineRow {
    /// Its number.
    pub number: i64,
    /// The conversation.
    pub conversation: ConversationId,
    /// Its kind.
    pub kind: String,
    /// Ids and fixed words.
    pub data: Value,
    /// When.
    pub at: Timestamp,
}

/// From where to where the feed can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedBounds {
    /// The oldest number that is still kept; one above `last` if none is.
    pub first: i64,
    /// The newest number given.
    pub last: i64,
}

impl FeedBounds {
    /// Returns true if everything after `number` can still be read.
    #[must_use]
    pub const fn can_resume_after(self, number: i64) -> bool {
        number >= self.first - 1 && number <= self.last
    }
}

impl TenantScope {
    /// Lists events with a number above `after`, in order.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away or a stored event cannot be read.
    pub async fn timeline_after(&self, after: i64, limit: u64) -> Result<Vec<TimelineRow>, StoreError> {
        let tenant = self.id().0;
        self.read(move |tx| {
            Box::pin(async move {
                let mine = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::Number.gt(after));
                mine.order_by_asc(Column::Number).limit(limit).all(tx).await?.into_iter().map(read_event).collect()
            })
        })
        .await
    }

    /// Tells from where to where the feed can be read.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn feed_bounds(&self) -> Result<FeedBounds, StoreError> {
        let tenant = self.id().0;
        self.read(move |tx| {
            Box::pin(async move {
                let feed = tenant_feed::Entity::find().filter(tenant_feed::Column::TenantId.eq(tenant)).one(tx).await?;
                let last = feed.map_or(0, |feed| feed.last);
                let mine = Entity::find().filter(Column::TenantId.eq(tenant)).order_by_asc(Column::Number);
                let first = mine.one(tx).await?.map_or(last + 1, |row| row.number);
                Ok(FeedBounds { first, last })
            })
        })
        .await
    }
}

fn read_event(row: Model) -> Result<TimelineRow, DbErr> {
    Ok(TimelineRow {
        number: row.number,
        conversation: row.conversation_id.into(),
        kind: row.kind,
        data: serde_json::from_str(&row.data).map_err(|error| DbErr::Json(error.to_string()))?,
        at: timestamp(row.at),
    })
}
