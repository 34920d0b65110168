//! Declarations of the personal-data registry for notifications.
//!
//! Data only. They hold ids and fixed words; what is about a customer's conversation goes with the customer.

use super::{Erase, Retention, SubjectPath, Table, none, operational};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "notice",
        subject: SubjectPath::ConversationId,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("kind", Erase::Row),
            operational("cause", Erase::Row),
            none("conversation_id", Erase::Row),
            none("inbox_id", Erase::Row),
            none("subject_id", Erase::Row),
            none("to_id", Erase::Row),
            none("by_id", Erase::Row),
            operational("rung", Erase::Row),
            operational("due_at", Erase::Row),
            operational("ended", Erase::Row),
            operational("created_at", Erase::Row),
        ],
    },
    Table {
        name: "notification",
        subject: SubjectPath::ConversationId,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("notice_id", Erase::Row),
            none("member_id", Erase::Row),
            none("kind", Erase::Row),
            none("conversation_id", Erase::Row),
            none("subject_id", Erase::Row),
            operational("created_at", Erase::Row),
            operational("read_at", Erase::Row),
        ],
    },
    Table {
        name: "notification_choice",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("member_id", Erase::Keep),
            operational("choices", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
    Table {
        name: "notification_rules",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[none("tenant_id", Erase::Keep), operational("handoff_minutes", Erase::Keep), operational("updated_at", Erase::Keep)],
    },
];
