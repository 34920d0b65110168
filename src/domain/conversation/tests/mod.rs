//! Tests of the core: tables by family, laws over random events, races under a seeded scheduler, conversations that people can read.

mod away;
mod booked;
mod bounds;
mod disclosure;
mod golden;
mod handoff;
mod laws;
mod learning;
mod news;
mod properties;
mod races;
mod record;
mod routing;
mod sim;
mod status;
mod stretches;
mod survey;
mod takeover;
mod timers;
mod tools;
mod triage;
mod turn;
