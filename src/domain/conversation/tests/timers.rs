//! Timers: snooze, idle check, idle question, auto-resolve.

use super::sim::{ANA, Sim, secs};
use crate::domain::conversation::Phase;
use crate::domain::conversation::event::{Happening, TimerKind};
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use std::time::Duration;

fn answered(question: &str, answer: &str) -> Sim {
    let mut sim = Sim::new();
    sim.customer(question).gathered().reply(answer);
    sim
}

const fn hours(hours: u64) -> Duration {
    Duration::from_hours(hours)
}

fn auto(skip: bool) -> Sim {
    let policy = Policy { assistant: false, auto_resolve_after: Some(hours(10)), auto_resolve_skips_waiting: skip, ..Policy::default() };
    Sim::with(policy)
}

#[test]
fn conv_10_a_snooze_whose_time_has_passed_opens_for_the_assignee() {
    let mut sim = Sim::new();
    sim.assign(Some(ANA)).snooze(secs(60)).tick(secs(59));
    assert_eq!(sim.standing().status(), Status::Snoozed);
    sim.tick(secs(1));
    assert_eq!((sim.standing(), sim.reason()), (Standing::Open(Some(Human::Agent(ANA))), Some("woken")));
}

#[test]
fn a_timer_of_an_earlier_snooze_or_without_one_is_stale() {
    let mut sim = Sim::new();
    sim.snooze(secs(600));
    let early = sim.at.after(secs(60));
    sim.arrive(Happening::TimerFired { kind: TimerKind::Snooze, due_at: early });
    assert_eq!((sim.standing().status(), sim.reason()), (Status::Snoozed, Some("stale_timer")));
    sim.status(Some(Status::Open), None).arrive(Happening::TimerFired { kind: TimerKind::Snooze, due_at: early });
    assert_eq!(sim.reason(), Some("stale_timer"));
}

#[test]
fn conv_16_auto_resolve_is_off_without_a_duration_and_leaves_waiting_customers_alone() {
    let mut sim = Sim::with(Policy { assistant: false, ..Policy::default() });
    sim.customer("hola").agent_replies("hola").tick(hours(1000));
    assert_eq!(sim.standing().status(), Status::Open);

    let mut sim = auto(true);
    sim.customer("hola").tick(hours(100));
    assert_eq!(sim.standing().status(), Status::Open, "the customer waits");
    sim.agent_replies("dígame").tick(hours(9));
    assert_eq!(sim.standing().status(), Status::Open);
    sim.tick(hours(20));
    assert_eq!((sim.standing(), sim.reason()), (Standing::Resolved, Some("auto_resolved")));

    let mut sim = auto(false);
    sim.customer("hola").tick(hours(11));
    assert_eq!(sim.standing(), Standing::Resolved, "armed by the first message");
}

#[test]
fn conv_53_silence_after_an_answer_resolves_with_a_note() {
    let mut sim = answered("¿Dónde están?", "En la calle Mayor 3.");
    sim.tick(hours(21));
    assert_eq!((sim.standing(), sim.reason()), (Standing::Resolved, Some("idle_complete")));
    assert!(sim.messages.last().unwrap().content.text.contains("Resuelta sola"));
    assert_eq!(sim.to_customer().len(), 1);
}

#[test]
fn conv_53_silence_that_nobody_understands_goes_to_people() {
    let mut sim = answered("¿Hacen implantes?", "No tengo ese dato.");
    sim.tick(hours(21));
    assert_eq!((sim.standing(), sim.handoffs(), sim.to_customer().len()), (Standing::Open(None), 1, 1));
}

#[test]
fn conv_53_silence_after_our_question_is_asked_about_once_and_then_resolved() {
    let mut sim = answered("Quiero una cita", "¿Para qué día?");
    sim.tick(hours(21));
    assert_eq!((sim.standing(), sim.to_customer().len(), sim.reason()), (Standing::Pending, 2, Some("idle_asked")));
    sim.tick(hours(24));
    assert_eq!((sim.standing(), sim.to_customer().len(), sim.reason()), (Standing::Resolved, 2, Some("idle_resolved")));
}

#[test]
fn a_customer_who_comes_back_after_the_idle_question_is_looked_after_again() {
    let mut sim = answered("Quiero una cita", "¿Para qué día?");
    sim.tick(hours(21)).customer("el lunes").gathered().reply("¿A qué hora?");
    assert_eq!(sim.timers.keys().copied().collect::<Vec<_>>(), [TimerKind::IdleCheck]);
    sim.tick(hours(21));
    assert_eq!(sim.reason(), Some("idle_asked"));
}

#[test]
fn conv_18_a_message_before_the_check_wins_over_it() {
    let mut sim = answered("Quiero una cita", "¿Para qué día?");
    sim.at = sim.at.after(hours(20));
    let due_at = sim.timers.remove(&TimerKind::IdleCheck).unwrap();
    let batch = vec![sim.words("w", "el lunes"), Happening::TimerFired { kind: TimerKind::IdleCheck, due_at }];
    sim.all(batch);
    assert_eq!((sim.standing(), sim.reason()), (Standing::Pending, Some("not_idle_yet")));
    assert!(matches!(sim.now.phase, Phase::Gathering { .. }));
}

#[test]
fn an_idle_resolve_that_fell_due_for_an_earlier_silence_waits_for_this_one() {
    let mut sim = answered("Quiero una cita", "¿Para qué día?");
    sim.tick(hours(21)).agent_notes("¿seguimos?");
    let due_at = sim.at;
    sim.arrive(Happening::TimerFired { kind: TimerKind::IdleResolve, due_at });
    assert_eq!((sim.standing(), sim.reason()), (Standing::Pending, Some("not_idle_yet")));
}

#[test]
fn conv_70_the_window_counts_from_the_customers_last_message_and_closes_before_its_end() {
    let minutes = |minutes| Some(Duration::from_mins(minutes));
    for (window, reason) in [(minutes(20 * 60 + 5), "idle_unclear"), (minutes(20 * 60 + 6), "idle_asked"), (None, "idle_asked")] {
        let mut sim = Sim::with(Policy { window, gathering: super::super::policy::Gathering::Fixed(Duration::ZERO), ..Policy::default() });
        sim.customer("Quiero una cita").reply("¿Para qué día?").tick(hours(20));
        assert_eq!(sim.reason(), Some(reason), "{window:?}");
    }
}

#[test]
fn an_idle_check_while_a_turn_is_open_looks_again_later() {
    let mut sim = Sim::new();
    sim.customer("hola").gathered().tick(hours(21));
    assert_eq!((sim.reason(), sim.standing()), (Some("turn_open"), Standing::Pending));
    assert!(sim.timers.contains_key(&TimerKind::IdleCheck));
}
