//! The record step: what becomes of rows.

use super::sim::{ANA, Sim, says, secs, start};
use crate::domain::content::Content;
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::{Effect, TimelineKind};
use crate::domain::conversation::event::{Event, Happening};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::conversation::{Conversation, Phase};
use crate::domain::delivery::ItemBody;
use std::time::Duration;

fn manned() -> Sim {
    Sim::with(Policy { assistant: false, ..Policy::default() })
}

#[test]
fn conv_01_a_new_conversation_is_pending_with_an_assistant_else_open() {
    let table = [
        ((true, false, false), Standing::Pending),
        ((false, false, false), Standing::Open(None)),
        ((true, true, false), Standing::Open(None)),
        ((true, false, true), Standing::Resolved),
    ];
    for ((assistant, group, blocked), standing) in table {
        assert_eq!(Conversation::begin(assistant, group, blocked, start()).standing, standing);
    }
}

#[test]
fn conv_04_a_message_reopens_a_resolved_conversation_for_whoever_answers_there() {
    let mut sim = Sim::new();
    sim.customer("hola").resolve();
    assert_eq!(sim.standing(), Standing::Resolved);
    sim.customer("otra cosa");
    assert_eq!((sim.standing(), sim.now.state.cycle), (Standing::Pending, 2));

    let mut sim = manned();
    sim.assign(Some(ANA)).customer("hola").resolve().customer("otra cosa");
    assert_eq!(sim.standing(), Standing::Open(Some(Human::Agent(ANA))));
}

#[test]
fn conv_05_a_message_wakes_a_snoozed_conversation_and_clears_the_timer() {
    let mut sim = Sim::new();
    sim.customer("hola").agent_replies("voy").snooze(secs(3600));
    assert!(!sim.timers.is_empty());
    sim.customer("¿y bien?");
    assert_eq!(sim.standing(), Standing::Open(None));
    assert!(sim.timers.is_empty());
    assert_eq!(sim.reason(), Some("people_hold"));
}

#[test]
fn conv_06_waking_leaves_no_line_in_the_thread() {
    let mut sim = manned();
    sim.customer("hola").snooze(secs(60)).customer("sigo aquí");
    assert!(sim.messages.iter().all(|message| message.author == Author::Contact));
}

#[test]
fn a_blocked_contact_is_kept_but_never_reopens_or_gets_an_answer() {
    let mut sim = Sim::with(Policy { blocked: true, ..Policy::default() });
    sim.customer("hola");
    assert_eq!((sim.standing(), sim.reason()), (Standing::Resolved, Some("blocked")));
    assert_eq!(sim.messages.len(), 1);
}

#[test]
fn conv_19_a_block_resolves_with_one_line_and_what_comes_next_is_kept_and_opens_nothing() {
    let mut sim = Sim::new();
    sim.customer("hola").reply("Abrimos hasta las 18 h.").customer("¿y el precio?");
    sim.policy.blocked = true;
    sim.arrive(Happening::ContactBlocked { by: ANA });
    assert_eq!((sim.standing(), sim.reason()), (Standing::Resolved, Some("blocked")));
    let lines = |sim: &Sim| sim.messages.iter().filter(|message| message.author == Author::System).count();
    assert_eq!((lines(&sim), sim.now.state.waiting_since), (1, None));
    assert!(sim.now.owed.is_empty(), "nobody owes an answer any more");
    sim.arrive(Happening::ContactBlocked { by: ANA });
    sim.customer("¿hola?");
    assert_eq!((sim.standing(), lines(&sim)), (Standing::Resolved, 1), "conv_07: nothing reopens, and the second time nothing is said");
    assert_eq!(sim.messages.last().map(|message| message.content.text.as_str()), Some("¿hola?"), "and it is kept");
    sim.policy.blocked = false;
    assert_eq!(sim.standing(), Standing::Resolved, "unblocking keeps the status");
    sim.customer("¿ya?");
    assert_eq!(sim.standing(), Standing::Pending, "and the next message opens as any other");
}

#[test]
fn conv_19_a_block_that_was_taken_back_before_it_was_read_does_nothing() {
    let mut sim = Sim::new();
    sim.customer("hola").arrive(Happening::ContactBlocked { by: ANA });
    assert_eq!(sim.standing(), Standing::Pending);
    assert!(sim.messages.iter().all(|message| message.author != Author::System));
}

#[test]
fn conv_20_spam_is_quarantined_and_not_spam_restores_it_in_order() {
    let mut sim = Sim::new();
    sim.customer("uno").status(Some(Status::Spam), None).customer("dos").customer("tres");
    assert_eq!(sim.reason(), Some("quarantined"));
    assert_eq!(sim.messages.len(), 1, "no message, no timeline, no answer");
    assert_eq!(sim.now.state.waiting_since, None);
    sim.status(Some(Status::Open), None).replay();
    let texts: Vec<&str> = sim.messages.iter().map(|message| message.content.text.as_str()).collect();
    assert_eq!(texts, ["uno", "dos", "tres"]);
    assert_eq!(sim.to_customer(), Vec::<&str>::new());
}

#[test]
fn conv_25_26_the_customers_first_message_starts_the_wait_clock_and_more_do_not_move_it() {
    let mut sim = Sim::new();
    assert_eq!(sim.now.state.waiting_since, None);
    sim.customer("hola");
    let since = sim.now.state.waiting_since;
    assert_eq!(since, Some(start()));
    sim.tick(secs(1)).customer("¿hola?");
    assert_eq!(sim.now.state.waiting_since, since);
}

#[test]
fn a_later_message_of_the_same_burst_extends_the_gathering_but_never_past_twelve_seconds() {
    let mut sim = Sim::new();
    sim.customer("uno,");
    for _ in 0..5 {
        sim.at = sim.at.after(secs(4));
        if let Phase::Gathering { .. } = sim.now.phase {
            sim.customer("más,");
        }
    }
    assert!(matches!(sim.now.phase, Phase::Thinking { .. }), "at twelve seconds the turn opens at once");
}

#[test]
fn conv_47_several_quick_messages_get_one_reply_to_the_last() {
    let mut sim = Sim::new();
    sim.customer("hola").customer("quiero una cita").customer("mañana").gathered().reply("Claro, ¿a qué hora?");
    assert_eq!(sim.to_customer(), ["Claro, ¿a qué hora?"]);
    assert_eq!(sim.outbox[0].0.in_reply_to, sim.messages[2].external_id);
    assert_eq!(sim.reasons(), [Some("answered"); 3]);
}

#[test]
fn a_note_or_a_delivery_does_not_cut_a_burst_short() {
    let mut sim = Sim::new();
    sim.customer("hola").agent_notes("cliente nuevo");
    assert!(matches!(sim.now.phase, Phase::Gathering { .. }));
    sim.echo("hola", EchoVerdict::Own);
    assert!(matches!(sim.now.phase, Phase::Gathering { .. }));
}

#[test]
fn no_gathering_opens_the_turn_in_the_step_that_records() {
    let mut sim =
        Sim::with(Policy { gathering: crate::domain::conversation::policy::Gathering::Fixed(Duration::ZERO), ..Policy::default() });
    sim.customer("hola");
    assert!(matches!(sim.effects(), [Effect::CallLlm { .. }]));
}

#[test]
fn a_message_in_a_group_that_was_handed_back_ends_the_turn_and_people_get_it() {
    let mut sim = Sim::group();
    sim.customer("hola a todos").hand_back();
    assert!(matches!(sim.now.phase, Phase::Thinking { .. }));
    let turn = sim.turn();
    sim.customer("¿alguien?");
    assert_eq!(sim.standing(), Standing::Open(None));
    let reply = crate::domain::conversation::event::Reply { text: Some("Hola".into()), ..Default::default() };
    sim.event(Event::LlmReplied { turn, reply });
    assert_eq!((sim.dropped(), sim.to_customer().len()), (Some("superseded"), 0));
}

#[test]
fn conv_55_a_deleted_message_is_gone_from_the_memory_and_an_edited_one_reads_anew() {
    let mut sim = Sim::new();
    sim.customer("mi tarjeta es 4111").customer("quiero una cita");
    let (first, second) = (sim.messages[0].external_id.clone().unwrap(), sim.messages[1].external_id.clone().unwrap());
    sim.delete(&first).edit(&second, "quiero dos citas");
    let texts: Vec<&str> = sim.now.state.recent.iter().map(|message| message.text.as_str()).collect();
    assert_eq!(texts, ["quiero dos citas"]);
    assert_eq!(sim.changes, 2);
}

#[test]
fn a_message_that_is_taken_back_before_it_is_read_is_owed_no_answer() {
    let mut sim = Sim::new();
    sim.customer("mi clave es 1234");
    let id = sim.messages[0].external_id.clone().unwrap();
    sim.delete(&id);
    assert_eq!((sim.reasons(), &sim.now.phase), (vec![Some("deleted"); 2], &Phase::Idle));
    assert_eq!(sim.now.state.waiting_since, None);
    let batch = vec![sim.words("a", "uno"), sim.words("b", "dos")];
    sim.all(batch).delete("b").gathered().reply("Hola");
    assert_eq!(sim.to_customer(), ["Hola"]);
}

#[test]
fn an_edit_of_what_is_asked_restarts_the_turn_and_an_edit_of_something_old_does_not() {
    let mut sim = Sim::new();
    sim.customer("hola").gathered().reply("Hola, ¿qué necesita?").customer("el lunes").gathered();
    let (old, asked) = (sim.messages[0].external_id.clone().unwrap(), sim.messages[2].external_id.clone().unwrap());
    let turn = sim.turn();
    sim.edit(&old, "buenas");
    assert_eq!(sim.turn(), turn);
    sim.edit(&asked, "el martes");
    assert_ne!(sim.turn(), turn);
}

#[test]
fn an_edit_outside_the_memory_is_still_written() {
    let mut sim = Sim::new();
    sim.edit("long-ago", "nuevo");
    assert_eq!((sim.changes, sim.reason()), (1, Some("edited")));
    assert!(sim.timeline.contains(&TimelineKind::MessageChanged { target: "long-ago".into(), what: "edited" }));
}

#[test]
fn conv_24_an_irrelevant_change_emits_nothing() {
    let mut sim = manned();
    sim.customer("hola").assign(Some(ANA));
    let before = sim.timeline.len();
    sim.assign(Some(ANA)).status(Some(Status::Open), None);
    assert_eq!(sim.timeline.len(), before);
    sim.arrive(sim.item("c1", ItemBody::ContactUpdated, EchoVerdict::Foreign));
    assert_eq!(sim.timeline.len(), before);
}

#[test]
fn conv_75_a_reply_to_an_unknown_message_is_kept_without_the_reference() {
    let mut sim = Sim::new();
    sim.customer("hola");
    let known = sim.messages[0].external_id.clone();
    for (reference, kept) in [(Some("gone".to_owned()), None), (known.clone(), known)] {
        let content = Content { reply_to: reference, ..Content::text("esto") };
        sim.arrive(sim.item("r1", ItemBody::Message { content }, EchoVerdict::Foreign));
        assert_eq!(sim.messages.last().unwrap().content.reply_to, kept);
    }
}

#[test]
fn a_late_message_is_marked_and_one_older_than_six_hours_goes_to_people_in_silence() {
    let mut sim = Sim::new();
    sim.late_customer("hace rato", Duration::from_mins(11));
    assert!(sim.messages[0].late && sim.standing() == Standing::Pending);
    sim.late_customer("ayer", Duration::from_hours(7));
    assert_eq!((sim.standing(), sim.to_customer().len()), (Standing::Open(None), 0));
    assert_eq!(sim.reasons(), [Some("handed_off"); 2]);
}

#[test]
fn a_batch_keeps_its_order_a_takeover_in_it_settles_what_came_before() {
    let mut sim = Sim::new();
    let batch = vec![sim.words("a", "hola"), says(ANA, "voy"), sim.words("b", "gracias")];
    sim.all(batch);
    assert_eq!(sim.reasons(), [Some("taken_over"), Some("replied"), Some("people_hold")]);
    assert_eq!(sim.now.phase, Phase::Idle);
}

#[test]
fn no_rows_are_no_step() {
    let mut sim = Sim::new();
    sim.record(Vec::new());
    assert_eq!(sim.dropped(), Some("no_rows"));
}

#[test]
fn a_failed_delivery_of_the_assistant_gives_the_conversation_to_people_once() {
    for (uncertain, reason) in [(false, "delivery_failed"), (true, "delivery_uncertain")] {
        let mut sim = Sim::new();
        sim.customer("hola").gathered().reply("Hola").delivery_fails(uncertain).delivery_fails(uncertain);
        assert_eq!((sim.standing(), sim.handoffs(), sim.reason()), (Standing::Open(None), 1, Some(reason)));
        assert_eq!(sim.to_customer(), ["Hola"]);
    }
}
