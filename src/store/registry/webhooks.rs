//! Declarations of the personal-data registry for webhooks to businesses' own systems.
//!
//! Data only. No copy of what was told is kept: it is read for each try.

use super::{Erase, Retention, SubjectPath, Table, content, none, operational, secret};

pub(super) static TABLES: &[Table] = &[
    Table {
        name: "webhook_endpoint",
        subject: SubjectPath::Nobody,
        retention: Retention::Tenant,
        columns: &[
            none("tenant_id", Erase::Keep),
            none("id", Erase::Keep),
            operational("url", Erase::Keep),
            operational("description", Erase::Keep),
            operational("events", Erase::Keep),
            none("inboxes", Erase::Keep),
            operational("notes", Erase::Keep),
            operational("enabled", Erase::Keep),
            operational("disabled_reason", Erase::Keep),
            operational("disabled_at", Erase::Keep),
            secret("secret", Erase::Keep),
            secret("old_secret", Erase::Keep),
            operational("old_until", Erase::Keep),
            operational("cursor", Erase::Keep),
            operational("leases", Erase::Keep),
            operational("failing_since", Erase::Keep),
            operational("failed_at", Erase::Keep),
            operational("succeeded_at", Erase::Keep),
            operational("rests_until", Erase::Keep),
            operational("expired", Erase::Keep),
            operational("created_at", Erase::Keep),
            operational("updated_at", Erase::Keep),
        ],
    },
    Table {
        name: "webhook_delivery",
        subject: SubjectPath::ConversationId,
        retention: Retention::Month,
        columns: &[
            none("tenant_id", Erase::Row),
            none("id", Erase::Row),
            none("endpoint_id", Erase::Row),
            operational("number", Erase::Row),
            none("kind", Erase::Row),
            none("conversation_id", Erase::Row),
            operational("state", Erase::Row),
            operational("attempt", Erase::Row),
            // What an endpoint answered may repeat what it was told.
            content("attempts", Erase::Row),
            operational("due_at", Erase::Row),
            operational("lease", Erase::Row),
            operational("leased_until", Erase::Row),
            operational("expires_at", Erase::Row),
            operational("created_at", Erase::Row),
            operational("ended_at", Erase::Row),
        ],
    },
];
