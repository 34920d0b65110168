//! A conversation's step that books: all of it stands or nothing, and a turn that goes on finds what it did.

use super::rig::{EARLY, NINE, Office, at, changed, hold, why};
use crate::store::rig::{open, say};
use anyhow::{Context, Result};
use futures::future::join_all;
use recado::domain::booking::{Act, Actor, Outcome, Refusal, Service, Status};
use recado::domain::conversation::effect::{BookingWrite, OutboxClass};
use recado::domain::ids::{ConversationKey, Epoch};
use recado::domain::tool::ToolCall;
use recado::ports::bookings::Bookings;
use recado::ports::store::{CommitError, CommitStep, EngineStore};
use serde_json::json;

/// A step of a conversation that asks for something.
async fn booking(office: &Office, key: ConversationKey, act: Act, ordinal: i64) -> Result<CommitStep> {
    let mut step = office.rig.step(key).await?;
    let contact = office.store().desk(key, at(EARLY)).await?.contact.context("a contact")?;
    let call = ToolCall { id: "call_1".to_owned(), name: "hold_slot".to_owned(), arguments: json!({"slot": "A1"}), extra: None };
    let actor = Actor::Contact { contact, conversation: key.id };
    let turn_no = step.state.last_turn + 1;
    step.at = at(EARLY);
    step.writes.booking = Some(Box::new(BookingWrite { actor, act, turn_no, ordinal, occurrence: 0, call }));
    Ok(step)
}

async fn set_up() -> Result<Vec<(Office, Service)>> {
    let mut all = Vec::new();
    for office in Office::both().await? {
        let service = office.simple(1).await?;
        all.push((office, service));
    }
    Ok(all)
}

#[tokio::test]
async fn a_step_books_and_its_journal_has_the_outcome() -> Result<()> {
    for (office, service) in set_up().await? {
        let key = office.rig.begin("ana").await?;
        let step = booking(&office, key, hold(service.id, at(NINE)), 0).await?;
        let committed = office.rig.commit(step).await?;
        let outcome = committed.booked.context("an outcome")?;
        let Outcome::Done { appointment, changed: true, .. } = &*outcome else { anyhow::bail!("{outcome:?}") };
        assert_eq!(office.stored(appointment.id).await?, **appointment);
        assert_eq!((appointment.status, appointment.conversation), (Status::Held, Some(key.id)));
        let loaded = office.rig.load(key).await?;
        let [journaled] = &*loaded.conversation.journal else { anyhow::bail!("{:?}", loaded.conversation.journal) };
        assert_eq!((journaled.ordinal, journaled.exchange.call.name.as_str()), (0, "hold_slot"));
        assert_eq!(journaled.exchange.result, recado::domain::conversation::booked::journal_result(&outcome));
        let step = booking(&office, key, Act::Confirm { id: appointment.id, name: None }, 1).await?;
        let mut step = CommitStep { writes: step.writes, ..step };
        if let Some(booking) = &mut step.writes.booking {
            booking.call.name = "confirm_booking".to_owned();
        }
        let committed = office.rig.commit(step).await?;
        assert!(committed.booked.is_some_and(|outcome| changed(&outcome)));
        assert_eq!(office.stored(appointment.id).await?.status, Status::Confirmed);
        assert_eq!(office.rig.load(key).await?.conversation.journal.len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_step_that_lost_its_fence_books_nothing() -> Result<()> {
    for (office, service) in set_up().await? {
        let key = office.rig.begin("ana").await?;
        let step = booking(&office, key, hold(service.id, at(NINE)), 0).await?;
        let stale = CommitStep { expected_version: step.expected_version + 1, ..step.clone() };
        assert_eq!(office.store().commit(stale).await.err(), Some(CommitError::Stale));
        let fenced = CommitStep { epoch: Epoch(step.epoch.0 + 1), ..step.clone() };
        assert_eq!(office.store().commit(fenced).await.err(), Some(CommitError::Fenced));
        assert_eq!((office.rig.count("appointment").await?, office.rig.count("turn_step").await?), (0, 0));
        assert!(office.store().commit(step).await?.booked.is_some());
    }
    Ok(())
}

#[tokio::test]
async fn a_refusal_is_journaled_like_any_outcome() -> Result<()> {
    for (office, service) in set_up().await? {
        office.book(1, service.id, NINE, EARLY).await?;
        let key = office.rig.begin("ana").await?;
        let committed = office.rig.commit(booking(&office, key, hold(service.id, at(NINE)), 0).await?).await?;
        let outcome = committed.booked.context("an outcome")?;
        assert_eq!(why(&outcome), Some(Refusal::Taken));
        assert_eq!(office.rig.load(key).await?.conversation.journal.len(), 1);
        assert_eq!(office.rig.load(key).await?.conversation.version, 1, "the step stands");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_conversations_of_two_servers_want_one_slot_beside_ordinary_steps() -> Result<()> {
    for (office, service) in set_up().await? {
        let second = open(office.rig.database.url()).await?;
        let mut steps = Vec::new();
        for person in 0..20 {
            let key = office.rig.begin(&format!("p{person}")).await?;
            let mut step =
                if person % 2 == 0 { booking(&office, key, hold(service.id, at(NINE)), 0).await? } else { office.rig.step(key).await? };
            say(&mut step, "hola", OutboxClass::Assistant);
            steps.push((if person % 4 < 2 { office.store() } else { &second }, step));
        }
        let done = join_all(steps.into_iter().map(|(store, step)| store.commit(step))).await;
        let done = done.into_iter().collect::<Result<Vec<_>, _>>()?;
        let outcomes: Vec<_> = done.into_iter().filter_map(|committed| committed.booked).collect();
        assert_eq!(outcomes.len(), 10);
        assert_eq!(outcomes.iter().filter(|outcome| changed(outcome)).count(), 1);
        assert!(outcomes.iter().all(|outcome| changed(outcome) || why(outcome) == Some(Refusal::Taken)), "{outcomes:?}");
        assert_eq!((office.rig.count("appointment").await?, office.rig.count("outbox").await?), (1, 20));
        assert_eq!(office.rig.one::<i64>("SELECT MAX(number) - COUNT(*) AS n FROM timeline".to_owned()).await?, 0);
    }
    Ok(())
}

/// What else the step writes is undone with the act, and done again with it.
#[tokio::test]
async fn an_act_that_the_database_refuses_undoes_its_whole_step() -> Result<()> {
    for (office, service) in set_up().await? {
        let key = office.rig.begin("ana").await?;
        let nobody = Actor::Contact { contact: recado::domain::ids::ContactId(uuid::Uuid::from_u128(404)), conversation: key.id };
        let mut step = booking(&office, key, hold(service.id, at(NINE)), 0).await?;
        say(&mut step, "hola", OutboxClass::Assistant);
        if let Some(booking) = &mut step.writes.booking {
            booking.actor = nobody;
        }
        assert!(office.store().commit(step).await.is_err(), "there is no such customer");
        assert_eq!((office.rig.count("outbox").await?, office.rig.count("turn_step").await?), (0, 0));
        assert_eq!(office.rig.load(key).await?.conversation.version, 0);
    }
    Ok(())
}
