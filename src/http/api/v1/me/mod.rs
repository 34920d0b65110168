//! A person's own account: who am I, my password, my sessions, my second factor.

pub mod get;
pub mod notification_choices;
pub mod password;
pub mod recovery_codes;
pub mod session_end;
pub mod sessions_end;
pub mod sessions_list;
pub mod totp_begin;
pub mod totp_confirm;
pub mod totp_disable;
pub mod update;

use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use utoipa::ToSchema;

/// Codes that stand in for the second factor, each once. Shown this once.
#[derive(Serialize, ToSchema)]
pub struct RecoveryCodesView {
    /// Ten codes.
    recovery_codes: Vec<String>,
}

impl From<Vec<SecretString>> for RecoveryCodesView {
    fn from(codes: Vec<SecretString>) -> Self {
        Self { recovery_codes: codes.iter().map(|code| code.expose_secret().to_owned()).collect() }
    }
}
