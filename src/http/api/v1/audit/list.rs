//! `GET /api/v1/audit`: newest first.

use super::AuditEventView;
use crate::domain::audit::{Action, Actor};
use crate::domain::time::Timestamp;
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::pagination::{Page, limit, number_cursor, page, read_number_cursor};
use crate::http::problem::Problem;
use crate::store::audit::AuditFilter;
use actix_web::web::{Data, Json, Query};
use serde::Deserialize;
use utoipa::IntoParams;
use uuid::Uuid;

/// Which events.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ListAudit {
    /// Only this act, such as `inbox.created`.
    action: Option<String>,
    /// Only this kind of actor: `member`, `api_key`, `operator` or `system`.
    actor: Option<String>,
    /// Only this member or API key.
    actor_id: Option<Uuid>,
    /// Not before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<String>,
    /// Before this instant.
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<String>,
    /// Rows wanted, 1 to 100; 50 if absent.
    limit: Option<u64>,
    /// The value of `next` of the page before.
    cursor: Option<String>,
}

impl ListAudit {
    fn filter(&self) -> Result<AuditFilter, Problem> {
        let action = |text: &String| Action::parse(text).map(|_| text.clone()).ok_or_else(|| Problem::field("action", "is not an act"));
        let known = |text: &String| Actor::KINDS.contains(&text.as_str()).then(|| text.clone());
        let kind =
            |text: &String| known(text).ok_or_else(|| Problem::field("actor", format!("must be one of {}", Actor::KINDS.join(", "))));
        Ok(AuditFilter {
            action: self.action.as_ref().map(action).transpose()?,
            actor_kind: self.actor.as_ref().map(kind).transpose()?,
            actor_id: self.actor_id.map(|id| id.to_string()),
            from: instant("from", self.from.as_deref())?,
            to: instant("to", self.to.as_deref())?,
            before: self.cursor.as_deref().map(read_number_cursor).transpose()?,
        })
    }
}

fn instant(field: &'static str, text: Option<&str>) -> Result<Option<Timestamp>, Problem> {
    let parse = |text: &str| Timestamp::parse(text).ok_or_else(|| Problem::field(field, "must be an instant such as 2026-12-01T00:00:00Z"));
    text.map(parse).transpose()
}

/// Lists administrative acts: who did what, when, from where.
///
/// # Errors
/// 422 for a filter that is none.
#[utoipa::path(get, path = "/api/v1/audit", tag = "audit", params(ListAudit),
    responses((status = 200, description = "A page", body = Page<AuditEventView>)))]
pub async fn list_audit(
    who: AgentPrincipal,
    state: Data<HttpState>,
    query: Query<ListAudit>,
) -> Result<Json<Page<AuditEventView>>, Problem> {
    let limit = limit(query.limit)?;
    let rows = who.scope(&state.store).audit_events(query.filter()?, limit + 1).await?;
    Ok(Json(page(rows, limit, |event| number_cursor(event.number), AuditEventView::from)))
}
