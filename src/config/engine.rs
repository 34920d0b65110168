//! Timings and bounds of the engine, as an operator may set them.

use crate::config::read::Reader;
use std::time::Duration;

/// How long to wait for the rest of a burst, where an inbox says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GatheringWait {
    /// By what was said.
    Adaptive,
    /// Always this long.
    Fixed(Duration),
}

/// The engine's settings; `default.toml` explains each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineConfig {
    /// A send without an answer after this long has an unknown outcome.
    pub send_deadline: Duration,
    /// Most time for one call of a webhook.
    pub webhook_timeout: Duration,
    /// How long a channel that reports our reference may take to resolve that.
    pub uncertain_wait: Duration,
    /// How often the safety net looks.
    pub sweep: Duration,
    /// How long to wait for the rest of a burst.
    pub gathering: GatheringWait,
    /// The whole time of one answer.
    pub turn_deadline: Duration,
    /// Most tokens of one request to a model.
    pub context_tokens: usize,
    /// Most bytes of the messages that a turn's trace keeps.
    pub trace_bytes: usize,
    /// Most conversations in memory.
    pub max_live_conversations: usize,
    /// Idle time after which a conversation leaves the memory.
    pub passivate_after: Duration,
    /// How long a stopping server finishes its work.
    pub drain: Duration,
    /// Waits between the tries of one send.
    pub retry_schedule: Vec<Duration>,
    /// Most writes waiting for the database.
    pub writer_queue: usize,
    /// Most writes in one commit.
    pub writer_batch: usize,
    /// Connections that read.
    pub readers: u32,
}

/// Reads the table `[engine]`.
pub(super) fn read(reader: &mut Reader) -> EngineConfig {
    EngineConfig {
        send_deadline: reader.millis("engine.send_deadline_ms"),
        webhook_timeout: reader.millis("engine.webhook_timeout_ms"),
        uncertain_wait: reader.millis("engine.uncertain_wait_ms"),
        sweep: reader.millis("engine.sweep_ms"),
        gathering: reader.adaptive_millis("engine.gathering_ms").map_or(GatheringWait::Adaptive, GatheringWait::Fixed),
        turn_deadline: reader.millis("engine.turn_deadline_ms"),
        context_tokens: size(reader.number("engine.context_tokens", 500, 2_000_000)),
        trace_bytes: size(reader.number("engine.trace_bytes", 0, 1_000_000)),
        max_live_conversations: size(reader.number("engine.max_live_conversations", 1, 10_000_000)),
        passivate_after: reader.millis("engine.passivate_after_ms"),
        drain: reader.millis("engine.drain_ms"),
        retry_schedule: reader.millis_list("engine.retry_schedule_ms"),
        writer_queue: size(reader.number("engine.writer_queue", 1, 1_000_000)),
        writer_batch: size(reader.number("engine.writer_batch", 1, 10_000)),
        readers: reader.number("engine.readers", 1, 1000),
    }
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
