//! What the book leaves for others, on both databases: jobs under their leases, news that becomes rows of a conversation once.

use super::rig::{EARLY, NINE, Office, PEOPLE, at, definition, done, hold, offer};
use anyhow::Result;
use recado::domain::booking::act::Who;
use recado::domain::booking::{Act, Actor, News, Status};
use recado::domain::conversation::event::Happening;
use recado::domain::ids::ContactId;
use recado::ports::bookings::Bookings;
use recado::ports::calendar::{CalendarJobs, JobEnd, TakenJob};
use recado::ports::store::EngineStore;
use recado::store::admin::bookings::ResourceDefinition;
use recado::store::connect::all_partitions;
use recado::testing::calendar::FlakyCalendar;
use std::sync::Arc;
use std::time::Duration;

/// A lease of a minute.
async fn take(office: &Office, now: &str) -> Result<Vec<TakenJob>> {
    Ok(office.store().take_jobs(at(now), at(now).after(Duration::from_mins(1)), 9).await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_has_one_holder_at_a_time_and_an_older_one_ends_nothing() -> Result<()> {
    for office in Office::both().await? {
        office.store().use_calendars(Arc::new(FlakyCalendar::default()));
        let definition = ResourceDefinition { outside_calendar: true, ..definition("Ana", 1) };
        let resource = office.admin.add_resource(office.tenant, offer(definition)).await?;
        let service = office.service(&[&[resource]]).await?;
        let (key, now) = (office.rig.begin("ana").await?, at(EARLY));
        let contact = ContactId(office.rig.load(key).await?.conversation.contact.0);
        let customer = Actor::Contact { contact, conversation: key.id };
        let held = done(office.store().act(office.tenant, customer, hold(service.id, at(NINE)), now).await?)?;
        let asked = done(office.store().act(office.tenant, customer, Act::Confirm { id: held.id, name: None }, now).await?)?;
        assert_eq!(asked.status, Status::Confirming);
        let first = take(&office, EARLY).await?;
        assert_eq!((first.len(), first[0].attempt), (1, 1));
        assert_eq!(take(&office, "2027-03-15T12:00:59Z").await?, [], "it is held");
        let second = take(&office, "2027-03-15T12:01:00Z").await?;
        assert_eq!(second, [TakenJob { attempt: 2, ..first[0].clone() }], "the first holder is taken for dead");
        office.store().end_job(&first[0], JobEnd::Done).await?;
        let again = at("2027-03-15T12:01:05Z");
        office.store().end_job(&second[0], JobEnd::Again(again)).await?;
        assert_eq!(take(&office, "2027-03-15T12:01:04Z").await?, []);
        let third = take(&office, "2027-03-15T12:01:05Z").await?;
        office.store().end_job(&third[0], JobEnd::Done).await?;
        assert_eq!(take(&office, "2027-03-16T12:00:00Z").await?, []);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn news_becomes_a_row_of_its_conversation_once_and_without_one_it_goes() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(2).await?;
        let key = office.rig.begin("ana").await?;
        let contact = ContactId(office.rig.load(key).await?.conversation.contact.0);
        let customer = Actor::Contact { contact, conversation: key.id };
        let now = at(EARLY);
        let held = done(office.store().act(office.tenant, customer, hold(service.id, at(NINE)), now).await?)?;
        done(office.store().act(office.tenant, customer, Act::Confirm { id: held.id, name: None }, now).await?)?;
        let book = Act::Book {
            id: super::rig::new_id(),
            service: service.id,
            start: at(NINE),
            resource: None,
            who: Who::default(),
            request_key: None,
        };
        done(office.people(book, EARLY).await?)?;
        assert!(office.rig.count("appointment_reminder WHERE state = 'pending'").await? >= 1);
        let cancel = Act::Cancel { id: held.id, version: None, reason: "owner".to_owned() };
        let gone = done(office.store().act(office.tenant, PEOPLE, cancel, now).await?)?;
        assert_eq!(office.store().fire_timers(&all_partitions(), now, 9).await?, [key]);
        assert_eq!(office.store().fire_timers(&all_partitions(), now, 9).await?, []);
        let told: Vec<Happening> = office.rig.new_rows(key).await?.into_iter().map(|row| row.happening).skip(1).collect();
        let news = Happening::BookingNews { appointment: gone.id, version: gone.version, news: News::Cancelled, told: None };
        assert_eq!(told, [news]);
        // What belongs to no conversation is not looked at again and again.
        assert_eq!(office.store().fire_timers(&all_partitions(), at(NINE), 9).await?, []);
        assert_eq!(office.rig.count("appointment_reminder WHERE state = 'pending'").await?, 0);
    }
    Ok(())
}
