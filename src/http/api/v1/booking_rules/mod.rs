//! What a business decides about booking as a whole.

pub mod get;
pub mod replace;

use crate::domain::booking::Rules;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules; what is left out gets its default.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct RulesBody {
    /// Minutes that a hold lasts while the customer decides: 1 to 60. Default 10.
    hold_minutes: u32,
    /// Holds that one customer may make within 24 hours: 1 to 1000. Default 20.
    holds_per_day: u32,
    /// Hours before the start at which the customer is reminded, at most five of 1 to 720. Default 24 and 2.
    reminder_hours: Vec<u32>,
    /// Hour of the business's clock at which quiet begins: no reminders and offers then. Default 21.
    quiet_from: u8,
    /// Hour at which quiet ends. Default 8.
    quiet_to: u8,
    /// Minutes that somebody who waits has for a freed time: 1 to 1440. Default 15.
    waitlist_minutes: u32,
    /// Hours before the start until which customers may cancel or move by themselves: 0 to 720. Default 0.
    change_until_hours: u32,
    /// True: where an outside calendar does not answer, you decide; false: the appointment fails. Default true.
    unknown_to_owner: bool,
    /// True: customers who gave an e-mail address get confirmations, moves and cancellations there, with a calendar file. Default true.
    email_confirmations: bool,
}

impl Default for RulesBody {
    fn default() -> Self {
        Rules::default().into()
    }
}

impl From<Rules> for RulesBody {
    fn from(rules: Rules) -> Self {
        Self {
            hold_minutes: rules.hold_minutes,
            holds_per_day: rules.holds_per_day,
            reminder_hours: rules.reminder_hours,
            quiet_from: rules.quiet_from,
            quiet_to: rules.quiet_to,
            waitlist_minutes: rules.waitlist_minutes,
            change_until_hours: rules.change_until_hours,
            unknown_to_owner: rules.unknown_to_owner,
            email_confirmations: rules.email_confirmations,
        }
    }
}

impl From<RulesBody> for Rules {
    fn from(body: RulesBody) -> Self {
        Self {
            hold_minutes: body.hold_minutes,
            holds_per_day: body.holds_per_day,
            reminder_hours: body.reminder_hours,
            quiet_from: body.quiet_from,
            quiet_to: body.quiet_to,
            waitlist_minutes: body.waitlist_minutes,
            change_until_hours: body.change_until_hours,
            unknown_to_owner: body.unknown_to_owner,
            email_confirmations: body.email_confirmations,
        }
    }
}
