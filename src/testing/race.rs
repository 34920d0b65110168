//! Races between customers, the assistant and people: seeded schedules, many rooms at once, and a judge that reads what the channel saw
//! and what the rows say. The schedule repeats with its seed; the threads' timing does not.

mod judge;
mod play;

pub use judge::judge;

use crate::domain::tool::ToolCall;
use crate::ports::llm::{ChatMessage, ChatReply, ChatRequest};
use crate::testing::channel::RecordingChannel;
use crate::testing::llm::Line;
use crate::testing::rig::{Rig, RigOptions};
use anyhow::{Context, Result};
use futures::StreamExt;
use serde_json::json;
use std::time::Duration;

/// Schedules under way at once.
const PARALLEL: usize = 48;

/// Splitmix64: the same seed gives the same schedule on every machine.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// Begins at a seed.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Throws a number below `bound`, which must not be zero.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound
    }
}

/// What the assistant was doing when a person stepped in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inside {
    /// The model was asked.
    Thinking,
    /// The reply's commit was under way.
    Committing,
    /// The reply was committed and had not begun to leave.
    Leaving,
    /// The channel's call was under way.
    Sending,
    /// None of these.
    Between,
}

/// What one schedule did, as its judge needs it.
#[derive(Debug)]
pub struct Played {
    /// Its seed.
    pub seed: u64,
    /// Its room.
    pub room: String,
    /// What the takeover fell into.
    pub inside: Inside,
    /// How many calls of the channel had begun when the takeover was done, and which texts may still arrive.
    pub taken: Option<(usize, Vec<String>)>,
    /// How many calls had begun when the assistant was allowed to speak again.
    pub given_back: Option<usize>,
    /// The customer's texts in the order of delivery.
    pub texts: Vec<String>,
    /// Echoes of people, not of our own sends.
    pub foreign_echoes: usize,
}

/// How the runs were spread.
#[derive(Debug, Default)]
pub struct Tally {
    /// Schedules.
    pub runs: usize,
    /// Takeovers while the model was asked.
    pub thinking: usize,
    /// Takeovers while the reply's commit was under way.
    pub committing: usize,
    /// Takeovers between the commit and the call.
    pub leaving: usize,
    /// Takeovers while the call was under way.
    pub sending: usize,
}

impl Tally {
    fn count(&mut self, inside: Inside) {
        self.runs += 1;
        match inside {
            Inside::Thinking => self.thinking += 1,
            Inside::Committing => self.committing += 1,
            Inside::Leaving => self.leaving += 1,
            Inside::Sending => self.sending += 1,
            Inside::Between => {}
        }
    }

    /// Returns true if each kind has more than one run in twenty.
    #[must_use]
    pub fn is_spread(&self) -> bool {
        let often = |moment: usize| moment * 20 > self.runs;
        often(self.thinking) && often(self.committing) && often(self.leaving) && often(self.sending)
    }
}

/// Returns the options of a rig for races: a channel that never recognises repeats, so that a second send would be seen.
#[must_use]
pub fn options(url: Option<String>) -> RigOptions {
    let base = RigOptions::default();
    let mut can = crate::ports::channel::ChannelSender::capabilities(&base.channel, &account());
    can.idempotent = false;
    let settings =
        crate::engine::settings::EngineSettings { sweep_ms: 500, new_row_ms: 500, command_wait_ms: 20_000, ..base.settings.clone() };
    RigOptions { url, channel: RecordingChannel::with(can), settings, ..base }
}

fn account() -> crate::ports::channel::Account {
    let nobody = uuid::Uuid::nil();
    crate::ports::channel::Account {
        tenant: nobody.into(),
        inbox: nobody.into(),
        settings: json!({}),
        secrets: std::collections::BTreeMap::new(),
    }
}

/// The model of the races: some words make it call a tool first, others hand over.
pub fn teach(rig: &Rig) {
    rig.llm.by(Box::new(|request: &ChatRequest| {
        let last = request.messages.iter().rev().find_map(|message| match message {
            ChatMessage::User { text, .. } => Some(text.as_str()),
            ChatMessage::System { .. } | ChatMessage::Assistant { .. } | ChatMessage::Tool { .. } => None,
        })?;
        let used = request.messages.iter().any(|message| matches!(message, ChatMessage::Tool { .. }));
        let call = |name: &str, arguments| ToolCall { id: "c1".into(), name: name.into(), arguments, extra: None };
        let call = match last {
            text if text.contains("recado") && !used => call("take_message", json!({ "name": "Ana", "reason": last })),
            text if text.contains("persona") => call("hand_off", json!({ "reason": "customer_asked" })),
            _ => return None,
        };
        Some(Line::Says(ChatReply { calls: vec![call], ..ChatReply::default() }))
    }));
}

/// Plays `runs` schedules from `first` on, lets everything settle, and judges each. `RECADO_SEED` replays one.
///
/// # Errors
/// A rule was broken; the message names the seed.
pub async fn race(rig: &Rig, first: u64, runs: u64) -> Result<Tally> {
    let seeds = match replay() {
        Some(seed) => seed..seed + 1,
        None => first..first + runs,
    };
    teach(rig);
    let clock = async {
        loop {
            // At twenty-five times its pace at most: a commit on a busy machine must not last a minute.
            rig.advance(Duration::from_millis(50));
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let play = async {
        let runs = futures::stream::iter(seeds).map(|seed| play::play(rig, seed)).buffer_unordered(PARALLEL);
        runs.collect::<Vec<Result<Played>>>().await
    };
    let played = tokio::select! {
        played = play => played,
        () = clock => Vec::new(),
    };
    rig.settle_within(Duration::from_mins(10), Duration::from_secs(1)).await?;
    let begun = rig.channel.begun();
    let mut tally = Tally::default();
    for played in played {
        let played = played?;
        tally.count(played.inside);
        judge(rig, &begun, &played).await.with_context(|| format!("RECADO_SEED={}", played.seed))?;
    }
    Ok(tally)
}

#[expect(clippy::disallowed_methods, reason = "a test's replay is asked for by its environment")]
fn replay() -> Option<u64> {
    std::env::var("RECADO_SEED").ok()?.parse().ok()
}
