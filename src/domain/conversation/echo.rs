//! Echoes: what our people wrote outside Recado, or our own send coming back. Only the first kind is a takeover.

use crate::domain::time::Timestamp;
use std::time::Duration;

/// How long an echo may wait for the answer of a send that is under way.
pub const PARK: Duration = Duration::from_secs(15);
/// Equal text counts as our own within this.
const SAME_TEXT_WITHIN: Duration = Duration::from_secs(60);

/// What the shell found out about an echo before the step.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EchoVerdict {
    /// Not an echo, or nobody of ours sent it: a person wrote.
    #[default]
    Foreign,
    /// It is a send of ours: no second message, no takeover.
    Own,
}

/// One of our recent sends of the thread.
#[derive(Clone, Debug, PartialEq)]
pub struct OwnSend {
    /// Our reference, the outbox id as text.
    pub reference: String,
    /// The provider's id, once known.
    pub provider_id: Option<String>,
    /// The text.
    pub text: String,
    /// True while the call is under way.
    pub sending: bool,
    /// When the call began.
    pub at: Timestamp,
    /// The stretch of whose survey it asks: the address stands in what left, and not in the text that is kept.
    pub survey: Option<i64>,
}

/// An echo as it is matched.
#[derive(Clone, Copy, Debug)]
pub struct Echo<'a> {
    /// The provider's id.
    pub external_id: &'a str,
    /// Our reference, where the provider returns it.
    pub reference: Option<&'a str>,
    /// The text.
    pub text: &'a str,
    /// When we received it.
    pub received_at: Timestamp,
}

/// What an echo is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Match {
    /// Settled: own or foreign.
    Known(EchoVerdict),
    /// A send is under way that it may be: ask again when that settles, at the latest then.
    Parked(Timestamp),
}

/// Matches an echo by provider id, reference, then equal text within a minute; parks it while a send is under way.
#[must_use]
pub fn match_echo(echo: Echo<'_>, sends: &[OwnSend], at: Timestamp) -> Match {
    let by_id = |send: &OwnSend| {
        send.provider_id.as_deref() == Some(echo.external_id) || echo.reference.is_some_and(|reference| reference == send.reference)
    };
    if sends.iter().any(by_id) {
        return Match::Known(EchoVerdict::Own);
    }
    let until = echo.received_at.after(PARK);
    if sends.iter().any(|send| send.sending) && at < until {
        return Match::Parked(until);
    }
    let by_text = |send: &OwnSend| {
        let near = echo.received_at.since(send.at).max(send.at.since(echo.received_at)) <= SAME_TEXT_WITHIN;
        send.provider_id.is_none() && near && !echo.text.is_empty() && send.text == echo.text
    };
    Match::Known(if sends.iter().any(by_text) { EchoVerdict::Own } else { EchoVerdict::Foreign })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(provider_id: Option<&str>, sending: bool) -> OwnSend {
        OwnSend {
            reference: "ref-1".into(),
            provider_id: provider_id.map(Into::into),
            text: "Abrimos a las 9".into(),
            sending,
            at: Timestamp::from_secs(100),
            survey: None,
        }
    }

    fn echo(id: &'static str, text: &'static str) -> Echo<'static> {
        Echo { external_id: id, reference: None, text, received_at: Timestamp::from_secs(101) }
    }

    #[test]
    fn an_echo_is_ours_by_id_by_reference_or_by_text() {
        let now = Timestamp::from_secs(101);
        assert_eq!(match_echo(echo("m1", ""), &[send(Some("m1"), false)], now), Match::Known(EchoVerdict::Own));
        let with_reference = Echo { reference: Some("ref-1"), ..echo("m9", "") };
        assert_eq!(match_echo(with_reference, &[send(None, true)], now), Match::Known(EchoVerdict::Own));
        assert_eq!(match_echo(echo("m9", "Abrimos a las 9"), &[send(None, false)], now), Match::Known(EchoVerdict::Own));
    }

    #[test]
    fn an_echo_waits_while_a_send_is_under_way_and_then_counts_as_a_person() {
        let sends = [send(None, true)];
        assert_eq!(match_echo(echo("m9", "otra cosa"), &sends, Timestamp::from_secs(101)), Match::Parked(Timestamp::from_secs(116)));
        assert_eq!(match_echo(echo("m9", "otra cosa"), &sends, Timestamp::from_secs(116)), Match::Known(EchoVerdict::Foreign));
    }

    #[test]
    fn the_same_text_long_ago_or_already_matched_is_a_person() {
        let old = OwnSend { at: Timestamp::from_secs(10), ..send(None, false) };
        assert_eq!(match_echo(echo("m9", "Abrimos a las 9"), &[old], Timestamp::from_secs(101)), Match::Known(EchoVerdict::Foreign));
        let other = send(Some("m1"), false);
        assert_eq!(match_echo(echo("m9", "Abrimos a las 9"), &[other], Timestamp::from_secs(101)), Match::Known(EchoVerdict::Foreign));
    }
}
