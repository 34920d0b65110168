//! Plays the scripts of `tests/scripts/offline` against assistant and catalogue, as the engine would: calls, results, effects.

mod held_out;
mod policy;
mod scripts;
mod stage;
