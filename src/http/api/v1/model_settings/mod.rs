//! What a tenant decides about models as a whole, and how far its day is.

pub mod get;
pub mod replace;

use crate::domain::model::BudgetState;
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::ports::models::DayReport;
use crate::store::admin::model_settings::ModelSettings;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The settings as they shall be; what is left out gets its default.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SettingsBody {
    /// True: the platform's key may stand in where your own providers fail. Default false.
    allow_platform_fallback: bool,
    /// Most tokens of a day, in and out together; null: no bound.
    tokens_per_day: Option<u64>,
    /// Most cost of a day, in millionths of the currency of your prices; null: no bound.
    cost_micros_per_day: Option<u64>,
    /// Most calls at once; null: the platform's default.
    parallel: Option<u32>,
}

impl From<SettingsBody> for ModelSettings {
    fn from(body: SettingsBody) -> Self {
        let SettingsBody { allow_platform_fallback, tokens_per_day, cost_micros_per_day, parallel } = body;
        Self { allow_platform_fallback, tokens_per_day, cost_micros_per_day, parallel }
    }
}

impl From<ModelSettings> for SettingsBody {
    fn from(settings: ModelSettings) -> Self {
        let ModelSettings { allow_platform_fallback, tokens_per_day, cost_micros_per_day, parallel } = settings;
        Self { allow_platform_fallback, tokens_per_day, cost_micros_per_day, parallel }
    }
}

/// How far the day is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct TodayView {
    /// `ok`, `nearly_spent`, or `spent`: then the offline assistant answers until the next day.
    state: &'static str,
    /// Tokens used.
    tokens: u64,
    /// Cost, in millionths.
    cost_micros: u64,
    /// When the day began.
    #[schema(value_type = String, format = DateTime)]
    from: Timestamp,
    /// When the next one begins.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl From<DayReport> for TodayView {
    fn from(DayReport { day, spent, state }: DayReport) -> Self {
        Self { state: BudgetState::as_str(state), tokens: spent.tokens, cost_micros: spent.cost_micros, from: day.start, until: day.end }
    }
}

/// The settings, and how far the day is.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ModelSettingsView {
    /// The settings.
    #[serde(flatten)]
    settings: SettingsBody,
    /// True if the operator offers a model of its own.
    platform_available: bool,
    /// The tenant's day, by its own clock.
    today: TodayView,
}

async fn shown(state: &HttpState, who: &AgentPrincipal) -> Result<ModelSettingsView, Problem> {
    let settings = state.models.admin.model_settings(who.tenant).await?.into();
    let today = state.models.desk.day(who.tenant).await?.ok_or_else(Problem::not_found)?.into();
    Ok(ModelSettingsView { settings, platform_available: state.models.desk.has_platform(), today })
}
