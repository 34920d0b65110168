//! `POST /api/v1/conversations/bulk`

use super::BulkActionView;
use crate::crypto::mac::sha256_hex;
use crate::domain::bulk::{BulkAction, InTeam, MOST_AT_WORK, MOST_ITEMS};
use crate::domain::conversation::event::Assignee;
use crate::domain::ids::{ConversationId, LabelId, TeamId};
use crate::domain::permission::{Area, Permission};
use crate::domain::time::Timestamp;
use crate::domain::triage::sort::Sort;
use crate::domain::triage::{MAX_LABELS, Priority};
use crate::http::api::v1::contacts::{id_for, runs_the_house};
use crate::http::api::v1::conversations::filter::FilterBody;
use crate::http::api::v1::members::given;
use crate::http::auth::AgentPrincipal;
use crate::http::origin::Origin;
use crate::http::problem::{Problem, ProblemDetails};
use crate::http::{HttpState, body};
use crate::store::people::bulk::{Begun, NewBulkAction, Selection};
use crate::store::people::listing::Listing;
use actix_web::http::header::LOCATION;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashSet;
use utoipa::ToSchema;
use uuid::Uuid;

/// Most bytes of a body: as many ids as an action may have.
const MOST_BYTES: usize = 1024 * 1024;

/// Which conversations, and what is done to each. Either `conversation_ids` or `filter`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"filter": {"status": ["open"]}, "action": {"type": "priority", "priority": "low"}}))]
pub struct BulkWish {
    /// These, 1 to 10000; one that is named twice is taken once.
    conversation_ids: Option<Vec<Uuid>>,
    /// Those that a list with this filter shows now, 10000 at most. An empty one is all that the caller sees.
    filter: Option<FilterBody>,
    /// What is done.
    action: ActionWish,
}

/// What is done to each conversation. What the same request for one conversation refuses is refused for that one here too.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum ActionWish {
    /// Pending, open and snoozed ones become resolved.
    Resolve {
        /// True: customers are asked how they were served, as their inboxes say. A list that is tidied up asks nobody.
        #[serde(default)]
        survey: bool,
    },
    /// Resolved and snoozed ones become open.
    Reopen {},
    /// Pending and open ones rest.
    Snooze {
        /// Until then; absent: until the customer writes.
        #[schema(value_type = Option<String>, format = DateTime)]
        until: Option<Timestamp>,
    },
    /// They become spam.
    Spam {},
    /// Those that are spam become open again.
    NotSpam {},
    /// They are given to a person, a team, or nobody; one of both must be there.
    Assign {
        /// The person; null: nobody.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<Uuid>)]
        assignee_id: Option<Option<Uuid>>,
        /// The team; null: none.
        #[serde(default, deserialize_with = "given")]
        #[schema(value_type = Option<Uuid>)]
        team_id: Option<Option<Uuid>>,
    },
    /// Labels come and go, by their ids; at most 20 of either.
    Label {
        /// These come.
        #[serde(default)]
        add: Vec<Uuid>,
        /// These go.
        #[serde(default)]
        remove: Vec<Uuid>,
    },
    /// They get a priority.
    Priority {
        /// `urgent`, `high`, `medium`, `low`; null: none.
        priority: Option<String>,
    },
    /// They are deleted for good, with all that was said in them. For administrators, and keys that may do everything.
    Delete {},
}

impl ActionWish {
    async fn read(self, state: &HttpState, who: &AgentPrincipal) -> Result<BulkAction, Problem> {
        Ok(match self {
            Self::Resolve { survey } => BulkAction::Resolve { survey },
            Self::Reopen {} => BulkAction::Reopen,
            Self::Snooze { until } if until.is_some_and(|until| until <= state.clock.now()) => {
                return Err(Problem::field("action.until", "must lie in the future"));
            }
            Self::Snooze { until } => BulkAction::Snooze { until },
            Self::Spam {} => BulkAction::Spam,
            Self::NotSpam {} => BulkAction::NotSpam,
            Self::Assign { assignee_id: None, team_id: None } => {
                return Err(Problem::field("action.assignee_id", "must be given, or action.team_id"));
            }
            Self::Assign { assignee_id, team_id } => assign(state, who, (assignee_id, team_id)).await?,
            Self::Label { add, remove } => label(state, who, (add, remove)).await?,
            Self::Priority { priority } => {
                let wrong = || Problem::field("action.priority", "must be urgent, high, medium, low or null");
                let known = |text: String| Priority::parse(&text).ok_or_else(wrong);
                BulkAction::Priority { priority: priority.map(known).transpose()? }
            }
            Self::Delete {} if !runs_the_house(who) => {
                return Err(Problem::forbidden("only administrators delete conversations").with_code("administrator"));
            }
            Self::Delete {} => BulkAction::Delete,
        })
    }
}

type Ids = (Option<Option<Uuid>>, Option<Option<Uuid>>);

async fn assign(state: &HttpState, who: &AgentPrincipal, (person, team): Ids) -> Result<BulkAction, Problem> {
    let scope = who.scope(&state.store);
    if let Some(Some(id)) = person {
        let place = scope.member(id.into()).await?.filter(|row| row.active).map(|row| row.standing.place);
        if !place.is_some_and(|place| place.grants().allow(Permission::write(Area::Conversations))) {
            return Err(Problem::field("action.assignee_id", "must be a member who may answer conversations"));
        }
    }
    if let Some(Some(id)) = team {
        scope.team(TeamId(id)).await?.ok_or_else(|| Problem::field("action.team_id", "names a team that is not yours"))?;
    }
    Ok(BulkAction::Assign {
        assignee: person.map(|id| Assignee { id: id.map(Into::into) }),
        team: team.map(|id| InTeam { id: id.map(TeamId) }),
    })
}

async fn label(state: &HttpState, who: &AgentPrincipal, (add, remove): (Vec<Uuid>, Vec<Uuid>)) -> Result<BulkAction, Problem> {
    if add.is_empty() && remove.is_empty() {
        return Err(Problem::field("action.add", "must name a label, or action.remove"));
    }
    for (field, list) in [("action.add", &add), ("action.remove", &remove)] {
        if list.len() > MAX_LABELS {
            return Err(Problem::field(field, format!("has more than {MAX_LABELS} ids")));
        }
    }
    let add = add.into_iter().map(LabelId).collect();
    if !who.scope(&state.store).has_labels(&add).await? {
        return Err(Problem::field("action.add", "names a label that there is not"));
    }
    Ok(BulkAction::Label { add, remove: remove.into_iter().map(LabelId).collect() })
}

fn too_many(field: &str) -> Problem {
    Problem::field(field, format!("comes to more than {MOST_ITEMS} conversations: narrow it down and do it in parts"))
}

fn selection(who: &AgentPrincipal, ids: Option<Vec<Uuid>>, filter: Option<&FilterBody>) -> Result<Selection, Problem> {
    match (ids, filter) {
        (Some(_), Some(_)) => Err(Problem::field("filter", "and conversation_ids exclude each other")),
        (None, None) => Err(Problem::field("conversation_ids", "must be given, or filter")),
        (Some(ids), None) if ids.is_empty() => Err(Problem::field("conversation_ids", "must name at least one")),
        (Some(ids), None) => {
            let mut seen = HashSet::new();
            let ids: Vec<ConversationId> = ids.into_iter().filter(|id| seen.insert(*id)).map(ConversationId).collect();
            let few = u64::try_from(ids.len()).is_ok_and(|count| count <= MOST_ITEMS);
            if few { Ok(Selection::Ids(ids)) } else { Err(too_many("conversation_ids")) }
        }
        (None, Some(filter)) => {
            Ok(Selection::Filter(Box::new(Listing { filter: filter.read("filter.")?, sort: Sort::default(), me: who.agent() })))
        }
    }
}

/// Begins one action over many conversations. Which ones, is fixed now; each is then changed in the background by the same command as by
/// hand, also after a restart, and whoever began it must still be allowed to and see it when its turn comes. One action of a caller is at work
/// at a time, and five of a business.
///
/// # Errors
/// 409 while another one is at work, 413 for too much, 422 naming a wrong field or for more than 10000 conversations.
#[utoipa::path(post, path = "/api/v1/conversations/bulk", tag = "conversations", request_body = BulkWish,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 255 printable ASCII characters; the same key begins one action")),
    responses((status = 202, description = "It is at work", body = BulkActionView), (status = 409, description = "Another one is at work: wait for it or cancel it", body = ProblemDetails, content_type = "application/problem+json")))]
pub async fn create_bulk_action(
    who: AgentPrincipal,
    state: Data<HttpState>,
    origin: Origin,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    body::require_json(&request)?;
    let bytes = body::read(&request, payload, state.limits.body(MOST_BYTES), state.clock.as_ref()).await?;
    let value: Value = body::value(&bytes)?;
    let id = id_for(&state, &who, &request)?.into();
    let BulkWish { conversation_ids, filter, action } = body::decode(&value)?;
    let selection = selection(&who, conversation_ids, filter.as_ref())?;
    let action = action.read(&state, &who).await?;
    let new = NewBulkAction { id, by: who.agent(), fingerprint: sha256_hex(value.to_string().as_bytes()), action, selection };
    answer(origin.scope(&state, &who).begin_bulk(new, state.clock.now()).await?)
}

fn answer(begun: Begun) -> Result<HttpResponse, Problem> {
    match begun {
        Begun::Done(row, repeat) => {
            let mut response = HttpResponse::Accepted();
            if repeat {
                response.insert_header(("idempotent-replayed", "true"));
            }
            let view = BulkActionView::from(*row);
            Ok(response.insert_header((LOCATION, format!("/api/v1/conversations/bulk/{}", view.id))).json(view))
        }
        Begun::Mismatch => {
            Err(Problem::unprocessable("this Idempotency-Key was used for another request").with_error("Idempotency-Key", "use a new one"))
        }
        Begun::TooMany => Err(too_many("filter")),
        Begun::AtWork => Err(Problem::conflict("an action of yours is at work: wait for it or cancel it").with_code("at_work")),
        Begun::Busy => {
            Err(Problem::conflict(format!("{MOST_AT_WORK} actions of this business are at work: wait for one")).with_code("busy"))
        }
    }
}
