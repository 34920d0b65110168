//! The page on which a customer says how they were served: what it shows, and what it writes. Never decides what an answer may be.
//!
//! The page has no member and no key: its address is its proof, and it acts as the engine on one row. What is answered stands in the
//! timeline with it, in one transaction.

use crate::domain::ids::{ConversationId, InboxId, SurveyId, TenantId};
use crate::domain::language::Language;
use crate::domain::survey::{Answer, Open, Rating, takes_answer};
use crate::domain::time::Timestamp;
use crate::ports::store::{Published, StoreError};
use crate::store::TenantScope;
use crate::store::rows::{Columns, Kind, Row, Tx, get, maybe_at};
use crate::store::scope::Role;
use crate::store::time::timestamp;
use crate::store::writer::feed::{Draft, Feed, Source};
use entities::survey::{Column, Entity, Model};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use serde_json::json;
use std::sync::Arc;

const KEY: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("cycle", Kind::Int)];
const ANSWER: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("rating", Kind::Small), ("comment", Kind::Text), ("at", Kind::At)];

/// A survey as its page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedSurvey {
    /// Which.
    pub id: SurveyId,
    /// The inbox whose conversation it is about.
    pub inbox: InboxId,
    /// The language in which it asks.
    pub language: Language,
    /// What was answered, so far.
    pub answer: Option<Answer>,
    /// When it was first answered.
    pub answered_at: Option<Timestamp>,
    /// How often that was changed.
    pub changes: u32,
}

impl AskedSurvey {
    /// Tells whether it takes an answer at this time.
    #[must_use]
    pub fn open(&self, now: Timestamp) -> Open {
        takes_answer(self.answered_at, self.changes, now)
    }
}

/// What became of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Answered {
    /// It stands.
    Kept {
        /// The survey now.
        survey: Box<AskedSurvey>,
        /// What the timeline says of it; nothing, if it said the same before.
        published: Vec<Arc<Published>>,
    },
    /// It was answered too long ago, or changed too often.
    Closed(Box<AskedSurvey>),
    /// There is no such survey.
    Absent,
}

impl From<Model> for AskedSurvey {
    fn from(row: Model) -> Self {
        let rating = row.rating.and_then(Rating::new);
        Self {
            id: SurveyId(row.id),
            inbox: InboxId(row.inbox_id),
            language: Language::of_locale(&row.language).unwrap_or_default(),
            answer: rating.map(|rating| Answer { rating, comment: row.comment }),
            answered_at: row.answered_at.map(timestamp),
            changes: changes(row.changes),
        }
    }
}

impl TenantScope {
    /// Finds what was asked after a stretch of a conversation.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn asked_survey(&self, conversation: ConversationId, cycle: i64) -> Result<Option<AskedSurvey>, StoreError> {
        let one = Entity::find().filter(Column::TenantId.eq(self.id().0)).filter(Column::ConversationId.eq(conversation.0));
        let one = one.filter(Column::Cycle.eq(cycle));
        self.read(move |tx| Box::pin(async move { Ok(one.one(tx).await?.map(AskedSurvey::from)) })).await
    }

    /// Keeps what a customer says; what was said before is replaced, as long as it may be.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn answer_survey(
        &self,
        conversation: ConversationId,
        cycle: i64,
        answer: Answer,
        now: Timestamp,
    ) -> Result<Answered, StoreError> {
        let (tenant, ids) = (self.id(), Arc::clone(&self.store().inner.ids));
        let change = self.store().solo(Role::Engine, move |db| {
            Box::pin(async move { keep(Tx::new(db, &*ids), (tenant, conversation, cycle), answer, now).await })
        });
        change.await
    }
}

/// Reads under a lock, decides, writes, and takes the number of its event last.
async fn keep(
    tx: Tx<'_>,
    (tenant, conversation, cycle): (TenantId, ConversationId, i64),
    answer: Answer,
    now: Timestamp,
) -> Result<Answered, DbErr> {
    let mut key = tx.rows(KEY);
    key.push([tenant.into(), conversation.into(), cycle.into()]);
    let sql = format!(
        "SELECT s.id, s.inbox_id, s.language, s.rating, s.comment, s.answered_at, s.changes FROM {{rows}} CROSS JOIN survey s
         WHERE s.tenant_id = r.tenant_id AND s.conversation_id = r.conversation_id AND s.cycle = r.cycle {}",
        tx.lock("FOR UPDATE OF s")
    );
    let found = tx.all(&sql, &key).await?;
    let Some(row) = found.first() else { return Ok(Answered::Absent) };
    let before = read(row)?;
    if before.open(now) != Open::Yes {
        return Ok(Answered::Closed(Box::new(before)));
    }
    if before.answer.as_ref() == Some(&answer) {
        return Ok(Answered::Kept { survey: Box::new(before), published: Vec::new() });
    }
    let mut rows = tx.rows(ANSWER);
    let rating = answer.rating.number();
    rows.push([tenant.into(), before.id.0.into(), i64::from(rating).into(), answer.comment.as_ref().into(), now.into()]);
    let sql =
        "UPDATE survey SET rating = r.rating, comment = r.comment, answered_at = COALESCE(survey.answered_at, r.at), changed_at = r.at,
               changes = survey.changes + CASE WHEN survey.answered_at IS NULL THEN 0 ELSE 1 END
               FROM {rows} WHERE survey.tenant_id = r.tenant_id AND survey.id = r.id";
    tx.update("the survey", sql, &rows).await?;
    let mut feed = Feed::default();
    let first = before.answered_at.is_none();
    // No rating: the timeline outlives the conversation, and what a customer said goes with it. Whoever listens reads the survey.
    let data = json!({ "survey_id": before.id, "cycle": cycle, "first": first });
    feed.event(Source::Survey, Draft { tenant, conversation, kind: "survey.answered", data, at: now });
    let published = feed.number(tx).await?.into_iter().map(|(_, event)| event).collect();
    let (answered_at, changes) = (before.answered_at.or(Some(now)), before.changes + u32::from(!first));
    let survey = AskedSurvey { answer: Some(answer), answered_at, changes, ..before };
    Ok(Answered::Kept { survey: Box::new(survey), published })
}

fn changes(number: i16) -> u32 {
    u32::try_from(number).unwrap_or_default()
}

fn read(row: &Row) -> Result<AskedSurvey, DbErr> {
    let language: String = get(row, "language")?;
    let (rating, comment): (Option<i16>, Option<String>) = (get(row, "rating")?, get(row, "comment")?);
    Ok(AskedSurvey {
        id: SurveyId(get(row, "id")?),
        inbox: InboxId(get(row, "inbox_id")?),
        language: Language::of_locale(&language).unwrap_or_default(),
        answer: rating.and_then(Rating::new).map(|rating| Answer { rating, comment }),
        answered_at: maybe_at(row, "answered_at")?,
        changes: changes(get(row, "changes")?),
    })
}
