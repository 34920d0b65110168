//! Laws over random events: late, doubled, out of order, nonsensical. `laws` judges every step; the cases are the same in every run.

use super::sim::{ANA, BEA, Sim, call, outcome};
use crate::domain::away::AwayText;
use crate::domain::booking::{Act, Actor, News, Parameters, Told, WeekHours};
use crate::domain::content::{Attachment, Content, MessageKind};
use crate::domain::conversation::echo::EchoVerdict;
use crate::domain::conversation::effect::{Effect, InboundState};
use crate::domain::conversation::event::{Event, Happening, InboundRow, Reply, TimerKind, ToolFailure};
use crate::domain::conversation::policy::{Gathering, Policy};
use crate::domain::conversation::standing::Status;
use crate::domain::conversation::{Phase, Step, TurnId};
use crate::domain::delivery::ItemBody;
use crate::domain::disclosure::discloses;
use crate::domain::ids::{AppointmentId, LabelId};
use crate::domain::language::Language;
use crate::domain::learnt::{Learning, Lesson, MAX_MEMORY, Memory, Mood, Wanted};
use crate::domain::routing::Hours;
use crate::domain::summary::Sentiment;
use crate::domain::survey::{Resolver, SurveyRules};
use crate::domain::tool::{HandoffReason, ToolCall, ToolEffect};
use crate::domain::triage::TriageChange;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use uuid::Uuid;

/// One thing that happens, by numbers: what, which one, how long after the one before.
type Move = (u8, u8, u16);

/// A random play: the conversation, what it asked for so far, and what was already answered.
struct Play {
    sim: Sim,
    asked: Vec<TurnId>,
    called: Vec<(TurnId, ToolCall)>,
    past: Vec<Event>,
    batch: Vec<InboundRow>,
}

const TEXTS: [&str; 7] =
    ["hola", "Quiero una cita,", "¿Para qué día?", "gracias, adiós", "Un momento, le paso con un asesor.", "\"\\\n\u{1}🦀", " "];
const STATUSES: [Status; 5] = [Status::Open, Status::Pending, Status::Snoozed, Status::Resolved, Status::Spam];
const TIMERS: [TimerKind; 4] = [TimerKind::Snooze, TimerKind::IdleCheck, TimerKind::IdleResolve, TimerKind::AutoResolve];

fn pick<T: Clone>(from: &[T], which: u8) -> T {
    from[usize::from(which) % from.len()].clone()
}

fn text(which: u8) -> String {
    let text = pick(&TEXTS, which);
    if which > 200 { text.repeat(400) } else { text.to_owned() }
}

impl Play {
    fn happening(&mut self, what: u8, which: u8) -> Happening {
        let (sim, id) = (&self.sim, format!("m{}", which % 12));
        let content = Content::text(text(which));
        match what {
            0..=5 => {
                let file = Attachment {
                    kind: MessageKind::Audio,
                    mime_type: "audio/ogg".into(),
                    provider_ref: None,
                    url: None,
                    file_name: None,
                    sha256: None,
                    size: None,
                    voice: true,
                    file: None,
                };
                let kind = if which.is_multiple_of(9) { MessageKind::Button } else { MessageKind::Text };
                let attachments = if which.is_multiple_of(5) { vec![file] } else { Vec::new() };
                let content = Content { kind, attachments, reply_to: Some(id), ..content };
                sim.item(&format!("m{}", sim.names % 12), ItemBody::Message { content }, EchoVerdict::Foreign)
            }
            6 => sim.item("e", ItemBody::Echo { content, reference: None }, pick(&[EchoVerdict::Own, EchoVerdict::Foreign], which)),
            7 => sim.item("x", ItemBody::Edited { target: id, content }, EchoVerdict::Foreign),
            8 => sim.item("x", ItemBody::Deleted { target: id }, EchoVerdict::Foreign),
            9 => sim.item("x", ItemBody::Reaction { target: id, emoji: None }, EchoVerdict::Foreign),
            10 | 17 if !which.is_multiple_of(4) => Happening::Learnt(self.learning(which)),
            10 => sim.item("x", ItemBody::ContactUpdated, EchoVerdict::Foreign),
            11 => Happening::AgentReplied { by: pick(&[ANA, BEA], which), content, private: which.is_multiple_of(3) },
            12 => Happening::AgentAssigned { by: BEA, assignee: pick(&[None, Some(ANA), Some(BEA)], which) },
            13 => {
                let status = pick(&[None, Some(pick(&STATUSES, which / 2))], which);
                let until = pick(&[None, Some(sim.at.after(Duration::from_mins(90))), Some(sim.at)], which / 3);
                Happening::AgentSetStatus { by: ANA, status, until, survey: None }
            }
            14 if which.is_multiple_of(2) => {
                let label = [LabelId(Uuid::from_u128(u128::from(which)))].into();
                let change =
                    pick(&[TriageChange::AddLabels(label), TriageChange::SetLabels([].into()), TriageChange::Priority(None)], which / 2);
                Happening::AgentTriaged { by: ANA, changes: vec![change] }
            }
            15 if which.is_multiple_of(3) => Happening::ContactBlocked { by: BEA },
            14 | 15 => Happening::AgentHandedBack { by: ANA },
            17 => {
                let told = Told { content, language: Language::Es, parameters: Parameters::of(|_| vec!["Ana".to_owned()]), proviso: None };
                let news = pick(&[News::Settled, News::Reminder { hours: 2, due: sim.at }, News::Cancelled], which);
                let appointment = AppointmentId(Uuid::from_u128(7));
                Happening::BookingNews { appointment, version: 2, news, told: (!which.is_multiple_of(4)).then(|| Box::new(told)) }
            }
            16 => Happening::TimerFired { kind: pick(&TIMERS, which), due_at: sim.at },
            _ => {
                let uncertain = which.is_multiple_of(2);
                Happening::DeliveryFailed { seq: Some(1), code: "x".into(), uncertain, assistant: !which.is_multiple_of(3), survey: false }
            }
        }
    }

    /// A lesson that may be true, late, of another stretch or nonsense.
    fn learning(&self, which: u8) -> Learning {
        let state = &self.sim.now.state;
        let up_to = state.last_seq - i64::from(which % 5) + i64::from(which.is_multiple_of(13));
        let mood = Mood { sentiment: Sentiment::Angry, evidence: text(which % 3) };
        let lesson = match which % 3 {
            0 => Some(Lesson::Memory(Memory { text: "x".repeat(MAX_MEMORY), up_to })),
            1 => Some(Lesson::Reading { language: Some(Language::Pt), mood: Some(mood), up_to }),
            _ => None,
        };
        let (cycle, changes) =
            (state.cycle - i64::from(which.is_multiple_of(7)), state.learnt.changes - i64::from(which.is_multiple_of(11)));
        Learning { lesson, cycle, changes, tokens: 1, cost_micros: 1 }
    }

    fn reply(which: u8) -> Reply {
        let one = || call(pick(&["note", "look", "hand_off"], which / 3), json!({ "text": text(which % 3) }));
        let calls = match which % 4 {
            0 => vec![one()],
            1 => vec![one(), one()],
            _ => Vec::new(),
        };
        Reply {
            text: (!which.is_multiple_of(11)).then(|| text(which / 4)),
            calls,
            model: "m".into(),
            note: None,
            tokens: (u32::from(which), 1),
            cost_micros: which.is_multiple_of(3).then_some(7),
            attempts: Vec::new(),
            asked: None,
        }
    }

    fn effect(which: u8) -> ToolEffect {
        let text = pick(&[None, Some(text(which % 5))], which);
        match which % 9 {
            6 => ToolEffect::Book { actor: Actor::System, act: Box::new(Act::Show { shown: Vec::new() }) },
            7 => ToolEffect::Say { content: Box::new(Content::text("¿La confirmo?")), note: None },
            0 | 1 => ToolEffect::None,
            2 | 3 | 8 => ToolEffect::Note { text: "n".into() },
            4 => ToolEffect::HandOff { reason: HandoffReason::CustomerAsked, text, summary: None },
            _ => ToolEffect::Resolve { text, note: "n".into() },
        }
    }

    /// A result of something that was asked for: usually the newest, at times an old one, at times one that never was.
    fn asked(&self, which: u8) -> TurnId {
        let back = if !which.is_multiple_of(3) { 0 } else { usize::from(which) % 5 };
        self.asked.iter().rev().nth(back).copied().unwrap_or(TurnId { turn_no: i64::from(which % 3), attempt: u64::from(which) })
    }

    fn called(&self, which: u8) -> (TurnId, ToolCall) {
        let back = if !which.is_multiple_of(3) { 0 } else { usize::from(which) % 5 };
        self.called.iter().rev().nth(back).cloned().unwrap_or_else(|| (self.asked(which), call("note", json!({}))))
    }

    fn take(&mut self, (what, which, pause): Move) {
        // Clocks of hosts jump: one in fifty runs backwards.
        let pause_long = Duration::from_millis(u64::from(pause) * if which.is_multiple_of(16) { 60_000 } else { 40 });
        self.sim.at = if which % 50 == 7 { self.sim.at.before(Duration::from_secs(30)) } else { self.sim.at.after(pause_long) };
        match what {
            0..=17 => {
                let happening = self.happening(what, which);
                let ago = if which.is_multiple_of(23) { Duration::from_hours(7) } else { Duration::from_millis(u64::from(which)) };
                let row = self.sim.row(happening, ago);
                self.sim.ingest(&row);
                self.batch.push(row);
                if !which.is_multiple_of(4) {
                    let rows = std::mem::take(&mut self.batch);
                    self.event(Event::InboundReceived { rows });
                }
            }
            18..=20 => {
                if let Phase::Gathering { token, .. } = self.sim.now.phase {
                    self.event(Event::GatheringElapsed { token: token - u64::from(which.is_multiple_of(7)) });
                }
            }
            21..=26 => self.event(Event::LlmReplied { turn: self.asked(which), reply: Self::reply(which) }),
            27 => self.event(Event::LlmFailed { turn: self.asked(which), failure: "x".into() }),
            28..=32 => {
                let (turn, call) = self.called(which);
                self.event(Event::ToolReturned { turn, call_id: call.id, outcome: outcome(Self::effect(which)) });
            }
            33 => {
                let (turn, call) = self.called(which);
                let failure = pick(&[ToolFailure::Invalid("x".into()), ToolFailure::Failed("x".into())], which);
                self.event(Event::ToolFailed { turn, call_id: call.id, failure });
            }
            34 => {
                self.sim.crash();
            }
            35 => {
                let open = self.sim.rows.values().filter(|row| matches!(row.state, InboundState::New | InboundState::Recorded));
                let rows: Vec<_> = open.map(|row| row.row.id).take(usize::from(which % 3)).collect();
                self.batch.retain(|row| !rows.contains(&row.id));
                self.event(Event::RowsPoisoned { rows });
            }
            36 => self.sim.policy.assistant = !which.is_multiple_of(4),
            37 => self.sim.policy.blocked = which.is_multiple_of(8),
            38 => {
                let spared: Vec<_> = self.batch.iter().map(|row| row.id).collect();
                let new = self.sim.rows.values().filter(|row| row.state == InboundState::New && !spared.contains(&row.row.id));
                let rows: Vec<_> = new.map(|row| row.row.clone()).collect();
                self.event(Event::InboundReceived { rows });
            }
            39..=59 => self.go_on(which),
            // Everything that came once may come again.
            _ if !self.past.is_empty() => self.event(pick(&self.past.clone(), which)),
            _ => {}
        }
    }

    /// What the phase waits for comes.
    fn go_on(&mut self, which: u8) {
        let event = match self.sim.now.phase.clone() {
            Phase::Idle => return,
            Phase::Gathering { token, .. } => Event::GatheringElapsed { token },
            Phase::Thinking { turn } => Event::LlmReplied { turn: turn.id, reply: Self::reply(which) },
            Phase::UsingTools { turn, call, .. } => {
                Event::ToolReturned { turn: turn.id, call_id: call.id, outcome: outcome(Self::effect(which)) }
            }
        };
        self.event(event);
    }

    fn event(&mut self, event: Event) {
        if !matches!(event, Event::InboundReceived { .. } | Event::RowsPoisoned { .. }) {
            self.past.push(event.clone());
        }
        self.sim.event(event);
        self.remember();
    }

    fn remember(&mut self) {
        let Some(Step { effects, .. }) = &self.sim.last else { return };
        for effect in effects {
            match effect {
                Effect::CallLlm { turn } => self.asked.push(*turn),
                Effect::CallTool { turn, call } | Effect::Tell { turn, call, .. } => self.called.push((*turn, call.clone())),
                Effect::Gather { .. } | Effect::AbortTurn { .. } | Effect::Learn { .. } => {}
            }
        }
    }
}

fn policies() -> impl Strategy<Value = Policy> {
    (any::<bool>(), 0u8..3, 1usize..200, any::<bool>()).prop_map(|(auto, gathering, max_text, window)| Policy {
        auto_resolve_after: auto.then_some(Duration::from_hours(3)),
        idle_after: Some(Duration::from_hours(2)),
        idle_resolve_after: Duration::from_hours(2),
        // Texts at a hand-off are counted whole.
        max_text: if max_text < 20 { 4096 } else { max_text * 100 },
        window: window.then_some(Duration::from_hours(24)),
        gathering: match gathering {
            0 => Gathering::Adaptive,
            1 => Gathering::Fixed(Duration::ZERO),
            _ => Gathering::Fixed(Duration::from_secs(3)),
        },
        survey: Some(Arc::new(SurveyRules { enabled: true, after: Resolver::ALL.into(), ..SurveyRules::default() })),
        learning: Wanted { memory: true, language: auto, mood: window },
        disclosure: (gathering != 1).then(|| "Casa Azul".to_owned()),
        // Nobody is ever there.
        hours: Arc::new(Hours { week: auto.then(WeekHours::default), ..Hours::default() }),
        away: window.then(|| Arc::new(AwayText { es: Some("Estamos fuera.".to_owned()), ..AwayText::default() })),
        ..Policy::default()
    })
}

#[test]
fn the_laws_hold_whatever_happens_in_whatever_order() {
    let config = Config { cases: 1024, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let moves = prop::collection::vec((0u8..63, any::<u8>(), any::<u16>()), 1..60);
    let mut ends = [0u32; 7];
    let seen = std::cell::RefCell::new(&mut ends);
    let verdict = runner.run(&(policies(), any::<bool>(), moves), |(policy, group, moves)| {
        let mut sim = Sim::with(policy);
        sim.group = group && moves.len().is_multiple_of(4);
        let mut play = Play { sim, asked: Vec::new(), called: Vec::new(), past: Vec::new(), batch: Vec::new() };
        moves.into_iter().for_each(|step| play.take(step));
        let replied = play.sim.turns.iter().filter(|turn| turn.outcome == "replied").count();
        let noted = play.sim.messages.iter().filter(|message| message.content.text == "n").count();
        let told = play.sim.to_customer().iter().filter(|text| discloses(text)).count();
        let learnt = play.sim.rows.values().filter(|row| row.reason == Some("learnt")).count();
        let asked = play.sim.surveys.len();
        let facts = [play.sim.handoffs(), replied, noted, play.sim.to_customer().len(), told, learnt, asked];
        seen.borrow_mut().iter_mut().zip(facts).for_each(|(sum, fact)| *sum += u32::from(fact > 0));
        Ok(())
    });
    verdict.unwrap();
    assert!(
        ends.iter().all(|seen| *seen > 100),
        "the plays must reach hand-offs, answers, side effects, texts, disclosures, lessons and surveys: {ends:?}"
    );
}
