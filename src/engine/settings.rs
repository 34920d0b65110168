//! The engine's timings and bounds. Defaults are the product's; tests and operators change them by configuration.

use serde::Deserialize;
use std::time::Duration;

/// Timings and bounds. All spans in milliseconds in the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EngineSettings {
    /// Threads that run conversations; 0: one per core.
    pub shards: usize,
    /// How often the safety net looks for forgotten work.
    pub sweep_ms: u64,
    /// A *new* row older than this was forgotten.
    pub new_row_ms: u64,
    /// A *recorded* row older than this was forgotten.
    pub recorded_row_ms: u64,
    /// Most time for one turn, fallbacks included.
    pub turn_deadline_ms: u64,
    /// Most tokens of one request to a model, by estimate.
    pub context_tokens: usize,
    /// Most bytes of the messages that a turn's trace keeps; 0: none.
    pub trace_bytes: usize,
    /// Most time for one side job, such as the summary of a hand-over.
    pub side_job_deadline_ms: u64,
    /// Most time for one call of a tool.
    pub tool_deadline_ms: u64,
    /// Most time for one call of a channel.
    pub send_deadline_ms: u64,
    /// Most time for one call of a webhook.
    pub webhook_timeout_ms: u64,
    /// How long an unknown outcome waits for a status, on channels that echo our reference.
    pub uncertain_wait_ms: u64,
    /// Least time between two messages of one conversation, where the channel does not keep order by itself.
    pub part_gap_ms: u64,
    /// Subtracted from the channel's window: a message that leaves now arrives later.
    pub window_margin_ms: u64,
    /// A conversation that is idle this long leaves memory.
    pub passivate_after_ms: u64,
    /// Most conversations in memory.
    pub max_live: usize,
    /// Most conversations of one tenant that read and record at once.
    pub tenant_parallel: usize,
    /// Most calls under way per account.
    pub lane_parallel: usize,
    /// Waits between the tries of a message; after the last one it is dead.
    pub retry_schedule_ms: Vec<u64>,
    /// Overrides the adaptive wait for a burst in inboxes that say nothing.
    pub gathering_ms: Option<u64>,
    /// Most time for reading, deciding and committing together.
    pub crank_deadline_ms: u64,
    /// Most time for one commit; after it the conversation is read again.
    pub commit_deadline_ms: u64,
    /// How long a command's caller waits for its outcome.
    pub command_wait_ms: u64,
    /// How long shutdown waits for work under way.
    pub drain_ms: u64,
    /// After an outage longer than this, due work starts spread ...
    pub outage_ms: u64,
    /// ... over this.
    pub outage_spread_ms: u64,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            shards: 0,
            sweep_ms: 1_000,
            new_row_ms: 2_000,
            recorded_row_ms: 15_000,
            turn_deadline_ms: 45_000,
            context_tokens: 8_000,
            trace_bytes: 16_384,
            side_job_deadline_ms: 30_000,
            tool_deadline_ms: 10_000,
            send_deadline_ms: 15_000,
            webhook_timeout_ms: 15_000,
            uncertain_wait_ms: 60_000,
            part_gap_ms: 1_000,
            window_margin_ms: 300_000,
            passivate_after_ms: 30_000,
            max_live: 500_000,
            tenant_parallel: 128,
            lane_parallel: 128,
            retry_schedule_ms: vec![1_000, 5_000, 25_000, 125_000, 625_000, 3_125_000, 15_625_000, 64_800_000],
            gathering_ms: None,
            crank_deadline_ms: 8_000,
            commit_deadline_ms: 2_000,
            command_wait_ms: 2_000,
            drain_ms: 10_000,
            outage_ms: 60_000,
            outage_spread_ms: 30_000,
        }
    }
}

/// Reads a number of milliseconds as a span.
#[must_use]
pub const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
