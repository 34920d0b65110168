//! Declarations of the personal-data registry for labels, counts and saved views.
//!
//! Data only. They are about the business's work; that a conversation has a label goes with its customer.

use super::{Erase, Retention, SubjectPath, Table, none, operational};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "label",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            none("title", Erase::Keep),
            operational("title_key", Erase::Keep),
            none("colour", Erase::Keep),
            none("description", Erase::Keep),
            operational("deleted_at", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
    Table {
        name: "conversation_label",
        subject: SubjectPath::ConversationId,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Row),
            none("conversation_id", Erase::Row),
            none("label_id", Erase::Row),
            none("status", Erase::Row),
            none("last_activity_at", Erase::Row),
        ],
    },
    Table {
        name: "conversation_member",
        subject: SubjectPath::ConversationId,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Row),
            none("member_id", Erase::Row),
            none("conversation_id", Erase::Row),
            operational("last_read", Erase::Row),
            operational("marked", Erase::Row),
            operational("mentioned_seq", Erase::Row),
            operational("updated_at", Erase::Row),
        ],
    },
    Table {
        name: "conversation_count",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("inbox_id", Erase::Keep),
            none("status", Erase::Keep),
            none("assignee_id", Erase::Keep),
            operational("count", Erase::Keep),
        ],
    },
    Table {
        name: "saved_view",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            none("member_id", Erase::Keep),
            none("name", Erase::Keep),
            operational("name_key", Erase::Keep),
            none("filter", Erase::Keep),
            none("sort", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
];
