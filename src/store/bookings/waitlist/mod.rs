//! The waiting list on the database: entries between the core's type and the columns, acts on the list, and what the book's changes do to it.

mod acts;
mod follow;
mod line;

use crate::domain::booking::waiting::{Entry, WaitState, WaitWish};
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, ServiceId, TenantId, WaitlistId};
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::store::bookings::ask::Ask;
use crate::store::rows::{Columns, Kind, Row, Rows, at, get, maybe_at};
use crate::store::spelling::{from_json, json};
use chrono::NaiveDate;
use sea_orm::DbErr;
use uuid::Uuid;

pub(super) use acts::carry_out;
pub(super) use follow::follow;
pub(super) use line::{conversation_of, list};

const ENTRY: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("state", Kind::Text),
    ("service_id", Kind::Id),
    ("resources", Kind::Text),
    ("first_day", Kind::Text),
    ("last_day", Kind::Text),
    ("from_minute", Kind::Int),
    ("to_minute", Kind::Int),
    ("before_at", Kind::At),
    ("moves", Kind::Id),
    ("contact_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("name", Kind::Text),
    ("language", Kind::Text),
    ("appointment_id", Kind::Id),
    ("look_at", Kind::At),
    ("look_no", Kind::Int),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];
const ID: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// What is read of the table `waitlist_entry w`.
const READ: &str = "w.id, w.state, w.service_id, w.resources, w.first_day, w.last_day, w.from_minute, w.to_minute, w.before_at, w.moves,
    w.contact_id, w.conversation_id, w.name, w.language, w.appointment_id, w.look_no, w.created_at, w.updated_at";

/// Returns a local date as it is stored: dates in this spelling compare as texts.
fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d").to_string()
}

/// Adds an entry to a set of [`ENTRY`]. Somebody must look for a time for it now.
fn push(rows: &mut Rows, tenant: TenantId, it: &Entry, now: Timestamp) -> Result<(), DbErr> {
    let (resources, first, last) = (json(&it.resources)?, day(it.wish.first), day(it.wish.last));
    let name = it.name.as_deref().map(|name| name.replace('\0', "\u{fffd}"));
    rows.push([
        tenant.into(),
        it.id.0.into(),
        it.state.as_str().into(),
        it.service.0.into(),
        (&resources).into(),
        (&first).into(),
        (&last).into(),
        i64::from(it.wish.from).into(),
        i64::from(it.wish.to).into(),
        it.wish.before.into(),
        it.moves.map(|id| id.0).into(),
        it.contact.0.into(),
        it.conversation.0.into(),
        name.as_deref().into(),
        it.language.code().into(),
        it.appointment.map(|id| id.0).into(),
        now.into(),
        1_i64.into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]);
    Ok(())
}

/// Reads an entry from the columns of [`READ`].
fn entry(row: &Row) -> Result<Entry, DbErr> {
    let state: String = get(row, "state")?;
    let (resources, first, last): (String, String, String) = (get(row, "resources")?, get(row, "first_day")?, get(row, "last_day")?);
    let unknown = |what: &str| DbErr::Type(format!("{what} that this release does not know"));
    let date = |text: &str| text.parse::<NaiveDate>().map_err(|_error| unknown("a date"));
    let minute = |stored: i64| u16::try_from(stored).unwrap_or_default();
    let (language, moves, appointment): (String, Option<Uuid>, Option<Uuid>) =
        (get(row, "language")?, get(row, "moves")?, get(row, "appointment_id")?);
    Ok(Entry {
        id: WaitlistId(get(row, "id")?),
        state: WaitState::parse(&state).ok_or_else(|| unknown("a state"))?,
        service: ServiceId(get(row, "service_id")?),
        resources: from_json(&resources)?,
        wish: WaitWish {
            first: date(&first)?,
            last: date(&last)?,
            from: minute(get(row, "from_minute")?),
            to: minute(get(row, "to_minute")?),
            before: maybe_at(row, "before_at")?,
        },
        moves: moves.map(AppointmentId),
        contact: ContactId(get(row, "contact_id")?),
        conversation: ConversationId(get(row, "conversation_id")?),
        name: get(row, "name")?,
        language: Language::of_locale(&language).unwrap_or_default(),
        appointment: appointment.map(AppointmentId),
        created_at: at(row, "created_at")?,
        updated_at: at(row, "updated_at")?,
    })
}

/// Finds an entry.
pub(super) async fn one(ask: Ask<'_>, tenant: TenantId, id: WaitlistId) -> Result<Option<Entry>, DbErr> {
    let mut rows = ask.rows(ID);
    rows.push([tenant.into(), id.0.into()]);
    let sql = format!("SELECT {READ} FROM {{rows}} CROSS JOIN waitlist_entry w WHERE {} AND w.id = r.id", ask.own("w"));
    ask.all(&sql, rows).await?.first().map(entry).transpose()
}

/// Returns a contact's live entries: a handful, by their own index.
pub(super) async fn live(ask: Ask<'_>, tenant: TenantId, contact: ContactId) -> Result<Vec<Entry>, DbErr> {
    let mut rows = ask.rows(ID);
    rows.push([tenant.into(), contact.0.into()]);
    let sql = format!(
        "SELECT {READ} FROM {{rows}} CROSS JOIN waitlist_entry w WHERE w.tenant_id = r.tenant_id AND w.contact_id = r.id
         AND w.state IN ('waiting', 'offered') ORDER BY w.created_at, w.id"
    );
    ask.all(&sql, rows).await?.iter().map(entry).collect()
}
