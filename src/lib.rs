//! Recado: an actor-based conversation engine, the AI receptionist of a business.
//!
//! The rooms, from the inside out: [`domain`] (pure rules), [`ports`] (traits).

pub mod domain;
pub mod ports;
pub mod providers;
pub mod toolbox;
