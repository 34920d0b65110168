//! Hours on the wire: local times such as `09:30` by weekday, and what differs on single dates. Each wrong time is named by its place.

use crate::domain::booking::{DayHours, Exception, ExceptionKind, WeekHours};
use crate::http::api::v1::booking::moments::date;
use crate::http::problem::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

const DAY: u16 = 1_440;
const NO_START: &str = "must be a local time from 00:00 to 23:59, such as 09:30";
const NO_END: &str = "must be a local time from 00:00 to 24:00, such as 18:00; one that is not later than from is on the next day";

/// Some opening hours, local to the resource. An end that is not later than the beginning is on the next day.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursBody {
    /// `HH:MM`, from 00:00 to 23:59.
    from: String,
    /// `HH:MM`, up to 24:00.
    to: String,
}

/// The hours of a week; a day that is left out is closed.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct WeekBody {
    /// Hours that begin on Mondays.
    monday: Vec<HoursBody>,
    /// On Tuesdays.
    tuesday: Vec<HoursBody>,
    /// On Wednesdays.
    wednesday: Vec<HoursBody>,
    /// On Thursdays.
    thursday: Vec<HoursBody>,
    /// On Fridays.
    friday: Vec<HoursBody>,
    /// On Saturdays.
    saturday: Vec<HoursBody>,
    /// On Sundays.
    sunday: Vec<HoursBody>,
}

/// What differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Difference {
    /// Closed, whatever the week says.
    Closed,
    /// These hours instead of the week's.
    Replace,
    /// These hours besides the week's.
    Add,
}

/// What differs on one date.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExceptionBody {
    /// The date, by the resource's own clock.
    #[schema(format = Date)]
    date: String,
    /// What differs.
    kind: Difference,
    /// The hours; none where it is closed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    hours: Vec<HoursBody>,
}

impl WeekBody {
    /// Reads the hours.
    ///
    /// # Errors
    /// 422 naming the time, such as `hours.monday[0].from`.
    pub(in crate::http::api::v1) fn read(&self) -> Result<WeekHours, Problem> {
        let Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday } = self;
        Ok(WeekHours([
            day("hours.monday", monday)?,
            day("hours.tuesday", tuesday)?,
            day("hours.wednesday", wednesday)?,
            day("hours.thursday", thursday)?,
            day("hours.friday", friday)?,
            day("hours.saturday", saturday)?,
            day("hours.sunday", sunday)?,
        ]))
    }
}

impl From<&WeekHours> for WeekBody {
    fn from(WeekHours(week): &WeekHours) -> Self {
        let [monday, tuesday, wednesday, thursday, friday, saturday, sunday] = week.each_ref().map(|day| spelled(day));
        Self { monday, tuesday, wednesday, thursday, friday, saturday, sunday }
    }
}

impl ExceptionBody {
    /// Reads what differs; `at`: its place in the list.
    ///
    /// # Errors
    /// 422 naming what does not fit, such as `exceptions[2].date`.
    pub(super) fn read(&self, at: usize) -> Result<Exception, Problem> {
        let date = date(&format!("exceptions[{at}].date"), &self.date)?;
        let field = format!("exceptions[{at}].hours");
        let hours = day(&field, &self.hours)?;
        let kind = match self.kind {
            Difference::Closed if hours.is_empty() => ExceptionKind::Closed,
            Difference::Closed => return Err(Problem::field(field, "must be left out where it is closed")),
            Difference::Replace | Difference::Add if hours.is_empty() => return Err(Problem::field(field, "must hold some hours")),
            Difference::Replace => ExceptionKind::Replace(hours),
            Difference::Add => ExceptionKind::Add(hours),
        };
        Ok(Exception { date, kind })
    }
}

impl From<&Exception> for ExceptionBody {
    fn from(it: &Exception) -> Self {
        let (kind, hours) = match &it.kind {
            ExceptionKind::Closed => (Difference::Closed, Vec::new()),
            ExceptionKind::Replace(hours) => (Difference::Replace, spelled(hours)),
            ExceptionKind::Add(hours) => (Difference::Add, spelled(hours)),
        };
        Self { date: it.date.to_string(), kind, hours }
    }
}

fn day(field: &str, hours: &[HoursBody]) -> Result<Vec<DayHours>, Problem> {
    let one = |(at, it): (usize, &HoursBody)| {
        let from = minutes(&it.from).filter(|from| *from < DAY);
        let from = from.ok_or_else(|| Problem::field(format!("{field}[{at}].from"), NO_START))?;
        let to = minutes(&it.to).ok_or_else(|| Problem::field(format!("{field}[{at}].to"), NO_END))?;
        Ok(DayHours { from, to })
    };
    hours.iter().enumerate().map(one).collect()
}

/// Reads `HH:MM` up to 24:00.
fn minutes(text: &str) -> Option<u16> {
    let number = |text: &str| text.parse::<u16>().ok().filter(|_| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit()));
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    let all = 60 * hours + minutes;
    (minutes < 60 && all <= DAY).then_some(all)
}

fn spelled(hours: &[DayHours]) -> Vec<HoursBody> {
    let time = |minutes: u16| format!("{:02}:{:02}", minutes / 60, minutes % 60);
    hours.iter().map(|it| HoursBody { from: time(it.from), to: time(it.to) }).collect()
}
