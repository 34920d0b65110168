//! A hold whose customer writes: chat is slow, so they get its time once more. Once, and only while it is still theirs.

use crate::domain::booking::agenda::Rules;
use crate::domain::booking::appointment::{Appointment, Status};
use crate::domain::time::Timestamp;
use std::time::Duration;

/// Returns a hold as it must stand once its customer has written; `None`: as it stands.
///
/// What has run out is not revived, and what was offered by itself (a freed slot) keeps the limit that it was offered with.
#[must_use]
pub fn renewed(hold: &Appointment, rules: &Rules, now: Timestamp) -> Option<Appointment> {
    let own = hold.status == Status::Held && hold.conversation.is_some() && hold.told.is_some();
    let ends = hold.hold_expires_at.filter(|_| own && hold.renewed == 0 && hold.protects_at(now))?;
    let later = now.after(Duration::from_secs(60 * u64::from(rules.hold_minutes)));
    (later > ends).then(|| Appointment {
        version: hold.version + 1,
        hold_expires_at: Some(later),
        renewed: 1,
        updated_at: now,
        ..hold.clone()
    })
}
