//! `GET /api/v1/conversations/{id}`.

use crate::http::HttpState;
use crate::http::api::v1::conversations::find;
use crate::http::api::v1::conversations::reading::with_readings;
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use actix_web::web::{Data, Json, Path};

/// Shows a conversation.
///
/// # Errors
/// 404 for an absent one or another tenant's.
#[utoipa::path(get, path = "/api/v1/conversations/{id}", tag = "conversations", params(("id" = Uuid, Path)),
    responses((status = 200, description = "The conversation", body = ConversationView)))]
pub async fn get_conversation(who: AgentPrincipal, state: Data<HttpState>, id: Path<String>) -> Result<Json<ConversationView>, Problem> {
    let row = find(&state, &who, &id).await?;
    let shown = with_readings(&state, &who, vec![ConversationView::of(row, state.clock.now())]).await?;
    shown.into_iter().next().map(Json).ok_or_else(Problem::not_found)
}
