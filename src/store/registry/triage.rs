//! Declarations of the personal-data registry for labels, counts and saved views.
//!
//! Data only. They are about the business's work; that a conversation has a label goes with its customer.

use super::{Erase, Retention, SubjectPath, Table, none, operational};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "bulk_action",
        subject: SubjectPath::Nobody,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            none("by_kind", Erase::Keep),
            none("by_id", Erase::Keep),
            operational("fingerprint", Erase::Keep),
            none("action", Erase::Keep),
            none("state", Erase::Keep),
            operational("items", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("cancelled_at", Erase::Keep),
            operational("finished_at", Erase::Keep),
        ],
    },
    Table {
        name: "bulk_action_item",
        subject: SubjectPath::ConversationId,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Row),
            none("bulk_action_id", Erase::Row),
            operational("place", Erase::Row),
            none("conversation_id", Erase::Row),
            none("command_id", Erase::Row),
            none("result", Erase::Row),
            none("reason", Erase::Row),
            operational("detail", Erase::Row),
        ],
    },
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
