//! What people and conversations read of the book. Never writes.

use crate::domain::booking::{Appointment, Status};
use crate::domain::ids::{ContactId, ConversationKey, TenantId};
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::bookings::{Desk, Filter};
use crate::store::bookings::ask::Ask;
use crate::store::bookings::load::{of_conversation, shown, words};
use crate::store::bookings::rows::{READ, appointment};
use crate::store::bookings::waitlist;
use crate::store::rows::{Columns, Kind, get};
use sea_orm::DbErr;
use std::time::Duration;
use uuid::Uuid;

const CONTACT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("now", Kind::At)];
const FILTER: Columns = &[
    ("tenant_id", Kind::Id),
    ("since", Kind::At),
    ("starts_at", Kind::At),
    ("ends_at", Kind::At),
    ("service_id", Kind::Id),
    ("resource_id", Kind::Id),
    ("contact_id", Kind::Id),
    ("after_at", Kind::At),
    ("after_id", Kind::Id),
];

/// Sizes of a list: few texts, so that few statements are prepared.
const SIZES: [u32; 3] = [50, 200, 1000];
/// How old a hold may be to be gone on with.
const HOLD: Duration = Duration::from_hours(24);
/// The longest appointment.
const LONGEST: Duration = Duration::from_hours(24);

/// Returns where the customer of a conversation stands.
pub(super) async fn desk(ask: Ask<'_>, key: ConversationKey, now: Timestamp) -> Result<Desk, DbErr> {
    let sql = "SELECT c.contact_id FROM {rows} CROSS JOIN conversation c WHERE c.tenant_id = r.tenant_id AND c.id = r.id";
    let found = ask.all(sql, of_conversation(ask, key.tenant, key.id)).await?;
    let contact: Option<Uuid> = found.first().map(|row| get(row, "contact_id")).transpose()?;
    let Some(contact) = contact.map(ContactId) else { return Ok(Desk::default()) };
    // Only the newest: an older one was given up when that was made.
    let sql = format!(
        "SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE a.tenant_id = r.tenant_id AND a.conversation_id = r.id
         ORDER BY a.created_at DESC, a.id DESC LIMIT 1"
    );
    let newest = ask.all(&sql, of_conversation(ask, key.tenant, key.id)).await?.first().map(appointment).transpose()?;
    let hold = newest.filter(|it| matches!(it.status, Status::Held | Status::Expired) && it.created_at > now.before(HOLD));
    Ok(Desk {
        contact: Some(contact),
        shown: shown(ask, key.tenant, key.id, now).await?,
        hold,
        appointments: standing(ask, key, contact, now).await?,
        waiting: waitlist::live(ask, key.tenant, contact).await?,
    })
}

async fn standing(ask: Ask<'_>, key: ConversationKey, contact: ContactId, now: Timestamp) -> Result<Vec<Appointment>, DbErr> {
    let mut rows = ask.rows(CONTACT);
    rows.push([key.tenant.into(), contact.0.into(), now.into()]);
    let stand = words(&[Status::Confirming, Status::PendingOwner, Status::Confirmed]);
    let sql = format!(
        "SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE a.tenant_id = r.tenant_id AND a.contact_id = r.id
         AND a.moves IS NULL AND a.status IN ({stand}) AND a.ends_at > r.now ORDER BY a.starts_at, a.id LIMIT 20"
    );
    ask.all(&sql, rows).await?.iter().map(appointment).collect()
}

/// Returns what a conversation `c` must be to be seen, with ids as literals; `None`: every one is.
pub(super) fn in_sight(ask: Ask<'_>, seen: &Sight) -> Option<String> {
    // Ids are hexadecimal digits: nothing in them can end the literal.
    let literal = |id: Uuid| if ask.is_postgres() { format!("'{id}'::uuid") } else { format!("x'{}'", id.simple()) };
    let one_of = |column: &str, ids: Vec<String>| {
        let ids = if ids.is_empty() { "NULL".to_owned() } else { ids.join(", ") };
        format!("{column} IN ({ids})")
    };
    let inboxes = seen.limit().inboxes().map(|all| one_of("c.inbox_id", all.map(|id| literal(id.0)).collect()));
    let teams = seen.limit().teams().map(|all| {
        let own = seen.me().map(|me| format!(" OR c.assignee_id = {}", literal(me.0))).unwrap_or_default();
        format!("({}{own})", one_of("c.team_id", all.map(|id| literal(id.0)).collect()))
    });
    let both: Vec<String> = inboxes.into_iter().chain(teams).collect();
    if both.is_empty() { None } else { Some(both.join(" AND ")) }
}

/// Returns the condition that leaves out appointments of conversations that are not seen.
fn seen_only(ask: Ask<'_>, seen: &Sight) -> Option<String> {
    let seen = in_sight(ask, seen)?;
    Some(format!(
        "(a.conversation_id IS NULL OR EXISTS (SELECT 1 FROM conversation c WHERE c.tenant_id = a.tenant_id AND c.id = a.conversation_id
         AND {seen}))"
    ))
}

/// Lists appointments by start.
pub(super) async fn list(ask: Ask<'_>, tenant: TenantId, filter: &Filter) -> Result<Vec<Appointment>, DbErr> {
    let within = filter.within;
    let mut rows = ask.rows(FILTER);
    rows.push([
        tenant.into(),
        within.map(|span| span.start.before(LONGEST)).into(),
        within.map(|span| span.start).into(),
        within.map(|span| span.end).into(),
        filter.service.map(|id| id.0).into(),
        filter.resource.map(|id| id.0).into(),
        filter.contact.map(|id| id.0).into(),
        filter.after.map(|(at, _)| at).into(),
        filter.after.map(|(_, id)| id.0).into(),
    ]);
    let mut sql = format!("SELECT {READ} FROM {{rows}} CROSS JOIN appointment a WHERE {}", ask.own("a"));
    let seen = seen_only(ask, &filter.seen);
    let conditions = [
        (within.is_some(), "a.starts_at < r.ends_at AND a.starts_at > r.since AND a.ends_at > r.starts_at"),
        (filter.service.is_some(), "a.service_id = r.service_id"),
        (filter.contact.is_some(), "a.contact_id = r.contact_id"),
        (seen.is_some(), seen.as_deref().unwrap_or_default()),
        (filter.after.is_some(), "(a.starts_at, a.id) > (r.after_at, r.after_id)"),
        (
            filter.resource.is_some(),
            "EXISTS (SELECT 1 FROM appointment_seat s WHERE s.tenant_id = a.tenant_id AND s.appointment_id = a.id
             AND s.resource_id = r.resource_id)",
        ),
    ];
    for (_, condition) in conditions.into_iter().filter(|(wanted, _)| *wanted) {
        sql.push_str(" AND ");
        sql.push_str(condition);
    }
    if !filter.status.is_empty() {
        sql.push_str(&format!(" AND a.status IN ({})", words(&filter.status)));
    }
    let most = SIZES.into_iter().find(|size| *size >= filter.limit).unwrap_or(1000);
    sql.push_str(&format!(" ORDER BY a.starts_at, a.id LIMIT {most}"));
    let found = ask.all(&sql, rows).await?;
    let wanted = usize::try_from(filter.limit).unwrap_or(usize::MAX);
    found.iter().take(wanted).map(appointment).collect()
}
