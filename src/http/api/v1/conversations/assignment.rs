//! `POST /api/v1/conversations/{id}/assignment`: to a person, to a team, or to nobody.

use crate::domain::conversation::event::{Assignee, Happening};
use crate::domain::ids::{InboxId, TeamId};
use crate::http::api::v1::command::{CommandPending, CommandRequest};
use crate::http::api::v1::conversations::{find_for, run_and_show};
use crate::http::api::v1::members::given;
use crate::http::api::v1::views::ConversationView;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::http::{HttpState, body};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// To whom.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Assign {
    /// The person; null: nobody. This or the team must be given, so that an empty body never unassigns.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    assignee_id: Option<Option<Uuid>>,
    /// The team; null: no team. A person who is not of the team loses the conversation, one who is keeps it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<Uuid>)]
    team_id: Option<Option<Uuid>>,
}

impl Assign {
    async fn happening(self, state: &HttpState, who: &AgentPrincipal, inbox: InboxId) -> Result<Happening, Problem> {
        let by = who.agent();
        if let Some(Some(assignee)) = self.assignee_id
            && !who.scope(&state.store).member_may_answer(assignee.into(), inbox).await?
        {
            return Err(Problem::field("assignee_id", "must be a member who sees this inbox and may answer in it"));
        }
        let person = self.assignee_id.map(|id| id.map(Into::into));
        match (self.team_id, person) {
            (Some(team), person) => {
                if let Some(id) = team {
                    let known = who.scope(&state.store).team(TeamId(id)).await?;
                    known.ok_or_else(|| Problem::field("team_id", "names a team that is not yours"))?;
                }
                Ok(Happening::AgentSetTeam { by, team: team.map(TeamId), person: person.map(|id| Assignee { id }) })
            }
            (None, Some(assignee)) => Ok(Happening::AgentAssigned { by, assignee }),
            (None, None) => Err(Problem::field("assignee_id", "must be given, or team_id")),
        }
    }
}

/// Assigns a conversation. Assigning a person takes it from the assistant; a team alone does not.
///
/// # Errors
/// 404 for an absent conversation or another tenant's, 422 for somebody who cannot answer there.
#[utoipa::path(post, path = "/api/v1/conversations/{id}/assignment", tag = "conversations", request_body = Assign,
    params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 200, description = "The conversation now", body = ConversationView), (status = 202, description = "Will be done", body = CommandPending)))]
pub async fn assign_conversation(
    who: AgentPrincipal,
    state: Data<HttpState>,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let command = CommandRequest::read(&state, who.clone(), &request, payload).await?;
    let conversation = find_for(&state, &command, &id).await?;
    let input: Assign = body::decode(&command.body)?;
    let happening = input.happening(&state, &who, conversation.model.inbox_id.into()).await?;
    run_and_show(&state, &command, &conversation, happening).await
}
