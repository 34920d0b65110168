//! A model of a busy business: customers and people who act on what they read a moment ago, holds that run out, a calendar that times out
//! after having accepted, workers that die in the middle, answers that come late and twice. The judge beside it is separate and simple.
//!
//! `RECADO_TEST_ATTEMPTS` sets the number of attempts.

mod calendar;
mod judge;
mod line;
mod worker;
mod world;

use world::{Check, World};

/// Attempts of a usual run.
const USUAL: usize = 100_000;

#[expect(clippy::disallowed_methods, reason = "how long to try is told to a test by its environment, there is no config here")]
fn attempts() -> usize {
    std::env::var("RECADO_TEST_ATTEMPTS").ok().and_then(|count| count.parse().ok()).unwrap_or(USUAL)
}

#[test]
fn no_slot_is_booked_twice_no_yes_is_lost_and_no_event_is_left_over() {
    let mut world = World::new(20_261_122, Check::On);
    let verdict = world.run(attempts());
    assert_eq!(verdict.faults, Vec::<String>::new(), "{verdict:?}");
    // The run was worth something: every kind of thing happened, often.
    for (what, count) in &verdict.seen {
        assert!(*count * 2_000 >= attempts(), "{what} happened only {count} times: {:?}", verdict.seen);
    }
}

#[test]
fn the_same_seed_is_the_same_run() {
    let run = |seed| World::new(seed, Check::On).run(600);
    assert_eq!(run(7), run(7));
    assert_ne!(run(7).seen, run(8).seen);
}

#[test]
fn without_the_check_of_overlaps_the_judge_goes_red() {
    let mut world = World::new(20_261_122, Check::Off);
    let verdict = world.run(3_000);
    assert!(verdict.faults.iter().any(|fault| fault.starts_with("overlap")), "{verdict:?}");
}

#[test]
fn without_the_removal_of_late_events_the_judge_goes_red() {
    let mut world = World::new(20_261_122, Check::NoDeletes);
    let verdict = world.run(3_000);
    assert!(verdict.faults.iter().any(|fault| fault.starts_with("orphan")), "{verdict:?}");
}
