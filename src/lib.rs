//! Recado: an actor-based conversation engine, the AI receptionist of a business.
//!
//! The rooms, from the inside out: [`domain`] (pure rules), [`ports`] (traits), [`providers`] and [`toolbox`] (adapters).

pub mod domain;
pub mod ports;
pub mod providers;
pub mod toolbox;
