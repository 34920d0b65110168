//! Stops asking a provider that is ill, and finds out with one call whether it is well again. Pure over the monotonic clock.

use crate::ports::clock::Moment;
use crate::ports::llm::LlmError;
use std::collections::VecDeque;
use std::time::Duration;

/// How far back outcomes count.
const WINDOW: Duration = Duration::from_secs(60);
/// Most outcomes that are remembered.
const MEMORY: usize = 50;
/// So many failures in the window, and at least half of all outcomes, open the breaker.
const FAILURES: usize = 5;
/// The first rest; doubled by every failed trial.
const REST: Duration = Duration::from_secs(15);
/// The longest rest that we choose ourselves.
const LONGEST_REST: Duration = Duration::from_mins(5);
/// The rest after a refused key or an empty account: only people can mend it.
const MENDING: Duration = Duration::from_mins(10);
/// The longest rest that a provider may ask for.
const LONGEST_WISH: Duration = Duration::from_hours(1);
/// A provider that asks for a longer pause than this is not asked meanwhile; a shorter one is its own retries' matter.
const SHORT_WISH: Duration = Duration::from_secs(5);

/// What an ended call says about the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answered, or refused only this request.
    Well,
    /// It failed; several such failures open the breaker.
    Ill,
    /// It is of no use for so long.
    Rest(Duration),
    /// Nothing: we gave it too little time, or never asked.
    Nothing,
}

impl Verdict {
    /// Judges a failure. `fair`: the call had the time that a call should have.
    pub(super) fn of(error: &LlmError, fair: bool) -> Self {
        match error {
            LlmError::Credentials(_) | LlmError::Spent(_) => Self::Rest(MENDING),
            LlmError::Busy { retry_after: Some(wish), .. } if *wish > SHORT_WISH => Self::Rest((*wish).min(LONGEST_WISH)),
            LlmError::Deadline if !fair => Self::Nothing,
            LlmError::Unreachable(_) | LlmError::Busy { .. } | LlmError::Broken(_) | LlmError::Deadline => Self::Ill,
            LlmError::Rejected(_) | LlmError::Declined => Self::Well,
        }
    }
}

/// Whether a call may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Open,
    /// It may: it is the one that finds out.
    Trial,
    /// Not before this moment.
    Resting(Moment),
    /// Somebody is finding out already.
    Trying,
}

/// The breaker of one provider under one key.
#[derive(Clone, Debug, Default)]
pub(super) struct Breaker {
    outcomes: VecDeque<(Moment, bool)>,
    /// The end of the rest, and its length.
    rest: Option<(Moment, Duration)>,
    trial: bool,
}

impl Breaker {
    /// Asks for a call; a trial must be settled or given up.
    pub(super) fn admit(&mut self, now: Moment) -> Admission {
        let Some((until, _)) = self.rest else { return Admission::Open };
        if now < until {
            return Admission::Resting(until);
        }
        if self.trial {
            return Admission::Trying;
        }
        self.trial = true;
        Admission::Trial
    }

    /// Returns what [`Breaker::admit`] would say, and changes nothing.
    pub(super) fn look(&self, now: Moment) -> Admission {
        match self.rest {
            None => Admission::Open,
            Some((until, _)) if now < until => Admission::Resting(until),
            Some(_) if self.trial => Admission::Trying,
            Some(_) => Admission::Trial,
        }
    }

    /// Gives a trial up that came to no end.
    pub(super) fn give_up(&mut self) {
        self.trial = false;
    }

    /// Takes a call's outcome. Returns true if the breaker has just opened.
    pub(super) fn settle(&mut self, now: Moment, verdict: Verdict) -> bool {
        let was_trial = std::mem::take(&mut self.trial);
        match verdict {
            Verdict::Nothing => false,
            Verdict::Well => {
                // A call from before the rest says nothing about the time since.
                if was_trial || self.rest.is_none() {
                    self.rest = None;
                    self.remember(now, true);
                }
                false
            }
            Verdict::Rest(span) => self.open(now, span),
            Verdict::Ill if was_trial => {
                let before = self.rest.map_or(REST, |(_, span)| span);
                self.open(now, before.saturating_mul(2).min(LONGEST_REST.max(before)))
            }
            Verdict::Ill if self.rest.is_some() => false,
            Verdict::Ill => {
                self.remember(now, false);
                let failures = self.outcomes.iter().filter(|(_, well)| !well).count();
                failures >= FAILURES && failures * 2 >= self.outcomes.len() && self.open(now, REST)
            }
        }
    }

    fn open(&mut self, now: Moment, span: Duration) -> bool {
        let until = now.after(span);
        let news = self.rest.is_none();
        if self.rest.is_none_or(|(known, _)| known < until) {
            self.rest = Some((until, span));
        }
        self.outcomes.clear();
        news
    }

    fn remember(&mut self, now: Moment, well: bool) {
        self.outcomes.push_back((now, well));
        while self.outcomes.len() > MEMORY || self.outcomes.front().is_some_and(|(at, _)| at.after(WINDOW) < now) {
            self.outcomes.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment(Duration::from_secs(seconds))
    }

    fn ill(breaker: &mut Breaker, seconds: u64) -> bool {
        breaker.settle(at(seconds), Verdict::Ill)
    }

    /// Opens by five failures at second 4: it rests until 19.
    fn opened() -> Breaker {
        let mut breaker = Breaker::default();
        let opened: Vec<bool> = (0..5).map(|second| ill(&mut breaker, second)).collect();
        assert_eq!(opened, [false, false, false, false, true]);
        breaker
    }

    #[test]
    fn five_failures_open_it_and_one_trial_closes_it() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(18)), Admission::Resting(at(19)));
        assert_eq!(breaker.look(at(19)), Admission::Trial, "looking takes no trial");
        assert_eq!(breaker.admit(at(19)), Admission::Trial);
        assert_eq!(breaker.admit(at(19)), Admission::Trying, "one finds out, the others do not wait for it");
        breaker.settle(at(20), Verdict::Well);
        assert_eq!(breaker.admit(at(20)), Admission::Open);
        assert!(!ill(&mut breaker, 21), "it begins anew");
    }

    #[test]
    fn a_failed_trial_doubles_the_rest_up_to_five_minutes() {
        let mut breaker = opened();
        let mut now = 19;
        for rest in [30, 60, 120, 240, 300, 300] {
            assert_eq!(breaker.admit(at(now)), Admission::Trial);
            ill(&mut breaker, now);
            assert_eq!(breaker.look(at(now)), Admission::Resting(at(now + rest)));
            now += rest;
        }
    }

    #[test]
    fn a_trial_that_was_given_up_frees_its_place() {
        let mut breaker = opened();
        assert_eq!(breaker.admit(at(19)), Admission::Trial);
        breaker.give_up();
        assert_eq!(breaker.admit(at(19)), Admission::Trial);
    }

    #[test]
    fn failures_among_many_answers_or_far_apart_open_nothing() {
        let mut breaker = Breaker::default();
        for second in 0..40 {
            assert!(!breaker.settle(at(second), if second % 3 == 0 { Verdict::Ill } else { Verdict::Well }), "{second}");
        }
        let mut breaker = Breaker::default();
        assert!((0..20).all(|number| !ill(&mut breaker, number * 20)), "four in a minute are not five");
    }

    #[test]
    fn a_refused_key_rests_at_once_and_for_long() {
        let mut breaker = Breaker::default();
        assert!(breaker.settle(at(0), Verdict::of(&LlmError::Credentials(401), true)));
        assert_eq!(breaker.look(at(599)), Admission::Resting(at(600)));
        assert_eq!(breaker.look(at(600)), Admission::Trial);
    }

    #[test]
    fn a_wish_for_a_pause_is_granted_up_to_an_hour() {
        let busy = |seconds| LlmError::Busy { status: 429, retry_after: Some(Duration::from_secs(seconds)) };
        assert_eq!(Verdict::of(&busy(30), true), Verdict::Rest(Duration::from_secs(30)));
        assert_eq!(Verdict::of(&busy(7_200), true), Verdict::Rest(Duration::from_hours(1)));
        assert_eq!(Verdict::of(&busy(1), true), Verdict::Ill);
        assert_eq!(Verdict::of(&LlmError::Busy { status: 503, retry_after: None }, true), Verdict::Ill);
    }

    #[test]
    fn what_is_only_the_requests_fault_or_ours_is_not_held_against_it() {
        for error in [LlmError::Rejected("too long".into()), LlmError::Declined] {
            assert_eq!(Verdict::of(&error, true), Verdict::Well);
        }
        assert_eq!(Verdict::of(&LlmError::Deadline, false), Verdict::Nothing);
        assert_eq!(Verdict::of(&LlmError::Deadline, true), Verdict::Ill);
        let mut breaker = opened();
        breaker.settle(at(5), Verdict::Well);
        assert_eq!(breaker.look(at(5)), Admission::Resting(at(19)), "a call from before closes nothing");
        breaker.settle(at(6), Verdict::Rest(Duration::from_secs(1)));
        assert_eq!(breaker.look(at(7)), Admission::Resting(at(19)), "a rest is never shortened");
    }
}
