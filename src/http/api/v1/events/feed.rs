//! One reader's stream: subscribed first, then read from the timeline until it has caught up, then live.
//!
//! A live event is passed on only if its number is the next one; a gap or a lag sends the stream back to the timeline, which never
//! lies. Holds one page in memory at most.

use crate::domain::ids::{AgentId, ConversationId, InboxId, TeamId};
use crate::domain::membership::{Home, Sight};
use crate::domain::suspension::Feature;
use crate::http::HttpState;
use crate::http::api::v1::events::frame::{self, Reset};
use crate::http::api::v1::events::places::Place;
use crate::http::api::v1::presence::tell;
use crate::http::auth::AgentPrincipal;
use crate::http::auth::going_on;
use crate::http::files::links::Linker;
use crate::http::problem::Problem;
use crate::ports::clock::Moment;
use crate::ports::engine::LiveEvent;
use crate::ports::notices::NewNotification;
use crate::ports::store::{Published, StoreError};
use crate::store::people::messages::MessageRow;
use crate::store::people::timeline::TimelineRow;
use actix_web::http::StatusCode;
use actix_web::web::Bytes;
use futures::Stream;
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use uuid::Uuid;

/// Rows of the timeline read at once.
const PAGE: u64 = 100;
/// Time between two signs of life, each of which asks whether the key is still valid.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Where the stream reads from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    Timeline,
    Live,
    /// The engine has gone.
    Over,
}

/// A reader's stream.
pub struct Feed {
    state: Arc<HttpState>,
    who: AgentPrincipal,
    live: Receiver<LiveEvent>,
    source: Source,
    /// The number last sent, or from which it began.
    last: i64,
    ready: VecDeque<Bytes>,
    next_heartbeat: Moment,
    _place: Place,
}

impl Feed {
    /// Opens a stream after `after`, or from now on.
    ///
    /// # Errors
    /// 503 if the database is away.
    pub async fn open(state: Arc<HttpState>, who: AgentPrincipal, after: Option<i64>, place: Place) -> Result<Self, Problem> {
        let live = state.engine.subscribe(who.tenant);
        note_seen(&state, &who).await;
        let bounds = who.scope(&state.store).feed_bounds().await?;
        // A first sign of life at once, so that the reader knows that it is heard.
        let mut ready = VecDeque::from([frame::heartbeat()]);
        let last = match after {
            Some(after) if bounds.can_resume_after(after) => after,
            Some(after) => {
                let reason = if after > bounds.last { Reset::Unknown } else { Reset::TooOld };
                ready.push_back(frame::reset(bounds.last, reason, state.clock.now()));
                bounds.last
            }
            None => bounds.last,
        };
        let next_heartbeat = state.clock.moment().after(HEARTBEAT);
        Ok(Self { state, who, live, source: Source::Timeline, last, ready, next_heartbeat, _place: place })
    }

    /// Turns it into the body of an answer.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Infallible>> {
        futures::stream::unfold(self, |mut feed| async move {
            let frame = feed.next().await?;
            Some((Ok(frame), feed))
        })
    }

    /// Returns the next frame; `None` ends the stream, and the reader comes back with its last number.
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            if let Some(frame) = self.ready.pop_front() {
                return Some(frame);
            }
            if self.state.clock.moment() >= self.next_heartbeat {
                self.beat().await?;
                continue;
            }
            let went_on = match self.source {
                Source::Timeline => self.read_timeline().await,
                Source::Live => self.hear().await,
                Source::Over => return None,
            };
            if let Err(error) = went_on {
                tracing::warn!(error = %error, "a stream of events ends early; its reader will resume");
                return None;
            }
        }
    }

    async fn beat(&mut self) -> Option<()> {
        self.next_heartbeat = self.state.clock.moment().after(HEARTBEAT);
        let valid = self.who.still_valid(&self.state).await;
        let going_on = going_on(&self.state, self.who.tenant, Feature::Api).await;
        let stopped = going_on.is_err_and(|problem| problem.status() == StatusCode::FORBIDDEN);
        // An absent database is no revocation.
        if valid == Ok(false) || stopped {
            return None;
        }
        note_seen(&self.state, &self.who).await;
        self.ready.push_back(frame::heartbeat());
        // The last event of a burst may have been lost without a later one to show the gap: the timeline tells.
        if self.source == Source::Live {
            self.source = Source::Timeline;
        }
        Some(())
    }

    async fn read_timeline(&mut self) -> Result<(), StoreError> {
        let rows = self.who.scope(&self.state.store).timeline_after(self.last, PAGE).await?;
        if rows.is_empty() {
            self.source = Source::Live;
            return Ok(());
        }
        self.show(rows).await
    }

    /// Waits for a live event or the time of the next sign of life.
    async fn hear(&mut self) -> Result<(), StoreError> {
        let heard = tokio::select! {
            heard = self.live.recv() => heard,
            () = self.state.clock.sleep_until(self.next_heartbeat) => return Ok(()),
        };
        match heard {
            Ok(LiveEvent::Numbered(event)) => self.hear_numbered(&event).await?,
            Ok(
                event @ (LiveEvent::Phase { conversation, .. }
                | LiveEvent::Draft { conversation, .. }
                | LiveEvent::Presence { conversation, .. }),
            ) => {
                if self.sees(conversation).await? {
                    self.ready.extend(frame::unnumbered(&event));
                }
            }
            // A colleague's is none of this reader's business.
            Ok(event @ (LiveEvent::Notification(NewNotification { member, .. }) | LiveEvent::Reading { member, .. })) => {
                if self.who.person().is_ok_and(|person| person.member == member) {
                    self.ready.extend(frame::unnumbered(&event));
                }
            }
            Err(RecvError::Lagged(_)) => self.source = Source::Timeline,
            Err(RecvError::Closed) => self.source = Source::Over,
        }
        Ok(())
    }

    async fn hear_numbered(&mut self, event: &Published) -> Result<(), StoreError> {
        if event.tenant != self.who.tenant || event.number <= self.last {
            return Ok(());
        }
        if event.number > self.last + 1 {
            self.source = Source::Timeline;
            return Ok(());
        }
        if self.hears(event).await? {
            let frame = self.state.stream_cache.frame(&self.state.store, event, &Linker::new(&self.state, self.who.tenant)).await?;
            self.ready.push_back(frame);
        }
        self.last = event.number;
        Ok(())
    }

    /// Makes frames of events, in order, with their messages as they are now.
    async fn show(&mut self, rows: Vec<TimelineRow>) -> Result<(), StoreError> {
        let last = rows.last().map_or(self.last, |row| row.number);
        let rows = self.seen(rows).await?;
        let places = rows.iter().filter_map(|row| Some((row.conversation, frame::shown_seq(row)?))).collect();
        let mut messages = self.messages(places).await?;
        let linker = Linker::new(&self.state, self.who.tenant);
        for row in rows {
            let message = frame::shown_seq(&row).and_then(|seq| messages.remove(&(row.conversation, seq)));
            self.ready.push_back(frame::numbered(row, message, &linker));
        }
        self.last = last;
        Ok(())
    }

    /// Keeps the events that the reader hears.
    async fn seen(&self, rows: Vec<TimelineRow>) -> Result<Vec<TimelineRow>, StoreError> {
        if self.who.visibility.is_everything() {
            return Ok(rows);
        }
        let ids: BTreeSet<ConversationId> = rows.iter().map(|row| row.conversation).collect();
        if self.who.visibility.teams().is_some() {
            // Where they stand now, in one question.
            let homes = self.state.store.tenant(self.who.tenant).homes(ids.into_iter().collect()).await?;
            let (homes, sight): (HashMap<_, _>, _) = (homes.into_iter().collect(), self.who.sight());
            self.state.stream_cache.note(self.who.tenant, &homes).await;
            return Ok(rows
                .into_iter()
                .filter(|row| hears(&sight, (row.kind.as_str(), &row.data), homes.get(&row.conversation)))
                .collect());
        }
        self.state.stream_cache.learn(&self.state.store, self.who.tenant, ids).await?;
        let mut seen = Vec::with_capacity(rows.len());
        for row in rows {
            if self.sees(row.conversation).await? {
                seen.push(row);
            }
        }
        Ok(seen)
    }

    /// Tells whether the reader hears an event that was just told.
    async fn hears(&self, event: &Published) -> Result<bool, StoreError> {
        if self.who.visibility.teams().is_none() {
            return self.sees(event.conversation).await;
        }
        let whose = (self.who.tenant, event.conversation);
        let home = self.state.stream_cache.home(&self.state.store, whose, Some(event.number)).await?;
        Ok(hears(&self.who.sight(), (event.kind, &event.data), home.as_ref()))
    }

    /// Tells whether the reader sees a conversation now.
    async fn sees(&self, conversation: ConversationId) -> Result<bool, StoreError> {
        let (cache, store, limit) = (&self.state.stream_cache, &self.state.store, &self.who.visibility);
        if limit.is_everything() {
            return Ok(true);
        }
        if limit.teams().is_none() {
            let inbox = cache.inbox(store, self.who.tenant, conversation).await?;
            return Ok(inbox.is_some_and(|inbox| limit.sees_inbox(inbox)));
        }
        let home = cache.home(store, (self.who.tenant, conversation), None).await?;
        Ok(home.is_some_and(|home| self.who.sight().sees(&home)))
    }

    async fn messages(&self, places: Vec<(ConversationId, i64)>) -> Result<HashMap<(ConversationId, i64), MessageRow>, StoreError> {
        if places.is_empty() {
            return Ok(HashMap::new());
        }
        let rows = self.who.scope(&self.state.store).messages_at(places).await?;
        Ok(rows.into_iter().map(|row| ((row.conversation, row.seq), row)).collect())
    }
}

/// Tells whether somebody who is limited to teams hears an event of a conversation that stands here now; `None`: it is gone. That it has moved
/// is heard once more by whom it has moved away from, and that it is gone by those who saw it last.
fn hears(sight: &Sight, (kind, data): (&str, &Value), home: Option<&Home>) -> bool {
    let id = |name: &str| data.get(name).and_then(Value::as_str).and_then(|text| Uuid::parse_str(text).ok());
    let before = match (kind, home) {
        ("conversation.team", Some(home)) => Some(Home { team: id("from").map(TeamId), ..*home }),
        ("conversation.assignee", Some(home)) => Some(Home { assignee: id("from").map(AgentId), ..*home }),
        ("conversation.deleted", None) => id("inbox_id").map(|inbox| Home {
            inbox: InboxId(inbox),
            team: id("team_id").map(TeamId),
            assignee: id("assignee_id").map(AgentId),
        }),
        _ => None,
    };
    home.is_some_and(|home| sight.sees(home)) || before.is_some_and(|before| sight.sees(&before))
}

/// Whoever listens is there. A stream goes on if that cannot be written down.
async fn note_seen(state: &HttpState, who: &AgentPrincipal) {
    let Ok(person) = who.person() else { return };
    match who.scope(&state.store).note_seen(person.member, state.clock.now()).await {
        Ok(asked) => tell(state, asked),
        Err(error) => tracing::debug!(error = %error, "it was not written down who listens"),
    }
}
