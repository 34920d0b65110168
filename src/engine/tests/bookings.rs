//! The book around the conversation: reminders and other news, from the due row to what the customer reads.

use crate::crypto::ids::SystemIds;
use crate::crypto::keyring::KeyRing;
use crate::domain::booking::act::Who;
use crate::domain::booking::voice::{Wish, reminder_button};
use crate::domain::booking::{Act, Actor, Appointment, DayHours, Limits, Need, Outcome, ResourceKind, Rules, Service, Status, WeekHours};
use crate::domain::content::{Content, MessageKind};
use crate::domain::conversation::standing::Standing;
use crate::domain::delivery::ItemBody;
use crate::domain::ids::{AppointmentId, ContactId, ResourceId, ServiceId};
use crate::domain::time::Timestamp;
use crate::engine::Threads;
use crate::engine::placement::Single;
use crate::ports::bookings::Bookings;
use crate::ports::channel::{Scope, SendError};
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::store::EngineStore;
use crate::store::admin::Admin;
use crate::store::admin::bookings::{Offer, ResourceDefinition};
use crate::store::connect::all_partitions;
use crate::testing::channel::Fault;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result, bail};
use base64::Engine as _;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// The actor of people in these tests.
const PEOPLE: Actor = Actor::People { agent: crate::domain::ids::AgentId(Uuid::from_u128(77)) };

/// Reads an instant; a text that is none becomes 1970, which no test expects.
pub(super) fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap_or_default()
}

/// A business with a chair that is open from seven to six, and Ana, who has written. The clock stands on a Monday at 8:13 local.
pub(super) struct Office {
    pub rig: Rig,
    pub resource: ResourceId,
    pub service: ServiceId,
}

impl Office {
    pub async fn new() -> Result<Self> {
        Self::on(Rig::new().await?, |service| service, false).await
    }

    pub async fn on(rig: Rig, like: impl FnOnce(Service) -> Service, outside_calendar: bool) -> Result<Self> {
        let admin = admin(&rig)?;
        let day = vec![DayHours { from: 7 * 60, to: 18 * 60 }];
        let hours = WeekHours(std::array::from_fn(|_| day.clone()));
        let definition = ResourceDefinition {
            name: "Luis".to_owned(),
            aliases: vec![],
            kind: ResourceKind::Person,
            capacity: 1,
            zone: None,
            hours,
            exceptions: vec![],
            outside_calendar,
        };
        let offer = |what| Offer { what, position: 0, active: true };
        let resource = admin.add_resource(rig.tenant, offer(definition)).await?;
        let service = admin.add_service(rig.tenant, Offer { what: like(service(resource)), position: 0, active: true }).await?.what.id;
        admin.put_booking_rules(rig.tenant, Rules::default()).await?;
        rig.customer("ana", "hola").await?;
        if !rig.engines.is_empty() {
            rig.settle().await?;
        }
        Ok(Self { rig, resource, service })
    }

    /// Changes the settings.
    pub fn admin(&self) -> Result<Admin> {
        admin(&self.rig)
    }

    /// Counts the jobs for outside calendars in a state.
    pub async fn stored_jobs(&self, state: &str) -> Result<u64> {
        use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
        let jobs = entities::calendar_job::Entity::find().filter(entities::calendar_job::Column::State.eq(state));
        Ok(jobs.count(self.rig.store.readers()).await?)
    }

    pub async fn actor(&self) -> Result<Actor> {
        let conversation = self.rig.key("ana")?.id;
        let row = self.rig.conversations().await?.into_iter().find(|row| row.id == conversation.0).context("no conversation")?;
        Ok(Actor::Contact { contact: ContactId(row.contact_id), conversation })
    }

    pub async fn act(&self, actor: Actor, act: Act) -> Result<Appointment> {
        match self.rig.store.act(self.rig.tenant, actor, act, self.rig.clock.now()).await? {
            Outcome::Done { appointment, .. } => Ok(*appointment),
            other @ (Outcome::Refused { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. }) => bail!("not done: {other:?}"),
        }
    }

    /// Books for Ana, as her turn would.
    pub async fn book(&self, start: &str) -> Result<Appointment> {
        let id = AppointmentId(SystemIds::new().uuid());
        let who = Who { name: Some("Ana".to_owned()), ..Who::default() };
        let actor = self.actor().await?;
        let hold = Act::Hold { id, service: self.service, start: at(start), resource: None, moves: None, who, request_key: None };
        self.act(actor, hold).await?;
        self.act(actor, Act::Confirm { id, name: None }).await
    }

    pub async fn stored(&self, id: AppointmentId) -> Result<Appointment> {
        self.rig.store.appointment(self.rig.tenant, id).await?.context("no appointment")
    }

    /// Moves the clock to an instant.
    pub fn clock_to(&self, to: Timestamp) {
        self.rig.advance(to.since(self.rig.clock.now()));
    }

    /// What Ana received that contains these words.
    pub fn heard(&self, words: &str) -> usize {
        self.rig.received("ana").iter().filter(|text| text.contains(words)).count()
    }

    /// Waits, with the clock moving slowly, until Ana has heard these words so many times.
    pub async fn hears(&self, words: &str, times: usize) -> Result<()> {
        self.rig
            .until(words, || async {
                self.rig.advance(Duration::from_millis(100));
                Ok(self.heard(words) == times)
            })
            .await
    }

    /// Lets some seconds pass, for whatever would come.
    pub async fn some_seconds(&self) -> Result<()> {
        self.rig.pass(Duration::from_secs(4), Duration::from_millis(500)).await;
        self.rig.settle().await
    }

    pub async fn taps(&self, button: String) -> Result<()> {
        let content = Content { kind: MessageKind::Button, button_id: Some(button), ..Content::text("Cancelar") };
        let item = self.rig.item("ana", ItemBody::Message { content });
        self.rig.deliver(item).await?;
        self.rig.settle().await
    }
}

fn admin(rig: &Rig) -> Result<Admin> {
    let key = base64::engine::general_purpose::STANDARD.encode(std::array::from_fn::<u8, 32, _>(|at| u8::try_from(at).unwrap_or_default()));
    Ok(Admin::new(rig.store.clone(), Arc::new(KeyRing::parse(&SecretString::from(key), &[])?)))
}

pub(super) fn service(resource: ResourceId) -> Service {
    Service {
        id: ServiceId(Uuid::nil()),
        name: BTreeMap::from([("es".to_owned(), "Corte".to_owned())]),
        aliases: vec![],
        duration: 30,
        step: None,
        buffer_before: 0,
        buffer_after: 0,
        min_notice: 30,
        max_advance_days: 60,
        price: None,
        needs: vec![Need { any_of: vec![resource] }],
        limits: Limits::default(),
        questions: vec![],
        approval: false,
    }
}

/// What a reminder says.
const REMINDS: &str = "le recuerdo su cita";

#[actix::test]
async fn a_reminder_leaves_once_at_each_of_its_times_and_opens_no_turn() -> Result<()> {
    let office = Office::new().await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    let asked = office.rig.llm.seen().len();
    office.clock_to(at("2026-09-22T15:59:58Z"));
    office.rig.pass(Duration::from_secs(1), Duration::from_millis(500)).await;
    assert_eq!(office.heard(REMINDS), 0, "not before its time");
    office.hears(REMINDS, 1).await?;
    office.clock_to(at("2026-09-23T14:00:00Z"));
    office.hears(REMINDS, 2).await?;
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 2);
    assert_eq!(office.rig.llm.seen().len(), asked, "no turn");
    let classes: Vec<String> = office.rig.outbox("ana").await?.into_iter().skip(1).map(|row| row.class).collect();
    assert_eq!(classes, ["bulk", "bulk"]);
    assert_eq!(office.stored(booked.id).await?.status, Status::Confirmed);
    office.rig.snapshot_is_rebuilt("ana").await
}

/// A79: cancelled one second before it is due.
#[actix::test]
async fn a_cancelled_appointment_is_not_reminded_of() -> Result<()> {
    let office = Office::new().await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    office.clock_to(at("2026-09-22T15:59:59Z"));
    office.act(office.actor().await?, Act::Cancel { id: booked.id, version: None, reason: "customer".to_owned() }).await?;
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 0);
    Ok(())
}

/// A79: the row was fired already when the appointment was cancelled.
#[actix::test]
async fn a_reminder_that_is_on_its_way_is_held_against_the_book_once_more() -> Result<()> {
    let mut office = Office::on(Rig::build(RigOptions::default()).await?, |service| service, false).await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    assert_eq!(office.rig.store.fire_timers(&all_partitions(), office.rig.clock.now(), 10).await?.len(), 1);
    office.act(office.actor().await?, Act::Cancel { id: booked.id, version: None, reason: "customer".to_owned() }).await?;
    office.rig.start(&Single, Threads::Current).await?;
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 0);
    assert!(office.rig.queue("ana").await?.iter().any(|row| row.reason.as_deref() == Some("stale_news")));
    Ok(())
}

/// Lets the channel keep the reminder waiting, and returns what people read of it in the end.
async fn kept_waiting(office: &Office, wait: Duration, meanwhile: Option<Act>) -> Result<(String, Option<String>)> {
    office.clock_to(at("2026-09-22T15:59:59Z"));
    office.rig.channel.then(Fault::Refuse(SendError::Retry { after: Some(wait), scope: Scope::Recipient, code: "busy".to_owned() }));
    let refused = async || Ok(office.rig.outbox("ana").await?.last().is_some_and(|row| row.state == "retry"));
    office
        .rig
        .until("it was refused", || async {
            office.rig.advance(Duration::from_millis(100));
            refused().await
        })
        .await?;
    if let Some(act) = meanwhile {
        office.act(office.actor().await?, act).await?;
    }
    office.rig.advance(wait);
    office.some_seconds().await?;
    let state = office.rig.outbox("ana").await?.into_iter().find(|row| row.text.contains(REMINDS)).map(|row| row.state);
    let lines = office.rig.messages("ana").await?;
    let status = lines.into_iter().find(|line| line.text.contains(REMINDS)).and_then(|line| line.status);
    Ok((state.unwrap_or_default(), status))
}

#[actix::test]
async fn a_reminder_that_the_channel_kept_waiting_leaves_only_while_it_is_true_and_of_use() -> Result<()> {
    let minutes = |minutes| Duration::from_mins(minutes);
    let office = Office::new().await?;
    office.book("2026-09-23T16:00:00Z").await?;
    assert_eq!(kept_waiting(&office, minutes(9), None).await?, ("sent".to_owned(), Some("sent".to_owned())));
    assert_eq!(office.heard(REMINDS), 1);
    let office = Office::new().await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    let cancel = Act::Cancel { id: booked.id, version: None, reason: "customer".to_owned() };
    assert_eq!(kept_waiting(&office, minutes(9), Some(cancel)).await?, ("cancelled".to_owned(), Some("cancelled".to_owned())));
    assert_eq!(office.heard(REMINDS), 0, "it was called off meanwhile");
    let office = Office::new().await?;
    office.book("2026-09-23T16:00:00Z").await?;
    assert_eq!(kept_waiting(&office, minutes(361), None).await?, ("cancelled".to_owned(), Some("cancelled".to_owned())));
    assert_eq!(office.heard(REMINDS), 0, "six hours late it reminds of nothing");
    Ok(())
}

#[actix::test]
async fn what_stands_is_reminded_of_told_and_called_off_although_nothing_is_offered_any_more() -> Result<()> {
    let office = Office::new().await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    office.admin()?.remove_service(office.rig.tenant, office.service).await?;
    office.admin()?.remove_resource(office.rig.tenant, office.resource).await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    office.hears("le recuerdo su cita: Corte, ", 1).await?;
    assert_eq!(office.heard("con Luis"), 1, "{:?}", office.rig.received("ana"));
    office.taps(reminder_button(booked.id, booked.version, Wish::Move)).await?;
    assert_eq!(office.heard("ya no se ofrece"), 1, "{:?}", office.rig.received("ana"));
    assert_eq!(office.stored(booked.id).await?, booked);
    office.taps(reminder_button(booked.id, booked.version, Wish::Cancel)).await?;
    assert_eq!(office.stored(booked.id).await?.status, Status::Cancelled);
    assert_eq!(office.heard("quedó cancelada"), 1);
    Ok(())
}

#[actix::test]
async fn a_crash_between_firing_and_sending_leaves_exactly_one_reminder() -> Result<()> {
    let mut office = Office::on(Rig::build(RigOptions::default()).await?, |service| service, false).await?;
    office.book("2026-09-23T16:00:00Z").await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    for fired in [1, 0] {
        assert_eq!(office.rig.store.fire_timers(&all_partitions(), office.rig.clock.now(), 10).await?.len(), fired);
    }
    office.rig.start(&Single, Threads::Current).await?;
    office.hears(REMINDS, 1).await?;
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 1);
    Ok(())
}

#[actix::test]
async fn a_reminder_waits_for_the_end_of_quiet_if_that_leaves_an_hour() -> Result<()> {
    let office = Office::new().await?;
    office.book("2026-09-23T15:00:00Z").await?;
    office.clock_to(at("2026-09-23T13:00:00Z"));
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 0, "seven in the morning; the one of the day before came too late to be sent");
    office.clock_to(at("2026-09-23T14:00:00Z"));
    office.hears(REMINDS, 1).await
}

#[actix::test]
async fn a_reminder_for_which_quiet_leaves_no_time_is_left_out() -> Result<()> {
    let office = Office::new().await?;
    office.book("2026-09-23T14:30:00Z").await?;
    office.clock_to(at("2026-09-23T12:30:00Z"));
    office.some_seconds().await?;
    office.clock_to(at("2026-09-23T14:00:00Z"));
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 0);
    Ok(())
}

#[actix::test]
async fn while_a_person_speaks_a_reminder_is_a_note_for_people() -> Result<()> {
    let office = Office::new().await?;
    office.book("2026-09-23T16:00:00Z").await?;
    office.rig.agent_replies("ana", "Hola, soy Luis.").await?;
    office.rig.settle().await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 0);
    let lines = office.rig.messages("ana").await?;
    assert!(lines.iter().any(|line| line.direction == "note" && line.text.contains(REMINDS)), "{lines:?}");
    Ok(())
}

/// A79: after a move only the new version is reminded of; A80: a button of the old one changes nothing.
#[actix::test]
async fn a_button_of_an_older_version_changes_nothing_and_shows_what_stands() -> Result<()> {
    let office = Office::new().await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    office.hears(REMINDS, 1).await?;
    let start = at("2026-09-24T17:00:00Z");
    let moved = office.act(PEOPLE, Act::Move { id: booked.id, version: None, start, resource: None }).await?;
    assert!(moved.version > booked.version);
    let before = office.rig.received("ana").len();
    office.taps(reminder_button(booked.id, booked.version, Wish::Cancel)).await?;
    assert_eq!(office.stored(booked.id).await?, moved);
    let said = office.rig.received("ana");
    assert!(said.len() == before + 1 && said[before].contains("11:00"), "{said:?}");
    office.clock_to(at("2026-09-23T14:00:00Z"));
    office.some_seconds().await?;
    assert_eq!(office.heard(REMINDS), 1, "the old time has no reminder any more");
    office.clock_to(at("2026-09-23T17:00:00Z"));
    office.hears(REMINDS, 2).await
}

#[actix::test]
async fn the_button_of_a_reminder_cancels_what_it_speaks_of() -> Result<()> {
    let office = Office::new().await?;
    let booked = office.book("2026-09-23T16:00:00Z").await?;
    office.clock_to(at("2026-09-22T16:00:00Z"));
    office.hears(REMINDS, 1).await?;
    office.taps(reminder_button(booked.id, booked.version, Wish::Cancel)).await?;
    assert_eq!(office.stored(booked.id).await?.status, Status::Cancelled);
    assert_eq!(office.heard("quedó cancelada"), 1);
    Ok(())
}

#[actix::test]
async fn what_people_decide_is_told_to_the_customer_without_reopening_anything() -> Result<()> {
    let office = Office::on(Rig::new().await?, |service| Service { approval: true, ..service }, false).await?;
    let asked = office.book("2026-09-23T16:00:00Z").await?;
    assert_eq!(asked.status, Status::PendingOwner);
    office.rig.set_status("ana", crate::domain::conversation::standing::Status::Resolved, None).await?;
    office.rig.settle().await?;
    office.act(PEOPLE, Act::Set { id: asked.id, status: Status::Confirmed, reason: None }).await?;
    office.hears("quedó confirmada", 1).await?;
    assert_eq!(office.rig.standing("ana").await?, Standing::Resolved);
    office.act(PEOPLE, Act::Cancel { id: asked.id, version: None, reason: "owner".to_owned() }).await?;
    office.hears("fue cancelada por el negocio", 1).await?;
    office.some_seconds().await?;
    assert_eq!((office.heard("quedó confirmada"), office.heard("fue cancelada")), (1, 1));
    Ok(())
}
