//! Declarations of the personal-data registry for the audit log, consents and suspensions.
//!
//! Data only. The audit log holds ids and addresses of people who sign in, never a customer's. A customer's consents go with the customer:
//! the database removes them with the row of the contact and refuses to do it before.

use super::{Erase, Retention, SubjectPath, Table, none, operational};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "audit_head",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            operational("last", Erase::Keep),
            operational("hash", Erase::Keep),
            operational("anchor", Erase::Keep),
            operational("anchor_hash", Erase::Keep),
        ],
    },
    Table {
        name: "audit_event",
        subject: SubjectPath::Nobody,
        retention: Retention::Year,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("number", Erase::Keep),
            operational("at", Erase::Keep),
            operational("actor_kind", Erase::Keep),
            none("actor_id", Erase::Keep),
            operational("action", Erase::Keep),
            operational("target_kind", Erase::Keep),
            none("target_id", Erase::Keep),
            operational("ip", Erase::Keep),
            operational("user_agent", Erase::Keep),
            operational("details", Erase::Keep),
            operational("prev_hash", Erase::Keep),
            operational("hash", Erase::Keep),
        ],
    },
    Table {
        name: "consent_event",
        subject: SubjectPath::ContactId,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("account_id", Erase::Row),
            none("contact_id", Erase::Row),
            operational("kind", Erase::Row),
            operational("text_version", Erase::Row),
            operational("given", Erase::Row),
            operational("source", Erase::Row),
            operational("ip", Erase::Row),
            operational("at", Erase::Row),
        ],
    },
    Table {
        name: "suspension",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            operational("feature", Erase::Keep),
            operational("reason", Erase::Keep),
            operational("from_at", Erase::Keep),
            operational("until_at", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("ended_at", Erase::Keep),
        ],
    },
];
