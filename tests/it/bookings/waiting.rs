//! The waiting list on both databases: what is offered to whom when many look at once, and when the server dies around an offer.

use super::deaths::{office, one, receptionist};
use super::rig::{Office, PEOPLE, at, changed, done, from};
use crate::recovery::business::{Business, Home};
use crate::store::rig::open;
use crate::support::database::TestDatabase;
use crate::support::driver::Said;
use anyhow::{Context, Result, ensure};
use chrono::{NaiveDate, Timelike};
use futures::future::try_join_all;
use recado::crypto::ids::SystemIds;
use recado::domain::booking::act::Who;
use recado::domain::booking::slot::day;
use recado::domain::booking::waiting::{DAY_END, Entry, WaitState, WaitWish};
use recado::domain::booking::{Act, Limits, Outcome, Rules, Service, Status, Wanted};
use recado::domain::ids::{AppointmentId, ContactId, ConversationId, ServiceId, TenantId, WaitlistId};
use recado::domain::language::Language;
use recado::domain::time::Timestamp;
use recado::domain::when::zone::{later, wall};
use recado::engine::waitlist::{WaitlistPorts, serve};
use recado::net::clock::SystemClock;
use recado::ports::bookings::{Bookings, Filter};
use recado::ports::clock::Clock;
use recado::ports::ids::IdSource;
use recado::ports::waitlist::{WaitFilter, Waitlist};
use recado::store::Store;
use recado::store::admin::bookings::Offer;
use recado::testing::clock::ManualClock;
use recado::testing::model_server::ModelServer;
use sea_orm::DbBackend;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

const EARLY: &str = "2027-03-15T12:00:00Z";
const MONDAY: &str = "2027-03-15";

/// Rules under which nothing is ever quiet.
fn loud() -> Rules {
    Rules { quiet_from: 0, quiet_to: 0, holds_per_day: 1_000, ..Rules::default() }
}

fn entry(service: ServiceId, customer: u128, wish: WaitWish, now: Timestamp) -> Entry {
    Entry {
        id: WaitlistId(SystemIds::new().uuid()),
        state: WaitState::Waiting,
        service,
        resources: Vec::new(),
        wish,
        moves: None,
        contact: ContactId(Uuid::from_u128(customer)),
        conversation: ConversationId(Uuid::from_u128(customer)),
        name: Some("Eva".to_owned()),
        language: Language::Es,
        appointment: None,
        created_at: now,
        updated_at: now,
    }
}

async fn ports(office: &Office, store: &Store) -> Result<WaitlistPorts> {
    let directory = Arc::new(office.admin.directory().await?);
    Ok(WaitlistPorts { list: Arc::new(store.clone()), book: Arc::new(store.clone()), directory })
}

/// An office whose Monday is full, and customers 1 to 3 who wait for it in this order.
async fn full(office: &Office) -> Result<ServiceId> {
    office.admin.put_booking_rules(office.tenant, loud()).await?;
    let service = office.simple(1).await?.id;
    let monday: NaiveDate = MONDAY.parse()?;
    let wanted = Wanted { service, within: day(chrono_tz::America::Mexico_City, monday), resource: None, moving: None, limit: 100 };
    for slot in office.store().slots(office.tenant, wanted, at(EARLY)).await? {
        let id = AppointmentId(SystemIds::new().uuid());
        let act = Act::Book { id, service, start: slot.span.start, resource: None, who: Who::default(), request_key: None };
        done(office.people(act, EARLY).await?)?;
    }
    for customer in 1..=3 {
        let joined = at(EARLY).after(Duration::from_secs(u64::try_from(customer)?));
        let wish = entry(service, customer, WaitWish::days(monday, monday), joined);
        let made = office.store().act(office.tenant, from(customer), Act::Join { entry: Box::new(wish) }, joined).await?;
        ensure!(matches!(made, Outcome::Waiting { changed: true, .. }), "{made:?}");
    }
    Ok(service)
}

async fn frees(office: &Office, start: &str) -> Result<()> {
    let all = office.store().appointments(office.tenant, Filter { limit: 100, ..Filter::default() }).await?;
    let row = all.iter().find(|row| row.span.start == at(start) && row.status == Status::Confirmed).context("nobody is there")?;
    let cancel = Act::Cancel { id: row.id, version: None, reason: "owner".to_owned() };
    ensure!(changed(&office.store().act(office.tenant, PEOPLE, cancel, at("2027-03-15T12:01:00Z")).await?));
    Ok(())
}

async fn states(office: &Office) -> Result<Vec<WaitState>> {
    let all = office.store().tenant(office.tenant).waiting_entries(&WaitFilter { limit: 50, ..WaitFilter::default() }).await?;
    Ok(all.iter().map(|entry| entry.state).collect())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_freed_times_go_to_the_first_two_of_three_however_many_look_at_once() -> Result<()> {
    for office in Office::both().await? {
        full(&office).await?;
        frees(&office, "2027-03-15T15:00:00Z").await?;
        frees(&office, "2027-03-15T17:00:00Z").await?;
        let elsewhere = open(office.rig.database.url()).await?;
        // SQLite has one server, PostgreSQL may have more.
        let second = if office.store().backend() == DbBackend::Postgres { &elsewhere } else { office.store() };
        let clock = ManualClock::at(at("2027-03-15T12:02:00Z"));
        let (here, there, ids) = (ports(&office, office.store()).await?, ports(&office, second).await?, SystemIds::new());
        let looks = (0..8).map(|nth| serve(if nth % 2 == 0 { &here } else { &there }, &clock, &ids));
        let made: usize = try_join_all(looks).await?.into_iter().sum();
        assert_eq!(made, 2);
        assert_eq!(states(&office).await?, [WaitState::Offered, WaitState::Offered, WaitState::Waiting]);
        let held = "appointment WHERE status = 'held'";
        assert_eq!(office.rig.count(held).await?, 2);
        assert_eq!(office.rig.count("appointment_reminder WHERE kind = 'offered' AND state = 'pending'").await?, 2);
        let overlaps = "appointment_seat a JOIN appointment_seat b ON a.tenant_id = b.tenant_id AND a.resource_id = b.resource_id
                        AND a.seat_no = b.seat_no AND a.appointment_id < b.appointment_id AND a.protects AND b.protects
                        AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at";
        assert_eq!(office.rig.count(overlaps).await?, 0);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_that_is_declined_run_out_or_left_goes_to_the_next() -> Result<()> {
    for office in Office::both().await? {
        full(&office).await?;
        frees(&office, "2027-03-15T15:00:00Z").await?;
        let (here, ids) = (ports(&office, office.store()).await?, SystemIds::new());
        let look = async |now: &str| serve(&here, &ManualClock::at(at(now)), &ids).await;
        assert_eq!(look("2027-03-15T12:02:00Z").await?, 1);
        let all = office.store().tenant(office.tenant).waiting_entries(&WaitFilter { limit: 9, ..WaitFilter::default() }).await?;
        // Nothing is free: nobody else hears anything, and nobody is looked for again at once.
        assert_eq!(look("2027-03-15T12:02:01Z").await?, 0);
        assert_eq!(office.store().to_look_for(at("2027-03-15T12:02:02Z"), 9).await?, []);
        let hold = all[0].appointment.context("an offer")?;
        office.ask(1, Act::Cancel { id: hold, version: None, reason: "customer".to_owned() }, "2027-03-15T12:03:00Z").await?;
        assert_eq!(look("2027-03-15T12:03:01Z").await?, 1);
        assert_eq!(states(&office).await?, [WaitState::Declined, WaitState::Offered, WaitState::Waiting]);
        // The second one is silent for the 15 minutes.
        assert_eq!(look("2027-03-15T12:18:00Z").await?, 0);
        assert_eq!(look("2027-03-15T12:18:01Z").await?, 1);
        assert_eq!(states(&office).await?, [WaitState::Declined, WaitState::Expired, WaitState::Offered]);
        let left = office.people(Act::Leave { id: all[2].id }, "2027-03-15T12:19:00Z").await?;
        assert!(matches!(left, Outcome::Waiting { changed: true, .. }), "{left:?}");
        assert_eq!(states(&office).await?, [WaitState::Declined, WaitState::Expired, WaitState::Left]);
        assert_eq!(office.rig.count("appointment WHERE status = 'held'").await?, 0, "what nobody wants is simply free");
        // A customer leaves only their own.
        let foreign = office.ask(2, Act::Leave { id: all[2].id }, "2027-03-15T12:19:30Z").await?;
        assert!(matches!(foreign, Outcome::Refused { .. }), "{foreign:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_owner_refuses_keeps_its_place_in_the_line_and_is_not_offered_to_it_again() -> Result<()> {
    for office in Office::both().await? {
        let service = full(&office).await?;
        let all = office.admin.list_services(office.tenant).await?;
        let offer = all.into_iter().find(|offer| offer.what.id == service).context("the service")?;
        let what = Service { approval: true, ..offer.what.clone() };
        office.admin.replace_service(office.tenant, Offer { what, ..offer }).await?;
        frees(&office, "2027-03-15T15:00:00Z").await?;
        let (here, ids) = (ports(&office, office.store()).await?, SystemIds::new());
        let look = async |now: &str| serve(&here, &ManualClock::at(at(now)), &ids).await;
        assert_eq!(look("2027-03-15T12:02:00Z").await?, 1);
        let all = office.store().tenant(office.tenant).waiting_entries(&WaitFilter { limit: 9, ..WaitFilter::default() }).await?;
        let hold = all[0].appointment.context("an offer")?;
        let asked = done(office.ask(1, Act::Confirm { id: hold, name: None }, "2027-03-15T12:03:00Z").await?)?;
        assert_eq!(asked.status, Status::PendingOwner);
        assert_eq!(states(&office).await?, [WaitState::Offered, WaitState::Waiting, WaitState::Waiting], "nothing is agreed yet");
        office.people(Act::Cancel { id: hold, version: None, reason: "owner".to_owned() }, "2027-03-15T12:04:00Z").await?;
        assert_eq!(states(&office).await?, [WaitState::Waiting, WaitState::Waiting, WaitState::Waiting]);
        assert_eq!(look("2027-03-15T12:04:01Z").await?, 1);
        assert_eq!(
            states(&office).await?,
            [WaitState::Waiting, WaitState::Offered, WaitState::Waiting],
            "not the same time to the same one"
        );
        frees(&office, "2027-03-15T17:00:00Z").await?;
        assert_eq!(look("2027-03-15T12:05:00Z").await?, 1);
        assert_eq!(states(&office).await?, [WaitState::Offered, WaitState::Offered, WaitState::Waiting], "first come, first served");
    }
    Ok(())
}

/// Twenty-one at the head of the line may not have another appointment: whoever stands behind them is served all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn those_who_are_always_refused_do_not_hold_the_line_up() -> Result<()> {
    for office in Office::both().await? {
        office.admin.put_booking_rules(office.tenant, loud()).await?;
        let resource = office.resource("Sala", 30).await?;
        let limits = Limits { per_contact: Some(1), ..Limits::default() };
        let service = office.service_like(&[&[resource]], |service| Service { limits, ..service }).await?.id;
        let monday: NaiveDate = MONDAY.parse()?;
        for customer in 101..=122 {
            office.customer(customer).await?;
            if customer < 122 {
                let (id, who) =
                    (AppointmentId(SystemIds::new().uuid()), Who { contact: Some(ContactId(Uuid::from_u128(customer))), ..Who::default() });
                let act = Act::Book { id, service, start: at("2027-03-16T15:00:00Z"), resource: None, who, request_key: None };
                done(office.people(act, EARLY).await?)?;
            }
            let joined = at(EARLY).after(Duration::from_secs(u64::try_from(customer)?));
            let wish = entry(service, customer, WaitWish::days(monday, monday), joined);
            office.store().act(office.tenant, from(customer), Act::Join { entry: Box::new(wish) }, joined).await?;
        }
        let (here, ids) = (ports(&office, office.store()).await?, SystemIds::new());
        let mut made = Vec::new();
        for now in ["2027-03-15T12:10:00Z", "2027-03-15T12:10:01Z", "2027-03-15T12:10:02Z"] {
            made.push(serve(&here, &ManualClock::at(at(now)), &ids).await?);
        }
        assert_eq!(made, [0, 1, 0]);
        assert_eq!(states(&office).await?.iter().filter(|state| **state == WaitState::Waiting).count(), 21);
        assert_eq!(office.store().to_look_for(at("2027-03-15T12:10:03Z"), 9).await?, [], "nobody is tried again at once");
    }
    Ok(())
}

/// Where the server dies.
const POINTS: [&str; 2] = ["waitlist_before_offer:1", "waitlist_after_offer:1"];
const AIMED: Duration = Duration::from_secs(20);

async fn says(business: &Business, room: &str, nth: usize, text: &str) -> Result<String> {
    let said = Said { room: room.to_owned(), id: format!("{room}-{nth}"), text: text.to_owned() };
    business.driver.deliver(&said).await?;
    let heard = business.adapter.received(room, nth).await;
    Ok(heard.last().map(|last| last.text.clone()).unwrap_or_default())
}

/// Somebody waits for a time that has just become free, and nobody has looked yet.
async fn somebody_waits(business: &Business, url: &str, room: &str, hours: u64) -> Result<()> {
    let db = business.database().await?;
    let tenant = TenantId(one(&db, "SELECT id AS n FROM tenant").await?);
    let of_room =
        |column: &str| format!("SELECT c.{column} AS n FROM conversation c JOIN contact t ON t.id = c.contact_id WHERE t.name = '{room}'");
    let conversation: Uuid = one(&db, &of_room("id")).await?;
    let contact: Uuid = one(&db, &of_room("contact_id")).await?;
    db.close().await?;
    let store = open(url).await?;
    recado::store::admin::Admin::new(store.clone(), super::rig::ring()?).put_booking_rules(tenant, loud()).await?;
    let agenda = store.agenda(tenant).await?.context("no agenda")?;
    let service = agenda.services.first().context("no service")?.id;
    let now = SystemClock::new().now();
    let date = later(wall(agenda.zone, now).date(), 2);
    let wanted = Wanted { service, within: day(agenda.zone, date), resource: None, moving: None, limit: 100 };
    let slot = store.slots(tenant, wanted, now).await?.into_iter().nth(usize::try_from(hours)?).context("no slot")?;
    let id = AppointmentId(SystemIds::new().uuid());
    let book = Act::Book { id, service, start: slot.span.start, resource: None, who: Who::default(), request_key: None };
    done(store.act(tenant, PEOPLE, book, now).await?)?;
    let minute = u16::try_from(wall(agenda.zone, slot.span.start).num_seconds_from_midnight() / 60)?;
    let wish = WaitWish { from: minute, to: (minute + 1).min(DAY_END), ..WaitWish::days(date, date) };
    let entry = Entry { contact: ContactId(contact), conversation: ConversationId(conversation), ..entry(service, 1, wish, now) };
    store.act(tenant, PEOPLE, Act::Join { entry: Box::new(entry) }, now).await?;
    let cancel = Act::Cancel { id, version: None, reason: "owner".to_owned() };
    ensure!(changed(&store.act(tenant, PEOPLE, cancel, now).await?));
    Ok(())
}

async fn kill_test(home: Home) -> Result<()> {
    let url = match &home {
        Home::Postgres(database) => Some(database.url().to_owned()),
        Home::Sqlite => None,
    };
    let model = ModelServer::start(receptionist()).await?;
    let business = office(home, &model).await?;
    let url = url.unwrap_or_else(|| format!("sqlite://{}?mode=rw", business.installation.database_file().display()));
    for (nth, point) in POINTS.iter().enumerate() {
        let room = format!("w{nth}");
        let mut server = business.installation.serve(&[]).await?;
        says(&business, &room, 1, "hola, ¿a qué hora abren?").await?;
        server.kill()?;
        somebody_waits(&business, &url, &room, u64::try_from(nth)? * 2).await?;
        let mut server = business.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
        ensure!(server.aborts_within(AIMED).await?, "it did not die at {point}");
        let mut server = business.installation.serve(&[]).await?;
        let told = business.adapter.received(&room, 2).await;
        // What is said twice would show itself now.
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        let offers = business.adapter.in_room(&room).iter().filter(|heard| heard.text.contains("Se liberó")).count();
        ensure!(offers == 1, "{point}: told {offers} times: {told:?}");
        let answer = says(&business, &room, 3, "sí").await?;
        ensure!(answer.contains("quedó confirmada"), "{point}: {answer}");
        server.kill()?;
    }
    let db = business.database().await?;
    let booked: i64 = one(&db, "SELECT COUNT(*) AS n FROM waitlist_entry WHERE state = 'booked'").await?;
    let rows: i64 = one(&db, "SELECT COUNT(*) AS n FROM appointment WHERE request_key LIKE 'waitlist:%'").await?;
    let stand: i64 = one(&db, "SELECT COUNT(*) AS n FROM appointment WHERE request_key LIKE 'waitlist:%' AND status = 'confirmed'").await?;
    ensure!((booked, rows, stand) == (2, 2, 2), "{booked} booked, {rows} offered, {stand} stand");
    db.close().await?;
    assert_eq!(business.adapter.complaints(), Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_survives_the_death_of_the_server_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_offer_survives_the_death_of_the_server_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?)).await
}
