//! Who waits at the demo's clinic: two customers write, as anybody would, for a Saturday that is full, and the assistant puts them on the list.
//!
//! The messages go into the queue before the server starts, under ids of their day: a repeat is none.

use super::clinic::{Clinic, Waiting};
use crate::domain::content::{Content, MessageKind};
use crate::domain::delivery::{Address, AddressKind, Item, ItemBody, Peer};
use crate::domain::ids::{InboxId, TenantId};
use crate::domain::inbox::ReopenWithin;
use crate::domain::language::Language;
use crate::domain::time::Timestamp;
use crate::domain::when::labels::{HourStyle, Labels};
use crate::ports::store::{EngineStore, Ingest};
use anyhow::Context;
use chrono::NaiveDate;
use chrono_tz::Tz;

/// Where and when they write, and for which day.
pub(super) struct Line {
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub zone: Tz,
    pub day: NaiveDate,
    pub now: Timestamp,
}

/// Lets them write.
pub(super) async fn seed(queue: &dyn EngineStore, line: &Line, clinic: &Clinic) -> anyhow::Result<()> {
    let items = clinic.waiting.iter().enumerate().map(|(place, who)| line.item(place, who)).collect::<anyhow::Result<_>>()?;
    let reopen = ReopenWithin::Always;
    let ingest = Ingest { tenant: line.tenant, inbox: line.inbox, assistant: true, reopen, received_at: line.now, first_index: 0, items };
    queue.ingest(ingest).await.context("the demo's waiting customers could not write")?;
    Ok(())
}

impl Line {
    fn item(&self, place: usize, who: &Waiting) -> anyhow::Result<Item> {
        let language = Language::of_locale(&who.locale).context("a waiting customer speaks no language of ours")?;
        let labels = Labels { language, zone: self.zone, hours: HourStyle::Twelve };
        // As long as the demo's rooms are named, which is how it answers them.
        let room = Address::new(AddressKind::Room, format!("demo-waiting-customer-{place}"));
        let id = format!("demo-in-waiting-{place}-{}", self.day);
        let peer = Peer {
            thread: vec![room.clone()],
            reply_to: Some(room),
            person: vec![Address::new(AddressKind::External, format!("demo-waiting-{place}"))],
            display_name: Some(who.name.clone()),
            locale: Some(who.locale.clone()),
            ..Peer::default()
        };
        let content = Content { kind: MessageKind::Text, text: format!("{} {}", who.says, labels.date(self.day)), ..Content::default() };
        Ok(Item {
            external_id: id.clone(),
            message_id: Some(id),
            occurred_at: Some(self.now),
            peer,
            body: ItemBody::Message { content },
            raw: None,
        })
    }
}
