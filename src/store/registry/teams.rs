//! Declarations of the personal-data registry for who answers: teams, presence, and how conversations are given to people.
//!
//! Data only. These rows are about members of a business, never about its customers.

use super::{Erase, Retention, SubjectPath, Table, none, operational};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "team",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            operational("name", Erase::Keep),
            none("state", Erase::Keep),
            operational("mode", Erase::Keep),
            operational("max_open", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
    Table {
        name: "team_member",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[none("tenant_id", Erase::Keep), none("team_id", Erase::Keep), none("member_id", Erase::Keep)],
    },
    Table {
        name: "desk",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            operational("version", Erase::Keep),
            operational("max_open", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
    Table {
        name: "desk_member",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("member_id", Erase::Keep),
            operational("choice", Erase::Keep),
            operational("max_open", Erase::Keep),
            operational("last_seen", Erase::Keep),
            operational("turn", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
    Table {
        name: "inbox_rule",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("inbox_id", Erase::Keep),
            operational("mode", Erase::Keep),
            operational("max_open", Erase::Keep),
            operational("on_return", Erase::Keep),
            operational("hours", Erase::Keep),
            operational("updated_at", Erase::Keep),
            operational("survey", Erase::Keep),
        ],
    },
];
