//! Side jobs: when they are asked for, and whether what they found out still holds when it comes back.

use super::sim::{ANA, Sim, call, says};
use crate::domain::conversation::effect::Effect;
use crate::domain::conversation::event::{Event, Happening, Reply};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::Standing;
use crate::domain::language::Language;
use crate::domain::learnt::{Learning, Learnt, Lesson, Memory, Mood, Wanted, Work};
use crate::domain::prompt::{Asked, Prompt};
use crate::domain::summary::Sentiment;
use crate::domain::triage::Priority;
use serde_json::json;
use std::sync::Arc;

/// What happens to the message with this id of the provider's.
type Change = fn(&mut Sim, &str);
/// Why a lesson is dropped, and what happened before it came.
type Late = (&'static str, fn(&mut Sim));

const ALL: Wanted = Wanted { memory: true, language: true, mood: true };

fn sim(learning: Wanted) -> Sim {
    Sim::with(Policy { learning, max_restarts: 0, ..Policy::default() })
}

fn asked(sim: &Sim) -> Vec<Work> {
    let works = sim.effects().iter().filter_map(|effect| match effect {
        Effect::Learn { work } => Some(*work),
        Effect::Gather { .. } | Effect::CallLlm { .. } | Effect::CallTool { .. } | Effect::Tell { .. } | Effect::AbortTurn { .. } => None,
    });
    works.collect()
}

/// The customer says something and is answered; the model was shown the messages from this one on.
fn turn(sim: &mut Sim, words: &str, shown_from: Option<i64>) -> Vec<Work> {
    sim.customer(words).gathered();
    let asked_it = Asked { prompt: Prompt { shown_from, ..Prompt::default() }, messages: None };
    let reply = Reply { text: Some("Sí.".into()), model: "model-1".into(), asked: Some(Arc::new(asked_it)), ..Reply::default() };
    sim.event(Event::LlmReplied { turn: sim.turn(), reply });
    asked(sim)
}

fn learning(sim: &Sim, lesson: Option<Lesson>) -> Learning {
    let state = &sim.now.state;
    Learning { lesson, cycle: state.cycle, changes: state.learnt.changes, tokens: 30, cost_micros: 7 }
}

fn memory(up_to: i64) -> Option<Lesson> {
    Some(Lesson::Memory(Memory { text: format!("Facts:\n- up to {up_to}"), up_to }))
}

fn reading(up_to: i64, language: Option<Language>, sentiment: Sentiment, evidence: &str) -> Option<Lesson> {
    Some(Lesson::Reading { language, mood: Some(Mood { sentiment, evidence: evidence.into() }), up_to })
}

fn come(sim: &mut Sim, learning: Learning) -> Option<&'static str> {
    sim.arrive(Happening::Learnt(learning));
    sim.reason()
}

#[test]
fn a_short_conversation_asks_for_no_memory() {
    let mut sim = sim(Wanted { mood: false, ..ALL });
    for number in 0..8 {
        assert_eq!(turn(&mut sim, &format!("hola, ¿cuánto cuesta el corte {number}?"), Some(1)), []);
    }
}

#[test]
fn a_crowded_snapshot_asks_for_a_memory_long_before_it_loses_a_message() {
    let mut sim = sim(Wanted { memory: true, ..Wanted::default() });
    let mut works = Vec::new();
    for number in 0..60 {
        let works_now = turn(&mut sim, &format!("hola, ¿cuánto cuesta el corte {number}?"), Some(1));
        for work in works_now {
            let Work::Remember { up_to } = work else { panic!("{work:?}") };
            let known = sim.now.state.learnt.memory.as_ref().map_or(0, |memory| memory.up_to);
            let first = sim.now.state.recent.first().map_or(0, |message| message.seq);
            assert!(first <= known + 1, "messages {known}..{first} are lost before {up_to}");
            assert!(sim.now.state.to_remember(up_to).all(|message| message.seq > known && message.seq <= up_to));
            let learning = learning(&sim, memory(up_to));
            assert_eq!(come(&mut sim, learning), Some("learnt"));
            works.push(up_to);
        }
    }
    assert!((7..=14).contains(&works.len()), "seldom enough: {works:?}");
    assert!(works.windows(2).all(|pair| pair[1] - pair[0] >= 6), "{works:?}");
}

#[test]
fn long_texts_crowd_it_too_and_what_is_owed_is_never_folded() {
    let mut sim = sim(Wanted { memory: true, ..Wanted::default() });
    let long = "palabra ".repeat(100);
    let mut asked_at = Vec::new();
    for number in 0..12 {
        sim.customer(&format!("{number} {long}")).gathered();
        sim.customer("y otra cosa");
        let open = sim.now.owed.last().and_then(|owed| owed.seq).unwrap();
        sim.reply("Sí.");
        for work in asked(&sim) {
            let Work::Remember { up_to } = work else { panic!("{work:?}") };
            assert!(up_to < open, "{up_to} is still to be answered from {open} on");
            asked_at.push(up_to);
        }
        sim.reply("También.");
    }
    assert!(asked_at.len() >= 2, "{asked_at:?}");
}

#[test]
fn a_budget_that_shows_too_little_asks_for_a_memory_of_the_rest() {
    let mut sim = sim(Wanted { memory: true, ..Wanted::default() });
    assert_eq!(turn(&mut sim, "uno", Some(1)), []);
    assert_eq!(turn(&mut sim, "dos", Some(1)), []);
    assert_eq!(turn(&mut sim, "tres", Some(1)), []);
    let works = turn(&mut sim, "cuatro", Some(5));
    assert_eq!(works, [Work::Remember { up_to: 6 }], "what was not shown, and the older half of what was");
    assert_eq!(turn(&mut sim, "cinco", Some(7)), [], "a job that failed is not tried again at once");
    let works = turn(&mut sim, "seis", Some(9));
    assert_eq!(works, [Work::Remember { up_to: 10 }]);
}

#[test]
fn a_switch_that_is_off_asks_for_nothing_and_takes_nothing() {
    let mut sim = sim(Wanted::default());
    for number in 0..40 {
        assert_eq!(turn(&mut sim, &format!("Guten Tag {number}"), Some(3)), []);
    }
    let late = learning(&sim, memory(4));
    assert_eq!(come(&mut sim, late), Some("not_wanted"));
    let late = learning(&sim, reading(4, Some(Language::Pt), Sentiment::Angry, "Guten Tag"));
    assert_eq!(come(&mut sim, late), Some("learnt"));
    assert_eq!(sim.now.state.learnt, Learnt { read: 4, ..Learnt::default() });
}

#[test]
fn a_lesson_that_comes_too_late_is_dropped_and_its_price_is_booked() {
    let begun = |sim: &mut Sim| {
        turn(sim, "hola", None);
        turn(sim, "otra cosa", None);
        learning(sim, memory(3))
    };
    let cases: [Late; 5] = [
        ("learnt_too_late", |sim| done(sim.resolve())),
        ("learnt_too_late", |sim| done(sim.resolve().customer("hola de nuevo"))),
        ("learnt_too_late", |sim| {
            let newer = learning(sim, memory(3));
            come(sim, newer);
        }),
        ("learnt_of_changed_words", |sim| done(sim.delete("m1001"))),
        ("learnt_of_changed_words", |sim| done(sim.edit("m1001", "nada"))),
    ];
    for (reason, happens) in cases {
        let mut sim = sim(ALL);
        let late = begun(&mut sim);
        happens(&mut sim);
        let (known, used) = (sim.now.state.learnt.clone(), sim.usage.len());
        assert_eq!(come(&mut sim, late), Some(reason));
        assert_eq!(sim.now.state.learnt, known, "{reason}");
        assert_eq!(sim.usage[used..], [("model_tokens", 30), ("model_cost_micros", 7)]);
    }
    let mut sim = sim(ALL);
    begun(&mut sim);
    for up_to in [0, -1, 99] {
        let wrong = learning(&sim, memory(up_to));
        assert_eq!(come(&mut sim, wrong), Some("learnt_too_late"), "{up_to}");
    }
}

/// Ends a line of verbs.
const fn done(_sim: &mut Sim) {}

#[test]
fn a_memory_goes_with_the_words_that_it_was_made_of() {
    let mut sim = sim(ALL);
    for words in ["mi clave es 1234", "otra cosa", "y otra"] {
        turn(&mut sim, words, None);
    }
    let now = learning(&sim, memory(4));
    assert_eq!(come(&mut sim, now), Some("learnt"));
    let later = sim.messages[4].external_id.clone().unwrap();
    sim.edit(&later, "nada");
    assert!(sim.now.state.learnt.memory.is_some(), "a newer message is not in it");
    let first = sim.messages[0].external_id.clone().unwrap();
    sim.delete(&first);
    assert_eq!(sim.now.state.learnt.memory, None);
    let again = learning(&sim, memory(4));
    assert_eq!(come(&mut sim, again), Some("learnt"));
    sim.delete("a message that nobody remembers");
    assert_eq!(sim.now.state.learnt.memory, None, "it may have been in it");
}

#[test]
fn what_is_known_ends_with_the_stretch() {
    let mut sim = sim(ALL);
    turn(&mut sim, "hola", None);
    let now = learning(&sim, memory(1));
    come(&mut sim, now);
    sim.crash();
    assert!(sim.now.state.learnt.memory.is_some(), "a restart keeps it");
    sim.resolve();
    assert_eq!(sim.now.state.learnt, Learnt::default());
}

fn summed_up(sim: &Sim) -> Happening {
    Happening::SummaryMade { text: "Motivo: su clave".into(), tokens: 30, cost_micros: 7, changes: sim.now.state.learnt.changes }
}

fn notes(sim: &Sim) -> usize {
    sim.messages.iter().filter(|message| message.author == Author::Note(None)).count()
}

#[test]
fn a_summary_of_words_that_were_changed_meanwhile_is_not_written_and_its_price_is_booked() {
    let changes: [(Option<&str>, Change); 3] = [
        (Some("note"), |sim, _| {
            sim.customer("sigo aquí");
        }),
        (Some("learnt_of_changed_words"), |sim, id| {
            sim.delete(id);
        }),
        (Some("learnt_of_changed_words"), |sim, id| {
            sim.edit(id, "otra");
        }),
    ];
    for (reason, change) in changes {
        let mut sim = sim(ALL);
        turn(&mut sim, "mi clave es xilofono", None);
        let (id, summary) = (sim.messages[0].external_id.clone().unwrap(), summed_up(&sim));
        sim.arrive(says(ANA, "Yo sigo."));
        change(&mut sim, &id);
        let (before, paid) = (notes(&sim), sim.usage.len());
        sim.arrive(summary);
        assert_eq!((sim.reason(), notes(&sim) - before), (reason, usize::from(reason == Some("note"))));
        assert_eq!(sim.usage[paid..], [("model_tokens", 30), ("model_cost_micros", 7)]);
    }
}

#[test]
fn a_summary_queued_by_an_earlier_release_is_written_where_nothing_was_ever_changed() {
    let row = || serde_json::from_value::<Happening>(json!({ "type": "summary_made", "text": "Motivo: cita", "tokens": 3 })).unwrap();
    for (changed, reason) in [(false, "note"), (true, "learnt_of_changed_words")] {
        let mut sim = sim(ALL);
        turn(&mut sim, "hola", None);
        let id = sim.messages[0].external_id.clone().unwrap();
        if changed {
            sim.delete(&id);
        }
        sim.arrive(row());
        assert_eq!(sim.reason(), Some(reason));
    }
}

#[test]
fn what_a_model_made_of_a_customers_words_does_not_stay_in_the_queue() {
    let mut sim = sim(ALL);
    turn(&mut sim, "hola", None);
    let mut stale = learning(&sim, memory(1));
    stale.changes += 1;
    for happening in [Happening::Learnt(learning(&sim, memory(1))), Happening::Learnt(stale), summed_up(&sim)] {
        sim.arrive(happening);
        assert_eq!(sim.rows.values().next_back().map(|row| &row.row.happening), Some(&Happening::Forgotten), "{:?}", sim.reason());
    }
    let words = |row: &&super::sim::Row| matches!(row.row.happening, Happening::ItemArrived { .. });
    assert_eq!(sim.rows.values().filter(words).count(), 1, "a customer's own row keeps its words: a provider may repeat it");
}

#[test]
fn the_language_is_asked_for_only_in_doubt_and_newer_words_win() {
    let mut sim = sim(Wanted { language: true, ..Wanted::default() });
    assert_eq!(turn(&mut sim, "ok", None), []);
    let works = turn(&mut sim, "implante dental", None);
    assert_eq!(works, [Work::Read { up_to: 3 }]);
    let now = learning(&sim, reading(3, Some(Language::Pt), Sentiment::Neutral, ""));
    assert_eq!(come(&mut sim, now), Some("learnt"));
    assert_eq!(sim.now.state.customer_language(Language::Es), Language::Pt);
    assert_eq!(turn(&mut sim, "implante total", None), [], "not again at once");
    assert_eq!(sim.now.state.customer_language(Language::Es), Language::Pt, "words that tell nothing keep it");
    turn(&mut sim, "how much is it please", None);
    assert_eq!(sim.now.state.customer_language(Language::Es), Language::En);
}

#[test]
fn the_mood_is_read_now_and_then_and_only_told_with_the_customers_own_words() {
    let mut sim = sim(Wanted { mood: true, ..Wanted::default() });
    for words in ["hola", "otra cosa", "¡esto es un robo!"] {
        assert_eq!(turn(&mut sim, words, None), []);
    }
    assert_eq!(turn(&mut sim, "contesten", None), [Work::Read { up_to: 7 }]);
    let invented = learning(&sim, reading(5, None, Sentiment::Angry, "palabras de nadie"));
    come(&mut sim, invented);
    assert_eq!(sim.now.state.learnt, Learnt { read: 5, ..Learnt::default() });
    let now = learning(&sim, reading(7, None, Sentiment::Angry, "Esto es un robo"));
    assert_eq!(come(&mut sim, now), Some("learnt"));
    assert_eq!((sim.standing(), sim.handoffs()), (Standing::Pending, 0), "a mood does nothing by itself");
    sim.customer("quiero una persona").gathered().calls(vec![call("hand_off", json!({}))]).tool_hands_off(None);
    let note = sim.messages.iter().rfind(|message| message.author == Author::Note(None)).unwrap();
    assert!(note.content.text.ends_with("\nÁnimo: enojado («Esto es un robo»)"), "{}", note.content.text);
    assert_eq!(sim.now.state.triage.priority, Some(Priority::High), "people see at once who waits badly");
}

#[test]
fn a_lesson_opens_no_turn_and_sends_nothing() {
    let mut sim = sim(ALL);
    turn(&mut sim, "hola", None);
    sim.arrive(says(ANA, "Yo sigo."));
    let (before, now) = ((sim.outbox.len(), sim.timeline.len()), learning(&sim, memory(1)));
    assert_eq!(come(&mut sim, now), Some("learnt"));
    assert_eq!((sim.outbox.len(), sim.timeline.len()), before);
    assert_eq!(sim.effects(), []);
    let nothing = learning(&sim, None);
    assert_eq!(come(&mut sim, nothing), Some("learnt_nothing"));
}
