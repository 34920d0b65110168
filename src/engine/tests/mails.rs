//! The queue of mails and its worker: what becomes of a mail whatever the mailer answers, and which mails appointments ask for.

use super::bookings::{Office, at};
use crate::domain::booking::act::Who;
use crate::domain::booking::{Act, Actor, Appointment, Outcome, Rules, Service};
use crate::domain::ids::{AgentId, AppointmentId};
use crate::domain::inbox::Tenant;
use crate::domain::mail::{Address, Answer, MailKind, TRIED_FOR};
use crate::domain::permission::Role;
use crate::domain::suspension::{Feature, Stopped};
use crate::engine::mail::MailPorts;
use crate::engine::placement::Single;
use crate::engine::{EnginePorts, Threads};
use crate::ports::bookings::Bookings;
use crate::ports::clock::Clock;
use crate::ports::ids::IdSource;
use crate::ports::mail::{Content, Letter, MailQueue, NewMail};
use crate::ports::store::EngineStore;
use crate::store::accounts::{AccountSettings, Accounts, NewUser};
use crate::store::admin::Admin;
use crate::testing::mail::Play;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result, bail};
use std::time::Duration;
use uuid::Uuid;

const PEOPLE: Actor = Actor::People { agent: AgentId(Uuid::from_u128(77)) };
const START: &str = "2026-09-23T16:00:00Z";

#[expect(clippy::unwrap_used, reason = "the address is written here")]
fn invitation(rig: &Rig, name: &str) -> NewMail {
    let letter = Letter {
        subject: "Hola".to_owned(),
        text: "Entre aquí: https://recado.example/i/secret-link".to_owned(),
        html: None,
        from_name: None,
        reply_to: None,
        attachments: Vec::new(),
    };
    NewMail {
        tenant: rig.tenant,
        kind: MailKind::Invitation,
        to: Address::parse("ana@example.com").unwrap(),
        contact: None,
        content: Content::Letter(Box::new(letter)),
        reference: name.to_owned(),
        expires: rig.clock.now().after(TRIED_FOR),
    }
}

/// How the mails stand, oldest first: state, reason, tries, and whether anything of the text is left.
async fn mails(rig: &Rig) -> Result<Vec<(String, String, i64, bool)>> {
    let rows = rig.mails().await?;
    Ok(rows.into_iter().map(|row| (row.state, row.reason.unwrap_or_default(), row.attempt, !row.payload.is_empty())).collect())
}

fn stands(state: &str, reason: &str, tries: i64, text: bool) -> Vec<(String, String, i64, bool)> {
    vec![(state.to_owned(), reason.to_owned(), tries, text)]
}

/// Lets time pass, a few looks long.
async fn pass(rig: &Rig, secs: u64) {
    rig.pass(Duration::from_secs(secs), Duration::from_secs(1)).await;
}

async fn rig() -> Result<Rig> {
    Rig::new().await
}

fn again(reason: &str) -> Play {
    Play::Say(Answer::Again { after: None, reason: reason.to_owned() })
}

#[actix::test]
async fn a_mail_leaves_once_however_often_it_is_queued_and_keeps_no_text() -> Result<()> {
    let rig = rig().await?;
    for _ in 0..3 {
        rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
        pass(&rig, 3).await;
    }
    assert_eq!(rig.mailer.handed().len(), 1);
    assert_eq!(mails(&rig).await?, stands("sent", "", 1, false));
    Ok(())
}

#[actix::test]
async fn what_was_not_taken_is_tried_again_later_under_the_same_name() -> Result<()> {
    let rig = rig().await?;
    rig.mailer.then(again("smtp_451"));
    rig.mailer.then(again("unreachable"));
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    pass(&rig, 3).await;
    assert_eq!(mails(&rig).await?, stands("retry", "smtp_451", 1, true));
    pass(&rig, 150).await;
    assert_eq!(mails(&rig).await?, stands("sent", "", 3, false));
    let handed = rig.mailer.handed();
    assert!(handed.windows(2).all(|two| two.first().map(|one| &one.message_id) == two.last().map(|other| &other.message_id)));
    Ok(())
}

#[actix::test]
async fn a_refusal_is_final() -> Result<()> {
    let rig = rig().await?;
    rig.mailer.then(Play::Say(Answer::Refused { reason: "smtp_550".to_owned() }));
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    pass(&rig, 300).await;
    assert_eq!((rig.mailer.handed().len(), mails(&rig).await?), (1, stands("failed", "smtp_550", 1, false)));
    Ok(())
}

#[actix::test]
async fn a_lost_answer_is_followed_by_one_try_more_and_never_by_a_third() -> Result<()> {
    let rig = rig().await?;
    for _ in 0..2 {
        rig.mailer.then(Play::Say(Answer::Unknown));
    }
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    pass(&rig, 5).await;
    assert_eq!(mails(&rig).await?, stands("uncertain", "no_answer", 1, true));
    pass(&rig, 600).await;
    assert_eq!((rig.mailer.handed().len(), mails(&rig).await?), (2, stands("uncertain", "no_answer", 2, false)));
    let names: std::collections::HashSet<_> = rig.mailer.handed().into_iter().map(|mail| mail.message_id).collect();
    assert_eq!(names.len(), 1, "both bear one Message-ID");
    Ok(())
}

#[actix::test]
async fn a_mailer_that_hangs_keeps_no_other_mail_from_leaving() -> Result<()> {
    let rig = rig().await?;
    rig.mailer.then(Play::Hang);
    for name in ["invitation:1", "invitation:2", "invitation:3"] {
        rig.store.add_mail(invitation(&rig, name)).await?;
    }
    pass(&rig, 3).await;
    assert_eq!(rig.mailer.handed().len(), 3);
    pass(&rig, 400).await;
    assert_eq!(rig.mailer.handed().len(), 4, "the one without an answer, once more");
    assert!(mails(&rig).await?.iter().all(|(state, ..)| state == "sent"));
    Ok(())
}

#[actix::test]
async fn a_mail_that_is_too_late_is_dropped() -> Result<()> {
    let rig = rig().await?;
    rig.mailer.then(again("unreachable"));
    let expires = rig.clock.now().after(Duration::from_secs(35));
    rig.store.add_mail(NewMail { expires, ..invitation(&rig, "invitation:1") }).await?;
    rig.store.add_mail(NewMail { expires: rig.clock.now(), ..invitation(&rig, "invitation:2") }).await?;
    pass(&rig, 3).await;
    rig.advance(Duration::from_secs(60));
    pass(&rig, 5).await;
    let states: Vec<_> = mails(&rig).await?.into_iter().map(|(state, reason, ..)| (state, reason)).collect();
    assert_eq!(rig.mailer.handed().len(), 1);
    assert!(states.iter().any(|state| state == &("dropped".to_owned(), "expired".to_owned())), "{states:?}");
    assert!(states.iter().all(|(state, _)| state == "dropped" || state == "failed"), "{states:?}");
    Ok(())
}

#[actix::test]
async fn without_a_server_mails_are_dropped_and_say_why() -> Result<()> {
    let rig = Rig::build(RigOptions::default()).await?;
    let ports = rig.ports();
    let mail = ports.mail.clone().map(|mail| MailPorts { mailer: None, ..mail });
    let rig = rig.start_over(EnginePorts { mail, ..ports }).await?;
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    pass(&rig, 3).await;
    assert_eq!((rig.mailer.handed().len(), mails(&rig).await?), (0, stands("dropped", "no_smtp", 1, false)));
    Ok(())
}

#[actix::test]
async fn a_taken_mail_is_nobody_elses_until_its_lease_ends_and_a_late_answer_changes_nothing() -> Result<()> {
    let rig = Rig::build(RigOptions::default()).await?;
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    let (now, until) = (rig.clock.now(), rig.clock.now().after(Duration::from_mins(10)));
    let first = rig.store.take_mails(now, until, 10).await?.pop().context("nothing is due")?;
    assert_eq!(rig.store.take_mails(now, until, 10).await?, []);
    assert!(rig.store.begin_mail(&first, now).await?);
    // Its sender is gone: whoever comes next knows that it may have been sent.
    let second = rig.store.take_mails(until, until.after(Duration::from_mins(10)), 10).await?.pop().context("it is due again")?;
    assert_eq!((second.attempt, second.doubtful), (2, 1));
    assert_eq!(second.message_id, first.message_id);
    assert!(!rig.store.begin_mail(&first, until).await?, "the first one must not send any more");
    rig.store.end_mail(&first, crate::domain::mail::Next::Sent, until).await?;
    assert_eq!(mails(&rig).await?, stands("uncertain", "", 2, true), "and says nothing that counts");
    rig.store.release_mails().await?;
    assert_eq!(rig.store.take_mails(until, until, 10).await?.len(), 1, "what a dead sender had is given back");
    Ok(())
}

#[actix::test]
async fn mails_that_have_ended_go_after_a_month() -> Result<()> {
    let rig = rig().await?;
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    pass(&rig, 3).await;
    rig.store.purge(rig.clock.now().after(Duration::from_hours(29 * 24))).await?;
    assert_eq!(mails(&rig).await?.len(), 1);
    rig.store.purge(rig.clock.now().after(Duration::from_hours(31 * 24))).await?;
    assert_eq!(mails(&rig).await?.len(), 0);
    Ok(())
}

/// Queues the mail with a link of somebody who has forgotten a password.
async fn forgotten(rig: &Rig) -> Result<()> {
    let settings = AccountSettings {
        bcrypt_cost: 4,
        sign_up_open: false,
        public_url: "https://desk.test".parse()?,
        mails: true,
        terms_version: "2026-11".into(),
    };
    let accounts = Accounts::open(&rig.admin(), settings).await?;
    let new = NewUser {
        tenant: rig.tenant,
        email: "luz@example.com".into(),
        name: "Luz".into(),
        locale: "es".into(),
        role: Role::Owner,
        password: "a long enough word".into(),
        existing: false,
    };
    accounts.create_user(new).await?;
    accounts.forgot("luz@example.com")?;
    for _ in 0..500 {
        if rig.mails().await?.iter().any(|mail| mail.kind == "password_reset") {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    bail!("no mail was queued")
}

#[actix::test]
async fn a_link_is_sealed_while_its_mail_waits_and_opened_when_it_leaves() -> Result<()> {
    let mut rig = Rig::build(RigOptions::default()).await?;
    forgotten(&rig).await?;
    assert!(rig.mails().await?.iter().all(|mail| mail.payload.starts_with("{\"sealed\"")));
    rig.start(&Single, Threads::Current).await?;
    pass(&rig, 5).await;
    let handed = rig.mailer.handed();
    assert!(handed.iter().any(|mail| mail.letter.text.contains("https://desk.test/reset-password#token=rp_")), "{}", handed.len());
    assert_eq!(mails(&rig).await?, stands("sent", "", 1, false));
    Ok(())
}

#[actix::test]
async fn what_does_not_open_is_given_up_and_keeps_nothing_from_leaving() -> Result<()> {
    let mut rig = Rig::build(RigOptions::default()).await?;
    forgotten(&rig).await?;
    let seal = crate::store::mail::MailSeal::new(std::sync::Arc::new(crate::crypto::platform::Platform::for_tests(&[1])));
    rig.seal = seal;
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    rig.start(&Single, Threads::Current).await?;
    pass(&rig, 5).await;
    let stand: Vec<_> = mails(&rig).await?.into_iter().map(|(state, reason, _, text)| (state, reason, text)).collect();
    assert!(stand.contains(&("failed".to_owned(), "unreadable".to_owned(), false)), "{stand:?}");
    assert!(stand.contains(&("sent".to_owned(), String::new(), false)), "{stand:?}");
    Ok(())
}

/// Books for a customer with an address, as people of the business would.
async fn book(office: &Office, email: Option<&str>) -> Result<Appointment> {
    let who = Who { name: Some("Ana".to_owned()), email: email.map(str::to_owned), ..Who::default() };
    let id = AppointmentId(crate::crypto::ids::SystemIds::new().uuid());
    office.act(PEOPLE, Act::Book { id, service: office.service, start: at(START), resource: None, who, request_key: None }).await
}

async fn cancel(office: &Office, row: &Appointment) -> Result<Appointment> {
    office.act(PEOPLE, Act::Cancel { id: row.id, version: None, reason: "owner".to_owned() }).await
}

#[actix::test]
async fn an_appointment_is_mailed_when_it_is_made_moved_and_called_off_with_one_calendar_entry() -> Result<()> {
    let office = Office::new().await?;
    let row = book(&office, Some("ana@example.com")).await?;
    office.some_seconds().await?;
    let start = at("2026-09-24T16:00:00Z");
    office.act(PEOPLE, Act::Move { id: row.id, version: None, start, resource: None }).await?;
    office.some_seconds().await?;
    for _ in 0..2 {
        cancel(&office, &row).await?;
        office.some_seconds().await?;
    }
    let handed = office.rig.mailer.handed();
    assert_eq!(handed.len(), 3, "a repeat mails nothing");
    let files: Vec<String> =
        handed.iter().flat_map(|mail| &mail.letter.attachments).map(|file| String::from_utf8_lossy(&file.bytes).into_owned()).collect();
    let of = |file: &String, name: &str| file.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap_or_default();
    let values = |name: &str| files.iter().map(|file| of(file, name)).collect::<Vec<_>>();
    let uids = values("UID:");
    assert!(uids.iter().all(|uid| Some(uid) == uids.first() && !uid.is_empty()), "{uids:?}");
    let numbers: Vec<i64> = values("SEQUENCE:").iter().map(|number| number.parse()).collect::<Result<_, _>>()?;
    assert!(numbers.is_sorted_by(|one, other| one < other), "{numbers:?}");
    assert_eq!(values("METHOD:"), ["PUBLISH", "PUBLISH", "CANCEL"]);
    assert_eq!(values("STATUS:"), ["CONFIRMED", "CONFIRMED", "CANCELLED"]);
    for (mail, words) in handed.iter().zip(["quedó confirmada", "nuevo horario", "fue cancelada"]) {
        assert!(mail.letter.text.contains(words), "{}", mail.letter.text);
        assert_eq!(mail.to.as_str(), "ana@example.com");
    }
    Ok(())
}

/// A customer who books in the chat gets mails at the address at which the business knows them; one that they give for this booking goes first.
#[actix::test]
async fn what_is_booked_in_the_chat_is_mailed_to_the_address_of_its_customer() -> Result<()> {
    use crate::domain::booking::{Question, QuestionKind};
    use sea_orm::ConnectionTrait;
    let asked = Question {
        key: "email".to_owned(),
        text: [("es".to_owned(), "¿Correo?".to_owned())].into(),
        required: false,
        kind: QuestionKind::Email,
        choices: vec![],
    };
    let office = Office::on(Rig::new().await?, |service| Service { questions: vec![asked], ..service }, false).await?;
    let known = "UPDATE contact SET email = 'ana@example.com'";
    office
        .rig
        .store
        .solo(crate::store::scope::Role::Engine, move |tx| Box::pin(async move { tx.execute_unprepared(known).await.map(drop) }))
        .await?;
    office.book(START).await?;
    let (id, actor) = (AppointmentId(crate::crypto::ids::SystemIds::new().uuid()), office.actor().await?);
    let who = Who { name: Some("Ana".to_owned()), ..Who::default() };
    let start = at("2026-09-24T16:00:00Z");
    office.act(actor, Act::Hold { id, service: office.service, start, resource: None, moves: None, who, request_key: None }).await?;
    office.act(actor, Act::Answer { id, key: "email".to_owned(), answer: "otra@example.com".to_owned() }).await?;
    office.act(actor, Act::Confirm { id, name: None }).await?;
    office.some_seconds().await?;
    let to: Vec<String> = office.rig.mailer.handed().iter().map(|mail| mail.to.as_str().to_owned()).collect();
    assert_eq!(to, ["ana@example.com", "otra@example.com"]);
    Ok(())
}

#[actix::test]
async fn what_no_longer_stands_when_it_would_leave_is_not_mailed() -> Result<()> {
    let office = Office::new().await?;
    office.rig.mailer.then(again("unreachable"));
    let row = book(&office, Some("ana@example.com")).await?;
    office.some_seconds().await?;
    cancel(&office, &row).await?;
    pass(&office.rig, 60).await;
    let states: Vec<_> = mails(&office.rig).await?.into_iter().map(|(state, reason, ..)| (state, reason)).collect();
    assert!(states.contains(&("dropped".to_owned(), "superseded".to_owned())), "{states:?}");
    assert!(states.contains(&("sent".to_owned(), String::new())), "the cancellation: {states:?}");
    Ok(())
}

#[actix::test]
async fn while_nothing_may_leave_customers_mails_wait_and_those_of_members_leave() -> Result<()> {
    let office = Office::new().await?;
    let rig = &office.rig;
    let stop = |stopped: Stopped| {
        rig.directory.change(rig.inbox, |inbox| {
            inbox.tenant = std::sync::Arc::new(Tenant { stopped: stopped.clone(), ..(*inbox.tenant).clone() });
        });
    };
    stop(Stopped::default().with(Feature::Outgoing, "unpaid"));
    book(&office, Some("ana@example.com")).await?;
    rig.store.add_mail(invitation(rig, "invitation:1")).await?;
    pass(rig, 20).await;
    let held: Vec<_> = mails(rig).await?.into_iter().map(|(state, reason, _, text)| (state, reason, text)).collect();
    assert!(held.contains(&("retry".to_owned(), "suspended".to_owned(), true)), "{held:?}");
    assert!(held.contains(&("sent".to_owned(), String::new(), false)), "{held:?}");
    assert_eq!(rig.mailer.handed().len(), 1);
    stop(Stopped::default());
    pass(rig, 310).await;
    assert_eq!(rig.mailer.handed().len(), 2, "nothing was lost");
    Ok(())
}

#[actix::test]
async fn nothing_is_mailed_against_the_rules_without_an_address_or_to_one_that_is_none() -> Result<()> {
    let office = Office::new().await?;
    let row = book(&office, None).await?;
    cancel(&office, &row).await?;
    let row = book(&office, Some("ana@")).await?;
    cancel(&office, &row).await?;
    let key = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, [7_u8, 9].repeat(16));
    let ring = crate::crypto::keyring::KeyRing::parse(&secrecy::SecretString::from(key), &[])?;
    let admin = Admin::new(office.rig.store.clone(), std::sync::Arc::new(ring));
    admin.put_booking_rules(office.rig.tenant, Rules { email_confirmations: false, ..Rules::default() }).await?;
    book(&office, Some("ana@example.com")).await?;
    office.some_seconds().await?;
    assert_eq!((mails(&office.rig).await?.len(), office.rig.mailer.handed().len()), (0, 0));
    Ok(())
}

#[actix::test]
async fn an_act_that_is_refused_queues_nothing() -> Result<()> {
    let office = Office::new().await?;
    book(&office, Some("ana@example.com")).await?;
    let who = Who { name: Some("Luz".to_owned()), email: Some("luz@example.com".to_owned()), ..Who::default() };
    let id = AppointmentId(Uuid::from_u128(5));
    let act = Act::Book { id, service: office.service, start: at(START), resource: None, who, request_key: None };
    match office.rig.store.act(office.rig.tenant, PEOPLE, act, office.rig.clock.now()).await? {
        Outcome::Refused { .. } => {}
        other @ (Outcome::Done { .. } | Outcome::Shown { .. } | Outcome::Waiting { .. }) => bail!("it was taken: {other:?}"),
    }
    office.some_seconds().await?;
    assert_eq!(office.rig.mailer.handed().len(), 1);
    Ok(())
}

/// A node that dies between marking and hearing: the next one sends once more, under the same name.
#[actix::test]
async fn a_second_engine_goes_on_where_the_first_was_sending() -> Result<()> {
    let mut rig = Rig::build(RigOptions::default()).await?;
    rig.store.add_mail(invitation(&rig, "invitation:1")).await?;
    let (now, until) = (rig.clock.now(), rig.clock.now().after(Duration::from_mins(10)));
    let taken = rig.store.take_mails(now, until, 10).await?.pop().context("nothing is due")?;
    assert!(rig.store.begin_mail(&taken, now).await?);
    rig.start(&Single, Threads::Current).await?;
    pass(&rig, 5).await;
    assert_eq!(mails(&rig).await?, stands("sent", "", 2, false), "the lock proves the first one dead: its lease is not waited for");
    assert_eq!(rig.mailer.handed().pop().context("it was sent")?.message_id, taken.message_id);
    Ok(())
}
