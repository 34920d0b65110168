//! Recado: an actor-based conversation engine, the AI receptionist of a business.
//!
//! The rooms, from the inside out: [`domain`] (pure rules), [`ports`] (traits), [`net`] (the outbound HTTP client) and [`crypto`]
//! (signatures, encryption, tokens); around them [`engine`] (actors), [`store`] (tables), [`channels`] (adapters), [`providers`] (models)
//! with [`prompting`] (what they are told) and [`toolbox`] (what a model may do), [`webhooks_out`] (calls to the businesses' own systems); then [`http`] (the door), [`config`] and [`telemetry`]
//! (settings and logs), [`app`] (where ports meet adapters), [`mod@bench`] (load from outside) and [`cli`] (the commands).

pub mod domain;
pub mod ports;

pub mod crypto;
pub mod net;

pub mod channels;
pub mod engine;
pub mod files;
pub mod prompting;
pub mod providers;
pub mod store;
pub mod toolbox;
pub mod webhooks_out;

pub mod http;

pub mod config;
pub mod telemetry;

pub mod app;
pub mod bench;
pub mod cli;

#[cfg(feature = "testing")]
pub mod testing;
