//! Bounds: the snapshot, long texts, hostile content, hostile clocks.

use super::sim::ANA;
use super::sim::{Sim, secs};
use crate::domain::content::{Attachment, Button, Content, MessageKind};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::event::Happening;
use crate::domain::conversation::policy::Policy;
use crate::domain::conversation::standing::Human;
use crate::domain::delivery::ItemBody;

#[test]
fn the_snapshot_stays_below_eight_kibibytes_whatever_is_written() {
    let hostile = ["\"".repeat(3000), "\u{1}".repeat(3000), "🦀".repeat(3000), "\\\n\t".repeat(1000), "a".into()];
    for text in hostile {
        let mut sim = Sim::new();
        sim.assign(Some(ANA)).snooze(secs(999));
        for index in 0..40 {
            let id = format!("{}{index}", "i".repeat(200));
            sim.arrive(sim.words(&id, &text)).agent_notes(&text).agent_replies(&text);
        }
        assert!(!sim.now.state.recent.is_empty());
    }
}

#[test]
fn an_edit_to_a_long_text_keeps_the_snapshot_bounded() {
    let mut sim = Sim::new();
    sim.customer("hola");
    let id = sim.messages[0].external_id.clone().unwrap();
    sim.edit(&id, &"x".repeat(60_000));
    assert!(sim.now.state.recent[0].text.len() <= 1024);
}

#[test]
fn a_provider_id_beyond_measure_is_kept_in_its_row_but_not_in_the_memory() {
    let mut sim = Sim::new();
    sim.arrive(sim.words(&"i".repeat(20_000), "hola"));
    assert_eq!(sim.now.state.recent[0].external_id, None);
    assert!(sim.messages[0].external_id.is_some());
}

fn parts(text: &str, max: usize) -> Vec<Content> {
    let mut sim = Sim::with(Policy { max_text: max, ..Policy::default() });
    let file = Attachment {
        kind: MessageKind::Image,
        mime_type: "image/png".into(),
        provider_ref: None,
        url: None,
        file_name: None,
        sha256: None,
        size: None,
        voice: false,
        file: None,
    };
    let content = Content { buttons: vec![Button { id: "1".into(), title: "Sí".into() }], attachments: vec![file], ..Content::text(text) };
    sim.arrive(Happening::AgentReplied { by: ANA, content, private: false });
    sim.outbox.into_iter().map(|(row, _)| row.content).collect()
}

#[test]
fn a_long_text_is_split_without_losing_a_word_a_button_or_a_file() {
    let words: Vec<String> = (0..200).map(|index| format!("pala{index}bra🦀é. ")).collect();
    let text = words.concat();
    for max in [1, 2, 7, 30, 100, 4096] {
        let parts = parts(&text, max);
        let joined: String = parts.iter().map(|part| part.text.as_str()).collect();
        let bare = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
        assert_eq!(bare(&joined), bare(&text), "{max}");
        assert!(parts.iter().all(|part| part.text.chars().count() <= max && !part.text.is_empty()), "{max}");
        let (last, others) = parts.split_last().unwrap();
        assert!(last.buttons.len() == 1 && last.attachments.len() == 1);
        assert!(others.iter().all(|part| part.buttons.is_empty() && part.attachments.is_empty()));
    }
}

#[test]
fn white_space_at_the_end_of_a_long_text_does_not_take_the_files_with_it() {
    for text in ["abcdefghij      ", "                      "] {
        let parts = parts(text, 10);
        assert_eq!(parts.iter().map(|part| part.attachments.len()).sum::<usize>(), 1, "{text:?}");
    }
}

#[test]
fn time_that_runs_backwards_does_not() {
    let mut sim = Sim::new();
    sim.customer("hola").gathered();
    let before = sim.now.state.clock;
    sim.at = sim.at.before(secs(3600));
    sim.reply("Hola").customer("¿y?");
    assert!(sim.messages.windows(2).all(|pair| pair[0].at <= pair[1].at));
    assert!(sim.now.state.clock >= before);
}

#[test]
fn an_event_that_claims_to_come_from_the_future_does_not_open_the_window_further() {
    let mut sim = Sim::new();
    let happening = sim.item("f", ItemBody::Message { content: Content::text("hola") }, EchoVerdict::Foreign);
    let mut row = sim.row(happening, secs(0));
    row.event_at = Some(sim.at.after(secs(86_400)));
    sim.record(vec![row]);
    assert_eq!(sim.now.state.last_inbound_at, Some(sim.at));
}

#[test]
fn a_conversation_founded_by_the_phone_is_held_by_people() {
    let mut sim = Sim::new();
    sim.echo("Buenos días", EchoVerdict::Foreign);
    assert_eq!(sim.standing().human(), Some(Human::Phone));
    assert_eq!(sim.now.state.waiting_since, None, "conv_25: begun by us, nobody waits");
}
