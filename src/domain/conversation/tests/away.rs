//! The away text: said outside the hours, once a day, and never where somebody answers.

use super::sim::{ANA, BEA, Sim, call, says, secs, start};
use crate::domain::away::AwayText;
use crate::domain::booking::{DayHours, Holiday, WeekHours};
use crate::domain::content::Content;
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::delivery::ItemBody;
use crate::domain::language::Language;
use crate::domain::routing::{Hours, Mode, Picture, Rule};
use crate::domain::when::labels::HourStyle;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

const AWAY: &str = "Estamos fuera. Volvemos el martes 3 de marzo a las 9:00 hora de la Ciudad de México.";
/// Said on Tuesday evening.
const NEXT: &str = "Estamos fuera. Volvemos el miércoles 4 de marzo a las 9:00 hora de la Ciudad de México.";

fn hours() -> Hours {
    let day = vec![DayHours { from: 9 * 60, to: 18 * 60 }];
    let week = WeekHours([day.clone(), day.clone(), day.clone(), day.clone(), day, Vec::new(), Vec::new()]);
    Hours { zone: chrono_tz::America::Mexico_City, style: HourStyle::TwentyFour, week: Some(week), holidays: Vec::new() }
}

fn policy() -> Policy {
    let away = AwayText {
        es: Some("Estamos fuera. Volvemos el {{next_opening}}.".to_owned()),
        en: Some("We are away. Back on {{next_opening}}.".to_owned()),
        pt: None,
    };
    Policy { assistant: false, hours: Arc::new(hours()), away: Some(Arc::new(away)), ..Policy::default() }
}

/// Monday, 21:00: nobody is there until nine in the morning.
fn at_night() -> Sim {
    let mut sim = Sim::with(policy());
    sim.at = start().after(Duration::from_hours(12));
    sim
}

fn said(sim: &Sim) -> Vec<&str> {
    sim.messages.iter().filter(|message| message.author == Author::Automatic).map(|message| message.content.text.as_str()).collect()
}

#[test]
fn conv_81_it_is_said_outside_the_hours_and_names_when_people_are_back() {
    let mut sim = Sim::with(policy());
    sim.customer("hola, quiero una cita");
    assert_eq!(said(&sim), Vec::<&str>::new(), "at nine in the morning people are there");
    sim.tick(Duration::from_hours(12)).customer("¿hay alguien?");
    assert_eq!((said(&sim), sim.to_customer()), (vec![AWAY], vec![AWAY]));
    assert_eq!(sim.outbox.last().map(|(row, _)| row.class), Some(OutboxClass::Assistant), "whoever takes the conversation over stops it");
}

#[test]
fn conv_81_nothing_is_said_where_nothing_is_written_or_nobody_has_said_when_people_are_there() {
    for without in [Policy { away: None, ..policy() }, Policy { hours: Arc::default(), ..policy() }] {
        let mut sim = Sim::with(without);
        sim.at = start().after(Duration::from_hours(12));
        sim.customer("hola");
        assert_eq!(said(&sim), Vec::<&str>::new());
    }
}

#[test]
fn conv_81_it_is_said_once_a_day_of_the_business_and_once_a_night() {
    let mut sim = at_night();
    sim.customer("hola").customer("¿hay alguien?").tick(Duration::from_hours(2)).customer("¿hola?");
    assert_eq!(said(&sim), [AWAY], "it is 23:00 there, and the next day in Greenwich");
    sim.tick(Duration::from_hours(2)).customer("buenos días");
    sim.tick(Duration::from_hours(7)).customer("¿ya?");
    assert_eq!(said(&sim), [AWAY], "at one and at eight in the morning it is Tuesday, and people were not back yet");
    sim.tick(Duration::from_hours(11)).customer("¿y hoy?");
    assert_eq!(said(&sim), [AWAY, NEXT], "Tuesday evening");
    sim.resolve().tick(Duration::from_hours(1)).customer("otra cosa");
    assert_eq!(said(&sim).len(), 2, "a new stretch is no new day");
}

/// Two programs that answer each other would otherwise do so at every midnight.
#[test]
fn conv_81_around_midnight_it_is_said_once_in_every_language() {
    let words = ["hola, ¿cuánto cuesta una limpieza?", "hello, how much is it please", "olá, você tem horário para amanhã?"];
    for (words, said_once) in words.into_iter().zip(["Estamos fuera.", "We are away.", "Estamos fora."]) {
        let mut sim = at_night();
        let away =
            AwayText { es: Some("Estamos fuera.".to_owned()), en: Some("We are away.".to_owned()), pt: Some("Estamos fora.".to_owned()) };
        sim.policy.away = Some(Arc::new(away));
        sim.tick(Duration::from_mins(178)).customer(words).tick(Duration::from_mins(5)).customer(words);
        assert_eq!(said(&sim), [said_once], "23:58 and 00:03");
    }
}

#[test]
fn conv_81_a_weekend_is_one_time_however_many_midnights_lie_in_it() {
    let mut sim = Sim::with(policy());
    sim.at = start().after(Duration::from_hours(4 * 24 + 10));
    for day in ["viernes", "sábado", "domingo"] {
        sim.customer(day).tick(Duration::from_hours(24));
    }
    assert_eq!(said(&sim), ["Estamos fuera. Volvemos el lunes 9 de marzo a las 9:00 hora de la Ciudad de México."]);
    sim.customer("lunes por la noche");
    assert_eq!(said(&sim).len(), 2, "people were there meanwhile");
}

/// Hours that are changed, or a business that opens for some minutes.
#[test]
fn conv_81_not_twice_within_six_hours_whatever_lies_between() {
    let mut sim = at_night();
    let day = vec![DayHours { from: 23 * 60 + 55, to: 5 }];
    sim.policy.hours = Arc::new(Hours { week: Some(WeekHours([(); 7].map(|()| day.clone()))), ..hours() });
    sim.tick(Duration::from_mins(170)).customer("a las 23:50").tick(Duration::from_mins(20)).customer("a las 0:10");
    assert_eq!(said(&sim).len(), 1);
    sim.tick(Duration::from_hours(6)).customer("a las 6:10");
    assert_eq!(said(&sim).len(), 2);
}

/// It would leave along with the assistant's answer, and contradict it.
#[test]
fn conv_81_given_back_to_the_assistant_it_does_not_leave_any_more() {
    for returns in [true, false] {
        let mut sim = at_night();
        sim.policy.assistant = true;
        sim.agent_replies("un momento").tick(Duration::from_mins(10)).customer("hola");
        assert_eq!(sim.to_customer(), ["un momento", AWAY]);
        if returns {
            sim.hand_back().reply("¿En qué le ayudo?");
        } else {
            sim.tick(Duration::from_mins(61)).hand_back().reply("¿En qué le ayudo?");
            assert_eq!(sim.outbox[1].0.proviso.map(|it| it.until < sim.at), Some(true), "it has seen its time out");
            continue;
        }
        assert_eq!(sim.to_customer(), ["un momento", "¿En qué le ayudo?"]);
    }
}

#[test]
fn conv_81_it_leaves_within_an_hour_or_by_the_opening_or_not_at_all() {
    let until = |sim: &Sim| sim.outbox.last().and_then(|(row, _)| row.proviso).map(|it| it.until);
    let mut sim = at_night();
    sim.customer("hola");
    assert_eq!(until(&sim), Some(sim.at.after(Duration::from_hours(1))));
    let mut sim = at_night();
    sim.tick(Duration::from_mins(11 * 60 + 45)).customer("hola");
    assert_eq!(until(&sim), Some(sim.at.after(Duration::from_mins(15))), "at nine people are there");
}

#[test]
fn conv_81_not_within_five_minutes_of_a_persons_answer_and_a_note_is_none() {
    let mut sim = at_night();
    sim.agent_replies("aquí sigo").tick(secs(299)).customer("gracias");
    assert_eq!(said(&sim), Vec::<&str>::new());
    sim.tick(secs(1)).customer("¿y el precio?");
    assert_eq!(said(&sim), [AWAY]);

    let mut sim = at_night();
    sim.echo("les escribo desde el teléfono", EchoVerdict::Foreign).tick(secs(60)).customer("gracias");
    assert_eq!(said(&sim), Vec::<&str>::new(), "a person at the business's own phone is a person");

    let mut sim = at_night();
    sim.agent_notes("mañana le llamo").tick(secs(10)).customer("hola");
    assert_eq!(said(&sim), [AWAY], "the customer has not read a note");
}

#[test]
fn conv_81_only_for_what_customers_write() {
    let mut sim = at_night();
    sim.agent_notes("nota").assign(Some(ANA)).assign(None);
    sim.echo("hola", EchoVerdict::Foreign);
    sim.tick(Duration::from_mins(10)).edit("e1", "otra").delete("e1");
    sim.arrive(sim.item("r1", ItemBody::Reaction { target: "e1".into(), emoji: Some("👍".into()) }, EchoVerdict::Foreign));
    assert_eq!(said(&sim), Vec::<&str>::new());
    let mut sim = Sim::made_group(policy());
    sim.at = start().after(Duration::from_hours(12));
    sim.customer("hola a todos");
    assert_eq!(said(&sim), Vec::<&str>::new(), "a room is not told that one is away");
}

#[test]
fn conv_81_an_answer_in_the_same_step_makes_it_needless() {
    let mut sim = at_night();
    sim.all(vec![sim.words("m1", "hola"), says(ANA, "buenas noches")]);
    assert_eq!((said(&sim), sim.to_customer()), (Vec::new(), vec!["buenas noches"]));
    let mut sim = at_night();
    sim.all(vec![
        sim.words("m1", "hola"),
        Happening::AgentSetStatus { by: ANA, status: Some(Status::Resolved), until: None, survey: None },
    ]);
    assert_eq!(said(&sim), Vec::<&str>::new());
    let mut sim = at_night();
    sim.customer("hola").arrive(says(ANA, "buenas noches"));
    assert_eq!(sim.to_customer(), ["buenas noches"], "what has not left when a person takes the conversation never leaves");
}

#[test]
fn conv_81_it_is_no_answer() {
    let mut sim = at_night();
    sim.assign(Some(BEA)).tick(Duration::from_mins(10)).customer("hola");
    let waits_since = sim.at;
    assert_eq!(said(&sim), [AWAY]);
    sim.tick(secs(30)).customer("¿hola?");
    let state = &sim.now.state;
    assert_eq!((state.standing, state.assignee), (Standing::Open(Some(Human::Agent(BEA))), Some(BEA)));
    assert_eq!((state.waiting_since, state.first_reply_at, state.stretch.human_at), (Some(waits_since), None, None));
    assert!(sim.timings.is_empty(), "nothing was answered: {:?}", sim.timings);
}

#[test]
fn conv_81_nobody_is_told_who_is_blocked_or_spam_or_came_too_late() {
    let mut sim = at_night();
    sim.policy.blocked = true;
    sim.customer("hola");
    let mut spam = at_night();
    spam.status(Some(Status::Spam), None).customer("gane dinero");
    let mut late = at_night();
    late.late_customer("hola", Duration::from_hours(7));
    for sim in [sim, spam, late] {
        assert_eq!(said(&sim), Vec::<&str>::new());
    }
}

#[test]
fn conv_81_while_the_assistant_answers_it_is_not_said_and_what_a_hand_over_has_said_is_not_said_again() {
    let mut sim = Sim::with(Policy { assistant: true, ..policy() });
    sim.at = start().after(Duration::from_hours(12));
    let desk = Picture {
        version: 1,
        team: None,
        rule: Rule { mode: Mode::Off, ..Rule::default() },
        team_members: BTreeSet::new(),
        colleagues: Vec::new(),
        attended: true,
    };
    sim.policy.desk = Some(Arc::new(desk));
    sim.customer("hola").gathered().reply("Abrimos hasta las 18 h.");
    assert_eq!(said(&sim), Vec::<&str>::new());
    sim.customer("quiero hablar con alguien").gathered().calls(vec![call("hand_off", json!({}))]).tool_hands_off(None);
    assert!(sim.to_customer().last().is_some_and(|text| text.contains("fuera de horario")), "{:?}", sim.to_customer());
    sim.customer("gracias, espero");
    assert_eq!(said(&sim), Vec::<&str>::new(), "the customer knows");
    sim.tick(Duration::from_hours(4)).customer("¿hola?");
    assert_eq!(said(&sim), Vec::<&str>::new(), "all night long");
    sim.tick(Duration::from_hours(18)).customer("¿hola?");
    assert_eq!(said(&sim), [NEXT], "but it is another night");
}

#[test]
fn conv_81_each_reads_it_in_his_language_and_a_holiday_counts() {
    let mut sim = at_night();
    let date = chrono::NaiveDate::from_ymd_opt(2026, 3, 3).unwrap();
    sim.policy.hours = Arc::new(Hours { holidays: vec![Holiday { date, name: "Feriado".to_owned() }], ..hours() });
    sim.policy.language = Language::Es;
    sim.customer("Hello, good evening, I would like to know the price of a cleaning please");
    assert_eq!(said(&sim), ["We are away. Back on Wednesday, 4 March at 9:00 Mexico City time."]);
}

#[test]
fn what_waits_for_a_person_of_the_business_survives_a_reload() {
    let mut sim = at_night();
    sim.customer("hola").reload();
    sim.arrive(Happening::AgentReplied { by: ANA, content: Content::text("nota"), private: true }).customer("¿?");
    assert_eq!(said(&sim), [AWAY], "the snapshot remembers that it was said");
}
