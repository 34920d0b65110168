//! Stretches and how long their parts took: the wait clock, first answers, resolutions, reopenings.

use super::sim::{ANA, Sim, call, secs, start};
use crate::domain::booking::{DayHours, WeekHours};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Status};
use crate::domain::conversation::stretch::TimingKind::{FirstReply, HandedOff, Reopened, Reply, Resolved, ResolvedByAssistant};
use crate::domain::conversation::stretch::{Beginning, Ender, TimingKind, Verdict};
use crate::domain::routing::Hours;
use crate::domain::when::labels::HourStyle;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;

/// Nobody answers by machine.
fn people_only() -> Sim {
    Sim::with(Policy { assistant: false, ..Policy::default() })
}

/// Returns the seconds of everything of a kind.
fn took(sim: &Sim, kind: TimingKind) -> Vec<u64> {
    sim.timings.iter().filter(|timing| timing.kind == kind).map(|timing| timing.to.since(timing.from).as_secs()).collect()
}

/// The assistant answers once.
fn answered() -> Sim {
    let mut sim = Sim::new();
    sim.customer("hola").gathered().reply("Hola, ¿en qué le ayudo?");
    sim
}

#[test]
fn conv_26_more_messages_of_the_customer_do_not_move_the_clock() {
    let mut sim = people_only();
    sim.customer("hola");
    let since = sim.now.state.waiting_since;
    assert!(since.is_some());
    sim.tick(secs(60)).customer("¿hola?").tick(secs(60)).customer("¿hay alguien?");
    assert_eq!(sim.now.state.waiting_since, since);
}

#[test]
fn conv_28_after_an_answer_of_the_assistant_the_next_message_starts_a_new_clock() {
    let mut sim = answered();
    assert_eq!(sim.now.state.waiting_since, None);
    sim.tick(secs(60)).customer("¿y el precio?");
    assert_eq!(sim.now.state.waiting_since, Some(sim.at));
}

#[test]
fn conv_29_a_first_answer_is_a_persons_public_word_and_nothing_else() {
    let mut sim = answered();
    sim.tick(secs(10))
        .agent_notes("es cliente nuevo")
        .customer("¿y el precio?")
        .gathered()
        .calls(vec![call("hand_off", json!({}))])
        .tool_hands_off(Some("Le paso con alguien."));
    assert_eq!((sim.now.state.first_reply_at, took(&sim, FirstReply)), (None, vec![]));
    sim.tick(secs(90)).agent_replies("Son 650 pesos");
    assert_eq!(sim.now.state.first_reply_at, Some(sim.at));
    assert_eq!(took(&sim, FirstReply), [90], "from the hand-over");
    sim.tick(secs(5)).agent_replies("y dura una hora");
    assert_eq!(took(&sim, FirstReply), [90], "there is one first answer");
}

#[test]
fn conv_30_a_first_answer_counts_also_where_the_assistant_spoke_before() {
    let mut sim = answered();
    sim.tick(secs(30)).agent_replies("Aquí Ana");
    assert_eq!(took(&sim, FirstReply), [0], "people held it from this very answer on");
    assert_eq!(sim.timings.iter().filter(|timing| timing.by == Some(Human::Agent(ANA))).count(), 1);
}

#[test]
fn conv_31_an_answer_is_timed_from_the_oldest_message_without_one_and_after_a_reopening_from_what_reopened() {
    let mut sim = people_only();
    sim.customer("hola").tick(secs(100)).customer("¿hola?").tick(secs(20)).agent_replies("Dígame");
    assert_eq!(took(&sim, Reply), [120]);
    sim.resolve().tick(secs(1_000)).customer("otra cosa").tick(secs(7)).customer("¿hola?").tick(secs(3)).agent_replies("Sí");
    assert_eq!(took(&sim, Reply), [120, 10]);
    assert_eq!(took(&sim, FirstReply), [120], "a later stretch has no second first answer");
}

#[test]
fn conv_32_an_answer_to_nobody_who_waits_is_not_timed() {
    let mut sim = people_only();
    sim.customer("hola").tick(secs(5)).agent_replies("Dígame").tick(secs(60)).agent_replies("¿Sigue ahí?");
    assert_eq!(took(&sim, Reply), [5]);
}

#[test]
fn conv_33_a_time_is_what_it_was_whatever_is_edited_later() {
    let mut sim = people_only();
    sim.customer("hola").tick(secs(5)).agent_replies("Dígame");
    let before = sim.timings.clone();
    let edited = format!("m{}", 1001);
    sim.tick(secs(600)).edit(&edited, "hola, buenas").delete(&edited);
    assert_eq!(sim.timings, before);
    assert_eq!((before[0].from, before[0].to), (start(), start().after(secs(5))));
}

#[test]
fn conv_34_the_assistant_resolves_only_what_no_person_answered_and_a_hand_over_beats_a_resolution() {
    let mut alone = answered();
    alone.tick(secs(60)).resolve();
    // Two seconds were the burst.
    assert_eq!((took(&alone, ResolvedByAssistant), alone.now.state.stretch.verdict()), (vec![62], Verdict::ResolvedByAssistant));

    let mut helped = answered();
    helped.agent_replies("Aquí Ana").resolve();
    assert_eq!((took(&helped, ResolvedByAssistant), helped.now.state.stretch.verdict()), (vec![], Verdict::ResolvedByPeople));

    let mut handed = answered();
    handed.customer("una persona").gathered().calls(vec![call("hand_off", json!({}))]).tool_hands_off(None).hand_back().resolve();
    assert_eq!((took(&handed, HandedOff).len(), took(&handed, ResolvedByAssistant)), (1, vec![]));
    assert_eq!(handed.now.state.stretch.verdict(), Verdict::HandedOff);

    let mut nobody = people_only();
    nobody.customer("hola").resolve();
    assert_eq!(took(&nobody, ResolvedByAssistant), [] as [u64; 0], "an inbox without an assistant");
}

#[test]
fn conv_35_reopening_is_timed_from_the_newest_resolution() {
    let mut sim = people_only();
    sim.customer("hola").resolve().tick(secs(50)).customer("otra").tick(secs(10)).resolve().tick(secs(30)).status(None, None);
    assert_eq!(took(&sim, Reopened), [50, 30]);
}

#[test]
fn conv_36_every_time_is_counted_in_business_hours_too() {
    let day = DayHours { from: 540, to: 1_080 };
    let week = WeekHours(std::array::from_fn(|at| if at < 5 { vec![day] } else { Vec::new() }));
    let hours = Hours { zone: chrono_tz::UTC, style: HourStyle::TwentyFour, week: Some(week), holidays: Vec::new() };
    let mut sim = Sim::with(Policy { assistant: false, hours: Arc::new(hours), ..Policy::default() });
    // Monday, 15:00; answered on Tuesday at 9:30: three hours of Monday and half an hour of Tuesday.
    sim.customer("hola").tick(Duration::from_mins(18 * 60 + 30)).agent_replies("Dígame").resolve();
    let business: Vec<(TimingKind, u64)> =
        sim.timings.iter().map(|timing| (timing.kind, timing.business.map_or(u64::MAX, |span| span.as_secs() / 60))).collect();
    assert_eq!(business, [(Reply, 210), (FirstReply, 210), (Resolved, 210)]);
    assert_eq!(took(&sim, Reply), [(18 * 60 + 30) * 60]);
    let mut unsaid = people_only();
    unsaid.customer("hola").agent_replies("Dígame");
    assert!(unsaid.timings.iter().all(|timing| timing.business.is_none()), "nobody has said when people are there");
}

#[test]
fn conv_37_a_resolution_is_timed_in_its_own_stretch() {
    let mut sim = people_only();
    sim.customer("hola").tick(secs(40)).resolve().tick(Duration::from_hours(720)).customer("otra").tick(secs(9)).resolve();
    assert_eq!(took(&sim, Resolved), [40, 9], "the month between them counts for nobody");
    let second = sim.stretches[&2];
    assert_eq!((sim.stretches[&1].began, second.began), (Beginning::First, Beginning::Reopened));
    assert_eq!((second.ended_by, sim.stretches.len()), (Some(Ender::Agent(ANA)), 2));
}

#[test]
fn conv_38_an_answer_at_the_phone_is_a_persons_work_in_every_figure() {
    let mut sim = answered();
    sim.tick(secs(10))
        .customer("¿y el precio?")
        .gathered()
        .tool_hands_off(None)
        .tick(secs(20))
        .echo("650 pesos", EchoVerdict::Foreign)
        .resolve();
    let by_phone = |kind| sim.timings.iter().any(|timing| timing.kind == kind && timing.by == Some(Human::Phone));
    assert!(by_phone(FirstReply) && by_phone(Reply), "{:?}", sim.timings);
    assert_eq!(took(&sim, ResolvedByAssistant), [] as [u64; 0]);
    assert_eq!(sim.now.state.stretch.human_at, Some(sim.at));
}

#[test]
fn silence_and_the_assistant_end_a_stretch_in_their_own_name() {
    let mut sim = answered();
    sim.customer("gracias, eso es todo").gathered().reply("¡Hasta pronto!").tick(Duration::from_hours(60));
    assert_eq!((sim.standing().status(), sim.stretches[&1].ended_by), (Status::Resolved, Some(Ender::Assistant)));
    let mut open = Sim::with(Policy { assistant: false, auto_resolve_after: Some(secs(3_600)), ..Policy::default() });
    open.customer("hola").agent_replies("Dígame").tick(Duration::from_hours(2));
    assert_eq!(open.stretches[&1].ended_by, Some(Ender::Silence));
}

#[test]
fn spam_and_blocked_contacts_leave_no_figures() {
    let mut sim = people_only();
    sim.customer("gane dinero").status(Some(Status::Spam), None);
    assert_eq!(sim.timings, []);
    let mut blocked = Sim::with(Policy { blocked: true, ..Policy::default() });
    blocked.customer("hola");
    assert_eq!((blocked.timings.len(), blocked.stretches.len()), (0, 0));
}
