//! Recado: an actor-based conversation engine, the AI receptionist of a business.
//!
//! The rooms, from the inside out: [`domain`] (pure rules), [`ports`] (traits), [`net`] (the outbound HTTP client) and [`crypto`]
//! (signatures, encryption, tokens), [`store`] (the tables), [`channels`] (adapters), [`config`] and [`telemetry`] (settings and logs),
//! [`app`] (where ports meet adapters), [`cli`] (the commands).

pub mod app;
pub mod channels;
pub mod cli;
pub mod config;
pub mod crypto;
pub mod domain;
pub mod net;
pub mod ports;
pub mod store;
pub mod telemetry;
