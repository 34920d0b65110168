//! The integration tests: one binary, so that it links once.

#[cfg(test)]
mod actix_facts;
#[cfg(test)]
mod fakes;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod support;
