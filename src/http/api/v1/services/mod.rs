//! What can be booked, as people set it up.

pub mod create;
pub mod get;
pub mod list;
pub mod remove;
pub mod replace;

use crate::domain::booking::{AnswerChoice, Limits, Need, Question, QuestionKind, Service};
use crate::domain::ids::{ResourceId, ServiceId};
use crate::http::HttpState;
use crate::http::auth::AgentPrincipal;
use crate::http::problem::Problem;
use crate::store::admin::bookings::Offer;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use uuid::Uuid;

/// Days ahead that can be booked if nobody says.
const DAYS_AHEAD: u32 = 60;

/// One of these resources is needed; which one is chosen at booking.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NeedBody {
    /// Ids of resources, the preferred one first.
    any_of: Vec<Uuid>,
}

/// How often a service may be booked; what is left out is unlimited. Days and weeks (Monday first) of the business's clock.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct LimitsBody {
    /// Appointments of a day.
    per_day: Option<u32>,
    /// Appointments of a week.
    per_week: Option<u32>,
    /// Minutes of appointments of a day.
    minutes_per_day: Option<u32>,
    /// Coming appointments of one customer.
    per_contact: Option<u32>,
}

/// Something that the assistant asks before it books.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuestionBody {
    /// Its name in the answers: letters, digits and `_`.
    key: String,
    /// The question by language code.
    text: BTreeMap<String, String>,
    /// Must it be answered?
    #[serde(default)]
    required: bool,
    /// What an answer must be; any words if left out.
    #[serde(default)]
    kind: QuestionKindBody,
    /// What can be chosen, for the kind `choice`: 2 to 8.
    #[serde(default)]
    choices: Vec<ChoiceBody>,
}

/// What an answer must be: any words, `yes` or `no`, the key of a choice, a number, a telephone number, an e-mail address.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum QuestionKindBody {
    /// Any words.
    #[default]
    Text,
    /// `yes` or `no`.
    YesNo,
    /// The key of a choice.
    Choice,
    /// A number.
    Number,
    /// A telephone number.
    Phone,
    /// An e-mail address.
    Email,
}

impl QuestionKindBody {
    const ALL: [(Self, QuestionKind); 6] = [
        (Self::Text, QuestionKind::Text),
        (Self::YesNo, QuestionKind::YesNo),
        (Self::Choice, QuestionKind::Choice),
        (Self::Number, QuestionKind::Number),
        (Self::Phone, QuestionKind::Phone),
        (Self::Email, QuestionKind::Email),
    ];

    fn kind(self) -> QuestionKind {
        Self::ALL
            .into_iter()
            .find(|(body, _)| std::mem::discriminant(body) == std::mem::discriminant(&self))
            .map_or_else(Default::default, |(_, kind)| kind)
    }

    fn of(kind: QuestionKind) -> Self {
        Self::ALL.into_iter().find(|(_, other)| *other == kind).map_or_else(Default::default, |(body, _)| body)
    }
}

/// Something that can be chosen.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ChoiceBody {
    /// Its name in the answers: letters, digits and `_`.
    key: String,
    /// What the customer reads, by language code: 1 to 60 characters.
    text: BTreeMap<String, String>,
}

impl QuestionBody {
    fn question(self) -> Question {
        let choice = |it: ChoiceBody| AnswerChoice { key: it.key, text: it.text };
        let choices = self.choices.into_iter().map(choice).collect();
        Question { key: self.key, text: self.text, required: self.required, kind: self.kind.kind(), choices }
    }

    fn of(it: Question) -> Self {
        let choice = |it: AnswerChoice| ChoiceBody { key: it.key, text: it.text };
        let choices = it.choices.into_iter().map(choice).collect();
        Self { key: it.key, text: it.text, required: it.required, kind: QuestionKindBody::of(it.kind), choices }
    }
}

/// A service as it shall be; what is left out gets its default. All spans are minutes, unless their name says otherwise.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceBody {
    /// Its name by language code, such as `{"es": "Limpieza dental", "en": "Dental cleaning"}`.
    name: BTreeMap<String, String>,
    /// Other words by which customers call it.
    #[serde(default)]
    aliases: Vec<String>,
    /// How long it takes: 5 to 1440.
    duration: u32,
    /// From one start to the next; null: the duration.
    #[serde(default)]
    step: Option<u32>,
    /// Kept free before it.
    #[serde(default)]
    buffer_before: u32,
    /// Kept free after it.
    #[serde(default)]
    buffer_after: u32,
    /// From now to the earliest start.
    #[serde(default)]
    min_notice: u32,
    /// Days after today that can be booked: 1 to 730; 60 if left out.
    #[serde(default = "days_ahead")]
    max_advance_days: u32,
    /// Its price as people say it.
    #[serde(default)]
    price: Option<String>,
    /// What it takes: one resource of each entry.
    needs: Vec<NeedBody>,
    /// How often it may be booked.
    #[serde(default)]
    limits: LimitsBody,
    /// What is asked before.
    #[serde(default)]
    questions: Vec<QuestionBody>,
    /// True: each appointment waits for your approval.
    #[serde(default)]
    approval: bool,
    /// Its place in the list, lowest first, older ones first among equals; 0 if left out.
    #[serde(default)]
    position: i64,
    /// False: kept, but not offered.
    #[serde(default = "yes")]
    active: bool,
}

const fn days_ahead() -> u32 {
    DAYS_AHEAD
}

const fn yes() -> bool {
    true
}

impl ServiceBody {
    fn offer(self, id: ServiceId) -> Offer<Service> {
        let LimitsBody { per_day, per_week, minutes_per_day, per_contact } = self.limits;
        let need = |it: NeedBody| Need { any_of: it.any_of.into_iter().map(ResourceId).collect() };
        let what = Service {
            id,
            name: self.name,
            aliases: self.aliases,
            duration: self.duration,
            step: self.step,
            buffer_before: self.buffer_before,
            buffer_after: self.buffer_after,
            min_notice: self.min_notice,
            max_advance_days: self.max_advance_days,
            price: self.price,
            needs: self.needs.into_iter().map(need).collect(),
            limits: Limits { per_day, per_week, minutes_per_day, per_contact },
            questions: self.questions.into_iter().map(QuestionBody::question).collect(),
            approval: self.approval,
        };
        Offer { what, position: self.position, active: self.active }
    }
}

/// A service.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ServiceView {
    /// Its id.
    id: Uuid,
    /// What was set.
    #[serde(flatten)]
    set: ServiceBody,
}

impl From<Offer<Service>> for ServiceView {
    fn from(Offer { what, position, active }: Offer<Service>) -> Self {
        let Limits { per_day, per_week, minutes_per_day, per_contact } = what.limits;
        let need = |it: Need| NeedBody { any_of: it.any_of.into_iter().map(|id| id.0).collect() };
        let set = ServiceBody {
            name: what.name,
            aliases: what.aliases,
            duration: what.duration,
            step: what.step,
            buffer_before: what.buffer_before,
            buffer_after: what.buffer_after,
            min_notice: what.min_notice,
            max_advance_days: what.max_advance_days,
            price: what.price,
            needs: what.needs.into_iter().map(need).collect(),
            limits: LimitsBody { per_day, per_week, minutes_per_day, per_contact },
            questions: what.questions.into_iter().map(QuestionBody::of).collect(),
            approval: what.approval,
            position,
            active,
        };
        Self { id: what.id.0, set }
    }
}

async fn find(state: &HttpState, who: &AgentPrincipal, id: &str) -> Result<Offer<Service>, Problem> {
    let id: ServiceId = id.parse().ok().ok_or_else(Problem::not_found)?;
    let all = state.models.admin.list_services(who.tenant).await?;
    all.into_iter().find(|offer| offer.what.id == id).ok_or_else(Problem::not_found)
}
