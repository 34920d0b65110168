//! Declarations of the personal-data registry for outgoing mail.
//!
//! Data only. A column that is not declared fails a test, and so does a declaration without a column.

use super::{Erase, Retention, SubjectPath, Table, content, none, operational, personal};

pub(super) static TABLES: &[Table] = &[Table {
    name: "mail",
    // A mail to a member is about no customer.
    subject: SubjectPath::ContactId,
    retention: Retention::Month,
    columns: &[
        none("tenant_id", Erase::Row),
        none("id", Erase::Row),
        none("kind", Erase::Row),
        personal("recipient", Erase::Row),
        none("contact_id", Erase::Row),
        // Its text, sealed where it bears a link that opens something: gone as soon as it has ended.
        content("payload", Erase::Row),
        operational("reference", Erase::Row),
        operational("state", Erase::Row),
        operational("reason", Erase::Row),
        operational("attempt", Erase::Row),
        operational("doubtful", Erase::Row),
        operational("due_at", Erase::Row),
        operational("leased_until", Erase::Row),
        operational("expires_at", Erase::Row),
        operational("created_at", Erase::Row),
        operational("ended_at", Erase::Row),
    ],
}];
