//! One act, inside one transaction: lock, load, decide, write. The same for people's requests and for a conversation's step.
//!
//! The decision is the core's. What it cannot see (somebody who was quicker between our reading and our writing) the database refuses, and
//! that comes out as [`DbErr::RecordNotUpdated`]: the caller undoes everything and tries once more.

use crate::domain::booking::book::AROUND;
use crate::domain::booking::{Act, Actor, Agenda, Appointment, Book, Decision, Outcome, Put, Reach, Refusal, Shown, Span, decide, reach};
use crate::domain::ids::{AppointmentId, ContactId, ConversationId, ResourceId, TenantId};
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::store::bookings::agenda::Agendas;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::outside::Purpose;
use crate::store::bookings::write::Change;
use crate::store::bookings::{load, waitlist, write};
use crate::store::rows::{Columns, Kind, Tx, get};
use crate::store::scope::Role;
use crate::store::spelling::key;
use sea_orm::{DbBackend, DbErr, RuntimeErr};
use std::collections::HashMap;
use std::time::Duration;

const NAME: Columns = &[("name", Kind::Text)];
const CONTACT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];
/// How often a reach is asked for anew because the named row changed before the locks were taken.
const LOOKS: usize = 3;

/// An act with who wants it, where and when.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    tenant: TenantId,
    actor: Actor,
    act: Act,
    now: Timestamp,
    /// What whoever wants it sees: of a row that is hidden, nothing may be told or changed.
    sight: Sight,
}

/// Decides and writes an act. [`DbErr::RecordNotUpdated`]: somebody was quicker.
pub(in crate::store) async fn carry_out(tx: Tx<'_>, agendas: &Agendas, wish: &Wish) -> Result<Outcome, DbErr> {
    let Some(agenda) = agendas.of(Ask::Inside(tx), wish.tenant).await? else {
        return Ok(refused(Refusal::UnknownService));
    };
    let done = async {
        match waitlist::carry_out(tx, agendas, &agenda, wish).await? {
            Some(outcome) => Ok(outcome),
            None => decided(tx, agendas, &agenda, wish).await,
        }
    };
    done.await.map_err(|error| if is_conflict(&error) { DbErr::RecordNotUpdated } else { error })
}

/// What an act comes to that others were quicker than, twice.
pub(in crate::store) const fn taken() -> Outcome {
    refused(Refusal::Taken)
}

pub(super) const fn refused(why: Refusal) -> Outcome {
    Outcome::Refused { why, alternatives: Vec::new(), appointment: None }
}

/// Decides and writes an act on the book.
pub(super) async fn decided(tx: Tx<'_>, agendas: &Agendas, agenda: &Agenda, wish: &Wish) -> Result<Outcome, DbErr> {
    let ask = Ask::Inside(tx);
    let wish = &addressed(ask, wish).await?;
    let (reach, found) = locked_book(tx, agenda, wish).await?;
    let known = |span| agendas.outside.known(wish.tenant, agenda, &reach.resources, span, wish.now);
    let busy = reach.span.map(known).unwrap_or_default();
    let decide = |appointments: &[Appointment], shown: &[Shown]| {
        let book = Book { agenda, appointments, busy: &busy, shown, now: wish.now };
        decide(&book, appointments.iter().find(|row| Some(row.id) == wish.named()), wish.actor, &wish.act)
    };
    let mut decision = decide(&found, &[]);
    if reach.span.is_some() && matches!(decision.outcome, Outcome::Refused { .. }) {
        // Only alternatives need the weeks around, and what was shown before them.
        let shown = match wish.conversation() {
            Some(conversation) => load::shown(ask, wish.tenant, conversation, wish.now).await?,
            None => Vec::new(),
        };
        decision = decide(&load::book(ask, wish.tenant, &reach, wish.named(), wish.now).await?, &shown);
    }
    write_down(tx, agenda, wish, &found, &decision).await?;
    Ok(decision.outcome)
}

/// Adds the address at which a customer is known to what is held for them, where they have given none for it. An appointment that is moved keeps
/// its own.
async fn addressed(ask: Ask<'_>, wish: &Wish) -> Result<Wish, DbErr> {
    let mut wish = wish.clone();
    let contact = match wish.actor {
        Actor::Contact { contact, .. } => Some(contact),
        Actor::People { .. } | Actor::System => None,
    };
    let (Act::Hold { moves: None, who, .. } | Act::Offer { moves: None, who, .. }) = &mut wish.act else { return Ok(wish) };
    if let (None, Some(contact)) = (&who.email, contact.or(who.contact)) {
        let mut rows = ask.rows(CONTACT);
        rows.push([wish.tenant.into(), contact.0.into()]);
        let sql = "SELECT c.email FROM {rows} CROSS JOIN contact c WHERE c.tenant_id = r.tenant_id AND c.id = r.id";
        who.email = ask.all(sql, rows).await?.first().map(|row| get(row, "email")).transpose()?.flatten();
    }
    Ok(wish)
}

/// Narrows a reach to what decides, without the weeks in which alternatives are looked for: the start's own week and what reaches into it.
/// An hour is left to each side because weeks in which clocks change differ in length.
fn narrow(reach: &Reach) -> Reach {
    let less = AROUND.saturating_sub(Duration::from_hours(2));
    let span = reach.span.map(|span| Span { start: span.start.after(less), end: span.end.before(less) });
    Reach { span, ..reach.clone() }
}

/// Locks what the act may touch, then reads it. The locks come first, or what is read could be out of date when it is written.
async fn locked_book(tx: Tx<'_>, agenda: &Agenda, wish: &Wish) -> Result<(Reach, Vec<Appointment>), DbErr> {
    let ask = Ask::Inside(tx);
    let named = wish.named();
    // A new row is not looked for: a repeat finds it below.
    let mut current = match named.filter(|_| !wish.makes()) {
        Some(id) => load::one(ask, wish.tenant, id).await?,
        None => None,
    };
    for _ in 0..LOOKS {
        let reach = reach(agenda, wish.actor, &wish.act, current.as_ref()).unwrap_or_default();
        lock(tx, wish.tenant, &reach).await?;
        let found = load::book(ask, wish.tenant, &narrow(&reach), named, wish.now).await?;
        let again = found.iter().find(|row| Some(row.id) == named);
        if again.map(|row| row.version) == current.as_ref().map(|row| row.version) {
            return Ok((reach, found));
        }
        current = again.cloned();
    }
    Err(DbErr::RecordNotUpdated)
}

/// Keeps other processes from deciding over the same resources and for the same contact until this transaction ends; always in one order.
/// SQLite has one writer. A lock that does not come in time is a fault that passes.
async fn lock(tx: Tx<'_>, tenant: TenantId, reach: &Reach) -> Result<(), DbErr> {
    if tx.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let resource = |id: &ResourceId| format!("{tenant}/resource/{id}");
    let contact = |id: ContactId| format!("{tenant}/contact/{id}");
    let mut rows = tx.rows(NAME);
    for name in reach.resources.iter().map(resource).chain(reach.contact.map(contact)) {
        rows.push([(&name).into()]);
    }
    let sql = "SELECT set_config('lock_timeout', '3s', true) AS patience,
               pg_advisory_xact_lock(hashtextextended(r.name, 11)) IS NULL AS locked FROM {rows}";
    tx.all(sql, &rows).await.map(drop)
}

async fn write_down(tx: Tx<'_>, agenda: &Agenda, wish: &Wish, loaded: &[Appointment], decision: &Decision) -> Result<(), DbErr> {
    let before: HashMap<AppointmentId, &Appointment> = loaded.iter().map(|row| (row.id, row)).collect();
    let changes: Vec<Change<'_>> =
        decision.puts.iter().map(|Put { after, .. }| Change { before: before.get(&after.id).copied(), after }).collect();
    write::appointments(tx, wish.tenant, &changes).await?;
    write::reminders(tx, wish.tenant, &changes, &agenda.rules, wish.now).await?;
    write::news(tx, wish.tenant, &changes, (wish.actor, agenda), wish.now).await?;
    write::mails(tx, wish.tenant, &changes, agenda, wish.now).await?;
    write::notices(tx, wish.tenant, &changes, wish.actor, wish.now).await?;
    write::jobs(tx, wish.tenant, &decision.jobs, wish.now).await?;
    waitlist::follow(tx, agenda, wish, &changes, decision).await?;
    if let (Some(shown), Some(conversation)) = (&decision.shown, wish.conversation()) {
        write::shown(tx, wish.tenant, conversation, shown, wish.now).await?;
    }
    Ok(())
}

impl Wish {
    /// Takes an act as it must be looked for: keys are spelled as they are stored.
    pub fn new(tenant: TenantId, actor: Actor, mut act: Act, now: Timestamp) -> Self {
        if let Act::Hold { request_key, .. } | Act::Book { request_key, .. } = &mut act {
            *request_key = request_key.as_deref().map(key);
        }
        Self { tenant, actor, act, now, sight: Sight::everything() }
    }

    /// Limits it to what somebody sees.
    #[must_use]
    pub fn seen_by(self, sight: Sight) -> Self {
        Self { sight, ..self }
    }

    /// Returns what whoever wants it sees.
    pub const fn sight(&self) -> &Sight {
        &self.sight
    }

    /// The business.
    pub const fn tenant(&self) -> TenantId {
        self.tenant
    }

    /// When it is asked for.
    pub const fn now(&self) -> Timestamp {
        self.now
    }

    /// Who wants it.
    pub const fn actor(&self) -> Actor {
        self.actor
    }

    /// What.
    pub const fn act(&self) -> &Act {
        &self.act
    }

    /// Returns what the act bears on, with the row that it names as it stands.
    pub fn reach(&self, agenda: &Agenda, current: Option<&Appointment>) -> Option<Reach> {
        reach(agenda, self.actor, &self.act, current)
    }

    /// Returns as whom it runs: people see their own tenant only, also if a statement should forget to ask for it.
    pub const fn role(&self) -> Role {
        match self.actor {
            Actor::People { .. } => Role::People(self.tenant),
            Actor::Contact { .. } | Actor::System => Role::Engine,
        }
    }

    /// Returns the conversation in which the act is asked for.
    fn conversation(&self) -> Option<ConversationId> {
        match self.actor {
            Actor::Contact { conversation, .. } => Some(conversation),
            Actor::People { .. } | Actor::System => None,
        }
    }

    /// Returns what the word of outside calendars is needed for.
    pub(super) const fn purpose(&self) -> Purpose {
        // Everything else is asked once more by the worker before it stands.
        if matches!(self.act, Act::Move { .. }) { Purpose::Change } else { Purpose::Offer }
    }

    /// Returns true if the row that the act names should not be there yet.
    pub const fn makes(&self) -> bool {
        matches!(self.act, Act::Hold { .. } | Act::Book { .. } | Act::Offer { .. })
    }

    /// Returns the row that the act names.
    pub const fn named(&self) -> Option<AppointmentId> {
        match &self.act {
            Act::Answer { id, .. }
            | Act::Confirm { id, .. }
            | Act::Move { id, .. }
            | Act::Cancel { id, .. }
            | Act::Set { id, .. }
            | Act::Settled { id, .. }
            | Act::Refused { id, .. }
            | Act::Anew { id, .. }
            // A repeat of the same call finds what it made.
            | Act::Hold { id, .. }
            | Act::Book { id, .. }
            | Act::Offer { id, .. } => Some(*id),
            Act::Show { .. } | Act::Join { .. } | Act::Leave { .. } => None,
        }
    }
}

/// Codes of what the database refuses because somebody was quicker: PostgreSQL's exclusion and unique violations, deadlock and serialization
/// failure; SQLite's unique and primary-key violations.
const CONFLICTS: [&str; 6] = ["23P01", "23505", "40P01", "40001", "2067", "1555"];
/// SQLite's code of a refusing trigger, and what ours says.
const TRIGGER: (&str, &str) = ("1811", "slot_overlap");

fn is_conflict(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))) = error else { return false };
    let Some(told) = cause.as_database_error() else { return false };
    let code = told.code().unwrap_or_default();
    CONFLICTS.contains(&&*code) || (code == TRIGGER.0 && told.message().contains(TRIGGER.1))
}
