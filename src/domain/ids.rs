//! Identifiers. Every id is its own type, so that a contact can never be passed where a conversation is meant.
//!
//! Ids are UUIDv7 made by the [`IdSource`](crate::ports::ids::IdSource) port, never here: this room is pure.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { self.0.fmt(f) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!(stringify!($name), "({})"), self.0) }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> { Uuid::parse_str(text).map(Self) }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self { Self(id) }
        }
    )+};
}

id! {
    /// A business; the wall that nothing crosses.
    TenantId,
    /// A tenant's address on a channel.
    InboxId,
    /// A customer.
    ContactId,
    /// One outside address in one inbox.
    ThreadId,
    /// A conversation: the unit that one actor owns.
    ConversationId,
    /// A message in a conversation.
    MessageId,
    /// A row of the inbound queue.
    InboundId,
    /// A row of the outbox.
    OutboxId,
    /// A word that a business sorts conversations by.
    LabelId,
    /// A filter of conversations with a name.
    ViewId,
    /// A person who answers customers, or the API key that speaks for one.
    AgentId,
    /// An API key.
    ApiKeyId,
    /// A person who signs in.
    AccountId,
    /// What an account is in a business.
    MemberId,
    /// One sign-in of a member on one device.
    SessionId,
    /// A place in a business that waits for somebody.
    InvitationId,
    /// A model provider of a tenant.
    ModelProviderId,
    /// A file that came with a message.
    AttachmentId,
    /// A file that we keep.
    FileId,
    /// Something that can be booked.
    ServiceId,
    /// Who or what gives it: a person, a room, a chair.
    ResourceId,
    /// An appointment, from its hold to its end.
    AppointmentId,
    /// A wish for a slot that is taken.
    WaitlistId,
    /// Something that happened of which people of the business may have to be told.
    NoticeId,
    /// That one member was told of it.
    NotificationId,
    /// A group of members.
    TeamId,
    /// An endpoint of a business that is told what happens.
    WebhookId,
    /// That an endpoint is told of one event.
    WebhookDeliveryId,
    /// What people noted about a customer.
    ContactNoteId,
    /// That two contacts were one customer.
    ContactMergeId,
    /// A table of contacts that is taken in.
    ContactImportId,
    /// An action over many conversations.
    BulkActionId,
    /// A prepared text.
    CannedReplyId,
    /// That a customer was asked how they were served.
    SurveyId,
    /// One commit of one conversation; stored on it so that a reload recognises its own write.
    StepId,
}

/// Number of partitions. Fixed for the life of an installation: the number is stored on rows.
pub const PARTITIONS: u16 = 256;

/// A partition, `0..256`: the unit of ownership between nodes.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct Partition(pub u16);

impl Partition {
    /// Returns the partition of a new thread. Called once per thread; the result is stored and never recomputed.
    ///
    /// FNV-1a over the id's bytes: stable across releases and platforms, unlike `std`'s hashers.
    #[must_use]
    pub fn of(thread: ThreadId) -> Self {
        let hash = thread
            .0
            .as_bytes()
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
        Self(((hash >> 24) & u64::from(PARTITIONS - 1)) as u16)
    }
}

/// The ownership counter of a partition. A commit under an old epoch is refused.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Debug)]
#[serde(transparent)]
pub struct Epoch(pub i64);

/// What a step, a hint or a command needs to find a conversation: never a lifecycle, never an address.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, Debug)]
pub struct ConversationKey {
    /// The business.
    pub tenant: TenantId,
    /// The conversation.
    pub id: ConversationId,
    /// The partition stored with it.
    pub part: Partition,
}
