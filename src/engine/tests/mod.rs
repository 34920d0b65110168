//! Ring 2: real actors on the test's arbiter, SQLite through the real writer, a scripted model, a clock that stands still.

mod acceptance;
mod panics;
