//! What a change of the book does to the waiting list, in the transaction that makes it: an offer marks its entry, the end of an offer ends the
//! entry, a booking ends a wait, and a time that becomes free is a reason to look who waits for it.

use crate::domain::booking::decide::Freed;
use crate::domain::booking::waiting::{WaitState, is_new_booking, offered_to};
use crate::domain::booking::{Act, Actor, Agenda, Appointment, Decision, Outcome, Status};
use crate::domain::ids::{ServiceId, TenantId};
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, wall};
use crate::store::bookings::act::Wish;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::waitlist::{day, live};
use crate::store::bookings::write::Change;
use crate::store::rows::{Columns, Kind, Tx};
use chrono::NaiveDate;
use sea_orm::DbErr;

const MARK: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("state", Kind::Text),
    ("next", Kind::Text),
    ("appointment_id", Kind::Id),
    ("updated_at", Kind::At),
];
const REASON: Columns =
    &[("tenant_id", Kind::Id), ("service_id", Kind::Id), ("first_day", Kind::Text), ("last_day", Kind::Text), ("look_at", Kind::At)];

const UPDATE: &str = "UPDATE waitlist_entry SET state = r.next, appointment_id = r.appointment_id, updated_at = r.updated_at FROM {rows}
    WHERE waitlist_entry.tenant_id = r.tenant_id AND waitlist_entry.id = r.id AND waitlist_entry.state = r.state";

/// Brings the list in step with what was decided.
pub(in crate::store::bookings) async fn follow(
    tx: Tx<'_>,
    agenda: &Agenda,
    wish: &Wish,
    changes: &[Change<'_>],
    decision: &Decision,
) -> Result<(), DbErr> {
    let (tenant, now) = (wish.tenant(), wish.now());
    offered(tx, wish, &decision.outcome).await?;
    let mut marks = tx.rows(MARK);
    for Change { before, after } in changes {
        if let (Some(before), Some(id)) = (before, offered_to(after))
            && before.status != after.status
        {
            for state in [WaitState::Offered, WaitState::Expired] {
                if let Some(next) = state.after_offer(ended(wish.actor(), after), moved(after, changes)) {
                    let (state, next) = (state.as_str(), next.as_str());
                    marks.push([tenant.into(), id.0.into(), state.into(), next.into(), after.id.0.into(), now.into()]);
                }
            }
        }
    }
    tx.run(UPDATE, &marks).await?;
    for Change { before, after } in changes {
        if is_new_booking(*before, after) {
            booked(tx, agenda, tenant, after, now).await?;
        }
    }
    reasons(tx, agenda, tenant, &decision.freed, now).await
}

/// Returns where a hold stands for its entry: who calls off what they have agreed to, declines it.
const fn ended(actor: Actor, after: &Appointment) -> Status {
    match (after.status, actor) {
        (Status::Cancelled, Actor::Contact { .. }) => Status::Released,
        (status, _) => status,
    }
}

/// Marks the entry to which a time was offered. One that does not wait any more undoes the offer.
async fn offered(tx: Tx<'_>, wish: &Wish, outcome: &Outcome) -> Result<(), DbErr> {
    let (Act::Offer { entry, .. }, Outcome::Done { appointment, changed: true, .. }) = (wish.act(), outcome) else { return Ok(()) };
    let mut marks = tx.rows(MARK);
    let (waiting, next) = (WaitState::Waiting.as_str(), WaitState::Offered.as_str());
    marks.push([wish.tenant().into(), entry.0.into(), waiting.into(), next.into(), appointment.id.0.into(), wish.now().into()]);
    if tx.run(UPDATE, &marks).await? == 1 { Ok(()) } else { Err(DbErr::RecordNotUpdated) }
}

/// Returns true if the hold has done what it was for: the appointment that it names has its time now.
fn moved(hold: &Appointment, changes: &[Change<'_>]) -> bool {
    let to = |after: &Appointment| Some(after.id) == hold.moves && after.status == Status::Confirmed && after.span == hold.span;
    changes.iter().any(|change| to(change.after))
}

/// Ends the wait of somebody who has a time within their wish now.
async fn booked(tx: Tx<'_>, agenda: &Agenda, tenant: TenantId, made: &Appointment, now: Timestamp) -> Result<(), DbErr> {
    let Some(contact) = made.contact else { return Ok(()) };
    let mut marks = tx.rows(MARK);
    for entry in live(Ask::Inside(tx), tenant, contact).await? {
        let within = entry.service == made.service && entry.wish.fits(agenda.zone, made.span.start);
        if within && entry.state == WaitState::Waiting {
            let (state, next) = (entry.state.as_str(), WaitState::Booked.as_str());
            marks.push([tenant.into(), entry.id.0.into(), state.into(), next.into(), made.id.0.into(), now.into()]);
        }
    }
    tx.run(UPDATE, &marks).await.map(drop)
}

/// Notes that somebody must look who waits for a time like those that became free: of any service that shares a resource with them, on the days
/// around. Durable with the change itself: whoever looks, looks after it.
async fn reasons(tx: Tx<'_>, agenda: &Agenda, tenant: TenantId, freed: &[Freed], now: Timestamp) -> Result<(), DbErr> {
    let mut all: Vec<(ServiceId, NaiveDate, NaiveDate)> = Vec::new();
    for one in freed {
        let date = |at| wall(agenda.zone, at).date();
        let first = date(one.span.start).pred_opt().unwrap_or(NaiveDate::MIN);
        let last = later(date(one.span.end), 1);
        let shares = |id| one.resources.contains(&id);
        let services = agenda.services.iter().filter(|service| service.id == one.service || service.resources().any(shares));
        all.extend(services.map(|service| (service.id, first, last)));
    }
    all.sort_unstable();
    all.dedup();
    let mut rows = tx.rows(REASON);
    for (service, first, last) in all {
        let (first, last) = (day(first), day(last));
        rows.push([tenant.into(), service.0.into(), (&first).into(), (&last).into(), now.into()]);
    }
    let sql = "UPDATE waitlist_entry SET look_no = waitlist_entry.look_no + 1, refused_until = NULL,
               look_at = CASE WHEN waitlist_entry.look_at < r.look_at THEN waitlist_entry.look_at ELSE r.look_at END FROM {rows}
               WHERE waitlist_entry.tenant_id = r.tenant_id AND waitlist_entry.service_id = r.service_id
               AND waitlist_entry.state = 'waiting' AND waitlist_entry.first_day <= r.last_day AND waitlist_entry.last_day >= r.first_day";
    tx.run(sql, &rows).await.map(drop)
}
