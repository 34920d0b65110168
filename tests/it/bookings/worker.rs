//! Customers and people who book, move and cancel at random, many at once; in this process or in one of its own.

use super::rig::{EARLY, Office, PEOPLE, at, definition, done, from, generous, hold, new_id, offer, why};
use crate::store::rig::open;
use crate::support::database::{TestDatabase, unique};
use crate::support::dice::Dice;
use crate::support::variables;
use anyhow::{Context, Result, ensure};
use futures::future::try_join_all;
use recado::domain::booking::act::Who;
use recado::domain::booking::{Act, Actor, Appointment, Outcome, Refusal, Service, Status};
use recado::domain::ids::{AppointmentId, ServiceId, TenantId};
use recado::domain::time::Timestamp;
use recado::engine::calendar::{CalendarPorts, CalendarWorker};
use recado::ports::bookings::Bookings;
use recado::ports::calendar::Calendars;
use recado::ports::metrics::CalendarMeters;
use recado::ports::store::StoreError;
use recado::store::Store;
use recado::store::admin::bookings::ResourceDefinition;
use recado::testing::calendar::FlakyCalendar;
use recado::testing::calendar_client::CalendarClient;
use recado::testing::calendar_server::CalendarServer;
use recado::testing::clock::ManualClock;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The variable by which a process is told what to do.
const JOB: &str = "RECADO_TEST_BOOKING";
/// The resource that has an outside calendar.
pub const OUTSIDE: &str = "Sala";
/// Times that an act is asked for whose outcome is not known.
const MOST_AGAIN: u32 = 20;
/// A quarter of an hour.
const STEP: Duration = Duration::from_mins(15);

/// What a process does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Job {
    pub url: String,
    pub tenant: TenantId,
    pub services: Vec<ServiceId>,
    /// Number of the first customer; some for each task.
    pub first: u128,
    pub tasks: u128,
    /// Customers of each task, who take turns.
    pub each: u128,
    pub attempts: u64,
    pub seed: u64,
    /// Where the outside calendar listens.
    pub calendar: String,
    /// Where the outcome is written, by a process of its own.
    pub report: PathBuf,
}

/// What somebody was told of an appointment last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub id: AppointmentId,
    pub start: Timestamp,
    /// It is confirmed; else it must not be.
    pub stands: bool,
}

/// What came of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Tally {
    pub known: Vec<Known>,
    pub agreed: u64,
    pub taken: u64,
    /// Refusals because an outside calendar did not say what is busy.
    pub unknown: u64,
    /// Writes whose outcome was not known in time, and which were asked for again.
    pub again: u64,
    /// Refusals for other reasons, and errors: there must be none.
    pub strange: Vec<String>,
}

impl Tally {
    pub fn add(&mut self, other: Self) {
        self.known.extend(other.known);
        self.agreed += other.agreed;
        self.taken += other.taken;
        self.unknown += other.unknown;
        self.again += other.again;
        self.strange.extend(other.strange);
    }
}

/// Makes four resources, one of them with two seats and one with an outside calendar, and four services over them.
pub async fn agenda(office: &Office) -> Result<Vec<ServiceId>> {
    let [ana, luis, chair] = [office.resource("Ana", 1).await?, office.resource("Luis", 2).await?, office.resource("Chair", 1).await?];
    let long = |service| Service { step: Some(15), duration: 60, ..service };
    let short = |service| Service { step: Some(15), ..service };
    let room = ResourceDefinition { outside_calendar: true, ..definition(OUTSIDE, 1) };
    let room = office.admin.add_resource(office.tenant, offer(room)).await?;
    let services = [
        office.service_like(&[&[ana, luis]], short).await?,
        office.service_like(&[&[ana], &[chair]], long).await?,
        office.service_like(&[&[luis], &[chair]], short).await?,
        office.service_like(&[&[room]], short).await?,
    ];
    office.admin.put_booking_rules(office.tenant, generous()).await?;
    Ok(services.iter().map(|service| service.id).collect())
}

/// Runs a job in this process.
pub async fn run(store: &Store, job: &Job) -> Result<Tally> {
    let mut dice = Dice::new(job.seed);
    let calendar: Arc<dyn Calendars> = Arc::new(CalendarClient::new(job.calendar.clone()).context("no HTTP client")?);
    store.use_calendars(Arc::clone(&calendar));
    let (clock, over) = (Arc::new(ManualClock::at(at(EARLY))), Arc::new(AtomicBool::new(false)));
    let worker = tokio::spawn(work(outside_worker(store, calendar, &clock)?, clock, Arc::clone(&over)));
    let tasks = (0..job.tasks).map(|task| {
        let mut desk =
            Desk { store: store.clone(), job: job.clone(), customer: job.first, dice: dice.split(), tally: Tally::default(), mine: vec![] };
        tokio::spawn(async move {
            for nth in 0..u128::from(desk.job.attempts) / desk.job.tasks {
                desk.customer = desk.job.first + task * desk.job.each + nth % desk.job.each;
                desk.attempt().await?;
            }
            desk.tally.known.extend(desk.mine.iter().map(|it| Known { id: it.id, start: it.span.start, stands: true }));
            anyhow::Ok(desk.tally)
        })
    });
    let mut all = Tally::default();
    for tally in try_join_all(tasks.collect::<Vec<_>>()).await? {
        all.add(tally?);
    }
    over.store(true, Ordering::Release);
    worker.await?;
    Ok(all)
}

/// Makes a worker for outside calendars, as an engine has one.
fn outside_worker(store: &Store, calendars: Arc<dyn Calendars>, clock: &Arc<ManualClock>) -> Result<CalendarWorker> {
    let ports = CalendarPorts { calendars, jobs: Arc::new(store.clone()), book: Arc::new(store.clone()), meters: CalendarMeters::new()? };
    Ok(CalendarWorker::new(ports, Arc::clone(clock) as _, Duration::from_secs(15)))
}

/// Works in outside calendars until it is over; time passes when nothing is to be done.
async fn work(worker: CalendarWorker, clock: Arc<ManualClock>, over: Arc<AtomicBool>) {
    while !over.load(Ordering::Acquire) {
        if worker.look().await == 0 {
            clock.advance(Duration::from_millis(500));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

/// Lets every job come to its end.
pub async fn settle(store: &Store, calendar: &Arc<FlakyCalendar>) -> Result<()> {
    let clock = Arc::new(ManualClock::at(at(EARLY)));
    let worker = outside_worker(store, Arc::clone(calendar) as _, &clock)?;
    for _ in 0..400 {
        clock.advance(Duration::from_secs(15));
        worker.look().await;
    }
    Ok(())
}

/// Customers of one task.
struct Desk {
    store: Store,
    job: Job,
    /// Whose turn it is.
    customer: u128,
    dice: Dice,
    tally: Tally,
    /// What they were told stands.
    mine: Vec<Appointment>,
}

impl Desk {
    async fn attempt(&mut self) -> Result<()> {
        match self.dice.within(&(0..10)) {
            0..=3 => self.hold().await,
            4 => self.book().await,
            5..=6 if !self.mine.is_empty() => self.r#move().await,
            _ if !self.mine.is_empty() => self.cancel().await,
            _ => self.hold().await,
        }
    }

    fn start(&mut self) -> Timestamp {
        let day = Duration::from_hours(24 * self.dice.within(&(0..4)));
        let steps = u32::try_from(self.dice.within(&(0..36))).unwrap_or_default();
        at("2027-03-15T15:00:00Z").after(day + STEP * steps)
    }

    fn service(&mut self) -> ServiceId {
        let place = usize::try_from(self.dice.within(&(0..self.job.services.len() as u64))).unwrap_or_default();
        self.job.services[place]
    }

    /// Acts; if it is not known what came of it, as on a busy machine, the very same act is asked for again, as any client does.
    async fn act(&mut self, actor: Actor, act: Act) -> Result<Outcome, StoreError> {
        for _ in 0..MOST_AGAIN {
            match self.store.act(self.job.tenant, actor, act.clone(), at(EARLY)).await {
                Err(StoreError::Unknown | StoreError::Busy) => self.tally.again += 1,
                known => return known,
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(StoreError::Unknown)
    }

    /// Asks; what is refused because somebody else has it is counted, anything else is strange.
    async fn ask(&mut self, by_people: bool, act: Act) -> Option<Appointment> {
        let actor = if by_people { PEOPLE } else { from(self.customer) };
        let outcome = match self.act(actor, act).await {
            Ok(outcome) => outcome,
            Err(error) => {
                self.tally.strange.push(error.to_string());
                return None;
            }
        };
        match why(&outcome) {
            // The last start of a day is too late for an hour.
            Some(Refusal::Taken | Refusal::Closed) => {
                self.tally.taken += 1;
                None
            }
            Some(Refusal::CalendarUnknown) => {
                self.tally.unknown += 1;
                None
            }
            Some(why) => {
                self.tally.strange.push(format!("{why:?}"));
                None
            }
            None => done(outcome).ok(),
        }
    }

    async fn hold(&mut self) -> Result<()> {
        let act = hold(self.service(), self.start());
        let Some(held) = self.ask(false, act).await else { return Ok(()) };
        match self.dice.within(&(0..10)) {
            0..=6 => {
                let agreed = self.ask(false, Act::Confirm { id: held.id, name: None }).await;
                let agreed = agreed.with_context(|| format!("a live hold was not confirmed: {:?}", self.tally.strange))?;
                self.tally.agreed += 1;
                self.mine.push(agreed);
            }
            7..=8 => {
                let given = self.ask(false, Act::Cancel { id: held.id, version: None, reason: "customer".to_owned() }).await;
                given.with_context(|| format!("a hold was not given back: {:?}", self.tally.strange))?;
                self.tally.known.push(Known { id: held.id, start: held.span.start, stands: false });
            }
            // Left alone: the next hold of this customer releases it.
            _ => {}
        }
        Ok(())
    }

    async fn book(&mut self) -> Result<()> {
        let (service, start) = (self.service(), self.start());
        let act = Act::Book { id: new_id(), service, start, resource: None, who: Who::default(), request_key: None };
        if let Some(agreed) = self.ask(true, act).await {
            self.tally.agreed += 1;
            self.mine.push(agreed);
        }
        Ok(())
    }

    fn any(&mut self) -> usize {
        usize::try_from(self.dice.within(&(0..self.mine.len() as u64))).unwrap_or_default()
    }

    async fn r#move(&mut self) -> Result<()> {
        let place = self.any();
        if self.mine[place].status != Status::Confirmed {
            // It waits for its outside calendar.
            let now = self.store.appointment(self.job.tenant, self.mine[place].id).await?.context("an appointment is lost")?;
            if now.status != Status::Confirmed {
                return Ok(());
            }
            self.mine[place].status = now.status;
        }
        let (id, service, start) = (self.mine[place].id, self.mine[place].service, self.start());
        // The calendar's work is done on a clock of its own here: what it writes looks newer than any question, and a yes would be too late.
        let outside = self.job.services.last() == Some(&service);
        let by_people = self.dice.once_in(2) || outside;
        let Some(contact) = self.mine[place].contact.filter(|_| !by_people) else {
            if let Some(moved) = self.ask(true, Act::Move { id, version: None, start, resource: None }).await {
                self.mine[place] = moved;
            }
            return Ok(());
        };
        self.customer = contact.0.as_u128();
        let act = Act::Hold { id: new_id(), service, start, resource: None, moves: Some(id), who: Who::default(), request_key: None };
        if let Some(held) = self.ask(false, act).await {
            let moved = self
                .ask(false, Act::Confirm { id: held.id, name: None })
                .await
                .with_context(|| format!("a move was not confirmed: {:?}", self.tally.strange))?;
            // Where an outside calendar is asked first, the move itself waits.
            self.mine[place] = Appointment { id, ..moved };
        }
        Ok(())
    }

    async fn cancel(&mut self) -> Result<()> {
        let place = self.any();
        let gone = self.mine.swap_remove(place);
        self.ask(true, Act::Cancel { id: gone.id, version: None, reason: "owner".to_owned() })
            .await
            .with_context(|| format!("not cancelled: {:?}", self.tally.strange))?;
        self.tally.known.push(Known { id: gone.id, start: gone.span.start, stands: false });
        Ok(())
    }
}

/// A process that does a job.
pub struct Process {
    child: Child,
    report: PathBuf,
}

impl Process {
    /// Starts this very test binary with one test, which does the job; `broken` are safety devices that are off there.
    pub fn start(job: &Job, broken: &str) -> Result<Self> {
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["--exact", "bookings::worker::a_process_does_the_job_that_it_is_given"]);
        command.env(JOB, serde_json::to_string(job)?).env("RECADO_TEST_BREAK", broken).stdout(Stdio::null());
        Ok(Self { child: command.spawn()?, report: job.report.clone() })
    }

    /// Waits for its end and reads what came of it.
    pub fn end(mut self) -> Result<Tally> {
        let status = self.child.wait()?;
        ensure!(status.success(), "a booking process failed ({status})");
        let tally = serde_json::from_slice(&std::fs::read(&self.report)?)?;
        std::fs::remove_file(&self.report)?;
        Ok(tally)
    }
}

/// Attempts of one customer: a person who tried a thousand times in a day would be what is measured.
const MOST_EACH: u128 = 200;

/// Makes a job for an office, with customers for each task.
pub async fn job(
    office: &Office,
    services: &[ServiceId],
    (first, tasks): (u128, u128),
    attempts: u64,
    calendar: &CalendarServer,
) -> Result<Job> {
    let each = (u128::from(attempts) / tasks / MOST_EACH).max(1);
    for customer in first..first + tasks * each {
        office.customer(customer).await?;
    }
    let seed = variables::number("RECADO_TEST_SEED", 7) + u64::try_from(first)?;
    let report = std::env::temp_dir().join(unique("recado_booking"));
    let (url, services) = (office.rig.database.url().to_owned(), services.to_vec());
    Ok(Job { url, tenant: office.tenant, services, first, tasks, each, attempts, seed, calendar: calendar.url(), report })
}

/// Without a job it books a little by itself, so that a broken worker is seen here first.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_does_the_job_that_it_is_given() -> Result<()> {
    recado::testing::faults::aim_from_environment();
    if let Some(text) = variables::text(JOB) {
        let job: Job = serde_json::from_str(&text)?;
        let tally = run(&open(&job.url).await?, &job).await?;
        return Ok(std::fs::write(&job.report, serde_json::to_vec(&tally)?)?);
    }
    let office = Office::on(TestDatabase::sqlite().await?).await?;
    let services = agenda(&office).await?;
    let calendar = CalendarServer::start().await?;
    let job = job(&office, &services, (100, 2), 40, &calendar).await?;
    let tally = run(office.store(), &job).await?;
    assert!(tally.agreed > 5 && tally.strange.is_empty(), "{tally:?}");
    Ok(())
}

/// Tells one kind of outcome from another in a list.
pub fn refusals(outcomes: &[Outcome]) -> usize {
    outcomes.iter().filter(|outcome| why(outcome) == Some(Refusal::Taken)).count()
}
