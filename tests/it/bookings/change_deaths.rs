//! The kill test of moving and cancelling by words: the real binary dies at each step of a change that a customer asks for. What they were
//! told, and the rows, are the judge: the change was made once and said once, or neither.

use super::deaths::{AIMED, CALL_OFF, CONFIRMED, OTHER, PATIENCE, WISH, ask, day, nothing_is_open, office, one, receptionist};
use crate::recovery::business::{Business, Home};
use crate::support::database::TestDatabase;
use crate::support::driver::Said;
use anyhow::{Context, Result, ensure};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use recado::testing::model_server::ModelServer;
use sea_orm::DbBackend;
use std::time::Duration;

/// Where the server dies: the third act on the book is the change's first step, the fourth the customer's yes to it; so are the third and
/// fourth answers.
const POINTS: [&str; 6] = [
    "booking_before_commit:3",
    "booking_after_commit:3",
    "booking_before_commit:4",
    "booking_after_commit:4",
    "c10_before_mark:3",
    "c10_before_mark:4",
];

/// What a customer changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Change {
    Move,
    Cancel,
}

impl Change {
    /// What the four answers say, in order.
    const fn answers(self) -> [&'static str; 4] {
        match self {
            Self::Move => ["¿La confirmo?", CONFIRMED, "¿Muevo su cita", "quedó movida"],
            Self::Cancel => ["¿La confirmo?", CONFIRMED, "¿La cancelo?", "quedó cancelada"],
        }
    }
}

/// A customer, the time that they book and the one that they move to.
struct Customer {
    room: String,
    change: Change,
    first: String,
    second: String,
}

impl Customer {
    fn new(nth: usize, change: Change) -> Self {
        let time = |hour: usize| format!("{}:{}", hour + nth / 2, if nth.is_multiple_of(2) { "00" } else { "30" });
        Self { room: format!("c{nth}"), change, first: time(8), second: time(14) }
    }

    /// Books, and changes what is booked; each sentence once the last one was answered.
    async fn talk(&self, business: &Business) -> Result<()> {
        let day = day()?;
        let change = match self.change {
            Change::Move => format!("{OTHER}{day} a las {}", self.second),
            Change::Cancel => CALL_OFF.to_owned(),
        };
        let texts = [format!("{WISH}{day} a las {}", self.first), "sí".to_owned(), change, "sí".to_owned()];
        for (nth, text) in texts.into_iter().enumerate() {
            let id = format!("{}-{nth}", self.room);
            business.driver.deliver(&Said { room: self.room.clone(), id, text }).await?;
            business.adapter.received(&self.room, nth + 1).await;
        }
        Ok(())
    }

    /// Holds what they heard against the rows.
    async fn judge(&self, business: &Business) -> Result<()> {
        let log = business.adapter.in_room(&self.room);
        let heard = log.len() == 4 && log.iter().zip(self.change.answers()).all(|(heard, wanted)| heard.text.contains(wanted));
        ensure!(heard, "{:?} of {} heard {log:?}", self.change, self.room);
        let db = business.database().await?;
        let seconds = match db.get_database_backend() {
            DbBackend::Postgres => "CAST(EXTRACT(EPOCH FROM a.starts_at) AS BIGINT)",
            DbBackend::Sqlite | DbBackend::MySql | _ => "a.starts_at / 1000000",
        };
        let mine = format!(
            "SELECT {seconds} AS n FROM appointment a JOIN contact t ON t.tenant_id = a.tenant_id AND t.id = a.contact_id
             WHERE t.name = '{}' AND a.status IN ('held', 'confirming', 'pending_owner', 'confirmed')",
            self.room
        );
        let starts: Vec<i64> = ask(&db, &mine).await?.iter().map(|row| row.try_get("", "n")).collect::<Result<_, _>>()?;
        let zone: Tz = one::<String>(&db, "SELECT timezone AS n FROM tenant").await?.parse()?;
        let starts: Option<Vec<String>> = starts
            .into_iter()
            .map(|at| DateTime::<Utc>::from_timestamp(at, 0).map(|at| at.with_timezone(&zone).format("%-H:%M").to_string()))
            .collect();
        let wanted = if self.change == Change::Move { vec![self.second.clone()] } else { vec![] };
        ensure!(starts.as_ref() == Some(&wanted), "{} has {starts:?}, not {wanted:?}", self.room);
        Ok(db.close().await?)
    }
}

/// One customer changes what they booked while the server dies once.
async fn round(business: &Business, point: &str, customer: &Customer) -> Result<()> {
    let mut server = business.installation.serve(&[("RECADO_TEST_FAULT", point)]).await?;
    let deaths = async {
        ensure!(server.aborts_within(AIMED).await?, "{point} was never reached: {:?}", business.adapter.in_room(&customer.room));
        business.installation.serve(&[]).await
    };
    let ((), _server) = tokio::time::timeout(PATIENCE, async { tokio::try_join!(customer.talk(business), deaths) })
        .await
        .with_context(|| format!("nobody answered after {point}: {:?}", business.adapter.log()))??;
    // What is said twice, or late, would show itself now.
    tokio::time::sleep(Duration::from_millis(600)).await;
    customer.judge(business).await.with_context(|| point.to_owned())
}

async fn kill_test(home: Home) -> Result<()> {
    let model = ModelServer::start(receptionist()).await?;
    let business = office(home, &model).await?;
    let rounds = [Change::Move, Change::Cancel].into_iter().flat_map(|change| POINTS.map(|point| (point, change)));
    let mut customers = Vec::new();
    for (nth, (point, change)) in rounds.enumerate() {
        let customer = Customer::new(nth, change);
        round(&business, point, &customer).await?;
        customers.push(customer);
    }
    // Nobody's round touched another's.
    for customer in &customers {
        customer.judge(&business).await?;
    }
    let db = business.database().await?;
    nothing_is_open(&db).await?;
    db.close().await?;
    assert_eq!(business.adapter.complaints(), Vec::<String>::new());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_move_or_cancel_while_the_server_dies_are_told_once_what_is_true_on_sqlite() -> Result<()> {
    kill_test(Home::Sqlite).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn customers_who_move_or_cancel_while_the_server_dies_are_told_once_what_is_true_on_postgres() -> Result<()> {
    kill_test(Home::Postgres(TestDatabase::postgres().await?)).await
}
