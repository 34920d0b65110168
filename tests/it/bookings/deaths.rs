//! The kill test of booking: customers book by words while the real binary dies at each point of the protocol. The database and what
//! customers received are the judge: no two appointments at one time, and everybody was told once what is true.

use super::rig::{definition, offer, ring, service};
use crate::recovery::business::{Business, HOURS, Home};
use crate::store::rig::open;
use crate::support::database::TestDatabase;
use crate::support::driver::Said;
use crate::support::fake_adapter::Manner;
use crate::support::states::as_engine;
use anyhow::{Context, Result, ensure};
use chrono::Datelike;
use recado::domain::booking::{DayHours, Service, WeekHours};
use recado::domain::ids::TenantId;
use recado::net::clock::SystemClock;
use recado::ports::clock::Clock;
use recado::store::admin::Admin;
use recado::store::admin::bookings::ResourceDefinition;
use recado::testing::model_server::{KEY, MODEL, ModelServer, Play, Script};
use sea_orm::{ConnectionTrait, DatabaseConnection, QueryResult, Statement};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// Where the server dies. The first passing is a hold, the second one the other customer's or the first yes, and so on.
const POINTS: [&str; 8] = [
    "booking_before_commit:1",
    "booking_after_commit:1",
    "booking_before_commit:2",
    "booking_after_commit:2",
    "booking_before_commit:3",
    "booking_after_commit:3",
    "c10_before_mark:2",
    "c8_after_commit:1",
];
/// How long an aimed death may take.
pub(super) const AIMED: Duration = Duration::from_secs(10);
/// How long the customers of a round may take, deaths included.
pub(super) const PATIENCE: Duration = Duration::from_secs(40);
/// How a customer begins.
pub(super) const WISH: &str = "Quiero una consulta ";
/// How a customer asks for another time.
pub(super) const OTHER: &str = "Mejor muévala para ";
/// How a customer calls it off.
pub(super) const CALL_OFF: &str = "Quiero cancelar mi cita";
/// What a confirmation says.
pub(super) const CONFIRMED: &str = "quedó confirmada";

/// Looks for the time that the customer names, calls off what they call off, and answers anything else with the opening hours.
pub(super) fn receptionist() -> Script {
    Script::by(|request: &Value| {
        let messages = request["messages"].as_array().cloned().unwrap_or_default();
        let newest = messages.iter().rev().find(|message| message["role"] == "user").map(|message| message["content"].to_string());
        let words = newest.unwrap_or_default();
        let time = |letter: &char| letter.is_alphanumeric() || matches!(letter, ' ' | ':');
        let behind = |wish| words.rsplit_once(wish).map(|(_, rest): (&str, &str)| rest.chars().take_while(time).collect::<String>());
        if let Some(when) = behind(WISH) {
            Play::call("find_slots", &json!({"service": "Consulta", "when": when}))
        } else if let Some(when) = behind(OTHER) {
            Play::call("reschedule_booking", &json!({"when": when}))
        } else if words.contains(CALL_OFF) {
            Play::call("cancel_booking", &json!({}))
        } else {
            Play::text(HOURS.to_owned())
        }
    })
}

/// Names a day that no hour of the night makes doubtful: the third from today.
pub(super) fn day() -> Result<String> {
    const MONTHS: [&str; 12] =
        ["enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"];
    let date = SystemClock::new().now().after(Duration::from_hours(72)).to_chrono().date_naive();
    let month = MONTHS.get(usize::try_from(date.month0())?).context("no month")?;
    Ok(format!("el {} de {month}", date.day()))
}

/// Opens a business with one chair that is open every day, in a home that the server will use.
pub async fn office(home: Home, model: &ModelServer) -> Result<Business> {
    let variables = [("RECADO_LLM_BASE_URL", model.url()), ("RECADO_LLM_API_KEY", KEY.to_owned()), ("RECADO_LLM_MODEL", MODEL.to_owned())];
    let url = match &home {
        Home::Postgres(database) => Some(database.url().to_owned()),
        Home::Sqlite => None,
    };
    let business = Business::open_with(home, Manner { latency: 1..20, ..Manner::default() }, &variables).await?;
    let db = business.database().await?;
    let tenant: Uuid = one(&db, "SELECT id AS n FROM tenant").await?;
    db.close().await?;
    let url = url.unwrap_or_else(|| format!("sqlite://{}?mode=rw", business.installation.database_file().display()));
    let admin = Admin::new(open(&url).await?, ring()?);
    let hours = WeekHours(std::array::from_fn(|_| vec![DayHours { from: 8 * 60, to: 20 * 60 }]));
    let chair = admin.add_resource(TenantId(tenant), offer(ResourceDefinition { hours, ..definition("Ana", 1) })).await?;
    admin.add_service(TenantId(tenant), offer(Service { min_notice: 0, ..service(&[&[chair]]) })).await?;
    Ok(business)
}

pub async fn ask(db: &DatabaseConnection, sql: &str) -> Result<Vec<QueryResult>> {
    let tx = as_engine(db).await?;
    let rows = tx.query_all_raw(Statement::from_string(db.get_database_backend(), sql)).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Asks for one value, named `n`.
pub async fn one<T: sea_orm::TryGetable>(db: &DatabaseConnection, sql: &str) -> Result<T> {
    Ok(ask(db, sql).await?.first().context("no row")?.try_get("", "n")?)
}

/// A customer asks for a time and says yes to whatever is offered; both are answered, however often the server dies.
async fn customer(business: &Business, room: &str, time: &str) -> Result<()> {
    for (nth, text) in [format!("{WISH}{} a las {time}", day()?), "sí".to_owned()].into_iter().enumerate() {
        business.driver.deliver(&Said { room: room.to_owned(), id: format!("{room}-{nth}"), text }).await?;
        business.adapter.received(room, nth + 1).await;
    }
    Ok(())
}

/// Two customers want the same time while the server dies once.
async fn round(business: &Business, point: &str, nth: usize) -> Result<bool> {
    let time = format!("{}:{}", 9 + nth / 2, if nth.is_multiple_of(2) { "00" } else { "30" });
    let rooms = [format!("a{nth}"), format!("b{nth}")];
    let mut server = business.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
    let talk = async { tokio::try_join!(customer(business, &rooms[0], &time), customer(business, &rooms[1], &time)) };
    let deaths = async {
        let died = server.aborts_within(AIMED).await?;
        if !died {
            server.kill()?;
        }
        anyhow::Ok((died, business.installation.serve(&[]).await?))
    };
    let (talked, (died, _server)) = tokio::time::timeout(PATIENCE, async { tokio::try_join!(talk, deaths) })
        .await
        .with_context(|| format!("nobody answered after {point}: {:?}", business.adapter.log()))??;
    let ((), ()) = talked;
    // What is said twice, or late, would show itself now.
    tokio::time::sleep(Duration::from_millis(600)).await;
    Ok(died)
}

async fn judge(business: &Business, rounds: usize) -> Result<()> {
    let db = business.database().await?;
    let overlaps: i64 = one(
        &db,
        "SELECT COUNT(*) AS n FROM appointment_seat a JOIN appointment_seat b ON a.tenant_id = b.tenant_id AND a.resource_id = b.resource_id
         AND a.seat_no = b.seat_no AND a.appointment_id < b.appointment_id AND a.protects AND b.protects
         AND a.starts_at < b.ends_at AND b.starts_at < a.ends_at",
    )
    .await?;
    ensure!(overlaps == 0, "{overlaps} appointments overlap");
    let booked = ask(
        &db,
        "SELECT t.name AS room, COUNT(a.id) AS n FROM contact t LEFT JOIN appointment a ON a.tenant_id = t.tenant_id AND a.contact_id = t.id
         AND a.status = 'confirmed' GROUP BY t.name",
    )
    .await?;
    let mut all = 0;
    for row in booked {
        let (room, confirmed): (String, i64) = (row.try_get("", "room")?, row.try_get("", "n")?);
        let told = business.adapter.in_room(&room).iter().filter(|heard| heard.text.contains(CONFIRMED)).count();
        let log = business.adapter.in_room(&room);
        ensure!(i64::try_from(told)? == confirmed && confirmed <= 1, "{room}: {confirmed} confirmed, {told} told: {log:?}");
        ensure!(log.len() == 2, "{room} was answered {} times: {log:?}", log.len());
        all += usize::try_from(confirmed)?;
    }
    ensure!(all >= rounds, "only {all} of {rounds} times were booked: {:?}", business.adapter.log());
    nothing_is_open(&db).await?;
    Ok(db.close().await?)
}

/// Every row of the queue came to its end.
pub(super) async fn nothing_is_open(db: &DatabaseConnection) -> Result<()> {
    let held: i64 = one(db, "SELECT COUNT(*) AS n FROM inbound WHERE state IN ('new', 'recorded', 'dead')").await?;
    ensure!(held == 0, "{held} rows of the queue are open");
    Ok(())
}

async fn kill_test(home: Home) -> Result<()> {
    let model = ModelServer::start(receptionist()).await?;
    let business = office(home, &model).await?;
    let mut died = 0;
    for (nth, point) in POINTS.iter().enumerate() {
        died += usize::from(round(&business, point, nth).await?);
    }
    judge(&business, POINTS.len()).await?;
    assert_eq!(died, POINTS.len(), "a point was never reached");
    assert_eq!(business.adapter.complaints(), Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_book_while_the_server_dies_are_told_once_what_is_true_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_book_while_the_server_dies_are_told_once_what_is_true_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?)).await
}
