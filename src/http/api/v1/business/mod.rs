//! The business itself: its name, language and zone.

pub mod change;
pub mod get;

use crate::store::admin::tenants::TenantView;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// The business.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BusinessView {
    /// Its id.
    id: Uuid,
    /// Its short name in addresses and commands.
    slug: String,
    /// The name that customers read.
    name: String,
    /// Its language, such as `es-MX`.
    locale: String,
    /// Its zone, such as `America/Hermosillo`.
    timezone: String,
}

impl From<TenantView> for BusinessView {
    fn from(row: TenantView) -> Self {
        let TenantView { id, slug, name, locale, timezone, .. } = row;
        Self { id: id.0, slug, name, locale, timezone }
    }
}
