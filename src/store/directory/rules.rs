//! What is set of an inbox beside its channel: when its people are there, with the business's holidays, and how it asks customers how they
//! were served.

use crate::domain::booking::{Holiday, WeekHours};
use crate::domain::routing::Hours;
use crate::domain::survey::SurveyRules;
use crate::domain::when::labels::HourStyle;
use crate::domain::when::zone::parse_zone;
use entities::{holiday, inbox, inbox_rule, tenant};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Most holidays that are looked at, the latest first.
const MOST_HOLIDAYS: u64 = 1_000;

/// The rules of an inbox as they are stored.
pub(super) struct RuleRows {
    week: Option<String>,
    holidays: Vec<holiday::Model>,
    survey: Option<String>,
}

impl RuleRows {
    /// Reads them. Whoever changes them raises the version of the settings.
    pub async fn read(tx: &DatabaseTransaction, inbox: &inbox::Model) -> Result<Self, DbErr> {
        let rule = inbox_rule::Entity::find_by_id((inbox.tenant_id, inbox.id)).one(tx).await?;
        let (week, survey) = rule.map(|rule| (rule.hours, rule.survey)).unwrap_or_default();
        if week.is_none() {
            return Ok(Self { week, holidays: Vec::new(), survey });
        }
        let holidays = holiday::Entity::find().filter(holiday::Column::TenantId.eq(inbox.tenant_id));
        let holidays = holidays.order_by_desc(holiday::Column::Day).limit(MOST_HOLIDAYS).all(tx).await?;
        Ok(Self { week, holidays, survey })
    }

    /// Parses how customers are asked; `None`: it cannot be read.
    pub fn survey(&self) -> Option<SurveyRules> {
        self.survey.as_deref().map_or_else(|| Some(SurveyRules::default()), |survey| serde_json::from_str(survey).ok())
    }

    /// Parses the hours; `None`: the week cannot be read.
    pub fn hours(self, tenant: &tenant::Model) -> Option<Hours> {
        let week = self.week.map(|week| serde_json::from_str::<WeekHours>(&week)).transpose().ok()?;
        let holidays = self.holidays.into_iter().filter_map(|row| Some(Holiday { date: row.day.parse().ok()?, name: row.name }));
        Some(Hours {
            zone: parse_zone(&tenant.timezone).unwrap_or_default(),
            style: HourStyle::of_locale(&tenant.locale),
            week,
            holidays: holidays.collect(),
        })
    }
}
