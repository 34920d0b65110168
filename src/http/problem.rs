//! The one shape of an error on the wire: RFC 9457 problem details. A 5xx says nothing of what is inside.

use crate::domain::limits::{FilesFull, LimitReached};
use crate::http::api::v1::slots::SlotView;
use crate::ports::store::StoreError;
use crate::store::accounts::AccountError;
use crate::store::admin::AdminError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use serde::Serialize;
use std::fmt;
use std::time::Duration;
use utoipa::ToSchema;

/// The media type of a problem.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// One field that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldProblem {
    /// The field, such as `text` or `events[3].message.text`.
    pub field: String,
    /// What was expected.
    pub detail: String,
}

/// An error as its reader sees it. Boxed, so that it costs the good case nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Problem(Box<ProblemDetails>);

/// The members of a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDetails {
    /// Always `about:blank`: the status says the kind, `detail` the rest.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What was wrong and what to do.
    detail: String,
    /// A stable word for programs, where the status alone does not say enough: `taken`, `closed`, `stale`…
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What is free instead, nearest first, where a slot cannot be had.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    alternatives: Vec<SlotView>,
    /// Names the request in the operator's logs.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// The fields that are wrong, where that is the trouble.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldProblem>,
    /// Seconds to wait; a header, not a field.
    #[serde(skip)]
    retry_after: Option<u32>,
    /// The methods that the address takes; a header, not a field.
    #[serde(skip)]
    allow: Option<String>,
}

impl Problem {
    /// Makes a problem of a status.
    #[must_use]
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self(Box::new(ProblemDetails {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail: detail.into(),
            code: None,
            alternatives: Vec::new(),
            request_id: None,
            errors: Vec::new(),
            retry_after: None,
            allow: None,
        }))
    }

    /// 400: the request cannot be read.
    #[must_use]
    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    /// 401: nobody said who is asking.
    #[must_use]
    pub fn unauthorized(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, detail)
    }

    /// 403: what was shown does not fit.
    #[must_use]
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    /// 404: absent, or another tenant's, which is the same.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such thing here")
    }

    /// 405: the address takes other methods, these.
    #[must_use]
    pub fn wrong_method(allowed: String) -> Self {
        let mut problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not take that method");
        problem.0.allow = Some(allowed);
        problem
    }

    /// 409: not in this state.
    #[must_use]
    pub fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    /// 422: read, but not acceptable.
    #[must_use]
    pub fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    /// 422 about one field.
    #[must_use]
    pub fn field(field: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::unprocessable("a field is not acceptable").with_error(field, detail)
    }

    /// 500, whatever happened.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong on our side; the request id finds it in the logs")
    }

    /// 503: try again.
    #[must_use]
    pub fn unavailable() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "not now; repeating the request is safe").retry_after(1)
    }

    /// 429: one sender wants too much.
    #[must_use]
    pub fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many requests at once; repeating the request is safe").retry_after(1)
    }

    /// 429: too many wrong tries; when to come back is said.
    #[must_use]
    pub fn too_many_tries(wait: Duration) -> Self {
        let seconds = u32::try_from(wait.as_micros().div_ceil(1_000_000)).unwrap_or(u32::MAX);
        Self::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tries: wait, or choose a new password")
            .with_code("locked")
            .retry_after(seconds)
    }

    /// Names a field that is wrong.
    #[must_use]
    pub fn with_error(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.0.errors.push(FieldProblem { field: field.into(), detail: detail.into() });
        self
    }

    /// Adds the stable word for programs.
    #[must_use]
    pub fn with_code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    /// Says what is free instead.
    #[must_use]
    pub fn with_alternatives(mut self, alternatives: Vec<SlotView>) -> Self {
        self.0.alternatives = alternatives;
        self
    }

    /// Asks to wait.
    #[must_use]
    pub fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after = Some(seconds);
        self
    }

    /// Names the request.
    #[must_use]
    pub fn for_request(mut self, id: &str) -> Self {
        self.0.request_id = Some(id.to_owned());
        self
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status, self.0.title)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status());
        response.insert_header((header::CONTENT_TYPE, CONTENT_TYPE));
        if let Some(seconds) = self.0.retry_after {
            response.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if let Some(allowed) = self.0.allow.as_deref().and_then(|allowed| HeaderValue::from_str(allowed).ok()) {
            response.insert_header((header::ALLOW, allowed));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer")));
        }
        response.body(serde_json::to_string(self).unwrap_or_default())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Busy | StoreError::Unknown => Self::unavailable(),
            StoreError::InboxBusy => Self::too_many(),
            StoreError::Refused(_) => {
                tracing::error!(error = %error, "the store refused a request's operation");
                Self::internal()
            }
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Invalid { field, problem } => Self::field(field, problem),
            AccountError::Refused => Self::unauthorized("what was shown does not fit, or is good no more"),
            AccountError::Reused => Self::unauthorized("this token was used before: its session is over").with_code("session_over"),
            AccountError::Locked(wait) => Self::too_many_tries(wait),
            AccountError::Taken => Self::conflict("there is already an account with this address").with_code("taken"),
            AccountError::Closed => Self::forbidden("only the operator makes businesses here").with_code("closed"),
            AccountError::NoBusiness => Self::forbidden("this account belongs to no business that is served").with_code("no_business"),
            AccountError::RetryWithNew => Self::conflict("this token was just used: take its successor").with_code("retry_with_new"),
            AccountError::Absent => Self::not_found(),
            AccountError::Conflict(detail) => Self::conflict(detail),
            AccountError::Limit(reached) => reached.into(),
            AccountError::Busy(_) => Self::unavailable(),
            AccountError::Store(error) => error.into(),
            AccountError::Hash(_) | AccountError::Sealing(_) | AccountError::Token(_) | AccountError::Totp(_) | AccountError::Random(_) => {
                tracing::error!(error = %error, "a request about an account failed");
                Self::internal()
            }
        }
    }
}

impl From<LimitReached> for Problem {
    fn from(reached: LimitReached) -> Self {
        Self::conflict(reached.to_string()).with_code("limit_reached")
    }
}

impl From<FilesFull> for Problem {
    fn from(full: FilesFull) -> Self {
        Self::conflict(full.to_string()).with_code("limit_reached")
    }
}

impl From<AdminError> for Problem {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Invalid { field, problem } => Self::field(field, problem),
            AdminError::NameTaken(_) => Self::conflict("there is already one with this name").with_error("name", "is taken"),
            AdminError::Limit(reached) => reached.into(),
            AdminError::NoInbox(_) => Self::field("inbox_id", "is no inbox of yours"),
            AdminError::NoTenant(_)
            | AdminError::NoModelProvider(_)
            | AdminError::NoService(_)
            | AdminError::NoResource(_)
            | AdminError::NoWebhook(_) => Self::not_found(),
            AdminError::Store(error) => error.into(),
            AdminError::Settings(_)
            | AdminError::SlugTaken(_)
            | AdminError::AccountTaken(_)
            | AdminError::Sealing(_)
            | AdminError::WrongKey(_)
            | AdminError::Random(_) => {
                tracing::error!(error = %error, "an administrative request failed");
                Self::internal()
            }
        }
    }
}
