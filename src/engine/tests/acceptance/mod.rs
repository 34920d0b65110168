//! The acceptance list, statement by statement: each test bears its number.

mod silence;
