//! Ten thousand seeded schedules: a burst, the model, tools, sends, a person here, a person at the phone, timers, a resolve, interleaved with
//! simulated latencies. Judged by what the customer saw.

use super::sim::{Fate, Sim, call, outcome, says};
use crate::domain::booking::{Act, Actor};
use crate::domain::content::Content;
use crate::domain::conversation::echo::{Echo, EchoVerdict, Match, OwnSend, match_echo};
use crate::domain::conversation::effect::{Effect, OutboxClass};
use crate::domain::conversation::event::{Event, Happening, Reply};
use crate::domain::conversation::standing::Status;
use crate::domain::conversation::{Phase, Step, step};
use crate::domain::delivery::ItemBody;
use crate::domain::time::Timestamp;
use crate::domain::tool::ToolEffect;
use serde_json::json;
use std::collections::BTreeMap;
use std::time::Duration;

const RUNS: u64 = 10_000;

/// A small seeded source: the same seed, the same schedule.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn millis(&mut self, from: u64, to: u64) -> Duration {
        Duration::from_millis(from + self.below(to - from))
    }
}

/// What the world has in store.
enum Due {
    Customer(u8),
    Human,
    Phone,
    Snooze,
    Resolve,
    HandBack,
    /// An echo of our own send, by place in the outbox.
    OwnEcho(usize),
    /// Something that the core asked for has ended.
    Result(Event),
    /// The commit of a step that was computed on an older version ends.
    Commit(Box<Step>),
    Send,
    Sent(usize),
}

/// Where a takeover fell.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Moment {
    Idle,
    Gathering,
    Thinking,
    UsingTools,
    Committing,
    Sending,
}

struct World {
    sim: Sim,
    dice: Dice,
    due: BTreeMap<(Timestamp, u64), Due>,
    order: u64,
    committing: Option<(Timestamp, u64)>,
    /// What the customer saw: the text's place in the outbox.
    seen: Vec<usize>,
    /// The takeover: where it fell, how many rows there were, which had begun to leave.
    takeover: Option<(Moment, usize, Vec<usize>)>,
    handed_back: bool,
}

impl World {
    fn new(seed: u64) -> Self {
        let mut world = Self {
            sim: Sim::new(),
            dice: Dice(seed),
            due: BTreeMap::new(),
            order: 0,
            committing: None,
            seen: Vec::new(),
            takeover: None,
            handed_back: false,
        };
        let burst = 1 + world.dice.below(3);
        for index in 0..burst {
            let wait = world.dice.millis(0, 3_000);
            world.plan(wait, Due::Customer(index as u8));
        }
        let takeover = if world.dice.below(2) == 0 { Due::Human } else { Due::Phone };
        let wait = world.dice.millis(1_500, 11_000);
        world.plan(wait, takeover);
        if world.dice.below(4) == 0 {
            let wait = world.dice.millis(1_000, 12_000);
            world.plan(wait, Due::Snooze);
        }
        if world.dice.below(6) == 0 {
            let wait = world.dice.millis(1_000, 12_000);
            world.plan(wait, Due::Resolve);
        }
        if world.dice.below(3) == 0 {
            let wait = world.dice.millis(12_000, 20_000);
            world.plan(wait, Due::HandBack);
        }
        let wait = world.dice.millis(3_000, 16_000);
        world.plan(wait, Due::Customer(9));
        world
    }

    fn plan(&mut self, wait: Duration, due: Due) -> (Timestamp, u64) {
        self.order += 1;
        let key = (self.sim.at.after(wait), self.order);
        self.due.insert(key, due);
        key
    }

    fn run(&mut self) {
        let mut steps = 0;
        while let Some(((at, _), due)) = self.due.pop_first() {
            self.fire_timers(at);
            self.sim.at = self.sim.at.max(at);
            self.happen(due);
            steps += 1;
            assert!(steps < 500, "the schedule does not end");
        }
    }

    fn fire_timers(&mut self, until: Timestamp) {
        let due: Vec<_> = self.sim.timers.iter().filter(|(_, due)| **due <= until).map(|(kind, due)| (*kind, *due)).collect();
        for (kind, due_at) in due {
            self.sim.at = self.sim.at.max(due_at);
            self.sim.timers.remove(&kind);
            self.arrives(Happening::TimerFired { kind, due_at });
        }
    }

    fn happen(&mut self, due: Due) {
        match due {
            Due::Customer(index) => self.arrives(self.sim.words(&format!("c{index}-{}", self.order), "Quiero una cita")),
            Due::Human => self.taken_over(says(super::sim::ANA, "Hola, soy Ana")),
            Due::Phone => {
                let content = Content::text("Hola, soy Ana, del teléfono");
                self.echo_arrives("phone", content);
            }
            Due::Snooze => {
                let until = Some(self.sim.at.after(Duration::from_secs(5)));
                self.arrives(Happening::AgentSetStatus { by: super::sim::ANA, status: Some(Status::Snoozed), until, survey: None });
            }
            Due::Resolve => {
                self.arrives(Happening::AgentSetStatus { by: super::sim::ANA, status: Some(Status::Resolved), until: None, survey: None });
            }
            Due::HandBack => {
                self.handed_back = true;
                self.arrives(Happening::AgentHandedBack { by: super::sim::ANA });
            }
            Due::OwnEcho(place) => {
                let content = self.sim.outbox[place].0.content.clone();
                self.echo_arrives(&format!("p{place}"), content);
            }
            Due::Result(event) => self.result(event),
            Due::Commit(taken) => {
                self.committing = None;
                assert_eq!(taken.next.version, self.sim.now.version + 1, "nobody else committed meanwhile");
                self.sim.commit(*taken);
                self.perform();
            }
            Due::Send => self.send(),
            Due::Sent(place) => {
                self.sim.outbox[place].1 = Fate::Sent;
                self.seen.push(place);
                if self.dice.below(4) == 0 {
                    let wait = self.dice.millis(1, 900);
                    self.plan(wait, Due::OwnEcho(place));
                }
                self.plan(Duration::ZERO, Due::Send);
            }
        }
    }

    /// A row is recorded. A step that is just being committed is refused half of the time: the record step was first, and the actor reloads.
    fn arrives(&mut self, happening: Happening) {
        if let Some(key) = self.committing.take() {
            if self.dice.below(2) == 0 {
                self.due.remove(&key);
                self.sim.reload();
            } else if let Some(Due::Commit(taken)) = self.due.remove(&key) {
                self.sim.commit(*taken);
                self.perform();
            }
        }
        self.sim.arrive(happening);
        self.perform();
    }

    fn taken_over(&mut self, happening: Happening) {
        let sending = self.leaving();
        let moment = match &self.sim.now.phase {
            _ if self.committing.is_some() => Moment::Committing,
            _ if !sending.is_empty() => Moment::Sending,
            Phase::Idle => Moment::Idle,
            Phase::Gathering { .. } => Moment::Gathering,
            Phase::Thinking { .. } => Moment::Thinking,
            Phase::UsingTools { .. } => Moment::UsingTools,
        };
        self.arrives(happening);
        self.takeover.get_or_insert((moment, self.sim.outbox.len(), sending));
    }

    fn leaving(&self) -> Vec<usize> {
        let places = self.sim.outbox.iter().enumerate();
        places.filter(|(_, (_, state))| *state == Fate::Sending).map(|(place, _)| place).collect()
    }

    /// The shell finds out whose echo it is before the step; while a send is under way it waits for its answer.
    fn echo_arrives(&mut self, external_id: &str, content: Content) {
        let sends: Vec<OwnSend> =
            self.sim.outbox.iter().enumerate().filter_map(|(place, (row, state))| self.own(place, row, *state)).collect();
        let echo = Echo { external_id, reference: None, text: &content.text, received_at: self.sim.at };
        match match_echo(echo, &sends, self.sim.at) {
            Match::Parked(_) => {
                let own = external_id.strip_prefix('p').and_then(|place| place.parse().ok());
                self.plan(Duration::from_millis(300), own.map_or(Due::Phone, Due::OwnEcho));
            }
            Match::Known(verdict) => {
                let happening = self.sim.item(external_id, ItemBody::Echo { content, reference: None }, verdict);
                match verdict {
                    EchoVerdict::Own => self.arrives(happening),
                    EchoVerdict::Foreign => self.taken_over(happening),
                }
            }
        }
    }

    fn own(&self, place: usize, row: &crate::domain::conversation::effect::NewOutbox, state: Fate) -> Option<OwnSend> {
        let provider_id = (state == Fate::Sent).then(|| format!("p{place}"));
        let begun = matches!(state, Fate::Sending | Fate::Sent);
        let text = row.content.text.clone();
        begun.then(|| OwnSend {
            reference: place.to_string(),
            provider_id,
            text,
            sending: state == Fate::Sending,
            at: self.sim.at,
            survey: None,
        })
    }

    /// A result is stepped at once; what it writes takes a while to commit, and others may come first.
    fn result(&mut self, event: Event) {
        if let Some((ends, _)) = self.committing {
            let wait = ends.since(self.sim.at);
            self.plan(wait, Due::Result(event));
            return;
        }
        let tick = self.sim.tick_of();
        let taken = step(&self.sim.now, event.clone(), tick, &self.sim.policy);
        super::laws::judge(&self.sim, &event, tick, &taken);
        if taken.writes.is_some() {
            let wait = self.dice.millis(200, 2_500);
            self.committing = Some(self.plan(wait, Due::Commit(Box::new(taken))));
        } else {
            self.sim.commit(taken);
            self.perform();
        }
    }

    fn perform(&mut self) {
        for effect in self.sim.effects().to_vec() {
            match effect {
                Effect::Gather { token, until } => {
                    let wait = until.since(self.sim.at);
                    self.plan(wait, Due::Result(Event::GatheringElapsed { token }));
                }
                Effect::CallLlm { turn } => {
                    let calls = if self.dice.below(3) == 0 { vec![call("note", json!({}))] } else { Vec::new() };
                    let reply = Reply { text: Some(format!("turn {}/{}", turn.turn_no, turn.attempt)), calls, ..Reply::default() };
                    let wait = self.dice.millis(300, 4_000);
                    self.plan(wait, Due::Result(Event::LlmReplied { turn, reply }));
                }
                Effect::CallTool { turn, call } => {
                    let effect = match self.dice.below(3) {
                        0 => ToolEffect::None,
                        1 => ToolEffect::Note { text: "n".into() },
                        _ => ToolEffect::Book { actor: Actor::System, act: Box::new(Act::Show { shown: Vec::new() }) },
                    };
                    let wait = self.dice.millis(200, 2_500);
                    self.plan(wait, Due::Result(Event::ToolReturned { turn, call_id: call.id, outcome: outcome(effect) }));
                }
                Effect::Tell { turn, call, .. } => {
                    let effect =
                        ToolEffect::Say { content: Box::new(Content::text(format!("turn {}/{}", turn.turn_no, turn.attempt))), note: None };
                    let wait = self.dice.millis(10, 200);
                    self.plan(wait, Due::Result(Event::ToolReturned { turn, call_id: call.id, outcome: outcome(effect) }));
                }
                // Aborting saves money only: here nothing is ever aborted in time.
                Effect::AbortTurn { .. } | Effect::Learn { .. } => {}
            }
        }
        self.plan(Duration::ZERO, Due::Send);
    }

    /// The lane: one row in flight, in order.
    fn send(&mut self) {
        if !self.leaving().is_empty() {
            return;
        }
        let next = self.sim.outbox.iter().position(|(_, state)| *state == Fate::Pending);
        if let Some(place) = next {
            self.sim.outbox[place].1 = Fate::Sending;
            let wait = self.dice.millis(500, 6_000);
            self.plan(wait, Due::Sent(place));
        }
    }

    /// Judges what the customer saw.
    fn judge(&self) {
        assert!(self.seen.windows(2).all(|pair| pair[0] < pair[1]), "in order, none twice: {:?}", self.seen);
        assert!(self.sim.now.owed.is_empty(), "every message has its outcome");
        assert!(self.sim.outbox.iter().all(|(_, state)| matches!(state, Fate::Sent | Fate::Cancelled)), "nothing is left over");
        let turns: Vec<i64> = self.seen.iter().filter_map(|place| self.sim.outbox[*place].0.turn_no).collect();
        assert!(turns.windows(2).all(|pair| pair[0] < pair[1]), "a turn speaks once: {turns:?}");
        let Some((moment, rows, sending)) = &self.takeover else { return };
        let resolved_or_back = self.handed_back || self.sim.now.state.cycle > 1;
        for place in &self.seen {
            let by_assistant = self.sim.outbox[*place].0.class == OutboxClass::Assistant;
            if by_assistant && place >= rows {
                assert!(resolved_or_back, "the assistant spoke over a person (taken over while {moment:?})");
            }
        }
        for place in sending {
            assert!(self.seen.contains(place), "what had begun to leave is not torn");
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "one seed is replayed by hand")]
fn one_seed() -> Option<u64> {
    std::env::var("RECADO_SEED").ok().and_then(|seed| seed.parse().ok())
}

#[test]
fn conv_46_no_schedule_lets_the_assistant_speak_over_a_person_or_answer_twice() {
    let seeds = one_seed().map_or(0..RUNS, |seed| seed..seed + 1);
    let runs = seeds.end - seeds.start;
    let mut moments: BTreeMap<Moment, u64> = BTreeMap::new();
    for seed in seeds {
        let played = std::panic::catch_unwind(|| {
            let mut world = World::new(seed);
            world.run();
            world.judge();
            world.takeover.map(|(moment, ..)| moment)
        });
        match played {
            Ok(moment) => moment.into_iter().for_each(|moment| *moments.entry(moment).or_default() += 1),
            Err(_) => panic!("seed {seed} fails: replay it with RECADO_SEED={seed}"),
        }
    }
    let shares: Vec<(Moment, u64)> = moments.iter().map(|(moment, count)| (*moment, count * 100 / runs)).collect();
    for moment in [Moment::Thinking, Moment::Committing, Moment::Sending] {
        let count = moments.get(&moment).copied().unwrap_or(0);
        assert!(runs == 1 || count * 20 > runs, "takeovers while {moment:?} are too rare to prove anything: {shares:?} in per cent");
    }
}
