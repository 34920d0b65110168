//! Recado: an actor-based conversation engine, the AI receptionist of a business.
//!
//! The rooms, from the inside out: [`domain`] (pure rules), [`ports`] (traits), [`net`] (the outbound HTTP client) and [`crypto`]
//! (signatures, encryption, tokens), [`store`] (the tables), [`channels`] (adapters), [`http`] (the door).

pub mod channels;
pub mod crypto;
pub mod domain;
pub mod http;
pub mod net;
pub mod ports;
pub mod store;
