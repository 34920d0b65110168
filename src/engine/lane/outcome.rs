//! What the answer of a channel means for the row and for the lane. Pure.

use crate::domain::inbox::UncertainPolicy;
use crate::domain::time::Timestamp;
use crate::ports::channel::{Capabilities, Scope, SendError, Sent};
use crate::ports::store::Mark;
use std::time::Duration;

/// What to do after a call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Write the truth about the call.
    Mark(Mark),
    /// Write it, and leave the whole account alone for a while.
    MarkAndRest(Mark, Duration),
    /// Write it, and stop the account until people have looked.
    MarkAndPause(Mark, String),
    /// Leave the row *sending* and wait this long for a status that tells.
    AwaitStatus(Duration),
}

/// The settings that decide.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    /// Number of this attempt, from 1.
    pub attempt: i64,
    /// Tries until the row is dead.
    pub attempts: u32,
    /// First wait before a retry.
    pub first: Duration,
    /// Wait for a status after an unknown outcome.
    pub uncertain_wait: Duration,
    /// What to do with unknown outcomes on channels that cannot tell.
    pub uncertain: UncertainPolicy,
    /// Now.
    pub at: Timestamp,
}

/// Longest wait between two tries.
const LONGEST: Duration = Duration::from_hours(1);
/// Wait before a paused account's row is looked at again.
const PAUSED: Duration = Duration::from_mins(5);

/// Judges the answer of a call.
pub(crate) fn judge(answer: Result<Sent, SendError>, can: &Capabilities, rules: Rules) -> Verdict {
    match answer {
        Ok(Sent { external_id }) => Verdict::Mark(Mark::Sent { provider_id: external_id }),
        Err(SendError::Retry { after, scope, code }) => {
            let wait = after.unwrap_or_else(|| backoff(rules));
            let mark = retry_or_die(wait, code, rules);
            match scope {
                Scope::Recipient => Verdict::Mark(mark),
                Scope::Account => Verdict::MarkAndRest(mark, wait.min(Duration::from_mins(1))),
            }
        }
        Err(SendError::Fail { code, detail }) => Verdict::Mark(Mark::Failed { code, detail, dead: false }),
        Err(SendError::Pause { code, detail }) => Verdict::MarkAndPause(Mark::Retry { due_at: rules.at.after(PAUSED), code }, detail),
        Err(SendError::Unknown { code }) => unknown(code, can, rules),
    }
}

/// Judges a call whose outcome nobody knows.
pub(crate) fn unknown(code: String, can: &Capabilities, rules: Rules) -> Verdict {
    if can.idempotent {
        return Verdict::Mark(retry_or_die(backoff(rules), code, rules));
    }
    if can.echoes_reference && !rules.uncertain_wait.is_zero() {
        return Verdict::AwaitStatus(rules.uncertain_wait);
    }
    Verdict::Mark(give_up_waiting(code, rules))
}

/// Nobody has told what became of the call: the tenant's policy decides.
pub(crate) fn give_up_waiting(code: String, rules: Rules) -> Mark {
    match rules.uncertain {
        UncertainPolicy::AtMostOnce => Mark::Uncertain { code },
        UncertainPolicy::AtLeastOnce => retry_or_die(backoff(rules), code, rules),
    }
}

fn retry_or_die(wait: Duration, code: String, rules: Rules) -> Mark {
    if rules.attempt >= i64::from(rules.attempts) {
        let detail = format!("gave up after {} tries", rules.attempt);
        return Mark::Failed { code, detail, dead: true };
    }
    Mark::Retry { due_at: rules.at.after(wait), code }
}

/// 1, 5, 25, 125, 625, 3125 s, then an hour.
fn backoff(rules: Rules) -> Duration {
    let power = u32::try_from(rules.attempt.saturating_sub(1)).unwrap_or(0).min(8);
    rules.first.saturating_mul(5_u32.saturating_pow(power)).min(LONGEST)
}
