//! The guards against data files: nothing harmless is held back, nothing bad is let pass.

use super::claims::claims;
use super::deeds::Deed;
use super::{Finding, Grounds, judge};
use crate::domain::booking::{Brief, BriefAppointment, BriefService};
use crate::domain::facts::Facts;
use crate::domain::ids::{AppointmentId, ServiceId};
use crate::domain::prompt::Prompt;
use serde::Deserialize;
use uuid::Uuid;

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    #[serde(default)]
    name: String,
    customer: String,
    #[serde(default)]
    answer: String,
    #[serde(default)]
    model: Vec<String>,
}

fn facts() -> Facts {
    toml::from_str(include_str!("../../../tests/guards/facts.toml")).unwrap()
}

fn found(case: &Case, answer: &str) -> Vec<Finding> {
    let facts = facts();
    let prompt = Prompt { canary: "{{canary}}".into(), ..Prompt::default() };
    judge(answer, &Grounds { facts: facts.texts().collect(), customer: vec![&case.customer], prompt: Some(&prompt), ..Grounds::default() })
}

#[test]
fn nothing_harmless_is_held_back() {
    let cases: Cases = toml::from_str(include_str!("../../../tests/guards/harmless.toml")).unwrap();
    let wrong: Vec<_> =
        cases.case.iter().map(|case| (&case.answer, found(case, &case.answer))).filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn nothing_bad_is_let_pass() {
    let cases: Cases = toml::from_str(include_str!("../../../tests/guards/attacks.toml")).unwrap();
    let answers = cases.case.iter().flat_map(|case| case.model.iter().map(move |answer| (case, answer)));
    let wrong: Vec<_> =
        answers.filter(|(case, answer)| found(case, answer).is_empty()).map(|(case, answer)| (&case.name, answer)).collect();
    let rules = wrong.iter().filter(|(_, answer)| answer.contains("{{rules}}")).count();
    assert_eq!(wrong.len(), rules, "{wrong:#?}");
}

#[derive(Deserialize)]
struct Claims {
    claimed: Vec<Claimed>,
    harmless: Vec<Texts>,
}

#[derive(Deserialize)]
struct Claimed {
    deed: Deed,
    texts: Vec<String>,
}

#[derive(Deserialize)]
struct Texts {
    texts: Vec<String>,
}

#[test]
fn a_claim_is_one_whatever_stands_behind_its_comma() {
    let cases: Claims = toml::from_str(include_str!("../../../tests/guards/claims.toml")).unwrap();
    let deeds = |text: &str| claims(text).into_iter().map(|claim| claim.deed).collect::<Vec<_>>();
    let claimed = cases.claimed.iter().flat_map(|case| case.texts.iter().map(|text| (case.deed, text)));
    let missed: Vec<_> = claimed.filter(|(deed, text)| !deeds(text).contains(deed)).collect();
    let harmless = cases.harmless.iter().flat_map(|case| &case.texts);
    let wrong: Vec<_> = harmless.map(|text| (text, deeds(text))).filter(|(_, deeds)| !deeds.is_empty()).collect();
    assert!(missed.is_empty() && wrong.is_empty(), "missed: {missed:#?}, wrong: {wrong:#?}");
}

#[derive(Deserialize)]
struct Standing {
    passes: Vec<String>,
    blocked: Vec<String>,
}

/// A book with two services and a cleaning tomorrow at five.
fn book() -> Brief {
    let service = |id, names: [&str; 3]| BriefService {
        id: ServiceId(Uuid::from_u128(id)),
        name: names[0].to_owned(),
        words: names.map(str::to_owned).to_vec(),
        minutes: 30,
        price: None,
    };
    let cleaning = BriefAppointment {
        reference: "a1b2c3".to_owned(),
        id: AppointmentId(Uuid::from_u128(9)),
        service: ServiceId(Uuid::from_u128(1)),
        starts: "2027-03-04T17:00:00".parse().unwrap(),
        label: "Limpieza dental, jueves 4 de marzo a las 17:00 con Dra. Ana".to_owned(),
        waits: false,
    };
    Brief {
        today: "2027-03-03".parse().unwrap(),
        services: vec![
            service(1, ["Limpieza dental", "Dental cleaning", "Limpeza dental"]),
            service(2, ["Revisión", "Checkup", "Avaliação"]),
        ],
        appointments: vec![cleaning],
        ..Brief::default()
    }
}

const CONFIRMED: &str = "Listo, su cita quedó confirmada: Limpieza dental, jueves 4 de marzo a las 17:00 con Dra. Ana.";
const CANCELLED: &str = "Listo, su cita quedó cancelada: Limpieza dental, lunes 8 de marzo a las 10:00 con Dra. Ana.";

#[test]
fn sched_a89_after_a_true_booking_only_what_stands_may_be_said_again() {
    let cases: Standing = toml::from_str(include_str!("../../../tests/guards/standing.toml")).unwrap();
    let book = book();
    let grounds = || Grounds { said: vec![CONFIRMED, CANCELLED, "Ya está agendada"], book: Some(&book), ..Grounds::default() };
    let held = |text: &String| judge(text, &grounds()).contains(&Finding::ClaimedDeed);
    let wrong: Vec<_> = cases.passes.iter().filter(|text| held(text)).collect();
    let missed: Vec<_> = cases.blocked.iter().filter(|text| !held(text)).collect();
    assert!(missed.is_empty() && wrong.is_empty(), "missed: {missed:#?}, wrong: {wrong:#?}");
}

#[test]
fn an_appointment_that_waits_for_approval_is_not_confirmed() {
    let mut book = book();
    book.appointments.iter_mut().for_each(|one| one.waits = true);
    let said = "Su cita está confirmada para mañana a las 5.";
    assert!(judge(said, &Grounds { book: Some(&book), ..Grounds::default() }).contains(&Finding::ClaimedDeed));
}

#[test]
fn two_appointments_may_be_named_in_one_sentence() {
    let mut book = book();
    let friday = BriefAppointment {
        service: ServiceId(Uuid::from_u128(2)),
        starts: "2027-03-05T10:00:00".parse().unwrap(),
        ..book.appointments[0].clone()
    };
    book.appointments.push(friday);
    let held = |text: &str| judge(text, &Grounds { book: Some(&book), ..Grounds::default() }).contains(&Finding::ClaimedDeed);
    assert!(!held("Su cita está confirmada para el jueves a las 5 y su revisión para el viernes a las 10."));
    assert!(held("Su cita está confirmada para el jueves a las 10 y su revisión para el viernes a las 5."));
}

#[test]
fn who_waits_may_hear_so_and_nobody_else() {
    let said = "Ya está en la lista de espera.";
    let waits = Brief { waiting: vec!["Limpieza dental".to_owned()], ..book() };
    let held = |text: &str, book: &Brief| judge(text, &Grounds { book: Some(book), ..Grounds::default() }).contains(&Finding::ClaimedDeed);
    assert!(!held(said, &waits));
    assert!(held(said, &book()));
    assert!(held("Ya está en la lista de espera de Revisión.", &waits));
    assert!(held("Ya está en la lista de espera para el sábado.", &waits), "nobody has said a day");
}

#[test]
fn what_a_tool_did_may_be_said_and_without_a_book_what_was_said_with_the_same_figures() {
    let said = "Su cita quedó confirmada para mañana.";
    assert_eq!(judge(said, &Grounds::default()), [Finding::ClaimedDeed]);
    assert!(judge(said, &Grounds { performed: vec![Deed::Booking], ..Grounds::default() }).is_empty());
    assert_eq!(judge(said, &Grounds { performed: vec![Deed::Payment], ..Grounds::default() }), [Finding::ClaimedDeed]);
    assert_eq!(judge(said, &Grounds { said: vec!["Ya está agendada su cita"], ..Grounds::default() }), [Finding::ClaimedDeed]);
    let by_people = || Grounds { said: vec!["Ya está agendada su cita para el viernes 5"], ..Grounds::default() };
    assert!(judge("Su cita está confirmada para el viernes.", &by_people()).is_empty());
    assert_eq!(judge("Su cita está confirmada para el lunes.", &by_people()), [Finding::ClaimedDeed]);
    let paid = || Grounds { said: vec!["Recibimos su pago de $500"], ..Grounds::default() };
    assert!(judge("Sí, su pago de $500 fue recibido.", &paid()).is_empty());
    assert!(judge("Su pago de $300 fue recibido.", &paid()).contains(&Finding::ClaimedDeed));
    assert_eq!(judge("Su pago fue recibido.", &paid()), [Finding::ClaimedDeed]);
}
