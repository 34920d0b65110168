//! What customers said of how they were served, as people of the business read and count it.

use crate::domain::booking::Span;
use crate::domain::ids::{AgentId, ContactId, ConversationId, InboxId, SurveyId};
use crate::domain::survey::score::Score;
use crate::domain::survey::{Holder, QuestionState, Rating};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::in_seen_conversation;
use crate::store::scope::store_error;
use crate::store::time::instant;
use entities::conversation;
use entities::survey::{Column, Entity, Model};
use sea_orm::{ColumnTrait, Condition, DatabaseTransaction, DbBackend, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select};
use std::collections::{BTreeMap, HashMap};
use std::time::Duration;
use uuid::Uuid;

/// Of so long a time is counted in one transaction.
const PIECE: Duration = Duration::from_hours(24 * 31);

/// Which surveys.
#[derive(Clone, Debug, Default)]
pub struct SurveyFilter {
    /// Of an inbox.
    pub inbox: Option<InboxId>,
    /// Of a conversation.
    pub conversation: Option<ConversationId>,
    /// Those that count for a member.
    pub member: Option<AgentId>,
    /// Of conversations that were held by these.
    pub held: Option<Holder>,
    /// With this rating.
    pub rating: Option<Rating>,
    /// Answered ones, or those that are not.
    pub answered: Option<bool>,
    /// Asked from here ...
    pub from: Option<Timestamp>,
    /// ... until here, this instant not.
    pub to: Option<Timestamp>,
}

/// A survey with its customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SurveyRow {
    /// What was asked and answered.
    pub survey: Model,
    /// The customer.
    pub contact: Option<ContactId>,
}

impl SurveyRow {
    /// Returns its place in the list.
    #[must_use]
    pub const fn place(&self) -> (i64, SurveyId) {
        (self.survey.asked_at.0, SurveyId(self.survey.id))
    }
}

/// Figures of answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// Of conversations that the assistant held.
    pub assistant: Score,
    /// Of those that people held.
    pub people: Score,
    /// By inbox: the assistant's and people's.
    pub inboxes: BTreeMap<InboxId, (Score, Score)>,
    /// By the member for whom they count; `None`: for nobody in particular.
    pub members: BTreeMap<Option<Uuid>, Score>,
}

/// A question that never left, or was refused, or still waits, was not asked; whoever answered was.
fn was_asked() -> Condition {
    let counts = QuestionState::ALL.into_iter().filter(|state| state.counts()).map(QuestionState::as_str);
    Condition::any().add(Column::Rating.is_not_null()).add(Column::State.is_in(counts))
}

impl TenantScope {
    /// Selects what a filter shows of what is seen.
    fn surveys_of(&self, filter: &SurveyFilter, backend: DbBackend) -> Select<Entity> {
        let mut all = Condition::all().add(Column::TenantId.eq(self.id().0)).add(in_seen_conversation(
            self.id().0,
            self.sight(),
            Column::ConversationId,
        ));
        let parts = [
            filter.inbox.map(|id| Column::InboxId.eq(id.0)),
            filter.conversation.map(|id| Column::ConversationId.eq(id.0)),
            filter.member.map(|id| Column::MemberId.eq(id.0)),
            filter.held.map(|held| Column::HeldBy.eq(held.as_str())),
            filter.rating.map(|rating| Column::Rating.eq(rating.number())),
            filter.answered.map(|answered| if answered { Column::Rating.is_not_null() } else { Column::Rating.is_null() }),
            filter.from.map(|from| Column::AskedAt.gte(instant(from).value(backend))),
            filter.to.map(|to| Column::AskedAt.lt(instant(to).value(backend))),
        ];
        for part in parts.into_iter().flatten() {
            all = all.add(part);
        }
        Entity::find().filter(all)
    }

    /// Lists surveys, those asked last first.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn surveys(
        &self,
        filter: &SurveyFilter,
        after: Option<(Timestamp, SurveyId)>,
        limit: u64,
    ) -> Result<Vec<SurveyRow>, StoreError> {
        let backend = self.store().backend();
        let mut page = self.surveys_of(filter, backend);
        if let Some((at, id)) = after {
            let at = instant(at).value(backend);
            let same = Condition::all().add(Column::AskedAt.eq(at.clone())).add(Column::Id.lt(id.0));
            // Said twice: by the first an index begins where the page does.
            page = page.filter(Column::AskedAt.lte(at.clone())).filter(Condition::any().add(Column::AskedAt.lt(at)).add(same));
        }
        let page = page.order_by_desc(Column::AskedAt).order_by_desc(Column::Id).limit(limit);
        self.read(move |tx| Box::pin(async move { with_contacts(tx, page.all(tx).await?).await })).await
    }

    /// Finds a survey.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn one_survey(&self, id: SurveyId) -> Result<Option<SurveyRow>, StoreError> {
        let one = self.surveys_of(&SurveyFilter::default(), self.store().backend()).filter(Column::Id.eq(id.0));
        let found = self.read(move |tx| Box::pin(async move { with_contacts(tx, one.all(tx).await?).await }));
        Ok(found.await?.pop())
    }

    /// Counts what a filter shows of what was asked within a time, in pieces: no reader holds the database for long.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn survey_scores(&self, filter: &SurveyFilter, within: Span) -> Result<Scores, StoreError> {
        let (backend, mut scores) = (self.store().backend(), Scores::default());
        let mut from = within.start;
        while from < within.end {
            let to = from.after(PIECE).min(within.end);
            let piece = SurveyFilter { from: Some(from), to: Some(to), ..filter.clone() };
            let counted = grouped(self.surveys_of(&piece, backend).filter(was_asked()));
            for one in self.read(move |tx| Box::pin(async move { counted.into_tuple::<Counted>().all(tx).await })).await? {
                scores.add(one).map_err(store_error)?;
            }
            from = to;
        }
        Ok(scores)
    }
}

/// Puts the customers beside surveys of one tenant: of their conversations, which hold much more, only that is read.
async fn with_contacts(tx: &DatabaseTransaction, surveys: Vec<Model>) -> Result<Vec<SurveyRow>, DbErr> {
    use conversation::{Column as C, Entity as Talks};
    let Some(tenant) = surveys.first().map(|survey| survey.tenant_id) else { return Ok(Vec::new()) };
    let ids = surveys.iter().map(|survey| survey.conversation_id);
    let theirs = Talks::find().filter(C::TenantId.eq(tenant)).filter(C::Id.is_in(ids)).select_only().column(C::Id).column(C::ContactId);
    let contacts: HashMap<Uuid, Uuid> = theirs.into_tuple().all(tx).await?.into_iter().collect();
    let row = |survey: Model| SurveyRow { contact: contacts.get(&survey.conversation_id).copied().map(ContactId), survey };
    Ok(surveys.into_iter().map(row).collect())
}

/// Inbox, holder, member, rating, and how many.
type Counted = (Uuid, String, Option<Uuid>, Option<i16>, i64);

fn grouped(some: Select<Entity>) -> Select<Entity> {
    let groups = [Column::InboxId, Column::HeldBy, Column::MemberId, Column::Rating];
    let some = groups.into_iter().fold(some.select_only(), |select, group| select.column(group).group_by(group));
    some.column_as(Column::Id.count(), "n")
}

impl Scores {
    fn add(&mut self, (inbox, held, member, rating, count): Counted) -> Result<(), DbErr> {
        let (rating, count) = (rating.and_then(Rating::new), u64::try_from(count).unwrap_or_default());
        let of_inbox = self.inboxes.entry(InboxId(inbox)).or_default();
        let (here, all) = match Holder::parse(&held).ok_or_else(|| DbErr::Type("unknown holder of a survey".to_owned()))? {
            Holder::Assistant => (&mut of_inbox.0, &mut self.assistant),
            Holder::People => {
                self.members.entry(member).or_default().add(rating, count);
                (&mut of_inbox.1, &mut self.people)
            }
        };
        here.add(rating, count);
        all.add(rating, count);
        Ok(())
    }
}
