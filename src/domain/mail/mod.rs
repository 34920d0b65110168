//! Outgoing mail: addresses, kinds, and what becomes of a mail after each try. Pure: who sends, and when, is the engine's.
//!
//! ```text
//! pending ─▶ sending ─▶ sent
//!    ▲          ├─▶ retry ─▶ sending …            not taken, again later
//!    └ expired  ├─▶ failed                        it will never be taken
//!      dropped  └─▶ uncertain ─▶ sending ─▶ uncertain, for good      nobody knows: once more, then people look
//! ```

mod address;

pub use address::{Address, AddressError};

use crate::domain::time::Timestamp;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How long a mail is tried, where its sender says nothing else.
pub const TRIED_FOR: Duration = Duration::from_hours(24);
/// The first wait after a mail was not taken.
const FIRST: Duration = Duration::from_secs(30);
/// The longest wait.
const LONGEST: Duration = Duration::from_hours(1);
/// The wait before the one try more of a mail whose answer was lost.
const DOUBT: Duration = Duration::from_mins(2);

/// What a mail is for. Labels of the metrics and words of the database: stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailKind {
    /// Somebody is invited to a business.
    Invitation,
    /// A way to choose a new password.
    PasswordReset,
    /// A way to prove that an address is one's own.
    AddressCheck,
    /// Something that a member or a customer should know.
    Notice,
    /// An appointment stands.
    AppointmentConfirmed,
    /// It stands at another time.
    AppointmentMoved,
    /// It was called off.
    AppointmentCancelled,
}

impl MailKind {
    /// Every kind.
    pub const ALL: [Self; 7] = [
        Self::Invitation,
        Self::PasswordReset,
        Self::AddressCheck,
        Self::Notice,
        Self::AppointmentConfirmed,
        Self::AppointmentMoved,
        Self::AppointmentCancelled,
    ];

    /// Returns the stored spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invitation => "invitation",
            Self::PasswordReset => "password_reset",
            Self::AddressCheck => "address_check",
            Self::Notice => "notice",
            Self::AppointmentConfirmed => "appointment_confirmed",
            Self::AppointmentMoved => "appointment_moved",
            Self::AppointmentCancelled => "appointment_cancelled",
        }
    }

    /// Tells whether it speaks of an appointment, and so to a customer, whomever else it names.
    #[must_use]
    pub const fn is_of_an_appointment(self) -> bool {
        match self {
            Self::AppointmentConfirmed | Self::AppointmentMoved | Self::AppointmentCancelled => true,
            Self::Invitation | Self::PasswordReset | Self::AddressCheck | Self::Notice => false,
        }
    }

    /// Reads the stored spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What one try came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The server has taken it.
    Accepted,
    /// It was surely not taken; a later try may succeed. The reason is a fixed word or `smtp_` and a code.
    Again {
        /// Not before this long.
        after: Option<Duration>,
        /// Why.
        reason: String,
    },
    /// It will not be taken, however often it is tried.
    Refused {
        /// Why.
        reason: String,
    },
    /// It was handed over and no answer came: it may have been taken.
    Unknown,
}

/// Where a mail stands between and after its tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It has left.
    Sent,
    /// It is tried again then.
    Retry {
        /// When.
        at: Timestamp,
        /// What kept it.
        reason: String,
    },
    /// Its answer was lost: it is tried once more then, under the same name.
    Doubt {
        /// When.
        at: Timestamp,
    },
    /// Its answer was lost twice: nobody sends it again.
    Uncertain,
    /// It will not leave.
    Failed {
        /// Why.
        reason: String,
    },
    /// It is of no use any more, or nobody can send.
    Dropped {
        /// Why.
        reason: &'static str,
    },
}

/// The tries of a mail so far, the one that has just ended included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// How many.
    pub made: i64,
    /// How many of them ended without an answer.
    pub doubtful: i64,
}

/// Says what becomes of a mail after a try. `lot` is a random number: it spreads the next tries of many.
///
/// A lost answer is followed by one try more, because a mail that nobody got hurts more than one that came twice: both bear one `Message-ID`,
/// by which mailboxes know the second as the first. A third copy would help nobody.
#[must_use]
pub fn after(answer: Answer, tries: Tries, expires: Timestamp, now: Timestamp, lot: u64) -> Next {
    match answer {
        Answer::Accepted => Next::Sent,
        Answer::Refused { reason } => Next::Failed { reason },
        Answer::Unknown if tries.doubtful > 1 => Next::Uncertain,
        Answer::Unknown => Next::Doubt { at: now.after(DOUBT) },
        Answer::Again { after, reason } => {
            let at = now.after(wait(tries.made, lot).max(after.unwrap_or_default()));
            // What had once no answer stays in doubt, whatever the server says of the second copy.
            match (at < expires, tries.doubtful > 0) {
                (true, _) => Next::Retry { at, reason },
                (false, true) => Next::Uncertain,
                (false, false) => Next::Failed { reason },
            }
        }
    }
}

/// Returns the wait after the `made`th try: doubling, up to an hour, and a fifth more or less by lot.
fn wait(made: i64, lot: u64) -> Duration {
    let doublings = u32::try_from(made.clamp(1, 8) - 1).unwrap_or_default();
    let full = (FIRST * (1 << doublings)).min(LONGEST);
    full * 4 / 5 + Duration::from_millis(lot % 1_000) * u32::try_from(full.as_secs() * 2 / 5).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again() -> Answer {
        Answer::Again { after: None, reason: "unreachable".to_owned() }
    }

    const fn tries(made: i64, doubtful: i64) -> Tries {
        Tries { made, doubtful }
    }

    #[test]
    fn kinds_are_read_as_they_are_written() {
        for kind in MailKind::ALL {
            assert_eq!(MailKind::parse(kind.as_str()), Some(kind));
        }
        assert_eq!(MailKind::parse("spam"), None);
    }

    #[test]
    fn waits_double_up_to_an_hour_and_differ_by_lot() {
        let (now, end) = (Timestamp::from_secs(1_000), Timestamp::from_secs(1_000_000));
        let waits = |lot| {
            (1..=9)
                .map(|made| {
                    let next = after(again(), tries(made, 0), end, now, lot);
                    let Next::Retry { at, .. } = next else { panic!("{next:?}") };
                    at.since(now).as_secs()
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(waits(0), [24, 48, 96, 192, 384, 768, 1536, 2880, 2880]);
        assert_eq!(waits(999), [35, 71, 143, 287, 575, 1151, 2303, 4318, 4318]);
        assert_eq!(waits(u64::MAX).len(), 9);
    }

    #[test]
    fn a_server_that_names_a_time_is_not_asked_before() {
        let answer = Answer::Again { after: Some(Duration::from_secs(900)), reason: "smtp_451".to_owned() };
        let next = after(answer, tries(1, 0), Timestamp::from_secs(10_000), Timestamp::from_secs(0), 5);
        assert_eq!(next, Next::Retry { at: Timestamp::from_secs(900), reason: "smtp_451".to_owned() });
    }

    #[test]
    fn trying_ends_with_the_mails_own_time_and_says_what_kept_it() {
        let next = after(again(), tries(30, 0), Timestamp::from_secs(60), Timestamp::from_secs(50), 0);
        assert_eq!(next, Next::Failed { reason: "unreachable".to_owned() });
    }

    #[test]
    fn a_lost_answer_is_followed_by_one_try_more_and_never_by_a_third() {
        let (now, end) = (Timestamp::from_secs(0), Timestamp::from_secs(86_400));
        assert_eq!(after(Answer::Unknown, tries(1, 1), end, now, 0), Next::Doubt { at: Timestamp::from_secs(120) });
        assert_eq!(after(Answer::Unknown, tries(2, 2), end, now, 0), Next::Uncertain);
        assert_eq!(after(Answer::Accepted, tries(2, 1), end, now, 0), Next::Sent);
        assert!(matches!(after(again(), tries(2, 1), end, now, 0), Next::Retry { .. }));
        assert_eq!(after(again(), tries(2, 1), now, now, 0), Next::Uncertain);
    }

    /// Whatever servers answer, trying ends: within the mail's own time, and a day of refusals is a few dozen tries.
    #[test]
    fn trying_ends() {
        let end = Timestamp::from_secs(86_400);
        let (mut now, mut made) = (Timestamp::from_secs(0), 0);
        loop {
            made += 1;
            let next = after(again(), tries(made, 0), end, now, u64::try_from(made * 37).unwrap());
            let Next::Retry { at, .. } = next else {
                assert!(matches!(next, Next::Failed { .. }));
                break;
            };
            now = at;
            assert!(made < 100);
        }
        assert!((20..45).contains(&made), "{made}");
    }
}
