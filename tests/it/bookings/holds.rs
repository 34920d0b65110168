//! Holds: who gets a slot, for how long, and what a late or repeated word does. Names of the acceptance list in the comments.

use super::rig::{EARLY, NINE, Office, at, changed, definition, done, from, hold, new_id, offer, why};
use anyhow::{Context, Result};
use recado::domain::booking::act::Who;
use recado::domain::booking::{Act, Actor, Outcome, Refusal, Shown, Status};
use recado::domain::ids::{ContactId, ConversationId, ConversationKey, Partition, TenantId};
use recado::ports::bookings::Bookings;
use uuid::Uuid;

/// A57.
#[tokio::test]
async fn a_hold_lasts_its_ten_minutes_and_not_a_microsecond_more() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let first = done(office.hold(1, service, NINE, EARLY).await?)?;
        let late = office.hold(2, service, NINE, "2027-03-15T12:09:59.999999Z").await?;
        assert_eq!(why(&late), Some(Refusal::Taken));
        let second = done(office.hold(2, service, NINE, "2027-03-15T12:10:00Z").await?)?;
        assert_eq!(second.status, Status::Held);
        assert_eq!(office.stored(first.id).await?.status, Status::Expired);
        let yes = office.ask(1, Act::Confirm { id: first.id, name: None }, "2027-03-15T12:10:01Z").await?;
        let Outcome::Refused { why, alternatives, .. } = yes else { anyhow::bail!("{yes:?}") };
        assert_eq!((why, alternatives.len()), (Refusal::HoldGone, 3));
    }
    Ok(())
}

/// A58.
#[tokio::test]
async fn a_late_yes_takes_a_slot_that_nobody_else_took() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let held = done(office.hold(1, service, NINE, EARLY).await?)?;
        let yes = done(office.ask(1, Act::Confirm { id: held.id, name: None }, "2027-03-15T12:10:30Z").await?)?;
        assert_eq!((yes.status, yes.id), (Status::Confirmed, held.id));
        assert_eq!(why(&office.hold(2, service, NINE, "2027-03-15T12:10:31Z").await?), Some(Refusal::Taken));
    }
    Ok(())
}

/// A60.
#[tokio::test]
async fn what_overlaps_is_refused_and_what_touches_is_not() -> Result<()> {
    for office in Office::both().await? {
        let ana = office.resource("Ana", 1).await?;
        let service = office.service_like(&[&[ana]], |service| recado::domain::booking::Service { step: Some(15), ..service }).await?.id;
        office.book(1, service, NINE, EARLY).await?;
        assert_eq!(why(&office.hold(2, service, "2027-03-15T15:15:00Z", EARLY).await?), Some(Refusal::Taken));
        assert!(changed(&office.hold(2, service, "2027-03-15T15:30:00Z", EARLY).await?));
    }
    Ok(())
}

/// A61.
#[tokio::test]
async fn one_customer_on_two_channels_has_one_live_hold() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(5).await?.id;
        let elsewhere = Actor::Contact { contact: ContactId(Uuid::from_u128(1)), conversation: ConversationId(Uuid::from_u128(500)) };
        let act = |actor| office.store().act(office.tenant, actor, hold(service, at(NINE)), at(EARLY));
        let (one, two) = tokio::join!(act(from(1)), act(elsewhere));
        done(one?)?;
        done(two?)?;
        assert_eq!(office.rig.count("appointment WHERE status = 'held'").await?, 1);
        assert_eq!(office.rig.count("appointment WHERE status = 'released'").await?, 1);
    }
    Ok(())
}

/// A62.
#[tokio::test]
async fn the_same_request_twice_is_one_booking_with_one_answer() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(5).await?.id;
        let request = |start: &str, key: &str| Act::Book {
            id: new_id(),
            service,
            start: at(start),
            resource: None,
            who: Who { name: Some("Ana".to_owned()), ..Who::default() },
            request_key: Some(key.to_owned()),
        };
        let long = "k".repeat(300);
        for key in ["short", &long] {
            let first = office.people(request(NINE, key), EARLY).await?;
            let second = office.people(request(NINE, key), EARLY).await?;
            assert!(changed(&first) && !changed(&second));
            assert_eq!(done(first)?.id, done(second)?.id);
            let other = office.people(request("2027-03-15T16:00:00Z", key), EARLY).await?;
            assert_eq!(why(&other), Some(Refusal::KeyReused));
        }
        let (one, two) = tokio::join!(office.people(request(NINE, "both"), EARLY), office.people(request(NINE, "both"), EARLY));
        let (one, two) = (one?, two?);
        assert!(changed(&one) != changed(&two), "{one:?} {two:?}");
        assert_eq!(done(one)?.id, done(two)?.id);
        assert_eq!(office.rig.count("appointment").await?, 3);
        // The very act again, as after an answer that was lost.
        let act = hold(service, at("2027-03-15T18:00:00Z"));
        let first = office.ask(1, act.clone(), EARLY).await?;
        let again = office.ask(1, act, EARLY).await?;
        assert!(changed(&first) && !changed(&again));
        assert_eq!(done(first)?, done(again)?);
    }
    Ok(())
}

/// A71.
#[tokio::test]
async fn as_many_as_there_are_seats_and_one_more_after_a_cancellation() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(3).await?.id;
        let mut held = Vec::new();
        for customer in 1..=3 {
            held.push(done(office.hold(customer, service, NINE, EARLY).await?)?);
        }
        assert_eq!(why(&office.hold(4, service, NINE, EARLY).await?), Some(Refusal::Taken));
        let middle = held.get(1).context("three")?;
        done(office.ask(2, Act::Cancel { id: middle.id, version: None, reason: "customer".to_owned() }, EARLY).await?)?;
        let fourth = done(office.hold(4, service, NINE, EARLY).await?)?;
        assert_eq!(fourth.seats, middle.seats, "the free seat");
        assert_eq!(why(&office.hold(5, service, NINE, EARLY).await?), Some(Refusal::Taken));
    }
    Ok(())
}

/// A72, as far as it needs no outside calendar.
#[tokio::test]
async fn two_at_a_time_go_to_different_staff_and_the_third_is_refused() -> Result<()> {
    for office in Office::both().await? {
        let staff = [office.resource("Ana", 1).await?, office.resource("Luis", 1).await?];
        let service = office.service(&[&staff]).await?.id;
        let one = office.book(1, service, NINE, EARLY).await?;
        let two = office.book(2, service, NINE, EARLY).await?;
        assert_ne!(one.seats, two.seats);
        assert_eq!(why(&office.hold(3, service, NINE, EARLY).await?), Some(Refusal::Taken));
    }
    Ok(())
}

#[tokio::test]
async fn staff_whose_outside_calendar_is_unknown_is_skipped() -> Result<()> {
    for office in Office::both().await? {
        let mut away = definition("Ana", 1);
        away.outside_calendar = true;
        let ana = office.admin.add_resource(office.tenant, offer(away)).await?;
        let luis = office.resource("Luis", 1).await?;
        let service = office.service(&[&[ana, luis]]).await?.id;
        assert!(office.slots(service, NINE, "2027-03-15T16:00:00Z", EARLY).await?.iter().all(|slot| slot.free == [[luis]]));
    }
    Ok(())
}

/// A73.
#[tokio::test]
async fn services_that_share_a_chair_never_overlap() -> Result<()> {
    for office in Office::both().await? {
        let [dentist, hygienist, chair] =
            [office.resource("Dra. Paz", 1).await?, office.resource("Sol", 1).await?, office.resource("Chair", 1).await?];
        let care = office.service(&[&[dentist], &[chair]]).await?.id;
        let cleaning = office.service(&[&[hygienist], &[chair]]).await?.id;
        office.book(1, cleaning, NINE, EARLY).await?;
        assert!(!office.starts(care, NINE, "2027-03-15T18:00:00Z", EARLY).await?.contains(&at(NINE)));
        assert_eq!(why(&office.hold(2, care, NINE, EARLY).await?), Some(Refusal::Taken));
    }
    Ok(())
}

/// A90.
#[tokio::test]
async fn nothing_of_one_tenant_is_seen_by_another() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let mine = office.book(1, service, NINE, EARLY).await?;
        let other = TenantId(Uuid::from_u128(0xB));
        let (theirs, own) = (office.rig.id(other.0), office.rig.id(office.tenant.0));
        let at_ = if office.store().backend() == sea_orm::DbBackend::Postgres { "now()" } else { "1" };
        office
            .rig
            .sql(format!(
                "INSERT INTO tenant (id, slug, name, locale, timezone, created_at) VALUES ({theirs}, 'b', 'B', 'es', 'America/Mexico_City', {at_})"
            ))
            .await?;
        for (table, columns) in [
            ("resource", "id, position, definition, active, created_at, updated_at"),
            ("service", "id, position, definition, active, created_at, updated_at"),
            ("contact", "id, created_at, updated_at"),
        ] {
            // The very ids of the other tenant.
            let copy =
                format!("INSERT INTO {table} (tenant_id, {columns}) SELECT {theirs}, {columns} FROM {table} WHERE tenant_id = {own}");
            office.rig.sql(copy).await?;
        }
        office.admin.put_booking_rules(other, super::rig::generous()).await?;
        let store = office.store();
        assert_eq!(store.appointment(other, mine.id).await?, None);
        assert_eq!(store.appointments(other, recado::ports::bookings::Filter { limit: 50, ..Default::default() }).await?, []);
        let cancel = Act::Cancel { id: mine.id, version: None, reason: "customer".to_owned() };
        for act in [Act::Confirm { id: mine.id, name: None }, cancel] {
            for actor in [from(1), super::rig::PEOPLE, Actor::System] {
                assert_eq!(why(&store.act(other, actor, act.clone(), at(EARLY)).await?), Some(Refusal::NotFound));
            }
        }
        let theirs = done(store.act(other, from(1), hold(service, at(NINE)), at(EARLY)).await?)?;
        assert_eq!((theirs.seats, theirs.status), (mine.seats.clone(), Status::Held));
        assert_eq!(office.stored(mine.id).await?, mine);
    }
    Ok(())
}

#[tokio::test]
async fn a_customer_cannot_touch_the_appointment_of_another() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let mine = office.book(1, service, NINE, EARLY).await?;
        let moving = Act::Hold {
            id: new_id(),
            service,
            start: at("2027-03-15T16:00:00Z"),
            resource: None,
            moves: Some(mine.id),
            who: Who { contact: Some(ContactId(Uuid::from_u128(1))), ..Who::default() },
            request_key: None,
        };
        assert_eq!(why(&office.ask(2, moving, EARLY).await?), Some(Refusal::NotFound));
        let set = Act::Set { id: mine.id, status: Status::Failed, reason: None };
        assert_eq!(why(&office.ask(1, set, EARLY).await?), Some(Refusal::NotFound), "not even the owner of it");
        assert_eq!(office.stored(mine.id).await?, mine);
    }
    Ok(())
}

#[tokio::test]
async fn whatever_is_listed_can_be_held() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        office.book(1, service, "2027-03-15T16:00:00Z", EARLY).await?;
        let listed = office.slots(service, EARLY, "2027-03-16T00:00:00Z", EARLY).await?;
        assert_eq!(listed.len(), 17);
        for slot in listed {
            let outcome = office.ask(2, hold(service, slot.span.start), EARLY).await?;
            assert_eq!(done(outcome)?.span, slot.span);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_conversation_knows_what_it_was_shown_and_what_it_holds() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let key = office.rig.begin("ana").await?;
        let empty = ConversationKey { id: ConversationId(Uuid::from_u128(404)), part: Partition(0), ..key };
        assert_eq!(office.store().desk(empty, at(EARLY)).await?, Default::default());
        let contact = office.store().desk(key, at(EARLY)).await?.contact.context("a contact")?;
        let actor = Actor::Contact { contact, conversation: key.id };
        for round in ["A", "B"] {
            let slots = office.slots(service, EARLY, "2027-03-16T00:00:00Z", EARLY).await?;
            let handle = |(number, slot): (usize, recado::domain::booking::Slot)| Shown {
                handle: format!("{round}{}", number + 1),
                service,
                span: slot.span,
                resource: None,
                moves: None,
                purpose: recado::domain::booking::Purpose::Take,
            };
            let shown: Vec<Shown> = slots.into_iter().take(3).enumerate().map(handle).collect();
            office.store().act(office.tenant, actor, Act::Show { shown: shown.clone() }, at(EARLY)).await?;
            assert_eq!(office.store().desk(key, at(EARLY)).await?.shown, shown);
        }
        let held = done(office.store().act(office.tenant, actor, hold(service, at(NINE)), at(EARLY)).await?)?;
        let desk = office.store().desk(key, at(EARLY)).await?;
        assert_eq!((desk.hold.as_ref(), desk.appointments.len()), (Some(&held), 0));
        let late = office.store().desk(key, at("2027-03-16T12:00:01Z")).await?;
        assert_eq!(late.hold, None, "a hold of yesterday is not gone on with");
        let stands = done(office.store().act(office.tenant, actor, Act::Confirm { id: held.id, name: None }, at(EARLY)).await?)?;
        let desk = office.store().desk(key, at(EARLY)).await?;
        assert_eq!((desk.hold, desk.appointments), (None, vec![stands]));
        assert_eq!(office.store().desk(key, at("2027-03-15T15:30:00Z")).await?.appointments, []);
    }
    Ok(())
}
