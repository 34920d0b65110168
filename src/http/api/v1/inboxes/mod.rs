//! Inboxes: read, made and changed. Their secrets come in and never go out, but for one that was made here, once.

pub mod assignment_get;
pub mod assignment_replace;
pub mod change;
pub mod create;
pub mod desk;
pub mod get;
pub mod hours_get;
pub mod hours_replace;
pub mod list;
pub mod survey;
pub mod survey_get;
pub mod survey_replace;
#[cfg(test)]
mod tests;

use crate::domain::ids::InboxId;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::admin::AdminError;
use crate::store::admin::inboxes::{CreatedInbox, InboxView as Row};
use secrecy::ExposeSecret;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// An inbox.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct InboxView {
    /// Its id.
    id: Uuid,
    /// Its channel.
    channel: String,
    /// Its name.
    name: String,
    /// Its settings, without secrets.
    #[schema(value_type = Object)]
    settings: Value,
    /// `active`, `paused` or `disabled`.
    state: String,
    /// Why it is not active.
    state_reason: Option<String>,
}

impl From<Row> for InboxView {
    fn from(row: Row) -> Self {
        let Row { id, channel, name, settings, state, state_reason } = row;
        Self { id: id.0, channel, name, settings, state, state_reason }
    }
}

/// An inbox as it was made or changed.
#[derive(Serialize, ToSchema)]
pub struct KeptInboxView {
    /// The inbox.
    #[serde(flatten)]
    inbox: InboxView,
    /// The secret that was made because none was given, for the adapter's signatures; it is shown this once. Null: none was made.
    secret: Option<String>,
}

impl From<CreatedInbox> for KeptInboxView {
    fn from(made: CreatedInbox) -> Self {
        let secret = made.made_secret.map(|secret| secret.expose_secret().to_owned());
        Self { inbox: made.view.into(), secret }
    }
}

/// Finds an inbox that the caller sees, by the id in a path.
///
/// # Errors
/// 404 for an absent one, another tenant's, one that is not seen, and for what is no id.
async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<Row, Problem> {
    let id: InboxId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let found = state.models.admin.inbox(who.tenant, id).await?;
    found.filter(|inbox| who.visibility.sees_inbox(inbox.id)).ok_or_else(Problem::not_found)
}

/// Says what of a configuration does not fit, key by key; the rest is said as everywhere.
fn refused(error: AdminError) -> Problem {
    match error {
        AdminError::Settings(wrong) => {
            let field = |key: &str| if key == "config" { key.to_owned() } else { format!("config.{key}") };
            let mistakes = wrong.0.into_iter();
            mistakes.fold(Problem::unprocessable("the configuration does not fit"), |problem, it| {
                problem.with_error(field(&it.key), it.problem)
            })
        }
        AdminError::AccountTaken(_) => Problem::conflict("this account is connected already").with_code("taken"),
        AdminError::NoInbox(_) => Problem::not_found(),
        other @ (AdminError::Invalid { .. }
        | AdminError::SlugTaken(_)
        | AdminError::NoTenant(_)
        | AdminError::NoModelProvider(_)
        | AdminError::NoService(_)
        | AdminError::NoResource(_)
        | AdminError::NoWebhook(_)
        | AdminError::NameTaken(_)
        | AdminError::Limit(_)
        | AdminError::Sealing(_)
        | AdminError::WrongKey(_)
        | AdminError::Random(_)
        | AdminError::Store(_)) => other.into(),
    }
}
