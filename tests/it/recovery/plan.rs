//! Where and when the server dies. Chosen by the seed before anything runs.

use crate::support::dice::Dice;
use crate::support::load::Crowd;

/// The steps of a message's life and the fault points of each.
pub const STEPS: [(&str, &[&str]); 10] = [
    ("C1", &["c1_received"]),
    ("C2", &["c2_before_commit", "c2_after_commit"]),
    ("C3", &["c3_before_hint"]),
    ("C4", &["c4_activate"]),
    ("C5", &["c5_before_commit", "c5_after_commit"]),
    ("C6", &["c6_gathering"]),
    ("C7", &["c7_turn"]),
    ("C8", &["c8_before_commit", "c8_after_commit"]),
    ("C9", &["c9_after_sending"]),
    ("C10", &["c10_before_mark", "c10_after_mark"]),
];

/// How one cycle ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Aim {
    /// `kill -9` at a random moment under load.
    Any,
    /// An abort at a fault point.
    Point(&'static str),
}

/// A run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// For the output.
    pub name: &'static str,
    /// Counted cycles.
    pub cycles: u64,
    /// Everything random comes from it.
    pub seed: u64,
    /// One per cycle; a cycle that does not count is repeated with the same aim.
    pub aims: Vec<Aim>,
    /// Who writes meanwhile.
    pub crowd: Crowd,
    /// The safety devices that are switched off, for `RECADO_TEST_BREAK`.
    pub broken: &'static str,
}

impl Plan {
    /// Returns the plan with another number of cycles.
    pub fn of(self, cycles: u64) -> Self {
        Self { cycles, aims: aims(cycles, self.seed), ..self }
    }
}

/// Chooses the aims: about two in three at fault points, each step in turn, in an order of chance; the others at any moment.
pub fn aims(cycles: u64, seed: u64) -> Vec<Aim> {
    let mut dice = Dice::new(seed ^ 0xa1b2);
    let aimed = usize::try_from(cycles * 7 / 10).unwrap_or_default();
    let rounds = (0..).flat_map(|round| STEPS.iter().filter_map(move |(_, points)| points.iter().cycle().nth(round)));
    let mut aims: Vec<Aim> = rounds.take(aimed).map(|point| Aim::Point(point)).collect();
    aims.resize(usize::try_from(cycles).unwrap_or_default(), Aim::Any);
    dice.shuffle(&mut aims);
    aims
}

/// Returns the step that a point belongs to.
pub fn step_of(point: &str) -> &'static str {
    STEPS.iter().find(|(_, points)| points.contains(&point)).map_or("?", |(step, _)| step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forty_cycles_hit_every_step_twice_and_every_point_once() {
        for seed in 0..20 {
            let aims = aims(40, seed);
            assert_eq!(aims.len(), 40);
            assert!(aims.iter().filter(|aim| **aim == Aim::Any).count() >= 10);
            for (step, points) in STEPS {
                let hits = |point: &str| aims.iter().filter(|aim| matches!(aim, Aim::Point(aimed) if *aimed == point)).count();
                assert!(points.iter().all(|point| hits(point) >= 1), "{step}");
                assert!(points.iter().map(|point| hits(point)).sum::<usize>() >= 2, "{step}");
            }
        }
    }
}
