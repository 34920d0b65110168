//! What to tell of an appointment outside of a turn, read from the row as it stands now. Nothing is told that no longer holds.

use super::BookingTools;
use crate::domain::booking::choice::next_handle;
use crate::domain::booking::template::{Parameters, nameless};
use crate::domain::booking::voice::{Lead, Voice};
use crate::domain::booking::{Act, Actor, Agenda, Appointment, News, Purpose, Shown, Span, Told, Wanted};
use crate::domain::content::Content;
use crate::domain::ids::{ConversationKey, TenantId};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::ports::toolbox::{About, ToolError};
use std::time::Duration;

/// How far around a time that failed others are looked for.
const AROUND: Duration = Duration::from_hours(7 * 24);
/// Most times that are offered instead.
const MOST: usize = 3;
/// Most slots that are looked at.
const LOOKED_AT: usize = 400;

impl BookingTools {
    /// Says what to tell, or nothing.
    pub async fn news(&self, key: ConversationKey, about: About<'_>, now: Timestamp) -> Result<Option<Box<Told>>, ToolError> {
        let away = |error: StoreError| ToolError::Failed(error.to_string());
        let Some(agenda) = self.book.agenda(key.tenant).await.map_err(away)? else { return Ok(None) };
        let row = self.book.appointment(key.tenant, about.appointment).await.map_err(away)?;
        let Some(row) = row.filter(|row| row.conversation == Some(key.id) && about.news.holds(about.version, row, now)) else {
            return Ok(None);
        };
        let voice = Voice { agenda: &agenda, language: row.language };
        let content = match about.news {
            News::Reminder { .. } => voice.reminder(&row),
            News::Settled => self.with_file(key.tenant, &voice, &row, voice.done(&row, None, true)),
            News::Cancelled => voice.called_off(&row),
            News::Offered => voice.became_free(&row, self.moving_from(key.tenant, &row).await.map_err(away)?),
            News::Flagged { flag } => voice.flagged(&row, *flag),
            News::Failed { .. } => self.failed(&agenda, key, &row, now).await.map_err(away)?,
        };
        let parameters = Parameters::of(|language| {
            let voice = Voice { agenda: &agenda, language };
            let name = row.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(nameless(language));
            vec![name.to_owned(), voice.service(row.service).to_owned(), voice.time(row.span.start)]
        });
        let proviso = about.news.proviso(&row, &agenda.rules, agenda.zone, now);
        Ok(Some(Box::new(Told { content, language: row.language, parameters, proviso })))
    }

    /// The time of the appointment that a hold would move.
    async fn moving_from(&self, tenant: TenantId, hold: &Appointment) -> Result<Option<Span>, StoreError> {
        let Some(moves) = hold.moves else { return Ok(None) };
        Ok(self.book.appointment(tenant, moves).await?.map(|row| row.span))
    }

    /// Tells a failure with the nearest free times, which are remembered as shown so that the customer can choose one. Doing so twice shows
    /// the same times twice, under other handles.
    async fn failed(&self, agenda: &Agenda, key: ConversationKey, row: &Appointment, now: Timestamp) -> Result<Content, StoreError> {
        let voice = Voice { agenda, language: row.language };
        let sorry = voice.done(row, None, true);
        let Some(contact) = row.contact else { return Ok(sorry) };
        let near = self.nearest(key.tenant, row, now).await?;
        if near.is_empty() {
            return Ok(sorry);
        }
        let desk = self.book.desk(key, now).await?;
        let shown = |(at, span): (usize, &Span)| Shown {
            handle: next_handle(&desk.shown, at),
            service: row.service,
            span: *span,
            resource: None,
            moves: row.moves,
            purpose: Purpose::Take,
        };
        let shown: Vec<Shown> = near.iter().enumerate().map(shown).collect();
        let actor = Actor::Contact { contact, conversation: key.id };
        self.book.act(key.tenant, actor, Act::Show { shown: shown.clone() }, now).await?;
        let times = voice.times(Lead::Taken, row.service, &shown);
        Ok(Content { text: format!("{}\n{}", voice.failed(row), times.text), ..times })
    }

    async fn nearest(&self, tenant: TenantId, row: &Appointment, now: Timestamp) -> Result<Vec<Span>, StoreError> {
        let start = row.span.start;
        let within = Span { start: start.before(AROUND).max(now), end: start.after(AROUND) };
        let wanted = Wanted { service: row.service, within, resource: None, moving: row.moves, limit: LOOKED_AT };
        let mut spans: Vec<Span> = self.book.slots(tenant, wanted, now).await?.into_iter().map(|slot| slot.span).collect();
        spans.sort_by_key(|span| (span.start.micros() - start.micros()).unsigned_abs());
        spans.truncate(MOST);
        spans.sort_unstable();
        Ok(spans)
    }
}
