//! The integration tests: one binary, so that it links once.

#[cfg(test)]
mod acceptance;
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod actix_facts;
#[cfg(test)]
mod administration;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod audit;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bench_command;
#[cfg(test)]
mod bookings;
#[cfg(test)]
mod bulk;
#[cfg(test)]
mod canaries;
#[cfg(test)]
mod conversations;
#[cfg(test)]
mod dependencies;
#[cfg(test)]
mod fakes;
#[cfg(test)]
mod first_messages;
#[cfg(test)]
mod hardening;
#[cfg(test)]
mod local_model;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod models;
#[cfg(test)]
mod operations;
#[cfg(test)]
mod races;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod store;
#[cfg(test)]
mod storm;
#[cfg(test)]
mod streams;
#[cfg(test)]
mod support;
#[cfg(test)]
mod surveys;
#[cfg(test)]
mod webhooks;
