//! An adapter of the calendar port that speaks to a fake calendar in another process: for tests in which the product dies and its calendar
//! does not. One HTTP call each, JSON both ways.

use crate::domain::booking::{Span, Theirs};
use crate::net::client::{HttpClient, OutboundPolicy};
use crate::ports::calendar::{CalendarError, Calendars, Changes, Event, FreeBusy, Owner};
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// A call of the port.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum CalendarCall {
    /// [`Calendars::free_busy`].
    FreeBusy {
        /// Whose calendar.
        owner: Owner,
        /// When.
        span: Span,
    },
    /// [`Calendars::create`].
    Create {
        /// Whose calendar.
        owner: Owner,
        /// What.
        event: Event,
    },
    /// [`Calendars::change`].
    Change {
        /// Whose calendar.
        owner: Owner,
        /// What.
        event: Event,
        /// Only this version.
        version: Option<String>,
    },
    /// [`Calendars::cancel`].
    Cancel {
        /// Whose calendar.
        owner: Owner,
        /// Which event.
        name: String,
    },
    /// [`Calendars::look`].
    Look {
        /// Whose calendar.
        owner: Owner,
        /// Which event.
        name: String,
    },
    /// [`Calendars::changes_since`].
    ChangesSince {
        /// Whose calendar.
        owner: Owner,
        /// Where to go on.
        cursor: Option<String>,
    },
    /// [`Calendars::list_ours`].
    ListOurs {
        /// Whose calendar.
        owner: Owner,
        /// When.
        span: Span,
    },
}

impl CalendarCall {
    /// Returns true if it changes something.
    #[must_use]
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Create { .. } | Self::Change { .. } | Self::Cancel { .. })
    }
}

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(3);

/// The adapter.
pub struct CalendarClient {
    http: HttpClient,
    url: String,
}

/// Returns the adapter if the environment names a fake calendar.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the test harness speaks to the process by its environment, once, at start")]
pub fn from_environment() -> Option<Arc<dyn Calendars>> {
    let url = std::env::var("RECADO_TEST_CALENDAR_URL").ok().filter(|url| !url.is_empty())?;
    Some(Arc::new(CalendarClient::new(url)?))
}

impl CalendarClient {
    /// Makes an adapter; `None` if no HTTP client can be had.
    #[must_use]
    pub fn new(url: String) -> Option<Self> {
        let http = HttpClient::build(OutboundPolicy::default()).ok()?;
        Some(Self { http, url })
    }

    async fn ask<T: DeserializeOwned>(&self, call: &CalendarCall) -> Result<T, CalendarError> {
        let unclear = |error: String| CalendarError::Unclear(error);
        let body = serde_json::to_vec(call).map_err(|error| unclear(error.to_string()))?;
        let answer =
            self.http.operator().post(&self.url).timeout(PATIENCE).body(body).send().await.map_err(|error| unclear(error.to_string()))?;
        let bytes = answer.bytes().await.map_err(|error| unclear(error.to_string()))?;
        serde_json::from_slice::<Result<T, CalendarError>>(&bytes).map_err(|error| unclear(error.to_string()))?
    }
}

#[async_trait]
impl Calendars for CalendarClient {
    async fn free_busy(&self, owner: Owner, span: Span) -> FreeBusy {
        self.ask(&CalendarCall::FreeBusy { owner, span }).await.unwrap_or(FreeBusy::Unknown)
    }

    async fn create(&self, owner: Owner, event: &Event) -> Result<Theirs, CalendarError> {
        self.ask(&CalendarCall::Create { owner, event: event.clone() }).await
    }

    async fn change(&self, owner: Owner, event: &Event, version: Option<&str>) -> Result<Option<String>, CalendarError> {
        self.ask(&CalendarCall::Change { owner, event: event.clone(), version: version.map(str::to_owned) }).await
    }

    async fn cancel(&self, owner: Owner, name: &str) -> Result<(), CalendarError> {
        self.ask(&CalendarCall::Cancel { owner, name: name.to_owned() }).await
    }

    async fn look(&self, owner: Owner, name: &str) -> Result<Option<Theirs>, CalendarError> {
        self.ask(&CalendarCall::Look { owner, name: name.to_owned() }).await
    }

    async fn changes_since(&self, owner: Owner, cursor: Option<&str>) -> Result<Changes, CalendarError> {
        self.ask(&CalendarCall::ChangesSince { owner, cursor: cursor.map(str::to_owned) }).await
    }

    async fn list_ours(&self, owner: Owner, span: Span) -> Result<Vec<Theirs>, CalendarError> {
        self.ask(&CalendarCall::ListOurs { owner, span }).await
    }
}
