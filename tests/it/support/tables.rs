//! Every entity as data, so that a test can loop over all of them. A table that is missing here fails the schema test.

use anyhow::Result;
use sea_orm::sea_query::ValueType;
use sea_orm::{ColumnTrait, ColumnType, ConnectionTrait, DbBackend, EntityTrait, IdenStatic, Iterable};

/// What an entity says about its table.
#[derive(Debug)]
pub struct Table {
    /// The table's name.
    pub name: String,
    /// Its columns, in the order of the entity.
    pub columns: Vec<Column>,
}

/// What an entity says about a column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Column {
    /// The column's name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may be null.
    pub nullable: bool,
}

/// The few kinds of columns that the schema uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A UUID.
    Id,
    /// Microseconds or a timestamp.
    Instant,
    /// Text, JSON too.
    Text,
    /// 64 bits.
    Big,
    /// 16 bits.
    Small,
    /// Yes or no.
    Bool,
    /// Sealed bytes.
    Bytes,
    /// Anything else: an entity with a field of a type that the schema does not use.
    Foreign,
}

impl Kind {
    /// Returns the type that `backend` reports for such a column.
    pub fn declared(self, backend: DbBackend) -> &'static str {
        let postgres = backend == DbBackend::Postgres;
        match self {
            Self::Id => {
                if postgres {
                    "uuid"
                } else {
                    "blob"
                }
            }
            Self::Instant => {
                if postgres {
                    "timestamptz"
                } else {
                    "bigint"
                }
            }
            Self::Text => "text",
            Self::Big => {
                if postgres {
                    "int8"
                } else {
                    "bigint"
                }
            }
            Self::Small => {
                if postgres {
                    "int2"
                } else {
                    "smallint"
                }
            }
            Self::Bool => {
                if postgres {
                    "bool"
                } else {
                    "boolean"
                }
            }
            Self::Bytes => {
                if postgres {
                    "bytea"
                } else {
                    "blob"
                }
            }
            Self::Foreign => "a type that the schema does not use",
        }
    }

    fn of(column: &ColumnType) -> Self {
        let known = [
            (ColumnType::Uuid, Self::Id),
            (ColumnType::custom("instant"), Self::Instant),
            (ColumnType::string(None), Self::Text),
            (ColumnType::BigInteger, Self::Big),
            (ColumnType::SmallInteger, Self::Small),
            (ColumnType::Boolean, Self::Bool),
            (<Vec<u8> as ValueType>::column_type(), Self::Bytes),
        ];
        known.iter().find(|(one, _)| one == column).map_or(Self::Foreign, |(_, kind)| *kind)
    }
}

fn describe<E: EntityTrait>() -> Table {
    let columns = E::Column::iter().map(|column| {
        let definition = column.def();
        Column { name: column.as_str().to_owned(), kind: Kind::of(definition.get_column_type()), nullable: definition.is_null() }
    });
    Table { name: E::default().table_name().to_owned(), columns: columns.collect() }
}

async fn count<E: EntityTrait>(db: &impl ConnectionTrait) -> Result<(String, usize)> {
    Ok((E::default().table_name().to_owned(), E::find().all(db).await?.len()))
}

macro_rules! entities {
    ($($name:ident),+ $(,)?) => {
        /// Returns every entity's table, those that are referred to before those that refer.
        pub fn all() -> Vec<Table> {
            vec![$(describe::<entities::$name::Entity>()),+]
        }

        /// Decodes every row of every table through its entity and returns how many there were.
        pub async fn read_all(db: &impl ConnectionTrait) -> Result<Vec<(String, usize)>> {
            Ok(vec![$(count::<entities::$name::Entity>(db).await?),+])
        }
    };
}

entities!(
    tenant,
    tenant_feed,
    data_key,
    api_key,
    inbox,
    model_provider,
    account_route,
    contact,
    contact_identity,
    thread,
    thread_alias,
    conversation,
    inbound,
    message,
    outbox,
    parked_status,
    timer,
    turn_step,
    turn,
    timeline,
    conversation_cycle,
    survey,
    timing,
    usage_fact,
    attachment,
    service,
    resource,
    holiday,
    booking_rules,
    appointment,
    appointment_seat,
    slot_shown,
    calendar_job,
    calendar_event,
    calendar_poll,
    appointment_reminder,
    platform_key,
    account,
    member,
    session,
    refresh_token,
    account_token,
    recovery_code,
    team,
    team_member,
    desk,
    desk_member,
    inbox_rule,
    invitation,
    audit_head,
    audit_event,
    consent_event,
    suspension,
    mail,
    waitlist_entry,
    notice,
    notification,
    notification_choice,
    notification_rules,
    label,
    conversation_label,
    conversation_member,
    conversation_count,
    saved_view,
    webhook_endpoint,
    webhook_delivery,
    bulk_action,
    bulk_action_item,
    contact_import,
    contact_import_row,
    contact_note,
    contact_merge,
    canned_reply,
    file_usage,
    file,
    conversation_file,
    canned_reply_file,
    file_leftover,
    partition,
    node,
    unrouted,
    config_version,
);
