//! Declarations of the personal-data registry for what people keep about contacts, and for prepared texts.
//!
//! Data only. A column that is not declared fails a test, and so does a declaration without a column.

use super::{Erase, Retention, SubjectPath, Table, content, none, operational, personal};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "contact_note",
        subject: SubjectPath::ContactId,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("contact_id", Erase::Row),
            none("author_id", Erase::Row),
            content("body", Erase::Row),
            operational("created_at", Erase::Row),
            operational("updated_at", Erase::Row),
        ],
    },
    Table {
        name: "contact_merge",
        subject: SubjectPath::ContactId,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("contact_id", Erase::Row),
            none("from_id", Erase::Row),
            none("by_id", Erase::Row),
            personal("moved", Erase::Row),
            personal("filled", Erase::Row),
            operational("merged_at", Erase::Row),
            operational("undone_at", Erase::Row),
        ],
    },
    Table {
        name: "contact_import",
        subject: SubjectPath::Unknown,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("by_id", Erase::Row),
            none("state", Erase::Row),
            personal("file", Erase::Row),
            operational("rows_total", Erase::Row),
            operational("next_row", Erase::Row),
            operational("created", Erase::Row),
            operational("updated", Erase::Row),
            operational("skipped", Erase::Row),
            operational("created_at", Erase::Row),
            operational("finished_at", Erase::Row),
        ],
    },
    Table {
        name: "contact_import_row",
        subject: SubjectPath::ContactId,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Row),
            none("import_id", Erase::Row),
            operational("place", Erase::Row),
            operational("line", Erase::Row),
            none("result", Erase::Row),
            none("contact_id", Erase::Row),
            none("column_name", Erase::Row),
            operational("reason", Erase::Row),
        ],
    },
    Table {
        name: "canned_reply",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            none("code", Erase::Keep),
            none("title", Erase::Keep),
            none("body", Erase::Keep),
            none("language", Erase::Keep),
            none("owner_id", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
];
