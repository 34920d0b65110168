//! A clinic to talk to, and what a talk is made of.

use crate::crypto::ids::SystemIds;
use crate::crypto::keyring::KeyRing;
use crate::domain::booking::act::Who;
use crate::domain::booking::{
    Act, Actor, Appointment, DayHours, Limits, Need, Outcome, ResourceKind, Service, Span, Status, Wanted, WeekHours,
};
use crate::domain::booking::{AnswerChoice, Question, QuestionKind};
use crate::domain::content::{Content, MessageKind};
use crate::domain::delivery::ItemBody;
use crate::domain::ids::{AppointmentId, ResourceId, ServiceId};
use crate::domain::inbox::{Inbox, Tenant};
use crate::domain::time::Timestamp;
use crate::domain::when::zone::{later, start_of_day};
use crate::engine::EnginePorts;
use crate::ports::bookings::{Bookings, Filter};
use crate::ports::clock::Clock;
use crate::ports::directory::Directory;
use crate::ports::ids::IdSource;
use crate::ports::llm::Llm;
use crate::providers::llm::offline::OfflineAssistant;
use crate::store::admin::Admin;
use crate::store::admin::bookings::{Offer, ResourceDefinition};
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use sea_orm::ConnectionTrait;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// The room of the customer whose talk it is.
pub const ROOM: &str = "ana";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talks {
    pub talk: Vec<Talk>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Talk {
    pub name: String,
    /// What it is an example of, one of [`super::KINDS`]; most talks are of none.
    pub kind: Option<String>,
    /// When it begins; Wednesday, 3 March 2027, 14:30 in Mexico City if nothing is said.
    pub now: Option<String>,
    /// The clinic's zone and the customer's name in the profile, if others.
    pub zone: Option<String>,
    pub profile: Option<String>,
    pub step: Vec<Step>,
    /// What the customer has in the end: `confirmed 2027-03-04T23:00:00Z`.
    #[serde(default)]
    pub ends: Vec<String>,
    /// What the newest appointment's customer answered, as `question=answer`; not looked at if nothing is said.
    pub answers: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// The customer writes.
    pub customer: Option<String>,
    /// The customer taps the nth button of the last message, from 1.
    pub tap: Option<usize>,
    /// Somebody else writes, from another address.
    pub stranger: Option<String>,
    /// Somebody else takes this slot.
    pub taken: Option<String>,
    /// Time passes.
    pub minutes: Option<u64>,
    /// Others take every time of this day.
    pub full: Option<String>,
    /// Others take every time up to this day.
    pub busy_until: Option<String>,
    /// Somebody else's appointment at this instant is called off; what the customer is told is held against `expect`.
    pub freed: Option<String>,
    /// What the answer holds.
    #[serde(default)]
    pub expect: Vec<String>,
    /// What it does not hold.
    #[serde(default)]
    pub never: Vec<String>,
}

/// A rig with a clinic, and a model or none.
pub struct Clinic {
    pub rig: Rig,
    pub cleaning: ServiceId,
    profile: Option<String>,
}

fn week(from: u16, to: u16) -> WeekHours {
    let day = vec![DayHours { from: from * 60, to: to * 60 }];
    let saturday = vec![DayHours { from: 10 * 60, to: 14 * 60 }];
    WeekHours([day.clone(), day.clone(), day.clone(), day.clone(), day, saturday, Vec::new()])
}

fn service(names: [&str; 3], aliases: &[&str], needs: ResourceId) -> Service {
    Service {
        id: ServiceId(uuid::Uuid::nil()),
        name: ["es", "en", "pt"].iter().zip(names).map(|(code, name)| ((*code).to_owned(), name.to_owned())).collect::<BTreeMap<_, _>>(),
        aliases: aliases.iter().map(|alias| (*alias).to_owned()).collect(),
        duration: 30,
        step: None,
        buffer_before: 0,
        buffer_after: 0,
        min_notice: 120,
        max_advance_days: 60,
        price: None,
        needs: vec![Need { any_of: vec![needs] }],
        limits: Limits::default(),
        questions: Vec::new(),
        approval: false,
    }
}

fn in_three([es, en, pt]: [&str; 3]) -> BTreeMap<String, String> {
    [("es", es), ("en", en), ("pt", pt)].into_iter().map(|(code, text)| (code.to_owned(), text.to_owned())).collect()
}

/// What is asked of whoever wants braces.
fn questions() -> Vec<Question> {
    let question =
        |key: &str, text, kind, required| Question { key: key.to_owned(), text: in_three(text), required, kind, choices: Vec::new() };
    let choice = |key: &str, text| AnswerChoice { key: key.to_owned(), text: in_three(text) };
    let first = ["¿Es su primera visita?", "Is this your first visit?", "É a sua primeira consulta?"];
    let insurance = ["¿Qué seguro tiene?", "Which insurance do you have?", "Qual é o seu convênio?"];
    let email = ["¿A qué correo le escribimos?", "Which e-mail address may we write to?", "Para qual e-mail podemos escrever?"];
    let insurance = question("insurance", insurance, QuestionKind::Choice, true);
    let none = choice("none", ["Sin seguro", "No insurance", "Sem convênio"]);
    vec![
        question("first", first, QuestionKind::YesNo, true),
        Question { choices: vec![choice("gnp", ["GNP"; 3]), choice("axa", ["AXA"; 3]), none], ..insurance },
        question("email", email, QuestionKind::Email, false),
    ]
}

impl Clinic {
    pub async fn open(now: &str, zone: &str, profile: Option<String>, model: Option<Arc<dyn Llm>>) -> Result<Self> {
        let rig = Rig::build(RigOptions::default()).await?;
        rig.clock.jump_to(Timestamp::parse(now).context("now")?);
        let entry = rig.directory.inbox(rig.inbox).await?.context("inbox")?;
        let tenant = Arc::new(Tenant { timezone: zone.to_owned(), ..(*entry.inbox.tenant).clone() });
        rig.directory.put(Inbox { tenant, ..(*entry.inbox).clone() });
        let set = format!("UPDATE tenant SET timezone = '{zone}'");
        rig.store
            .solo(crate::store::scope::Role::Engine, move |tx| Box::pin(async move { tx.execute_unprepared(&set).await.map(drop) }))
            .await?;
        let model = model.unwrap_or_else(|| Arc::new(OfflineAssistant));
        let ports = EnginePorts { llm: model, ..rig.ports() };
        let rig = rig.start_over(ports).await?;
        let key = base64::engine::general_purpose::STANDARD.encode(*b"a key of tests, 32 bytes of it!!");
        let admin = Admin::new(rig.store.clone(), Arc::new(KeyRing::parse(&key.into(), &[])?));
        let ana = ResourceDefinition {
            name: "Dra. Ana".to_owned(),
            aliases: Vec::new(),
            kind: ResourceKind::Person,
            capacity: 1,
            zone: None,
            hours: if zone == "America/Tijuana" { week(0, 17) } else { week(9, 18) },
            exceptions: Vec::new(),
            outside_calendar: false,
        };
        let ana = admin.add_resource(rig.tenant, Offer { what: ana, position: 0, active: true }).await?;
        let cleaning = service(["Limpieza dental", "Dental cleaning", "Limpeza dental"], &["limpieza", "cleaning", "limpeza"], ana);
        let cleaning = admin.add_service(rig.tenant, Offer { what: cleaning, position: 0, active: true }).await?.what.id;
        let checkup = service(["Revisión", "Checkup", "Avaliação"], &["consulta", "check up", "valoracion"], ana);
        admin.add_service(rig.tenant, Offer { what: checkup, position: 1, active: true }).await?;
        let braces = service(["Ortodoncia", "Orthodontics", "Ortodontia"], &["brackets", "braces", "aparelho"], ana);
        let braces = Service { questions: questions(), ..braces };
        admin.add_service(rig.tenant, Offer { what: braces, position: 2, active: true }).await?;
        let holiday = crate::domain::booking::Holiday { date: "2027-03-16".parse()?, name: "Aniversario".to_owned() };
        admin.put_holiday(rig.tenant, holiday).await?;
        Ok(Self { rig, cleaning, profile })
    }

    pub async fn says(&self, room: &str, content: Content) -> Result<String> {
        let mut item = self.rig.item(room, ItemBody::Message { content });
        item.peer.display_name.clone_from(&self.profile);
        self.rig.deliver(item).await?;
        self.rig.settle().await?;
        Ok(self.rig.received(room).last().cloned().unwrap_or_default())
    }

    async fn taps(&self, number: usize) -> Result<String> {
        let last = self.rig.channel.received().into_iter().rev().find(|sent| sent.to == ROOM).context("nothing was sent")?;
        let button = number.checked_sub(1).and_then(|at| last.buttons.get(at)).cloned();
        let button = button.with_context(|| format!("no button {number}: {:?}", last.buttons))?;
        let content = Content { kind: MessageKind::Button, button_id: Some(button.id), ..Content::text(button.title) };
        self.says(ROOM, content).await
    }

    pub async fn taken(&self, start: &str) -> Result<()> {
        let who = Who { name: Some("Otra persona".to_owned()), ..Who::default() };
        let (id, service) = (AppointmentId(SystemIds::new().uuid()), self.cleaning);
        let start = Timestamp::parse(start).context("start")?;
        let act = Act::Book { id, service, start, resource: None, who, request_key: None };
        let actor = Actor::People { agent: self.rig.agent };
        let outcome = self.rig.store.act(self.rig.tenant, actor, act, self.rig.clock.now()).await?;
        ensure!(matches!(outcome, Outcome::Done { .. }), "not taken: {outcome:?}");
        Ok(())
    }

    /// The newest row of the conversation, held or booked.
    pub async fn newest(&self) -> Result<Appointment> {
        let all = self.rig.store.appointments(self.rig.tenant, Filter { limit: 50, ..Filter::default() }).await?;
        all.into_iter().filter(|one| one.conversation.is_some()).max_by_key(|one| one.created_at).context("no row")
    }

    /// Takes every time of some days.
    pub async fn fill(&self, first: &str, last: &str) -> Result<()> {
        let zone = self.rig.store.agenda(self.rig.tenant).await?.context("no agenda")?.zone;
        let within = Span { start: start_of_day(zone, first.parse()?), end: start_of_day(zone, later(last.parse()?, 1)) };
        let wanted = Wanted { service: self.cleaning, within, resource: None, moving: None, limit: usize::MAX };
        for slot in self.rig.store.slots(self.rig.tenant, wanted, self.rig.clock.now()).await? {
            self.taken(&short(slot.span.start)).await?;
        }
        Ok(())
    }

    /// Calls somebody else's appointment off, and lets whoever waits for its time be told.
    pub async fn frees(&self, start: &str) -> Result<String> {
        let start = Timestamp::parse(start).context("start")?;
        let all = self.rig.store.appointments(self.rig.tenant, Filter { limit: 1_000, ..Filter::default() }).await?;
        let row = all.iter().find(|one| one.span.start == start && one.status == Status::Confirmed).context("nobody is there")?;
        let act = Act::Cancel { id: row.id, version: None, reason: "owner".to_owned() };
        self.rig.store.act(self.rig.tenant, Actor::People { agent: self.rig.agent }, act, self.rig.clock.now()).await?;
        let before = self.rig.received(ROOM).len();
        for _ in 0..20 {
            self.rig.pass(Duration::from_secs(1), Duration::from_millis(250)).await;
            self.rig.settle().await?;
            if self.rig.received(ROOM).len() > before {
                break;
            }
        }
        Ok(self.rig.received(ROOM).last().cloned().unwrap_or_default())
    }

    /// The appointments that are not somebody else's, as `status start`.
    pub async fn appointments(&self) -> Result<Vec<String>> {
        let all = self.rig.store.appointments(self.rig.tenant, Filter { limit: 50, ..Filter::default() }).await?;
        let own = all.iter().filter(|one| one.conversation.is_some());
        let kept = own.filter(|one| !matches!(one.status.as_str(), "held" | "released" | "expired"));
        Ok(kept.map(|one: &Appointment| format!("{} {}", one.status.as_str(), short(one.span.start))).collect())
    }
}

fn short(at: Timestamp) -> String {
    at.to_chrono().format("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Plays a talk and holds every answer against what is expected.
pub async fn play(talk: &Talk) -> Result<()> {
    let now = talk.now.as_deref().unwrap_or("2027-03-03T20:30:00Z");
    let zone = talk.zone.as_deref().unwrap_or("America/Mexico_City");
    let profile = talk.profile.clone().unwrap_or_else(|| "Ana López".to_owned());
    let clinic = Clinic::open(now, zone, Some(profile).filter(|name| !name.is_empty()), None).await?;
    let mut said = Vec::new();
    for (at, step) in talk.step.iter().enumerate() {
        let answer = if let Some(text) = &step.customer {
            clinic.says(ROOM, Content::text(text)).await?
        } else if let Some(number) = step.tap {
            clinic.taps(number).await.with_context(|| said.join("\n"))?
        } else if let Some(text) = &step.stranger {
            clinic.says("stranger", Content::text(text)).await?
        } else if let Some(start) = &step.freed {
            clinic.frees(start).await.with_context(|| said.join("\n"))?
        } else if let Some(date) = &step.full {
            clinic.fill(date, date).await?;
            continue;
        } else if let Some(last) = &step.busy_until {
            clinic.fill("2027-03-03", last).await?;
            continue;
        } else if let Some(start) = &step.taken {
            clinic.taken(start).await?;
            continue;
        } else {
            clinic.rig.advance(Duration::from_secs(60 * step.minutes.unwrap_or(0)));
            continue;
        };
        said.push(format!("  {} -> {answer}", step.customer.as_deref().or(step.stranger.as_deref()).unwrap_or("(tap)")));
        let missing: Vec<&String> = step.expect.iter().filter(|wanted| !answer.contains(wanted.as_str())).collect();
        let unwanted: Vec<&String> = step.never.iter().filter(|never| answer.contains(never.as_str())).collect();
        if !missing.is_empty() || !unwanted.is_empty() {
            bail!("step {}: missing {missing:?}, unwanted {unwanted:?}\n{}", at + 1, said.join("\n"));
        }
    }
    let mut ends = clinic.appointments().await?;
    ends.sort();
    ensure!(ends == talk.ends, "ends with {ends:?}, wanted {:?}\n{}", talk.ends, said.join("\n"));
    if let Some(wanted) = &talk.answers {
        let answers: Vec<String> = clinic.newest().await?.answers.iter().map(|(key, answer)| format!("{key}={answer}")).collect();
        ensure!(answers == *wanted, "answered {answers:?}, wanted {wanted:?}\n{}", said.join("\n"));
    }
    Ok(())
}
