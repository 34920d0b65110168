//! What people of a business are told: what is due, and telling it. No implementation lives here.

use crate::domain::ids::{ConversationId, MemberId, NoticeId, NotificationId, TenantId};
use crate::domain::notice::Kind;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use async_trait::async_trait;

/// A notification that has just been written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewNotification {
    /// Its id.
    pub id: NotificationId,
    /// Who is told.
    pub member: MemberId,
    /// Of what.
    pub kind: Kind,
    /// In which conversation.
    pub conversation: Option<ConversationId>,
    /// When.
    pub at: Timestamp,
}

/// Causes that wait to be told.
#[async_trait]
pub trait Notices: Send + Sync {
    /// Lists those whose next rung is due, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn due_notices(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, NoticeId)>, StoreError>;

    /// Tells one rung, once, and sets the next or ends the ladder; all in one transaction. Nothing if it is not due any more: somebody else was
    /// quicker, or somebody has looked.
    ///
    /// # Errors
    /// [`StoreError`]; nothing was told then.
    async fn climb_notice(&self, tenant: TenantId, id: NoticeId, now: Timestamp) -> Result<Vec<NewNotification>, StoreError>;
}
