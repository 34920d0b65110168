//! What a member wants to be told, and by which way. What the member never said follows from the role.

use super::Kind;
use crate::domain::permission::Role;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The ways by which a member is told of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Channels {
    /// In the product itself.
    pub in_app: bool,
    /// By mail.
    pub email: bool,
}

impl Channels {
    /// Tells whether there is a way at all.
    #[must_use]
    pub const fn any(self) -> bool {
        self.in_app || self.email
    }
}

/// What a member has chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices(BTreeMap<Kind, Channels>);

impl Choices {
    /// Takes what was said; kinds that are left out follow the role.
    #[must_use]
    pub fn from_said(said: impl IntoIterator<Item = (Kind, Channels)>) -> Self {
        Self(said.into_iter().collect())
    }

    /// Reads them as they are stored, a JSON object by kind. Kinds of another release are passed over; what cannot be read says nothing.
    #[must_use]
    pub fn stored(json: Option<&str>) -> Self {
        let said: BTreeMap<String, Channels> = json.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        Self(said.into_iter().filter_map(|(kind, channels)| Some((Kind::parse(&kind)?, channels))).collect())
    }

    /// Writes them as they are stored.
    #[must_use]
    pub fn to_stored(&self) -> String {
        let fields = self.0.iter().map(|(kind, channels)| (kind.as_str().to_owned(), serde_json::json!(channels)));
        serde_json::Value::Object(fields.collect()).to_string()
    }

    /// Returns the ways for one kind.
    #[must_use]
    pub fn of(&self, role: Role, kind: Kind) -> Channels {
        self.0.get(&kind).copied().unwrap_or_else(|| default(role, kind))
    }
}

/// Returns the ways for whom nothing was chosen: what waits for people goes by mail too, single messages do not.
const fn default(role: Role, kind: Kind) -> Channels {
    let runs_the_house = matches!(role, Role::Owner | Role::Administrator);
    let email = match kind {
        Kind::HandedOver | Kind::Assigned | Kind::Mentioned => true,
        Kind::Message => false,
        Kind::AppointmentApproval | Kind::InboxAttention | Kind::CalendarTrouble | Kind::WebhookDisabled => runs_the_house,
    };
    Channels { in_app: true, email }
}
