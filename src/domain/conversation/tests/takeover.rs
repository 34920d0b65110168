//! People take over: by writing here, by writing at the phone, by being assigned. The assistant never speaks over them.

use super::sim::{ANA, BEA, Fate, Sim, says, secs};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::CommandOutcome;
use crate::domain::conversation::event::{Event, Happening, Reply, TimerKind};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::conversation::{Phase, TurnId};
use std::time::Duration;

fn thinking() -> Sim {
    let mut sim = Sim::new();
    sim.customer("hola").gathered();
    sim
}

fn answer(turn: TurnId) -> Event {
    Event::LlmReplied { turn, reply: Reply { text: Some("Hola".into()), ..Reply::default() } }
}

#[test]
fn conv_45_46_a_generated_answer_is_dropped_after_a_human_reply_even_in_the_same_instant() {
    for takes_over in [says(ANA, "voy"), Happening::AgentAssigned { by: BEA, assignee: Some(ANA) }] {
        let mut sim = thinking();
        let turn = sim.turn();
        sim.arrive(takes_over).event(answer(turn));
        assert_eq!((sim.dropped(), sim.standing()), (Some("superseded"), Standing::Open(Some(Human::Agent(ANA)))));
        assert!(sim.messages.iter().all(|message| message.author != Author::Assistant));
    }
}

#[test]
fn conv_48_after_a_takeover_no_answer_comes_until_it_is_handed_back() {
    let mut sim = thinking();
    sim.agent_replies("yo sigo").customer("gracias").tick(Duration::from_hours(5));
    assert_eq!((sim.to_customer(), sim.reason()), (vec!["yo sigo"], Some("people_hold")));
    sim.hand_back();
    assert!(matches!(sim.now.phase, Phase::Thinking { .. }), "the customer waits: the row itself is owed an answer");
    sim.reply("Hola de nuevo");
    assert_eq!(sim.to_customer(), ["yo sigo", "Hola de nuevo"]);
    assert_eq!((sim.reason(), sim.outcome()), (Some("answered"), Some(CommandOutcome::Done { changed: true, seq: None })));
}

#[test]
fn a_handback_when_nobody_waits_starts_no_turn() {
    let mut sim = thinking();
    sim.agent_replies("listo").hand_back();
    assert_eq!((sim.standing(), sim.reason(), &sim.now.phase), (Standing::Pending, Some("handed_back"), &Phase::Idle));
    sim.hand_back();
    assert_eq!((sim.reason(), sim.outcome()), (Some("unchanged"), Some(CommandOutcome::Done { changed: false, seq: None })));
}

#[test]
fn a_takeover_and_a_handback_in_one_batch_leave_the_assistant_with_what_is_still_open() {
    let mut sim = thinking();
    let batch = vec![says(ANA, "un momento"), sim.words("z", "¿y el precio?"), Happening::AgentHandedBack { by: ANA }];
    sim.all(batch);
    let turn = sim.now.phase.turn().map(|turn| (turn.id.turn_no, turn.covers));
    assert_eq!((sim.standing(), turn), (Standing::Pending, Some((1, 1))));
}

#[test]
fn conv_49_a_human_message_starts_no_turn() {
    let mut sim = Sim::new();
    sim.agent_replies("buenos días");
    assert_eq!((&sim.now.phase, sim.effects().len()), (&Phase::Idle, 0));
}

#[test]
fn conv_50_what_has_begun_to_leave_is_not_torn_and_what_has_not_is_cancelled() {
    let mut sim = thinking();
    sim.reply("uno").customer("¿y?").gathered().reply("dos");
    sim.outbox[0].1 = Fate::Sending;
    sim.agent_replies("yo sigo");
    let states: Vec<Fate> = sim.outbox.iter().map(|(_, state)| *state).collect();
    assert_eq!(states, [Fate::Sending, Fate::Cancelled, Fate::Pending]);
}

#[test]
fn conv_51_a_reply_or_a_phone_echo_takes_a_pending_conversation_a_note_does_not() {
    let mut sim = thinking();
    sim.agent_notes("ojo");
    assert_eq!(sim.standing(), Standing::Pending);
    sim.echo("Hola, soy Ana", EchoVerdict::Foreign);
    assert_eq!(sim.standing(), Standing::Open(Some(Human::Phone)));
    sim.agent_replies("sigo aquí");
    assert_eq!(sim.standing(), Standing::Open(Some(Human::Agent(ANA))));
}

#[test]
fn conv_64_a_phone_echo_is_a_message_of_a_person_that_is_never_sent_again() {
    let mut sim = thinking();
    sim.echo("Hola, soy Ana", EchoVerdict::Foreign);
    let message = sim.messages.last().unwrap();
    assert_eq!((message.author, message.author.direction()), (Author::Human(Human::Phone), "out"));
    assert!(sim.outbox.is_empty());
    assert_eq!((sim.now.state.waiting_since, sim.now.state.first_reply_at.is_some()), (None, true));
}

#[test]
fn our_own_echo_is_no_message_and_no_takeover() {
    let mut sim = thinking();
    sim.echo("Hola", EchoVerdict::Own);
    assert_eq!((sim.standing(), sim.messages.len(), sim.reason()), (Standing::Pending, 1, Some("own_echo")));
}

#[test]
fn a_takeover_in_the_step_of_an_idle_question_takes_the_question_back() {
    let mut sim = thinking();
    sim.reply("¿Para qué día?");
    sim.at = sim.at.after(Duration::from_hours(21));
    let due_at = sim.timers.remove(&TimerKind::IdleCheck).unwrap();
    sim.all(vec![Happening::TimerFired { kind: TimerKind::IdleCheck, due_at }, says(ANA, "yo sigo")]);
    let texts: Vec<&str> = sim.messages.iter().map(|message| message.content.text.as_str()).collect();
    assert_eq!(texts, ["hola", "¿Para qué día?", "yo sigo"]);
    assert_eq!(sim.timers.keys().count(), 0);
}

#[test]
fn a_reply_while_snoozed_or_resolved_changes_no_status_but_stops_the_assistant() {
    let mut sim = thinking();
    sim.reply("uno").snooze(secs(600)).agent_replies("mañana le digo");
    assert_eq!(sim.standing().status(), Status::Snoozed);
    assert_eq!(sim.to_customer(), ["mañana le digo"]);
}

#[test]
fn assigning_nobody_frees_the_speaker_also_of_a_snoozed_one() {
    let mut sim = thinking();
    sim.assign(Some(ANA)).snooze(secs(60)).assign(None);
    assert_eq!(sim.standing().human(), None);
    sim.tick(secs(61));
    assert_eq!(sim.standing(), Standing::Open(None));
}

#[test]
fn a_handback_is_refused_where_no_assistant_is_and_for_spam() {
    let mut sim = Sim::with(Policy { assistant: false, ..Policy::default() });
    sim.customer("hola").hand_back();
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "no_assistant"));
    let mut sim = Sim::new();
    sim.status(Some(Status::Spam), None).hand_back();
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "is_spam"));
    sim.agent_replies("hola");
    assert!(matches!(sim.outcome(), Some(CommandOutcome::Refused { code, .. }) if code == "is_spam"));
}

#[test]
fn conv_40_opening_by_a_person_is_a_plain_status_change_no_hand_off() {
    let mut sim = thinking();
    sim.status(Some(Status::Open), None);
    assert_eq!((sim.standing(), sim.handoffs(), sim.to_customer().len()), (Standing::Open(Some(Human::Agent(ANA))), 0, 0));
}
