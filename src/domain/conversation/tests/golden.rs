//! Golden conversations: scripts in `tests/golden/*.talk` that people can read and dispute, each with a snapshot of what became of it.
//!
//! A script is a line a happening: `who: words`. `#` begins a remark. The verbs are those of [`play`].

use super::sim::{ANA, Fate, Sim, call, says};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::{Effect, TimelineKind};
use crate::domain::conversation::message::Author;
use crate::domain::conversation::standing::{Human, Standing, Status};
use crate::domain::tool::{HandoffReason, ToolEffect};
use serde_json::json;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

/// Reads `90s`, `5m` or `21h`.
fn span(text: &str) -> Duration {
    let (number, unit) = text.split_at(text.len() - 1);
    let number: u64 = number.parse().unwrap_or_else(|_| panic!("not a time: {text}"));
    match unit {
        "s" => Duration::from_secs(number),
        "m" => Duration::from_mins(number),
        "h" => Duration::from_hours(number),
        _ => panic!("not a time: {text}"),
    }
}

/// The provider's id of the newest message of the customer.
fn newest(sim: &Sim) -> String {
    let newest = sim.messages.iter().rev().find(|message| message.author == Author::Contact);
    newest.and_then(|message| message.external_id.clone()).unwrap_or_else(|| panic!("nobody wrote yet"))
}

fn play(sim: &mut Sim, verb: &str, words: &str) {
    match verb {
        "customer" => sim.customer(words),
        "customer, 7 hours ago" => sim.late_customer(words, Duration::from_hours(7)),
        "customer, 20 minutes ago" => sim.late_customer(words, Duration::from_mins(20)),
        "customer edits" => sim.edit(&newest(sim), words),
        "customer deletes" => sim.delete(&newest(sim)),
        "model" => sim.reply(words),
        "model fails" => sim.llm_fails(),
        "model calls" => sim.calls(vec![call(words, json!({}))]),
        "tool notes" => sim.tool_notes(words),
        "tool answers" => sim.tool(ToolEffect::None),
        "tool hands off" => sim.tool_hands_off(Some(words).filter(|words| !words.is_empty())),
        "tool resolves" => sim.tool(ToolEffect::Resolve { text: Some(words.to_owned()), note: "settled".into() }),
        "ana" => sim.arrive(says(ANA, words)),
        "ana, privately" => sim.agent_notes(words),
        "phone" => sim.echo(words, EchoVerdict::Foreign),
        "our own echo" => sim.echo(words, EchoVerdict::Own),
        "ana snoozes" => sim.snooze(span(words)),
        "ana resolves" => sim.resolve(),
        "ana says spam" => sim.status(Some(Status::Spam), None),
        "ana says not spam" => sim.status(Some(Status::Open), None).replay(),
        "ana hands back" => sim.hand_back(),
        "ana takes it" => sim.assign(Some(ANA)),
        "delivery fails" => sim.delivery_fails(false),
        "nobody knows whether it arrived" => sim.delivery_fails(true),
        "crash" => sim.crash(),
        "wait" => sim.tick(span(words)),
        _ => panic!("unknown verb: {verb}"),
    };
}

fn person(human: Option<Human>) -> &'static str {
    match human {
        None => "nobody",
        Some(Human::Phone) => "phone",
        Some(Human::Agent(ANA)) => "ana",
        Some(Human::Agent(_)) => "agent",
    }
}

fn stands(standing: Standing) -> String {
    match standing {
        Standing::Pending => "pending (assistant)".into(),
        Standing::Open(speaker) => format!("open ({})", person(speaker)),
        Standing::Snoozed { speaker, .. } => format!("snoozed ({})", person(speaker)),
        Standing::Resolved => "resolved".into(),
        Standing::Spam => "spam".into(),
    }
}

fn author(author: Author) -> String {
    match author {
        Author::Contact => "customer".into(),
        Author::Assistant => "ASSISTANT".into(),
        Author::Human(human) => person(Some(human)).to_uppercase(),
        Author::Automatic => "(automatic)".into(),
        Author::Note(None) => "(note)".into(),
        Author::Note(human) => format!("(note by {})", person(human)),
        Author::System => "(system)".into(),
    }
}

/// What one line of the script did, as people and streams see it.
fn tell(sim: &Sim, from: usize, out: &mut String) {
    for kind in &sim.timeline[from..] {
        let line = match kind {
            TimelineKind::MessageCreated { seq } => {
                let message = sim.messages.iter().find(|message| message.seq == *seq).unwrap();
                let late = if message.late { " [late]" } else { "" };
                format!("#{seq} {}: {}{late}", author(message.author), message.content.text.replace('\n', " / "))
            }
            TimelineKind::MessageChanged { what, .. } => format!("message {what}"),
            TimelineKind::StandingChanged { from, to, cause, .. } => format!("{} -> {}, because {cause}", stands(*from), stands(*to)),
            TimelineKind::HandedOff { reason } => format!("handed over: {}", HandoffReason::as_str(*reason)),
            TimelineKind::AssigneeChanged { assignee, .. } => format!("assigned to {}", person(assignee.map(Human::Agent))),
            TimelineKind::Triaged { differences, .. } => format!("triaged: {}", differences.len()),
            TimelineKind::TeamChanged { team, .. } => format!("team {team:?}"),
            TimelineKind::SurveyAsked { cycle, seq } => format!("asked about stretch {cycle} by #{seq}"),
            TimelineKind::TurnEnded { turn_no, outcome } => format!("turn {turn_no} ends: {outcome}"),
        };
        writeln!(out, "    {line}").unwrap();
    }
    for effect in sim.effects() {
        match effect {
            Effect::Gather { until, .. } => writeln!(out, "    ... waits {} s for more", until.since(sim.at).as_secs()).unwrap(),
            Effect::CallLlm { turn } => writeln!(out, "    ... asks the model, turn {}", turn.turn_no).unwrap(),
            Effect::CallTool { call, .. } => writeln!(out, "    ... runs the tool {}", call.name).unwrap(),
            Effect::Tell { call, .. } => writeln!(out, "    ... asks {} what to tell", call.name).unwrap(),
            Effect::Learn { work } => writeln!(out, "    ... asks a model beside the turns: {work:?}").unwrap(),
            Effect::AbortTurn { turn } => writeln!(out, "    ... drops what runs for turn {}", turn.turn_no).unwrap(),
        }
    }
}

fn tell_end(sim: &Sim, out: &mut String) {
    writeln!(out, "\nin the end: {}, cycle {}", stands(sim.standing()), sim.now.state.cycle).unwrap();
    writeln!(out, "the customer waits: {}", if sim.now.state.waiting_since.is_some() { "yes" } else { "no" }).unwrap();
    for (row, state) in &sim.outbox {
        let fate = if *state == Fate::Cancelled { "cancelled" } else { "leaves" };
        writeln!(out, "{fate}: {}", row.content.text).unwrap();
    }
    let timers: Vec<&str> = sim.timers.keys().map(|kind| kind.as_str()).collect();
    writeln!(out, "timers: {}", timers.join(", ")).unwrap();
    for row in sim.rows.values() {
        writeln!(out, "row {}: {}", row.state.as_str(), row.reason.unwrap_or("-")).unwrap();
    }
}

fn perform(script: &str) -> String {
    let mut sim = if script.contains("# group") { Sim::group() } else { Sim::new() };
    let mut out = String::new();
    let lines = script.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    for line in lines {
        let (verb, words) = line.split_once(':').unwrap_or((line, ""));
        let from = sim.timeline.len();
        sim.last = None;
        play(&mut sim, verb.trim(), words.trim());
        writeln!(out, "{line}").unwrap();
        if let Some(reason) = sim.dropped() {
            writeln!(out, "    dropped: {reason}").unwrap();
        }
        tell(&sim, from, &mut out);
    }
    tell_end(&sim, &mut out);
    out
}

#[test]
fn every_golden_conversation_goes_as_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut scripts: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    scripts.retain(|path| path.extension().is_some_and(|kind| kind == "talk"));
    scripts.sort();
    assert!(scripts.len() >= 15, "{} scripts", scripts.len());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(&folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    for path in scripts {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let told = perform(&std::fs::read_to_string(&path).unwrap());
        settings.bind(|| insta::assert_snapshot!(name, told));
    }
}
