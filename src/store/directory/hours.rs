//! When people of an inbox are there: its week, and the business's holidays.

use crate::domain::booking::{Holiday, WeekHours};
use crate::domain::routing::Hours;
use crate::domain::when::labels::HourStyle;
use crate::domain::when::zone::parse_zone;
use entities::{holiday, inbox, inbox_rule, tenant};
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

/// Most holidays that are looked at, the latest first.
const MOST_HOLIDAYS: u64 = 1_000;

/// The hours of an inbox as they are stored.
pub(super) struct HourRows {
    week: Option<String>,
    holidays: Vec<holiday::Model>,
}

impl HourRows {
    /// Reads them. Whoever changes them raises the version of the settings.
    pub async fn read(tx: &DatabaseTransaction, inbox: &inbox::Model) -> Result<Self, DbErr> {
        let rule = inbox_rule::Entity::find_by_id((inbox.tenant_id, inbox.id)).one(tx).await?;
        let Some(week) = rule.and_then(|rule| rule.hours) else {
            return Ok(Self { week: None, holidays: Vec::new() });
        };
        let holidays = holiday::Entity::find().filter(holiday::Column::TenantId.eq(inbox.tenant_id));
        let holidays = holidays.order_by_desc(holiday::Column::Day).limit(MOST_HOLIDAYS).all(tx).await?;
        Ok(Self { week: Some(week), holidays })
    }

    /// Parses them; `None`: the week cannot be read.
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
