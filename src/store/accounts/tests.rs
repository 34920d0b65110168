//! Accounts on SQLite, with a clock that stands still.
