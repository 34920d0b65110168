//! Appointments between the core's type and the columns.

use crate::domain::booking::{Appointment, Seat, Span, Status};
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, ServiceId, TenantId};
use crate::domain::language::Language;
use crate::store::rows::{Cell, Columns, Kind, Record, Rows, at, get, maybe_at};
use crate::store::spelling::{from_json, json};
use sea_orm::DbErr;
use std::borrow::Cow;
use uuid::Uuid;

/// Every column, in the order of the table.
pub(super) const APPOINTMENT: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("version", Kind::Int),
    ("status", Kind::Text),
    ("service_id", Kind::Id),
    ("starts_at", Kind::At),
    ("ends_at", Kind::At),
    ("seats", Kind::Text),
    ("buffer_before", Kind::Int),
    ("buffer_after", Kind::Int),
    ("hold_expires_at", Kind::At),
    ("renewed", Kind::Small),
    ("moves", Kind::Id),
    ("contact_id", Kind::Id),
    ("conversation_id", Kind::Id),
    ("name", Kind::Text),
    ("phone", Kind::Text),
    ("email", Kind::Text),
    ("answers", Kind::Text),
    ("language", Kind::Text),
    ("zone", Kind::Text),
    ("local_start", Kind::Text),
    ("told", Kind::Text),
    ("reason", Kind::Text),
    ("generation", Kind::Int),
    ("request_key", Kind::Text),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];

/// What is read of the table `appointment a`.
pub(super) const READ: &str = "a.id, a.version, a.status, a.service_id, a.starts_at, a.ends_at, a.seats, a.buffer_before, a.buffer_after,
    a.hold_expires_at, a.renewed, a.moves, a.contact_id, a.conversation_id, a.name, a.phone, a.email, a.answers, a.language, a.zone,
    a.local_start, a.told, a.reason, a.generation, a.request_key, a.created_at, a.updated_at";

/// Replaces a version by the next one. Counts on every row being hit: one that has moved on fails the transaction.
pub(super) const UPDATE: &str = "UPDATE appointment SET version = r.version, status = r.status, service_id = r.service_id,
    starts_at = r.starts_at, ends_at = r.ends_at, seats = r.seats, buffer_before = r.buffer_before, buffer_after = r.buffer_after,
    hold_expires_at = r.hold_expires_at, renewed = r.renewed, moves = r.moves, contact_id = r.contact_id,
    conversation_id = r.conversation_id, name = r.name, phone = r.phone, email = r.email, answers = r.answers, language = r.language,
    zone = r.zone, local_start = r.local_start, told = r.told, reason = r.reason, generation = r.generation,
    request_key = r.request_key, created_at = r.created_at, updated_at = r.updated_at
    FROM {rows} WHERE appointment.tenant_id = r.tenant_id AND appointment.id = r.id AND appointment.version = r.version - 1";

/// The longest key that is kept as it is, in bytes; the database holds no U+0000.
fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Adds an appointment to a set of [`APPOINTMENT`].
pub(super) fn push(rows: &mut Rows, tenant: TenantId, it: &Appointment) -> Result<(), DbErr> {
    let (seats, answers) = (json(&it.seats)?, json(&it.answers)?);
    let told = [&it.name, &it.phone, &it.email, &it.told, &it.reason].map(|text| text.as_deref().map(clean));
    let [name, phone, email, told, reason] = told.each_ref().map(|text| Cell::from(text.as_deref()));
    let key = it.request_key.as_deref().map(crate::store::spelling::key);
    rows.push([
        tenant.into(),
        it.id.0.into(),
        it.version.into(),
        it.status.as_str().into(),
        it.service.0.into(),
        it.span.start.into(),
        it.span.end.into(),
        (&seats).into(),
        i64::from(it.buffer_before).into(),
        i64::from(it.buffer_after).into(),
        it.hold_expires_at.into(),
        i64::from(it.renewed).into(),
        it.moves.map(|id| id.0).into(),
        it.contact.map(|id| id.0).into(),
        it.conversation.map(|id| id.0).into(),
        name,
        phone,
        email,
        (&answers).into(),
        it.language.code().into(),
        (&it.zone).into(),
        (&it.local_start).into(),
        told,
        reason,
        it.generation.into(),
        key.as_ref().into(),
        it.created_at.into(),
        it.updated_at.into(),
    ]);
    Ok(())
}

/// Reads an appointment from the columns of [`READ`].
pub(super) fn appointment(row: &impl Record) -> Result<Appointment, DbErr> {
    let status: String = get(row, "status")?;
    let (language, seats, answers): (String, String, String) = (get(row, "language")?, get(row, "seats")?, get(row, "answers")?);
    let [moves, contact, conversation]: [Option<Uuid>; 3] = [get(row, "moves")?, get(row, "contact_id")?, get(row, "conversation_id")?];
    let renewed: i16 = get(row, "renewed")?;
    Ok(Appointment {
        id: AppointmentId(get(row, "id")?),
        version: get(row, "version")?,
        status: Status::parse(&status).ok_or_else(|| DbErr::Type("a status that this release does not know".to_owned()))?,
        service: ServiceId(get(row, "service_id")?),
        span: Span { start: at(row, "starts_at")?, end: at(row, "ends_at")? },
        seats: from_json::<Vec<Seat>>(&seats)?,
        buffer_before: minutes(get(row, "buffer_before")?),
        buffer_after: minutes(get(row, "buffer_after")?),
        hold_expires_at: maybe_at(row, "hold_expires_at")?,
        renewed: u8::try_from(renewed).unwrap_or(u8::MAX),
        moves: moves.map(AppointmentId),
        contact: contact.map(ContactId),
        conversation: conversation.map(ConversationId),
        name: get(row, "name")?,
        phone: get(row, "phone")?,
        email: get(row, "email")?,
        answers: from_json(&answers)?,
        language: Language::of_locale(&language).unwrap_or_default(),
        zone: get(row, "zone")?,
        local_start: get(row, "local_start")?,
        told: get(row, "told")?,
        reason: get(row, "reason")?,
        generation: get(row, "generation")?,
        request_key: get(row, "request_key")?,
        created_at: at(row, "created_at")?,
        updated_at: at(row, "updated_at")?,
    })
}

fn minutes(stored: i64) -> u32 {
    u32::try_from(stored).unwrap_or_default()
}
