//! `GET` and `PUT /api/v1/me/notification-choices`: of which kinds the caller is told, and how.

use crate::domain::notice::Kind;
use crate::domain::notice::choice::{Channels, Choices};
use crate::domain::permission::Role;
use crate::http::HttpState;
use crate::http::api::v1::booking::read;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The ways by which you are told.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Ways {
    /// In the product.
    in_app: bool,
    /// By mail.
    email: bool,
}

/// What you want to be told. A kind that is left out follows your role.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationChoicesBody {
    /// A conversation waits for a person.
    #[serde(default)]
    handed_over: Option<Ways>,
    /// A conversation was assigned to you.
    #[serde(default)]
    assigned: Option<Ways>,
    /// A customer wrote in a conversation of yours.
    #[serde(default)]
    message: Option<Ways>,
    /// A colleague mentioned you in a private note.
    #[serde(default)]
    mentioned: Option<Ways>,
    /// An appointment waits for an approval.
    #[serde(default)]
    appointment_approval: Option<Ways>,
    /// An inbox sends nothing any more.
    #[serde(default)]
    inbox_attention: Option<Ways>,
    /// An outside calendar could not be written.
    #[serde(default)]
    calendar_trouble: Option<Ways>,
    /// A webhook was disabled.
    #[serde(default)]
    webhook_disabled: Option<Ways>,
}

/// What you are told.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotificationChoicesView {
    /// A conversation waits for a person: in the product at once, by mail if nobody opens it.
    handed_over: Ways,
    /// A conversation was assigned to you.
    assigned: Ways,
    /// A customer wrote in a conversation of yours.
    message: Ways,
    /// A colleague mentioned you in a private note: in the product at once, by mail if you do not look.
    mentioned: Ways,
    /// An appointment waits for an approval.
    appointment_approval: Ways,
    /// An inbox sends nothing any more.
    inbox_attention: Ways,
    /// An outside calendar could not be written.
    calendar_trouble: Ways,
    /// A webhook was disabled.
    webhook_disabled: Ways,
}

impl NotificationChoicesView {
    fn new(choices: &Choices, role: Role) -> Self {
        let ways = |kind| {
            let Channels { in_app, email } = choices.of(role, kind);
            Ways { in_app, email }
        };
        Self {
            handed_over: ways(Kind::HandedOver),
            assigned: ways(Kind::Assigned),
            message: ways(Kind::Message),
            mentioned: ways(Kind::Mentioned),
            appointment_approval: ways(Kind::AppointmentApproval),
            inbox_attention: ways(Kind::InboxAttention),
            calendar_trouble: ways(Kind::CalendarTrouble),
            webhook_disabled: ways(Kind::WebhookDisabled),
        }
    }
}

impl From<NotificationChoicesBody> for Choices {
    fn from(body: NotificationChoicesBody) -> Self {
        let said = [
            (Kind::HandedOver, body.handed_over),
            (Kind::Assigned, body.assigned),
            (Kind::Message, body.message),
            (Kind::Mentioned, body.mentioned),
            (Kind::AppointmentApproval, body.appointment_approval),
            (Kind::InboxAttention, body.inbox_attention),
            (Kind::CalendarTrouble, body.calendar_trouble),
            (Kind::WebhookDisabled, body.webhook_disabled),
        ];
        Self::from_said(said.into_iter().filter_map(|(kind, ways)| {
            let Ways { in_app, email } = ways?;
            Some((kind, Channels { in_app, email }))
        }))
    }
}

/// Shows of what you are told, and how.
///
/// # Errors
/// 403 for an API key.
#[utoipa::path(get, path = "/api/v1/me/notification-choices", tag = "me",
    responses((status = 200, description = "Your choices", body = NotificationChoicesView)))]
pub async fn get_notification_choices(who: AgentPrincipal, state: Data<HttpState>) -> Result<Json<NotificationChoicesView>, Problem> {
    let person = who.person()?;
    let choices = who.scope(&state.store).notification_choices(person.member).await?;
    Ok(Json(NotificationChoicesView::new(&choices, person.role)))
}

/// Chooses of what you are told, and how. A kind that is left out follows your role again.
///
/// # Errors
/// 403 for an API key, 422 naming a wrong field.
#[utoipa::path(put, path = "/api/v1/me/notification-choices", tag = "me", request_body = NotificationChoicesBody,
    responses((status = 200, description = "Your choices now", body = NotificationChoicesView)))]
pub async fn replace_notification_choices(
    who: AgentPrincipal,
    state: Data<HttpState>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<NotificationChoicesView>, Problem> {
    let person = who.person()?;
    let choices: Choices = read::<NotificationChoicesBody>(&state, &request, payload).await?.into();
    who.scope(&state.store).choose_notifications(person.member, &choices, state.clock.now()).await?;
    Ok(Json(NotificationChoicesView::new(&choices, person.role)))
}
