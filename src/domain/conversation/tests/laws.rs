//! What must hold after every step, whatever happened: the invariants of the core, checked on the step and on the model of the rows.

use super::sim::{Fate, Sim};
use crate::domain::conversation::effect::{Effect, InboundState, NewOutbox, OutboxClass, TimelineKind, Writes};
use crate::domain::conversation::event::{Event, Happening, TimerKind};
use crate::domain::conversation::message::{Author, MAX_RECENT};
use crate::domain::conversation::standing::{Standing, Status};
use crate::domain::conversation::{Phase, State, Step, Tick, step};
use crate::domain::disclosure::discloses;
use crate::domain::learnt::MAX_MEMORY;

/// Judges a step before it is committed.
pub fn judge(sim: &Sim, event: &Event, tick: Tick, taken: &Step) {
    let again = step(&sim.now, event.clone(), tick, &sim.policy);
    assert_eq!(taken, &again, "the same event gives the same step");
    assert_eq!(taken.next.version, sim.now.version + i64::from(taken.writes.is_some()), "the version rises iff something is written");
    if taken.dropped.is_some() {
        assert!(taken.writes.is_none() && taken.effects.is_empty(), "a dropped event does nothing");
        assert_eq!(taken.next, sim.now, "a dropped event changes nothing");
    }
    assert!(taken.next.state.clock >= sim.now.state.clock, "time never goes backwards");
    assert!(taken.next.state.last_turn - sim.now.state.last_turn <= 1, "one turn ends at most");
    let asked = taken.effects.iter().filter(|effect| !matches!(effect, Effect::AbortTurn { .. } | Effect::Learn { .. })).count();
    assert!(asked <= 1, "one thing runs at most: {:?}", taken.effects);
    fenced(sim, event, taken);
    texts(sim, event, taken);
    first_words(sim, taken);
}

/// The assistant's first words of a stretch say that a machine wrote them, and later ones are left as they are.
fn first_words(sim: &Sim, taken: &Step) {
    let (Some(writes), Some(business)) = (&taken.writes, &sim.policy.disclosure) else { return };
    let spoken = writes.messages.iter().filter(|message| message.author == Author::Assistant);
    let first = spoken.filter(|message| message.cycle != sim.now.state.spoke_in).map(|message| message.content.text.as_str());
    let text = first.collect::<Vec<_>>().join(" ");
    assert!(text.is_empty() || discloses(&text), "the first words hide who answers for {business}: {text}");
}

/// A result is heard only by what asked for it.
fn fenced(sim: &Sim, event: &Event, taken: &Step) {
    let asked_by = match event {
        Event::LlmReplied { turn, .. } | Event::LlmFailed { turn, .. } => *turn,
        Event::ToolReturned { turn, .. } | Event::ToolFailed { turn, .. } | Event::Booked { turn, .. } => *turn,
        Event::InboundReceived { .. } | Event::Resumed | Event::GatheringElapsed { .. } | Event::RowsPoisoned { .. } => return,
    };
    let open = sim.now.phase.turn().map(|turn| turn.id);
    assert!(open == Some(asked_by) || taken.dropped == Some("superseded"), "a late result was heard: {event:?}");
}

fn texts(sim: &Sim, event: &Event, taken: &Step) {
    let Some(writes) = &taken.writes else { return };
    let mut last = sim.now.state.last_seq;
    for message in &writes.messages {
        assert!(message.seq > last, "seq rises strictly");
        last = message.seq;
        assert!(message.at >= sim.now.state.clock, "no message is recorded before the one before it");
    }
    assert!(last <= taken.next.state.last_seq);
    let mut ord = sim.now.state.last_ord;
    for row in &writes.outbox {
        assert!(row.ord > ord, "ord rises strictly");
        ord = row.ord;
        let message = writes.messages.iter().find(|message| message.seq == row.seq).expect("a row of the outbox carries a message");
        match message.author {
            Author::Assistant => assert!(
                row.class == OutboxClass::Assistant || row.class == OutboxClass::Bulk && (news_told(event) || asks(writes, row.seq))
            ),
            Author::Human(_) => assert_eq!(row.class, OutboxClass::Agent),
            Author::Automatic => {
                assert_eq!(row.class, OutboxClass::Assistant, "whoever takes over stops it");
                assert_eq!(taken.next.state.standing.status(), Status::Open, "an away text is for what people hold");
            }
            Author::Contact | Author::Note(_) | Author::System => panic!("{:?} must never leave", message.author),
        }
    }
    let automatic = |seq: i64| writes.messages.iter().any(|message| message.seq == seq && message.author == Author::Automatic);
    let by_assistant = writes.outbox.iter().filter(|row| row.class == OutboxClass::Assistant && !automatic(row.seq)).count();
    let pending = taken.next.state.standing == Standing::Pending;
    if news_told(event) {
        assert!(by_assistant == 0 || taken.next.state.standing.human().is_none(), "news is not told over a person");
        return;
    }
    if matches!(event, Event::InboundReceived { .. }) {
        assert!(by_assistant == 0 || pending, "the assistant speaks in a record step only while it holds the conversation");
    } else {
        assert!(by_assistant == 0 || sim.now.state.standing == Standing::Pending, "the assistant speaks only while it holds it");
    }
    let handoffs = writes.timeline.iter().filter(|kind| matches!(kind, TimelineKind::HandedOff { .. })).count();
    assert!(handoffs == 0 || by_assistant <= 1, "one text at most at a hand-off");
}

/// A survey asks behind all else, once for each stretch that is over.
fn asks(writes: &Writes, seq: i64) -> bool {
    writes.survey.as_ref().is_some_and(|survey| survey.seq == seq)
}

/// News of the book is told by the machine, whoever holds the conversation, but not over a person.
fn news_told(event: &Event) -> bool {
    let Event::InboundReceived { rows } = event else { return false };
    rows.iter().any(|row| matches!(row.happening, Happening::BookingNews { told: Some(_), .. }))
}

/// Judges what is durable and what is in memory after a commit.
pub fn hold(sim: &Sim) {
    let asked: Vec<i64> = sim.surveys.iter().map(|survey| survey.cycle).collect();
    assert!(asked.windows(2).all(|pair| pair[0] < pair[1]), "no stretch asks twice: {asked:?}");
    snapshot(&sim.now.state);
    learnt(&sim.now.state);
    rows(sim);
    timers(sim);
    let state = &sim.now.state;
    let pending = state.standing == Standing::Pending;
    match &sim.now.phase {
        Phase::Idle => {}
        Phase::Gathering { since, until, .. } => {
            assert!(pending && !sim.now.owed.is_empty());
            assert!(until.since(*since) <= super::super::gather::LONGEST);
        }
        Phase::Thinking { turn } | Phase::UsingTools { turn, .. } => {
            assert!(pending && !sim.now.owed.is_empty(), "a turn is open only while the assistant owes an answer");
            assert_eq!(turn.id.turn_no, state.last_turn + 1);
            assert!((1..=sim.now.owed.len()).contains(&turn.covers));
            assert!(turn.restarts <= sim.policy.max_restarts && turn.rounds <= sim.policy.max_rounds);
        }
    }
    let automatic = |seq: i64| sim.messages.iter().any(|message| message.seq == seq && message.author == Author::Automatic);
    let leaves = |row: &NewOutbox| row.proviso.is_some_and(|it| it.until > sim.at) && automatic(row.seq);
    let left = sim.outbox.iter().filter(|(row, fate)| *fate == Fate::Pending && leaves(row));
    assert!(!pending || left.count() == 0, "where the assistant answers nothing says that nobody is there");
    assert!(pending || sim.now.owed.is_empty(), "people hold it: nothing is owed by the assistant");
    let ended: Vec<i64> = sim.turns.iter().map(|turn| turn.turn_no).collect();
    assert!(ended.windows(2).all(|pair| pair[0] < pair[1]), "no turn ends twice: {ended:?}");
    if state.standing.human().is_some() {
        let waits = |(row, fate): &&(NewOutbox, Fate)| row.class == OutboxClass::Assistant && *fate == Fate::Pending && !automatic(row.seq);
        let unsent = sim.outbox.iter().filter(waits);
        let changes = |kind: &&TimelineKind| matches!(kind, TimelineKind::StandingChanged { .. });
        let last = sim.timeline.iter().rev().find(changes);
        let taken = matches!(last, Some(TimelineKind::StandingChanged { cause: "took_over", .. }));
        assert!(!taken || unsent.count() == 0, "nothing of the assistant waits to leave after a takeover");
    }
}

fn snapshot(state: &State) {
    assert!(state.recent.len() <= MAX_RECENT);
    let text = serde_json::to_string(state).unwrap();
    assert!(text.len() <= 8 * 1024, "the snapshot takes {} bytes", text.len());
    let kept = State { learnt: state.learnt.clone(), triage: state.triage.clone(), ..serde_json::from_str(&text).unwrap() };
    assert_eq!(&kept, state, "the snapshot reads back as it was");
    assert!(state.recent.windows(2).all(|pair| pair[0].seq < pair[1].seq));
    assert!(state.waiting_since.is_none_or(|since| since <= state.clock), "the wait clock is not in the future");
    assert!(state.first_reply_at.is_none_or(|at| at <= state.clock));
    assert_eq!(state.resolved_at.is_some(), state.standing == Standing::Resolved);
    let allowed = match state.standing.status() {
        Status::Pending => ["assistant", "assistant"],
        Status::Open | Status::Snoozed => ["human", "nobody"],
        Status::Resolved | Status::Spam => ["nobody", "nobody"],
    };
    assert!(allowed.contains(&state.standing.speaker()));
    assert!(state.standing.status() != Status::Resolved || state.waiting_since.is_none(), "nobody waits in a resolved conversation");
}

/// What side jobs have found out is bounded, about this stretch, and gone with it.
fn learnt(state: &State) {
    let known = &state.learnt;
    let memory = known.memory.as_ref();
    assert!(memory.is_none_or(|memory| memory.up_to <= state.last_seq && memory.text.chars().count() <= MAX_MEMORY));
    assert!((0..=state.last_seq).contains(&known.read));
    assert!(known.mood.as_ref().is_none_or(|mood| !mood.evidence.trim().is_empty()), "a mood without words is none");
    let over = matches!(state.standing.status(), Status::Resolved | Status::Spam);
    assert!(!over || (memory.is_none() && known.language.is_none() && known.mood.is_none()), "nothing is kept of a stretch that is over");
}

fn rows(sim: &Sim) {
    let recorded: Vec<_> = sim.rows.values().filter(|row| row.state == InboundState::Recorded).map(|row| row.row.id).collect();
    let mut owed: Vec<_> = sim.now.owed.iter().map(|owed| owed.id).collect();
    owed.sort_unstable();
    assert_eq!(recorded, owed, "what is recorded is what is owed");
    for row in sim.rows.values() {
        assert!(!matches!(row.state, InboundState::Settled | InboundState::Dead) || row.reason.is_some(), "settled with a reason");
    }
}

fn timers(sim: &Sim) {
    let state = &sim.now.state;
    assert_eq!(sim.timers.get(&TimerKind::Snooze).copied(), state.standing.snoozed_until(), "a wake-up time only while snoozed");
    if state.last_seq == 0 {
        return;
    }
    let set = |kind| sim.timers.contains_key(&kind);
    match state.standing {
        Standing::Pending if sim.policy.idle_after.is_some() => {
            assert!(set(TimerKind::IdleCheck) || set(TimerKind::IdleResolve), "silence is looked after");
            assert!(!state.idle_asked || set(TimerKind::IdleResolve), "an idle question has its end");
        }
        Standing::Open(_) if sim.policy.auto_resolve_after.is_some() => assert!(set(TimerKind::AutoResolve), "auto-resolve is armed"),
        Standing::Pending | Standing::Open(_) | Standing::Snoozed { .. } | Standing::Resolved | Standing::Spam => {}
    }
}
