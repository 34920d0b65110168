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
pub(crate) struct Rules<'a> {
    /// Number of this attempt, from 1.
    pub attempt: i64,
    /// Waits between the tries, in milliseconds; after the last one the row is dead.
    pub schedule: &'a [u64],
    /// Wait for a status after an unknown outcome.
    pub uncertain_wait: Duration,
    /// What to do with unknown outcomes on channels that cannot tell.
    pub uncertain: UncertainPolicy,
    /// Now.
    pub at: Timestamp,
}

/// Wait before a paused account's row is looked at again.
const PAUSED: Duration = Duration::from_mins(5);

/// Judges the answer of a call.
pub(crate) fn judge(answer: Result<Sent, SendError>, can: &Capabilities, rules: Rules<'_>) -> Verdict {
    match answer {
        Ok(Sent { external_id }) => Verdict::Mark(Mark::Sent { provider_id: external_id }),
        Err(SendError::Retry { after, scope, code }) => {
            let mark = retry_or_die(after, code, rules);
            let wait = after.or_else(|| backoff(rules)).unwrap_or_default();
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
pub(crate) fn unknown(code: String, can: &Capabilities, rules: Rules<'_>) -> Verdict {
    if can.idempotent {
        return Verdict::Mark(retry_or_die(None, code, rules));
    }
    if can.echoes_reference && !rules.uncertain_wait.is_zero() {
        return Verdict::AwaitStatus(rules.uncertain_wait);
    }
    Verdict::Mark(give_up_waiting(code, rules))
}

/// Nobody has told what became of the call: the tenant's policy decides.
pub(crate) fn give_up_waiting(code: String, rules: Rules<'_>) -> Mark {
    match rules.uncertain {
        UncertainPolicy::AtMostOnce => Mark::Uncertain { code },
        UncertainPolicy::AtLeastOnce => retry_or_die(None, code, rules),
    }
}

fn retry_or_die(wish: Option<Duration>, code: String, rules: Rules<'_>) -> Mark {
    match backoff(rules) {
        Some(wait) => Mark::Retry { due_at: rules.at.after(wish.unwrap_or(wait)), code },
        None => Mark::Failed { code, detail: format!("gave up after {} tries", rules.attempt), dead: true },
    }
}

/// Returns the wait after this attempt; `None` after the last one.
fn backoff(rules: Rules<'_>) -> Option<Duration> {
    let place = usize::try_from(rules.attempt.saturating_sub(1)).unwrap_or(0);
    rules.schedule.get(place).map(|millis| Duration::from_millis(*millis))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::channel::TextUnit;

    fn can(idempotent: bool, echoes_reference: bool) -> Capabilities {
        Capabilities {
            max_text: 4096,
            text_unit: TextUnit::Chars,
            buttons: None,
            typing: false,
            read_receipts: false,
            window: None,
            templates: false,
            idempotent,
            echoes_reference,
            echoes_own_sends: false,
            media: crate::domain::file::Media::default(),
        }
    }

    fn rules(attempt: i64, uncertain: UncertainPolicy) -> Rules<'static> {
        let (at, uncertain_wait) = (Timestamp::from_secs(100), Duration::from_mins(1));
        Rules { attempt, schedule: &[1_000, 5_000], uncertain_wait, uncertain, at }
    }

    #[test]
    fn a_refusal_waits_longer_each_time_and_ends_dead() {
        let refuse = || Err(SendError::Retry { after: None, scope: Scope::Recipient, code: "busy".into() });
        let due = |attempt| {
            let verdict = judge(refuse(), &can(true, false), rules(attempt, UncertainPolicy::AtMostOnce));
            let Verdict::Mark(mark) = verdict else { panic!("{verdict:?}") };
            if let Mark::Retry { due_at, .. } = mark {
                return Some(due_at);
            }
            assert!(matches!(mark, Mark::Failed { dead: true, .. }), "{mark:?}");
            None
        };
        assert_eq!(due(1), Some(Timestamp::from_secs(101)));
        assert_eq!(due(2), Some(Timestamp::from_secs(105)));
        assert_eq!(due(3), None);
    }

    #[test]
    fn the_channels_own_wish_to_wait_is_kept_and_reaches_the_account() {
        let after = Some(Duration::from_secs(40));
        let answer = Err(SendError::Retry { after, scope: Scope::Account, code: "429".into() });
        let verdict = judge(answer, &can(true, false), rules(1, UncertainPolicy::AtMostOnce));
        let mark = Mark::Retry { due_at: Timestamp::from_secs(140), code: "429".into() };
        assert_eq!(verdict, Verdict::MarkAndRest(mark, Duration::from_secs(40)));
    }

    #[test]
    fn an_unknown_outcome_is_sent_again_only_where_that_is_safe_or_wished() {
        let lost = || Err(SendError::Unknown { code: "lost".into() });
        let most = rules(1, UncertainPolicy::AtMostOnce);
        assert!(matches!(judge(lost(), &can(true, false), most), Verdict::Mark(Mark::Retry { .. })));
        assert_eq!(judge(lost(), &can(false, true), most), Verdict::AwaitStatus(Duration::from_mins(1)));
        assert_eq!(judge(lost(), &can(false, false), most), Verdict::Mark(Mark::Uncertain { code: "lost".into() }));
        let least = rules(1, UncertainPolicy::AtLeastOnce);
        assert!(matches!(judge(lost(), &can(false, false), least), Verdict::Mark(Mark::Retry { .. })));
    }

    #[test]
    fn a_broken_account_is_paused_and_its_row_kept() {
        let answer = Err(SendError::Pause { code: "190".into(), detail: "token expired".into() });
        let verdict = judge(answer, &can(false, true), rules(1, UncertainPolicy::AtMostOnce));
        assert!(matches!(verdict, Verdict::MarkAndPause(Mark::Retry { .. }, reason) if reason == "token expired"));
    }
}
