//! Declarations of the personal-data registry for files that people attach.
//!
//! Data only. A column that is not declared fails a test, and so does a declaration without a column. The bytes are no column: they go with
//! their row, by way of what is left over.

use super::{Erase, Retention, SubjectPath, Table, none, operational};

pub(super) static TABLES: &[Table] = &[
    // A file tells of a customer by the conversation that has it: erasing takes that row, and with it this one.
    Table {
        name: "file",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            none("state", Erase::Keep),
            none("name", Erase::Keep),
            none("uploaded_by", Erase::Keep),
            none("file_name", Erase::Keep),
            none("media_type", Erase::Keep),
            operational("size", Erase::Keep),
            operational("sha256", Erase::Keep),
            operational("width", Erase::Keep),
            operational("height", Erase::Keep),
            none("preview", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("expires_at", Erase::Keep),
        ],
    },
    // What goes here lets go of the file, which then goes too.
    Table {
        name: "conversation_file",
        subject: SubjectPath::ConversationId,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Row),
            none("conversation_id", Erase::Row),
            none("file_id", Erase::Row),
            operational("held_until", Erase::Row),
        ],
    },
    Table {
        name: "canned_reply_file",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("canned_reply_id", Erase::Keep),
            none("file_id", Erase::Keep),
            operational("place", Erase::Keep),
        ],
    },
    Table {
        name: "file_usage",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[none("tenant_id", Erase::Keep), operational("bytes", Erase::Keep)],
    },
    Table {
        name: "file_leftover",
        subject: SubjectPath::Nobody,
        retention: Retention::Hour,
        columns: &[none("tenant_id", Erase::Keep), none("name", Erase::Keep), operational("due_at", Erase::Keep)],
    },
];
