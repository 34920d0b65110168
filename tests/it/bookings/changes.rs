//! What happens to appointments after they were agreed: moves, cancellations, approvals, reminders, lists.

use super::rig::{EARLY, NINE, Office, at, changed, done, new_id, why};
use anyhow::Result;
use recado::domain::booking::act::Who;
use recado::domain::booking::{Act, Appointment, Outcome, Refusal, Service, Span, Status};
use recado::domain::ids::AppointmentId;
use recado::ports::bookings::{Bookings, Filter};
use sea_orm::DbBackend;

fn moving(it: &Appointment, start: &str) -> Act {
    Act::Hold {
        id: new_id(),
        service: it.service,
        start: at(start),
        resource: None,
        moves: Some(it.id),
        who: Who::default(),
        request_key: None,
    }
}

fn cancel(id: AppointmentId) -> Act {
    Act::Cancel { id, version: None, reason: "customer".to_owned() }
}

/// A service whose starts are every quarter of an hour.
async fn quarters(office: &Office) -> Result<Service> {
    let ana = office.resource("Ana", 1).await?;
    office.service_like(&[&[ana]], |service| Service { step: Some(15), ..service }).await
}

/// A74, without an outside calendar.
#[tokio::test]
async fn a_move_may_overlap_itself_and_keeps_both_times_until_it_is_agreed() -> Result<()> {
    for office in Office::both().await? {
        let service = quarters(&office).await?.id;
        let mine = office.book(1, service, NINE, EARLY).await?;
        let held = done(office.ask(1, moving(&mine, "2027-03-15T15:15:00Z"), EARLY).await?)?;
        assert_eq!((held.status, held.group()), (Status::Held, mine.id));
        for start in [NINE, "2027-03-15T15:30:00Z"] {
            assert_eq!(why(&office.hold(2, service, start, EARLY).await?), Some(Refusal::Taken), "{start}");
        }
        let Outcome::Done { appointment, moved_from, .. } = office.ask(1, Act::Confirm { id: held.id, name: None }, EARLY).await? else {
            anyhow::bail!("not moved")
        };
        assert_eq!((appointment.id, appointment.version, moved_from), (mine.id, mine.version + 1, Some(mine.span)));
        assert_eq!(appointment.span.start, at("2027-03-15T15:15:00Z"));
        assert_eq!(office.stored(mine.id).await?, *appointment);
        assert_eq!(office.stored(held.id).await?.status, Status::Released);
        assert_eq!(why(&office.hold(2, service, "2027-03-15T15:30:00Z", EARLY).await?), Some(Refusal::Taken));
        assert!(changed(&office.hold(2, service, "2027-03-15T15:45:00Z", EARLY).await?));
        let again = office.ask(1, Act::Confirm { id: held.id, name: None }, EARLY).await?;
        assert!(!changed(&again) && why(&again).is_none());
    }
    Ok(())
}

#[tokio::test]
async fn people_move_at_once_unless_it_changed_meanwhile() -> Result<()> {
    for office in Office::both().await? {
        let service = quarters(&office).await?.id;
        let mine = office.book(1, service, NINE, EARLY).await?;
        office.book(2, service, "2027-03-15T16:00:00Z", EARLY).await?;
        let to = |start: &str, version: i64| Act::Move { id: mine.id, version: Some(version), start: at(start), resource: None };
        assert_eq!(why(&office.people(to("2027-03-15T16:15:00Z", mine.version), EARLY).await?), Some(Refusal::Taken));
        let moved = done(office.people(to("2027-03-15T15:15:00Z", mine.version), EARLY).await?)?;
        assert_eq!(moved.version, mine.version + 1);
        assert_eq!(why(&office.people(to("2027-03-15T17:00:00Z", mine.version), EARLY).await?), Some(Refusal::Stale));
    }
    Ok(())
}

/// A75.
#[tokio::test]
async fn a_second_cancellation_is_a_success_and_the_slot_is_listed_at_once() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let mine = office.book(1, service, NINE, EARLY).await?;
        let listed = |office: &Office| {
            let store = office.store().clone();
            let within = Span { start: at(NINE), end: at("2027-03-15T15:30:00Z") };
            let wanted = recado::domain::booking::Wanted { service, within, resource: None, moving: None, limit: 9 };
            let tenant = office.tenant;
            async move { store.slots(tenant, wanted, at(EARLY)).await.map(|slots| slots.len()) }
        };
        assert_eq!(listed(&office).await?, 0);
        let first = office.ask(1, cancel(mine.id), EARLY).await?;
        let second = office.ask(1, cancel(mine.id), EARLY).await?;
        assert!(changed(&first) && !changed(&second));
        assert_eq!(done(second)?.status, Status::Cancelled);
        assert_eq!(listed(&office).await?, 1);
    }
    Ok(())
}

/// A69, A70.
#[tokio::test]
async fn a_request_for_approval_keeps_the_slot_and_is_approved_once() -> Result<()> {
    for office in Office::both().await? {
        let ana = office.resource("Ana", 1).await?;
        let service = office.service_like(&[&[ana]], |service| Service { approval: true, ..service }).await?.id;
        let mine = office.book(1, service, NINE, EARLY).await?;
        assert_eq!(mine.status, Status::PendingOwner);
        assert_eq!(why(&office.hold(2, service, NINE, EARLY).await?), Some(Refusal::Taken));
        let approve = || office.people(Act::Set { id: mine.id, status: Status::Confirmed, reason: None }, EARLY);
        let (one, two, three) = tokio::join!(approve(), approve(), approve());
        let outcomes = [one?, two?, three?];
        assert_eq!(outcomes.iter().filter(|outcome| changed(outcome)).count(), 1, "{outcomes:?}");
        assert!(outcomes.iter().all(|outcome| why(outcome).is_none()));
        assert_eq!(office.stored(mine.id).await?.version, mine.version + 1);
        assert_eq!(office.rig.count("appointment_reminder WHERE kind = '2h'").await?, 1);
    }
    Ok(())
}

/// Reminders that are due, as seconds since the start of 2027-03-14 in UTC.
async fn due(office: &Office, state: &str) -> Result<String> {
    let postgres = office.store().backend() == DbBackend::Postgres;
    let at = if postgres {
        "to_char(due_at AT TIME ZONE 'UTC', 'MM-DD\"T\"HH24:MI')"
    } else {
        "strftime('%m-%dT%H:%M', due_at / 1000000, 'unixepoch')"
    };
    let list = if postgres { "string_agg(x.t, ' ' ORDER BY x.t)" } else { "group_concat(x.t, ' ')" };
    let rows = format!("SELECT kind || '/' || version || '@' || {at} AS t FROM appointment_reminder WHERE state = '{state}' ORDER BY 1");
    office.rig.one(format!("SELECT COALESCE({list}, '') AS n FROM ({rows}) x")).await
}

/// A78, A79.
#[tokio::test]
async fn reminders_follow_the_appointment() -> Result<()> {
    for office in Office::both().await? {
        let service = office.simple(1).await?.id;
        let mine = office.book(1, service, NINE, "2027-03-13T12:00:00Z").await?;
        assert_eq!(due(&office, "pending").await?, "24h/2@03-14T15:00 2h/2@03-15T13:00");
        let held = done(office.ask(1, moving(&mine, "2027-03-15T18:00:00Z"), EARLY).await?)?;
        assert_eq!(due(&office, "pending").await?, "24h/2@03-14T15:00 2h/2@03-15T13:00", "a move that is not agreed changes nothing");
        done(office.ask(1, Act::Confirm { id: held.id, name: None }, EARLY).await?)?;
        assert_eq!(due(&office, "pending").await?, "2h/3@03-15T16:00");
        assert_eq!(due(&office, "dropped").await?, "24h/2@03-14T15:00 2h/2@03-15T13:00");
        done(office.ask(1, cancel(mine.id), EARLY).await?)?;
        assert_eq!(due(&office, "pending").await?, "");
        // Ninety minutes ahead: no notice is asked of people's customers here, and no reminder would be news.
        let soon = office.service_like(&[&[office.resource("Luis", 1).await?]], |service| Service { min_notice: 0, ..service }).await?.id;
        office.book(2, soon, NINE, "2027-03-15T13:30:00Z").await?;
        assert_eq!(due(&office, "pending").await?, "");
    }
    Ok(())
}

#[tokio::test]
async fn a_list_holds_what_was_asked_for_page_by_page() -> Result<()> {
    for office in Office::both().await? {
        let [ana, luis] = [office.resource("Ana", 1).await?, office.resource("Luis", 1).await?];
        let [one, two] = [office.service(&[&[ana]]).await?.id, office.service(&[&[luis]]).await?.id];
        let mut made = Vec::new();
        for (customer, service, start) in
            [(1, one, NINE), (2, two, NINE), (3, one, "2027-03-15T16:00:00Z"), (4, two, "2027-03-16T15:00:00Z")]
        {
            made.push(office.book(customer, service, start, EARLY).await?);
        }
        made.sort_by_key(|it| (it.span.start, it.id));
        let list = |filter: Filter| office.store().appointments(office.tenant, filter);
        let all = Filter { limit: 10, ..Filter::default() };
        assert_eq!(list(all.clone()).await?, made);
        let mut paged = Vec::new();
        let mut after = None;
        for _ in 0..3 {
            let page = list(Filter { limit: 2, after, ..Filter::default() }).await?;
            after = page.last().map(|it| (it.span.start, it.id)).or(after);
            paged.extend(page);
        }
        assert_eq!(paged, made);
        let of = |keep: &dyn Fn(&Appointment) -> bool| made.iter().filter(|it| keep(it)).cloned().collect::<Vec<_>>();
        assert_eq!(list(Filter { service: Some(one), ..all.clone() }).await?, of(&|it| it.service == one));
        assert_eq!(list(Filter { resource: Some(luis), ..all.clone() }).await?, of(&|it| it.service == two));
        let contact = made.first().and_then(|it| it.contact);
        assert_eq!(list(Filter { contact, ..all.clone() }).await?, of(&|it| it.contact == contact));
        let within = Some(Span { start: at("2027-03-15T15:29:00Z"), end: at("2027-03-15T16:00:00Z") });
        assert_eq!(list(Filter { within, ..all.clone() }).await?, of(&|it| it.span.start == at(NINE)));
        let first = made.first().map(|it| it.id);
        if let Some(id) = first {
            office.people(cancel(id), EARLY).await?;
        }
        let stands = Filter { status: vec![Status::Confirmed, Status::Held], ..all };
        assert_eq!(list(stands).await?, of(&|it| Some(it.id) != first));
    }
    Ok(())
}
