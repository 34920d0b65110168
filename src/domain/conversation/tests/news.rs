//! News of the book: told without a turn, never over a person, never outside of what the channel takes.

use super::sim::{Sim, secs};
use crate::domain::booking::voice::{Wish, reminder_button};
use crate::domain::booking::{News, NewsTemplate, Parameters, QuickReply, Told};
use crate::domain::content::{Button, Content, MessageKind};
use crate::domain::conversation::Phase;
use crate::domain::conversation::effect::OutboxClass;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::ids::AppointmentId;
use crate::domain::language::Language;
use std::time::Duration;
use uuid::Uuid;

fn news(news: News, told: bool) -> Happening {
    let id = AppointmentId(Uuid::from_u128(9));
    let button = Button { id: reminder_button(id, 2, Wish::Come), title: "Confirmar".into() };
    let content = Content { buttons: vec![button], ..Content::text("Su cita") };
    let parameters = Parameters::of(|_| vec!["Ana".into(), "Corte".into(), "martes".into()]);
    let told = told.then(|| Box::new(Told { content, language: Language::Es, parameters, proviso: None }));
    Happening::BookingNews { appointment: id, version: 2, news, told }
}

fn template(name: &str, buttons: &[QuickReply]) -> Option<NewsTemplate> {
    Some(NewsTemplate { name: name.into(), language: "es_MX".into(), languages: vec![], buttons: buttons.to_vec() })
}

fn reminder(sim: &Sim) -> News {
    News::Reminder { hours: 2, due: sim.at }
}

fn answered(policy: Policy) -> Sim {
    let mut sim = Sim::with(policy);
    sim.customer("hola").gathered().reply("hola");
    sim
}

#[test]
fn a_reminder_goes_out_behind_all_else_and_opens_no_turn() {
    let mut sim = answered(Policy::default());
    let before = sim.outbox.len();
    sim.arrive(news(reminder(&sim), true));
    assert_eq!((sim.reason(), &sim.now.phase, sim.now.owed.len()), (Some("told"), &Phase::Idle, 0));
    let sent: Vec<_> = sim.outbox[before..].iter().map(|(row, _)| (row.class, row.content.buttons.len())).collect();
    assert_eq!(sent, [(OutboxClass::Bulk, 1)]);
}

#[test]
fn what_was_settled_goes_out_as_the_assistants_word() {
    let mut sim = answered(Policy::default());
    sim.arrive(news(News::Settled, true));
    assert_eq!(sim.outbox.last().map(|(row, _)| row.class), Some(OutboxClass::Assistant));
}

#[test]
fn news_that_no_longer_holds_is_settled_and_says_nothing() {
    let mut sim = answered(Policy::default());
    let before = sim.messages.len();
    sim.arrive(news(News::Settled, false));
    assert_eq!((sim.reason(), sim.messages.len()), (Some("stale_news"), before));
}

#[test]
fn news_reopens_nothing() {
    let mut sim = answered(Policy::default());
    sim.resolve();
    sim.arrive(news(reminder(&sim), true));
    assert_eq!((sim.standing(), sim.reason()), (Standing::Resolved, Some("told")));
}

#[test]
fn over_a_person_news_is_only_a_note() {
    let mut sim = answered(Policy::default());
    sim.agent_replies("yo le atiendo");
    let before = sim.outbox.len();
    sim.arrive(news(News::Settled, true));
    assert_eq!((sim.reason(), sim.outbox.len(), sim.standing().status()), (Some("people_hold"), before, Status::Open));
    assert!(sim.messages.last().is_some_and(|note| note.author == Author::Note(None) && note.content.text.contains("Su cita")));
}

#[test]
fn outside_the_window_a_reminder_is_a_template_or_a_note() {
    let window = Some(Duration::from_hours(24));
    let mut sim = answered(Policy { window, idle_after: None, ..Policy::default() });
    let before = sim.outbox.len();
    sim.tick(secs(90_000));
    sim.arrive(news(reminder(&sim), true));
    assert_eq!((sim.reason(), sim.outbox.len()), (Some("window_closed"), before));

    let reminder_template = template("cita", &[QuickReply::Confirm]);
    let mut sim = answered(Policy { window, idle_after: None, reminder_template, ..Policy::default() });
    sim.tick(secs(90_000));
    sim.arrive(news(reminder(&sim), true));
    let (sent, _) = sim.outbox.last().cloned().unwrap();
    assert_eq!((sim.reason(), sent.content.kind), (Some("told"), MessageKind::Template));
    let filled = sent.content.template.unwrap();
    assert_eq!(filled.parameters, ["Ana", "Corte", "martes"]);
    assert_eq!(filled.payloads, [reminder_button(AppointmentId(Uuid::from_u128(9)), 2, Wish::Come)], "one tap works here too");
    let left = sim.outbox.len();
    sim.arrive(news(News::Settled, true));
    assert_eq!((sim.reason(), sim.outbox.len()), (Some("window_closed"), left), "the template is for reminders only");
    sim.policy.templates = false;
    sim.arrive(news(reminder(&sim), true));
    assert_eq!((sim.reason(), sim.outbox.len()), (Some("window_closed"), left), "the channel takes no templates");
}

#[test]
fn outside_the_window_an_offer_has_a_template_of_its_own_or_people_get_a_note() {
    let window = Some(Duration::from_hours(24));
    let reminder_template = template("cita", &[]);
    let policy = Policy { window, idle_after: None, reminder_template, ..Policy::default() };
    let mut sim = answered(policy.clone());
    let before = sim.outbox.len();
    sim.tick(secs(90_000));
    sim.arrive(news(News::Offered, true));
    assert_eq!((sim.reason(), sim.outbox.len()), (Some("window_closed"), before), "a reminder's words are none for an offer");

    let waitlist_template = template("lugar", &[]);
    let mut sim = answered(Policy { waitlist_template, ..policy });
    sim.tick(secs(90_000));
    sim.arrive(news(News::Offered, true));
    let (sent, _) = sim.outbox.last().cloned().unwrap();
    assert_eq!((sim.reason(), sent.content.template.unwrap().name.as_str()), (Some("told"), "lugar"));
}

#[test]
fn news_in_the_middle_of_a_turn_leaves_the_turn_alone() {
    let mut sim = Sim::new();
    sim.customer("hola").gathered();
    let turn = sim.turn();
    sim.arrive(news(reminder(&sim), true));
    assert_eq!(sim.turn(), turn);
    sim.reply("hola");
    assert_eq!(sim.now.owed.len(), 0);
}
