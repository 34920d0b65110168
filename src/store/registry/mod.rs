//! The personal-data registry: what each column of each table holds, whose it is, how long it stays, how it is erased.
//!
//! Retention sweeps, exports and erasure read this table instead of knowing tables by heart; a test compares it with the live
//! schema, so that no column can be added without a declaration. It never touches the database itself.

mod accounts;
mod audit;
mod bookings;
mod contacts;
mod conversations;
mod files;
mod mail;
mod members;
mod notices;
mod teams;
mod triage;
mod webhooks;

/// What kind of data a column holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DataClass {
    /// Ids, kinds and states: says nothing about a person without the rows it points to.
    None,
    /// Names, addresses and outside ids of a person.
    Personal,
    /// What people wrote, said or sent, or text made from it.
    Content,
    /// Keys, tokens and hashes of them: never exported, never logged.
    Secret,
    /// What the machine needs to do its work: counters, deadlines, error codes.
    Operational,
}

/// How one gets from a row to the contact it is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SubjectPath {
    /// The row is about no customer.
    Nobody,
    /// The row is the contact.
    Contact,
    /// By `contact_id`.
    ContactId,
    /// By `thread_id` to the thread, then its contact.
    ThreadId,
    /// By `conversation_id` to the conversation, then its contact. A row without one is about nobody.
    ConversationId,
    /// By `message_id` to the message, then its conversation.
    MessageId,
    /// By the provider's id in `external_id` to a message of the inbox, if there is one yet.
    ProviderId,
    /// Cannot be known: only age removes the row.
    Unknown,
}

/// How long a row stays if nobody asks for its erasure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Retention {
    /// While the tenant's subscription lasts and 90 days after it.
    Tenant,
    /// Five years after the last transaction, without any link to a contact: tax law.
    Billing,
    /// 30 days after the row settled or was sent; a dead one until somebody has looked at it.
    AfterOutcome,
    /// 30 days after it came in, or has ended.
    Month,
    /// Twelve months after it was written.
    Year,
    /// One hour.
    Hour,
    /// Until the turn it belongs to has settled.
    Turn,
    /// While the installation lives: there is nothing of a tenant in it.
    Installation,
}

/// What the erasure of a contact does to a column of a row about that contact.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Erase {
    /// Nothing: the value tells nothing once the others are gone.
    Keep,
    /// The value becomes null, or the empty value of its type.
    Blank,
    /// The whole row goes; then every column of the table says so.
    Row,
}

/// The declaration of one column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub class: DataClass,
    /// What erasing the contact does to it.
    pub erase: Erase,
}

/// The declaration of one table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// How to find whom a row is about.
    pub subject: SubjectPath,
    /// How long a row stays.
    pub retention: Retention,
    /// Every column, in the order of the schema.
    pub columns: &'static [Column],
}

/// Returns the declaration of every table.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    let people = members::TABLES
        .iter()
        .chain(audit::TABLES)
        .chain(files::TABLES)
        .chain(mail::TABLES)
        .chain(notices::TABLES)
        .chain(triage::TABLES)
        .chain(teams::TABLES)
        .chain(webhooks::TABLES);
    accounts::TABLES.iter().chain(contacts::TABLES).chain(conversations::TABLES).chain(bookings::TABLES).chain(people)
}

/// Returns the declaration of the table `name`, if there is such a table.
#[must_use]
pub fn table(name: &str) -> Option<&'static Table> {
    tables().find(|table| table.name == name)
}

const fn none(name: &'static str, erase: Erase) -> Column {
    Column { name, class: DataClass::None, erase }
}

const fn personal(name: &'static str, erase: Erase) -> Column {
    Column { name, class: DataClass::Personal, erase }
}

const fn content(name: &'static str, erase: Erase) -> Column {
    Column { name, class: DataClass::Content, erase }
}

const fn secret(name: &'static str, erase: Erase) -> Column {
    Column { name, class: DataClass::Secret, erase }
}

const fn operational(name: &'static str, erase: Erase) -> Column {
    Column { name, class: DataClass::Operational, erase }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_identifies_a_person_never_survives_erasure() {
        for table in tables() {
            for column in table.columns {
                let tells = matches!(column.class, DataClass::Personal | DataClass::Content);
                assert!(!tells || column.erase != Erase::Keep, "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn a_row_goes_as_a_whole_or_stays() {
        for table in tables() {
            let gone = table.columns.iter().filter(|column| column.erase == Erase::Row).count();
            assert!(gone == 0 || gone == table.columns.len(), "{}", table.name);
        }
    }

    #[test]
    fn erasing_a_contact_leaves_rows_about_nobody_alone() {
        for table in tables().filter(|table| table.subject == SubjectPath::Nobody) {
            assert!(table.columns.iter().all(|column| column.erase == Erase::Keep), "{}", table.name);
        }
    }

    #[test]
    fn no_table_is_declared_twice() {
        let mut names: Vec<&str> = tables().map(|table| table.name).collect();
        names.sort_unstable();
        let all = names.len();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| table(name).is_some()));
    }

    #[test]
    fn a_subject_path_names_a_column_that_the_table_has() {
        for table in tables() {
            let needed = match table.subject {
                SubjectPath::Nobody | SubjectPath::Unknown => continue,
                SubjectPath::Contact => "id",
                SubjectPath::ContactId => "contact_id",
                SubjectPath::ThreadId => "thread_id",
                SubjectPath::ConversationId => "conversation_id",
                SubjectPath::MessageId => "message_id",
                SubjectPath::ProviderId => "external_id",
            };
            assert!(table.columns.iter().any(|column| column.name == needed), "{}", table.name);
        }
    }
}
