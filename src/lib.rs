//! Recado: an actor-based conversation engine, the AI receptionist of a business.
//!
//! The rooms, from the inside out: [`domain`] (pure rules), [`ports`] (traits), [`channels`] (the outside's messengers).

pub mod channels;
pub mod domain;
pub mod ports;
