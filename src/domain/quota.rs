//! How often somebody may ask: quotas as an operator writes them, and the buckets that have one. Pure: counts nothing, knows no time.
//!
//! What is counted for which request is decided in `http::rates`; what is counted per account of a person is asked by their handlers.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;
use thiserror::Error;

/// Something that is counted, each with a quota and a key of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Bucket {
    /// Tries to sign in, per address.
    SignInAddress,
    /// Businesses made, per address.
    SignUpAddress,
    /// Links asked for, per address.
    RecoverAddress,
    /// Links asked for, per account.
    RecoverAccount,
    /// Refreshes, per address.
    RefreshAddress,
    /// Refreshes, per session.
    RefreshSession,
    /// Requests of the API, per address.
    ApiAddress,
    /// Requests of the API, per person.
    ApiPerson,
    /// Requests of the API, per key.
    ApiKey,
    /// Requests of the API, per business.
    ApiTenant,
    /// Streams opened, per address.
    StreamAddress,
    /// Deliveries of adapters, per address.
    AdapterAddress,
    /// Public pages, per address.
    PageAddress,
    /// Keys, tokens and signatures that were wrong, per address.
    FailureAddress,
}

impl Bucket {
    /// Every bucket, in the order of the settings.
    pub const ALL: [Self; 14] = [
        Self::SignInAddress,
        Self::SignUpAddress,
        Self::RecoverAddress,
        Self::RecoverAccount,
        Self::RefreshAddress,
        Self::RefreshSession,
        Self::ApiAddress,
        Self::ApiPerson,
        Self::ApiKey,
        Self::ApiTenant,
        Self::StreamAddress,
        Self::AdapterAddress,
        Self::PageAddress,
        Self::FailureAddress,
    ];

    /// Returns its name in the settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SignInAddress => "sign_in_per_address",
            Self::SignUpAddress => "sign_up_per_address",
            Self::RecoverAddress => "recover_per_address",
            Self::RecoverAccount => "recover_per_account",
            Self::RefreshAddress => "refresh_per_address",
            Self::RefreshSession => "refresh_per_session",
            Self::ApiAddress => "api_per_address",
            Self::ApiPerson => "api_per_person",
            Self::ApiKey => "api_per_key",
            Self::ApiTenant => "api_per_tenant",
            Self::StreamAddress => "stream_per_address",
            Self::AdapterAddress => "adapter_per_address",
            Self::PageAddress => "page_per_address",
            Self::FailureAddress => "failures_per_address",
        }
    }
}

/// So many in a period, and so many at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// How many in a period, at a steady pace.
    count: u32,
    /// The period.
    period: Duration,
    /// How many at once, after a pause.
    burst: u32,
}

/// The text is no quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("must be a quota such as 10/min, 5/15min or 20/s burst 60, or off")]
pub struct NoQuota;

/// Most of anything in a quota.
const MOST: u32 = 1_000_000;
/// Longest period.
const LONGEST: Duration = Duration::from_hours(24);

impl Quota {
    /// Returns the time after which one more is allowed.
    #[must_use]
    pub fn pace(self) -> Duration {
        (self.period / self.count).max(Duration::from_nanos(1))
    }

    /// Returns how many are allowed at once.
    #[must_use]
    pub const fn burst(self) -> u32 {
        self.burst
    }

    /// Returns a quota of so many times as many.
    #[must_use]
    pub const fn times(self, factor: u32) -> Self {
        Self { count: self.count.saturating_mul(factor), burst: self.burst.saturating_mul(factor), ..self }
    }
}

/// A quota or `None` for `off`, as the settings spell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Setting(pub Option<Quota>);

impl FromStr for Setting {
    type Err = NoQuota;

    fn from_str(text: &str) -> Result<Self, NoQuota> {
        if text == "off" {
            return Ok(Self(None));
        }
        let (rate, burst) = text.split_once(" burst ").map_or((text, None), |(rate, burst)| (rate, Some(burst)));
        let (count, period) = rate.split_once('/').ok_or(NoQuota)?;
        let count = amount(count)?;
        let burst = burst.map_or(Ok(count), amount)?;
        Ok(Self(Some(Quota { count, period: period_of(period)?, burst })))
    }
}

fn amount(text: &str) -> Result<u32, NoQuota> {
    text.parse().ok().filter(|number| (1..=MOST).contains(number)).ok_or(NoQuota)
}

fn period_of(text: &str) -> Result<Duration, NoQuota> {
    let unit_at = text.find(|char: char| !char.is_ascii_digit()).ok_or(NoQuota)?;
    let (number, unit) = text.split_at_checked(unit_at).ok_or(NoQuota)?;
    let seconds = match unit {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        _ => return Err(NoQuota),
    };
    let number = if number.is_empty() { 1 } else { amount(number)? };
    let period = Duration::from_secs(u64::from(number) * seconds);
    if period <= LONGEST { Ok(period) } else { Err(NoQuota) }
}

/// The quota of every bucket; a bucket without one is not counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Quotas(BTreeMap<Bucket, Quota>);

impl Quotas {
    /// Makes them of what the settings say.
    pub fn of(settings: impl IntoIterator<Item = (Bucket, Setting)>) -> Self {
        Self(settings.into_iter().filter_map(|(bucket, Setting(quota))| Some((bucket, quota?))).collect())
    }

    /// Returns all of them, so many times as high.
    #[must_use]
    pub fn times(&self, factor: u32) -> Self {
        Self(self.0.iter().map(|(bucket, quota)| (*bucket, quota.times(factor))).collect())
    }

    /// Lists the buckets that are counted.
    pub fn iter(&self) -> impl Iterator<Item = (Bucket, Quota)> {
        self.0.iter().map(|(bucket, quota)| (*bucket, *quota))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quota(text: &str) -> Option<Quota> {
        text.parse::<Setting>().unwrap_or_else(|_| panic!("{text}")).0
    }

    #[test]
    fn quotas_are_read_as_people_write_them() {
        assert_eq!(quota("10/min"), Some(Quota { count: 10, period: Duration::from_mins(1), burst: 10 }));
        assert_eq!(quota("5/15min").map(Quota::pace), Some(Duration::from_mins(3)));
        assert_eq!(quota("20/s burst 60").map(|it| (it.pace(), it.burst())), Some((Duration::from_millis(50), 60)));
        assert_eq!(quota("3/h").map(Quota::pace), Some(Duration::from_mins(20)));
        assert_eq!(quota("off"), None);
    }

    #[test]
    fn what_is_no_quota_is_refused() {
        let odd =
            ["", "10", "/s", "10/", "0/s", "10/0s", "10/day", "10/s burst 0", "10/s burst", "-1/s", "10 / s", "1000001/s", "1/25h", "é/é"];
        for text in odd {
            assert_eq!(text.parse::<Setting>(), Err(NoQuota), "{text}");
        }
    }

    #[test]
    fn a_factor_raises_pace_and_burst_and_never_overflows() {
        let high = quota("20/s burst 60").unwrap().times(10);
        assert_eq!((high.pace(), high.burst()), (Duration::from_millis(5), 600));
        let most = quota("1000000/s").unwrap().times(u32::MAX);
        assert_eq!((most.pace(), most.burst()), (Duration::from_nanos(1), u32::MAX));
    }

    #[test]
    fn every_bucket_has_a_name_of_its_own() {
        let names: std::collections::BTreeSet<&str> = Bucket::ALL.map(Bucket::name).into();
        assert_eq!(names.len(), Bucket::ALL.len());
    }
}
