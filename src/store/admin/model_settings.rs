//! What a tenant decides about models as a whole: whose key may stand in, and what a day may cost.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::TenantId;
use crate::domain::model::Budget;
use crate::ports::store::StoreError;
use crate::store::admin::{Admin, AdminError, bump};
use crate::store::scope::Role;
use entities::tenant;
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The member of the tenant's limits that holds them.
const MEMBER: &str = "models";
/// Most calls at once that a tenant may ask for.
const MAX_PARALLEL: u32 = 256;

/// A tenant's settings for models.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelSettings {
    /// True: the platform's key may stand in where the tenant's own providers fail.
    pub allow_platform_fallback: bool,
    /// Most tokens of a day, in and out together; `None`: no bound.
    pub tokens_per_day: Option<u64>,
    /// Most cost of a day, in millionths of the currency of the prices; `None`: no bound.
    pub cost_micros_per_day: Option<u64>,
    /// Most calls at once; `None`: the platform's default.
    pub parallel: Option<u32>,
}

impl ModelSettings {
    /// Returns the bounds of a day.
    #[must_use]
    pub const fn budget(&self) -> Budget {
        Budget { tokens: self.tokens_per_day, cost_micros: self.cost_micros_per_day }
    }

    /// Reads them out of the tenant's limits; what cannot be read gives nobody's key away.
    pub(in crate::store) fn read(limits: &str) -> Self {
        let limits = serde_json::from_str::<Map<String, Value>>(limits).unwrap_or_default();
        limits.get(MEMBER).and_then(|member| Self::deserialize(member).ok()).unwrap_or_default()
    }

    /// Lays them into the tenant's limits, beside whatever else is there.
    fn into_limits(self, limits: &str) -> Option<String> {
        let mut limits = serde_json::from_str::<Map<String, Value>>(limits).unwrap_or_default();
        limits.insert(MEMBER.to_owned(), serde_json::to_value(self).ok()?);
        Some(Value::Object(limits).to_string())
    }
}

impl Admin {
    /// Returns a tenant's settings for models.
    ///
    /// # Errors
    /// [`AdminError::NoTenant`].
    pub async fn model_settings(&self, tenant: TenantId) -> Result<ModelSettings, AdminError> {
        let query = tenant::Entity::find_by_id(tenant.0);
        let row = self.store.tenant(tenant).read(|tx| Box::pin(query.one(tx))).await?;
        row.map(|row| ModelSettings::read(&row.limits)).ok_or_else(|| AdminError::NoTenant(tenant.to_string()))
    }

    /// Replaces a tenant's settings for models.
    ///
    /// # Errors
    /// [`AdminError::Invalid`] names the field; [`AdminError::NoTenant`].
    pub async fn set_model_settings(&self, tenant: TenantId, settings: ModelSettings) -> Result<(), AdminError> {
        if settings.parallel.is_some_and(|parallel| !(1..=MAX_PARALLEL).contains(&parallel)) {
            return Err(AdminError::invalid("parallel", "must be from 1 to 256"));
        }
        for (field, bound) in [("tokens_per_day", settings.tokens_per_day), ("cost_micros_per_day", settings.cost_micros_per_day)] {
            if bound.is_some_and(|bound| i64::try_from(bound).is_err()) {
                return Err(AdminError::invalid(field, "is too large"));
            }
        }
        let fields = ["allow_platform_fallback", "tokens_per_day", "cost_micros_per_day", "parallel"];
        let entry = self.entry(tenant, Deed::new(Action::ModelSettingsReplaced, tenant).fields(fields));
        let found = self.store.solo(Role::Engine, move |tx| {
            Box::pin(async move {
                let found = write(tx, tenant, settings).await?;
                entry.write_if(tx, found == Some(true)).await?;
                Ok(found)
            })
        });
        match found.await? {
            Some(true) => Ok(()),
            Some(false) => Err(StoreError::Refused("limits".to_owned()).into()),
            None => Err(AdminError::NoTenant(tenant.to_string())),
        }
    }
}

/// Returns `None` if there is no such tenant, and whether the limits could be written.
async fn write(tx: &DatabaseTransaction, id: TenantId, settings: ModelSettings) -> Result<Option<bool>, DbErr> {
    bump(tx).await?;
    let Some(row) = tenant::Entity::find_by_id(id.0).one(tx).await? else {
        return Ok(None);
    };
    let Some(limits) = settings.into_limits(&row.limits) else {
        return Ok(Some(false));
    };
    let update = tenant::Entity::update_many().col_expr(tenant::Column::Limits, Expr::val(limits)).filter(tenant::Column::Id.eq(id.0));
    Ok(Some(update.exec(tx).await?.rows_affected > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_limits_stay_and_nonsense_gives_nothing_away() {
        let settings = ModelSettings { allow_platform_fallback: true, tokens_per_day: Some(5), ..ModelSettings::default() };
        let text = settings.into_limits(r#"{"seats": 3, "models": {"parallel": 9}}"#).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["seats"], 3);
        assert_eq!(ModelSettings::read(&text), settings);
        for nonsense in ["", "[]", "{}", r#"{"models": 7}"#, r#"{"models": {"allow_platform_fallback": "yes"}}"#] {
            assert_eq!(ModelSettings::read(nonsense), ModelSettings::default(), "{nonsense}");
        }
    }
}
