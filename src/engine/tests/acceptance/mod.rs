//! The acceptance list, statement by statement: each test bears its number.

mod away;
mod contacts;
pub(super) mod delivery;
mod handoff;
mod lifecycle;
mod messages;
mod removal;
mod residency;
mod restart;
mod silence;
mod uncertain;
pub(super) mod wiping;

use crate::engine::tests::message;
use crate::ports::channel::{Scope, SendError};
use crate::ports::engine::CommandAnswer;
use crate::testing::channel::Fault;
use crate::testing::rig::Rig;
use anyhow::Result;

/// A refusal that may be tried again.
fn refusal() -> Fault {
    Fault::Refuse(SendError::Retry { after: None, scope: Scope::Recipient, code: "busy".into() })
}

/// Asserts that a command has run.
fn done(answer: &CommandAnswer) {
    use crate::domain::conversation::effect::CommandOutcome;
    assert!(matches!(answer, CommandAnswer::Done { outcome: CommandOutcome::Done { .. }, .. }), "{answer:?}");
}

/// The state of a room's first outbox row, empty while there is none.
async fn started(rig: &Rig, room: &str) -> Result<String> {
    Ok(rig.outbox(room).await?.first().map(|row| row.state.clone()).unwrap_or_default())
}
