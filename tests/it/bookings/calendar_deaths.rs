//! The kill test of outside calendars: the real binary dies before, at and after each call, the calendar lives on and loses answers besides.
//! The database and the calendar's own list are the judge, and what the customer was told.

use super::deaths::{CONFIRMED, WISH, ask, day, one, receptionist};
use super::rig::{definition, offer, ring, service};
use crate::recovery::business::{Business, Home};
use crate::store::rig::open;
use crate::support::database::TestDatabase;
use crate::support::driver::Said;
use crate::support::fake_adapter::Manner;
use anyhow::{Context, Result, ensure};
use recado::domain::booking::{DayHours, Service, WeekHours};
use recado::domain::ids::TenantId;
use recado::store::admin::Admin;
use recado::store::admin::bookings::ResourceDefinition;
use recado::testing::calendar_server::CalendarServer;
use recado::testing::model_server::{KEY, MODEL, ModelServer};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// How far a round goes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Until {
    Made,
    Moved,
    Gone,
}

/// Where the server dies.
const POINTS: [(&str, Until); 7] = [
    ("calendar_before_create:1", Until::Made),
    ("calendar_after_create:1", Until::Made),
    ("calendar_after_settled:1", Until::Made),
    ("calendar_before_change:1", Until::Moved),
    ("calendar_after_change:1", Until::Moved),
    ("calendar_before_cancel:1", Until::Gone),
    ("calendar_after_cancel:1", Until::Gone),
];
/// How long a round may take, its death included.
const PATIENCE: Duration = Duration::from_secs(60);
/// What a cancellation by the business says.
const CALLED_OFF: &str = "fue cancelada por el negocio";

struct Clinic {
    business: Business,
    calendar: CalendarServer,
    key: String,
    http: reqwest::Client,
}

impl Clinic {
    /// Opens a business with one chair that is open every day and has an outside calendar.
    async fn open(home: Home, model: &ModelServer) -> Result<Self> {
        let calendar = CalendarServer::start().await?;
        calendar.drop_every(3);
        let variables = [
            ("RECADO_LLM_BASE_URL", model.url()),
            ("RECADO_LLM_API_KEY", KEY.to_owned()),
            ("RECADO_LLM_MODEL", MODEL.to_owned()),
            ("RECADO_TEST_CALENDAR_URL", calendar.url()),
        ];
        let url = match &home {
            Home::Postgres(database) => Some(database.url().to_owned()),
            Home::Sqlite => None,
        };
        let business = Business::open_with(home, Manner { latency: 1..20, ..Manner::default() }, &variables).await?;
        let db = business.database().await?;
        let tenant = TenantId(one::<Uuid>(&db, "SELECT id AS n FROM tenant").await?);
        db.close().await?;
        let url = url.unwrap_or_else(|| format!("sqlite://{}?mode=rw", business.installation.database_file().display()));
        let admin = Admin::new(open(&url).await?, ring()?);
        let hours = WeekHours(std::array::from_fn(|_| vec![DayHours { from: 8 * 60, to: 20 * 60 }]));
        let chair = ResourceDefinition { hours, outside_calendar: true, ..definition("Ana", 1) };
        let chair = admin.add_resource(tenant, offer(chair)).await?;
        admin.add_service(tenant, offer(Service { min_notice: 0, ..service(&[&[chair]]) })).await?;
        let key = admin.mint_api_key(tenant, "test").await?.key.expose_secret().to_owned();
        Ok(Self { business, calendar, key, http: reqwest::Client::builder().no_proxy().build()? })
    }

    /// Asks until a server answers, however often it dies.
    async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        loop {
            let url = format!("{}/api/v1/{path}", self.business.installation.base());
            match self.http.post(url).bearer_auth(&self.key).json(body).timeout(Duration::from_secs(5)).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer.json().await?),
                // The outside calendar was not to be seen just then.
                Ok(answer) if answer.status() == 409 || answer.status().is_server_error() => {}
                Ok(answer) => anyhow::bail!("{path}: {}", answer.text().await?),
                Err(_) => {}
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Waits until the customer has heard these words.
    async fn hears(&self, room: &str, words: &str, times: usize) {
        for count in 1.. {
            let heard = self.business.adapter.received(room, count).await;
            if heard.iter().filter(|one| one.text.contains(words)).count() >= times {
                return;
            }
        }
    }

    async fn appointment(&self, room: &str) -> Result<Uuid> {
        let db = self.business.database().await?;
        let sql = format!(
            "SELECT a.id AS n FROM appointment a JOIN contact t ON t.tenant_id = a.tenant_id AND t.id = a.contact_id
             WHERE t.name = '{room}' AND a.status = 'confirmed'"
        );
        let id = one(&db, &sql).await;
        db.close().await?;
        id
    }

    /// A customer books, perhaps is moved, perhaps called off.
    async fn play(&self, nth: usize, until: Until) -> Result<()> {
        let room = format!("c{nth}");
        let wish = format!("{WISH}{} a las {}:00", day()?, 8 + nth);
        for (part, (text, answer)) in [(wish, "¿"), ("sí".to_owned(), "verificando")].into_iter().enumerate() {
            self.business.driver.deliver(&Said { room: room.clone(), id: format!("{room}-{part}"), text }).await?;
            self.hears(&room, answer, 1).await;
        }
        self.hears(&room, CONFIRMED, 1).await;
        let id = self.appointment(&room).await?;
        if until >= Until::Moved {
            let start = self.free_start(nth)?;
            self.post(&format!("appointments/{id}/move"), &json!({"starts_at": start})).await?;
            self.hears(&room, CONFIRMED, 2).await;
        }
        if until == Until::Gone {
            self.post(&format!("appointments/{id}/cancel"), &json!({"reason": "ill"})).await?;
            self.hears(&room, CALLED_OFF, 1).await;
        }
        Ok(())
    }

    /// A time of the fifth day from now that no other round takes.
    fn free_start(&self, nth: usize) -> Result<String> {
        use recado::ports::clock::Clock;
        let date = recado::net::clock::SystemClock::new().now().after(Duration::from_hours(120)).to_chrono().date_naive();
        Ok(format!("{date}T{:02}:00:00Z", 16 + u32::try_from(nth)? % 6))
    }

    async fn round(&self, nth: usize, (point, until): (&str, Until)) -> Result<bool> {
        let mut server = self.business.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
        let (done, over) = tokio::sync::watch::channel(false);
        let play = async {
            let played = self.play(nth, until).await;
            done.send_replace(true);
            // What is said twice, or late, would show itself now; a job's lease ends, and its second try too.
            tokio::time::sleep(Duration::from_millis(1_500)).await;
            played
        };
        let deaths = async {
            let mut died = false;
            while !died && !*over.borrow() {
                died = server.aborts_within(Duration::from_millis(300)).await?;
            }
            // The point after the last answer is passed a moment later.
            if !died && !server.aborts_within(Duration::from_secs(3)).await? {
                server.kill()?;
                return anyhow::Ok((false, self.business.installation.serve(&[]).await?));
            }
            anyhow::Ok((true, self.business.installation.serve(&[]).await?))
        };
        let both = async { tokio::try_join!(play, deaths) };
        let ((), (died, server)) = tokio::time::timeout(PATIENCE, both)
            .await
            .with_context(|| format!("no end after {point}: {:?}", self.business.adapter.log()))??;
        self.at_rest().await?;
        drop(server);
        Ok(died)
    }

    /// Waits until no job is open.
    async fn at_rest(&self) -> Result<()> {
        for _ in 0..100 {
            let db = self.business.database().await?;
            let open: i64 = one(&db, "SELECT COUNT(*) AS n FROM calendar_job WHERE state = 'pending'").await?;
            db.close().await?;
            if open == 0 {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        anyhow::bail!("jobs stay open")
    }

    async fn judge(&self) -> Result<()> {
        let db = self.business.database().await?;
        let dead: i64 = one(&db, "SELECT COUNT(*) AS n FROM calendar_job WHERE state <> 'done'").await?;
        ensure!(dead == 0, "{dead} jobs came to no end");
        let standing = ask(&db, "SELECT id FROM appointment WHERE status IN ('held', 'confirming', 'pending_owner', 'confirmed')").await?;
        let mut standing: Vec<Uuid> = standing.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
        let events = self.calendar.calendar.events();
        let mut outside: Vec<Uuid> = events.iter().map(|(_, event)| event.appointment.0).collect();
        standing.sort_unstable();
        outside.sort_unstable();
        ensure!(standing == outside, "{standing:?} stand, {outside:?} have an event");
        for (_, event) in &events {
            let stored: i64 = one(
                &db,
                &format!(
                    "SELECT COUNT(*) AS n FROM calendar_event e JOIN appointment a ON a.tenant_id = e.tenant_id
                    AND a.id = e.appointment_id AND a.starts_at = e.starts_at AND a.generation = e.generation
                    WHERE e.name = '{}' AND e.made",
                    event.name
                ),
            )
            .await?;
            ensure!(stored == 1, "{} is not where the book has it", event.name);
        }
        db.close().await?;
        for (nth, (_, until)) in POINTS.iter().enumerate() {
            let log = self.business.adapter.in_room(&format!("c{nth}"));
            let count = |words: &str| log.iter().filter(|heard| heard.text.contains(words)).count();
            let told = (count(CONFIRMED), count(CALLED_OFF));
            let expected = (1 + usize::from(*until >= Until::Moved), usize::from(*until == Until::Gone));
            ensure!(told == expected, "c{nth} was told {told:?} instead of {expected:?}: {log:?}");
        }
        ensure!(self.calendar.calendar.complaints().is_empty(), "{:?}", self.calendar.calendar.complaints());
        Ok(())
    }
}

async fn kill_test(home: Home) -> Result<()> {
    let model = ModelServer::start(receptionist()).await?;
    let clinic = Clinic::open(home, &model).await?;
    let mut survived = Vec::new();
    for (nth, point) in POINTS.into_iter().enumerate() {
        if !clinic.round(nth, point).await? {
            survived.push(point.0);
        }
    }
    clinic.judge().await?;
    assert_eq!(survived, Vec::<&str>::new(), "the server died at every point");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_that_outlives_the_server_has_one_event_for_each_appointment_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calendar_that_outlives_the_server_has_one_event_for_each_appointment_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?)).await
}
