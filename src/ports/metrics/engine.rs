//! What the engine measures while it works: how turns end, what calls of channels come to. Labels are fixed words only.

use crate::domain::inbox::ChannelKind;
use crate::domain::mail::{MailKind, Next};
use crate::ports::metrics::MetricsError;
use prometheus::{HistogramOpts, HistogramVec, IntCounterVec, Opts, Registry};
use std::time::Duration;

/// How a turn can end, as [`TurnRecord::outcome`](crate::domain::conversation::effect::TurnRecord) spells it.
const TURNS: [&str; 4] = ["replied", "handed_off", "resolved", "abandoned"];

/// What a try of a mail can come to.
const MAILS: [&str; 5] = ["sent", "retry", "uncertain", "failed", "dropped"];

/// What a call of a channel came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SendOutcome {
    /// The channel took it.
    Sent,
    /// It is tried again.
    Retry,
    /// It will not be sent.
    Failed,
    /// It was tried too often.
    Dead,
    /// Nobody knows.
    Uncertain,
}

impl SendOutcome {
    const ALL: [Self; 5] = [Self::Sent, Self::Retry, Self::Failed, Self::Dead, Self::Uncertain];

    /// Returns the label.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Retry => "retry",
            Self::Failed => "failed",
            Self::Dead => "dead",
            Self::Uncertain => "uncertain",
        }
    }
}

/// The engine's meters. Cheap to clone: every clone counts for the same numbers.
#[derive(Clone, Debug)]
pub struct EngineMeters {
    turns: HistogramVec,
    sends: IntCounterVec,
    calls: HistogramVec,
    mails: IntCounterVec,
}

impl EngineMeters {
    /// Makes the meters and registers them; every series is there from the start, so that a rate sees its first event.
    ///
    /// # Errors
    /// [`MetricsError`] if the registry has them already.
    pub fn register(registry: &Registry) -> Result<Self, MetricsError> {
        let spent = HistogramOpts::new("recado_turn_duration_seconds", "Time from the start of a turn of the assistant to its end.")
            .buckets(vec![0.01, 0.05, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 45.0]);
        let turns = HistogramVec::new(spent, &["outcome"])?;
        let sends = Opts::new("recado_sends_total", "Calls of channels by what they came to.");
        let sends = IntCounterVec::new(sends, &["channel", "outcome"])?;
        let spent = HistogramOpts::new("recado_send_duration_seconds", "Time of a call of a channel.")
            .buckets(vec![0.005, 0.025, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0]);
        let calls = HistogramVec::new(spent, &["channel"])?;
        let mails = IntCounterVec::new(Opts::new("recado_mails_total", "Mails by what a try came to."), &["kind", "outcome"])?;
        registry.register(Box::new(mails.clone()))?;
        registry.register(Box::new(turns.clone()))?;
        registry.register(Box::new(sends.clone()))?;
        registry.register(Box::new(calls.clone()))?;
        let meters = Self { turns, sends, calls, mails };
        for kind in MailKind::ALL {
            for outcome in MAILS {
                let _shown = meters.mails.with_label_values(&[kind.as_str(), outcome]);
            }
        }
        for outcome in TURNS {
            let _shown = meters.turns.with_label_values(&[outcome]);
        }
        for channel in ChannelKind::ALL {
            let _shown = meters.calls.with_label_values(&[channel.as_str()]);
            for outcome in SendOutcome::ALL {
                let _shown = meters.sends.with_label_values(&[channel.as_str(), outcome.as_str()]);
            }
        }
        Ok(meters)
    }

    /// Counts the end of a turn.
    pub fn turn_ended(&self, outcome: &'static str, spent: Duration) {
        self.turns.with_label_values(&[outcome]).observe(spent.as_secs_f64());
    }

    /// Counts a call of a channel by what it came to.
    pub fn send_ended(&self, channel: ChannelKind, outcome: SendOutcome) {
        self.sends.with_label_values(&[channel.as_str(), outcome.as_str()]).inc();
    }

    /// Notes how long a call of a channel took.
    pub fn channel_answered(&self, channel: ChannelKind, spent: Duration) {
        self.calls.with_label_values(&[channel.as_str()]).observe(spent.as_secs_f64());
    }

    /// Counts a try of a mail by what it came to.
    pub fn mail_ended(&self, kind: MailKind, next: &Next) {
        let outcome = match next {
            Next::Sent => "sent",
            Next::Retry { .. } => "retry",
            Next::Doubt { .. } | Next::Uncertain => "uncertain",
            Next::Failed { .. } => "failed",
            Next::Dropped { .. } => "dropped",
        };
        self.mails.with_label_values(&[kind.as_str(), outcome]).inc();
    }
}
