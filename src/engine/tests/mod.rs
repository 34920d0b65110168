//! Ring 2: real actors on the test's arbiter, SQLite through the real writer, a scripted model, a clock that stands still.

mod acceptance;
mod around;
mod booking;
mod bookings;
mod calendars;
mod causes;
mod desk;
mod disclosure;
mod drafts;
mod files;
mod guards;
mod mails;
mod mentions;
mod moves;
mod notices;
mod owners;
mod panics;
mod races;
mod side_jobs;
mod surveys;
mod webhooks;

use crate::domain::content::Content;
use crate::domain::delivery::ItemBody;

/// A text of a customer.
fn message(text: &str) -> ItemBody {
    ItemBody::Message { content: Content::text(text) }
}
