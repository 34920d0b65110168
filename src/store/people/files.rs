//! Files as people bring, find and use them. Their bytes are elsewhere; where, only a row says.

use crate::domain::audit::{Actor, Caller};
use crate::domain::file::{FileFacts, NoMedia};
use crate::domain::ids::{AgentId, ApiKeyId, CannedReplyId, ConversationId, FileId, TenantId};
use crate::domain::limits::FilesFull;
use crate::domain::membership::Sight;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::admin::limits::{may_fit, room_for};
use crate::store::people::visible;
use crate::store::time::{instant, timestamp};
use entities::file::{Column, Entity, Model};
use entities::instant::Instant;
use entities::{canned_reply, canned_reply_file, conversation_file};
use sea_orm::sea_query::{Alias, CaseStatement, Expr, ExprTrait, OnConflict, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;
use uuid::Uuid;

/// Most files of a business that wait for somebody to use them, or are on their way.
pub const MOST_WAITING: u64 = 1_000;

/// What the store says of a statement that broke a unique key.
const UNIQUE: &str = "unique";

/// A file whose bytes have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileRow {
    /// Its id.
    pub id: FileId,
    /// Names its bytes in the store of files.
    pub name: String,
    /// What it is.
    pub facts: FileFacts,
    /// When it came.
    pub created_at: Timestamp,
    /// When it goes if nobody uses it.
    pub expires_at: Option<Timestamp>,
}

impl From<Model> for FileRow {
    fn from(row: Model) -> Self {
        let side = |side: Option<i64>| side.and_then(|side| u32::try_from(side).ok());
        let facts = FileFacts {
            name: row.file_name,
            media_type: row.media_type,
            size: u64::try_from(row.size).unwrap_or_default(),
            sha256: row.sha256,
            pixels: side(row.width).zip(side(row.height)),
            preview: row.preview,
        };
        let expires_at = row.expires_at.map(timestamp);
        Self { id: row.id.into(), name: row.name, facts, created_at: timestamp(row.created_at), expires_at }
    }
}

impl FileRow {
    /// Tells what comes of a file that came under the same id.
    #[must_use]
    pub fn repeated_by(self, facts: &FileFacts) -> FileSaved {
        let same = self.facts.sha256 == facts.sha256 && self.facts.size == facts.size;
        if same { FileSaved::Repeat(Box::new(self)) } else { FileSaved::Other }
    }
}

/// A file that begins to arrive.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// The row until it has arrived.
    pub id: FileId,
    /// Names its bytes in the store of files.
    pub name: String,
    /// Who brings it.
    pub by: AgentId,
    /// The id that it is to have.
    pub wanted: FileId,
    /// How many bytes it has at least.
    pub at_least: u64,
}

/// What became of a file that has arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileSaved {
    /// It is there.
    New(Box<FileRow>),
    /// The same one had come before; this one's bytes go.
    Repeat(Box<FileRow>),
    /// Another one came under this id.
    Other,
    /// It took so long that it was given up.
    Gone,
    /// The plan has no room for it; its bytes go.
    Full(FilesFull),
}

/// What came of the wish to bring a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileBegun {
    /// It may arrive.
    Yes,
    /// One came under its id before: no row was made, and whether it is the same one its bytes will tell.
    Known(Box<FileRow>),
    /// As many as may be wait already for somebody to use them.
    TooMany,
    /// The plan has no room for it.
    Full(FilesFull),
}

/// What came of the wish to use files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// All of them are there, in the order in which they were named.
    All(Vec<FileRow>),
    /// The one at this place is not.
    Absent(usize),
    /// The one at this place was refused.
    Refused(usize, NoMedia),
}

/// Finds files that have arrived.
fn ready(tenant: Uuid) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::State.eq("ready"))
}

/// Keeps files that somebody may see: what they brought themselves, what conversations have that they see, and prepared texts.
fn seen(tenant: Uuid, by: AgentId, sight: &Sight) -> Condition {
    if sight.limit().is_everything() {
        return Condition::all();
    }
    let own = Column::UploadedBy.eq(by.0);
    let prepared = Column::Id.in_subquery(of_texts(tenant, by));
    Condition::any().add(own).add(in_seen_talk(tenant, sight)).add(prepared)
}

fn in_seen_talk(tenant: Uuid, sight: &Sight) -> Expr {
    use conversation_file::{Column as F, Entity as Files};
    let mut uses = Query::select();
    uses.expr(Expr::val(1)).from(Files).and_where(Expr::col((Files, F::TenantId)).eq(tenant));
    uses.and_where(Expr::col((Files, F::FileId)).equals((Entity, Column::Id)));
    uses.cond_where(visible::in_seen_conversation(tenant, sight, F::ConversationId));
    Expr::exists(uses)
}

fn of_texts(tenant: Uuid, by: AgentId) -> SelectStatement {
    use canned_reply::{Column as T, Entity as Texts};
    use canned_reply_file::{Column as F, Entity as Files};
    let mut texts = Query::select();
    let theirs = Condition::any().add(T::OwnerId.is_null()).add(T::OwnerId.eq(by.0));
    texts.column(T::Id).from(Texts).and_where(Expr::col(T::TenantId).eq(tenant)).cond_where(theirs);
    let mut ids = Query::select();
    ids.column(F::FileId)
        .from(Files)
        .and_where(Expr::col(F::TenantId).eq(tenant))
        .and_where(Expr::col(F::CannedReplyId).in_subquery(texts));
    ids
}

impl TenantScope {
    /// Makes the row of a file that begins to arrive; it is given up at `until` if it never does. A repeat needs none, and no room.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn begin_file(&self, new: NewFile, now: Timestamp, until: Timestamp) -> Result<FileBegun, StoreError> {
        let (tenant, whose) = (self.id().0, self.id());
        let waiting = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::ExpiresAt.is_not_null());
        self.write(move |tx| {
            Box::pin(async move {
                if let Some(before) = ready(tenant).filter(Column::Id.eq(new.wanted.0)).one(tx).await? {
                    return Ok(FileBegun::Known(Box::new(before.into())));
                }
                if waiting.count(tx).await? >= MOST_WAITING {
                    return Ok(FileBegun::TooMany);
                }
                // How long it is in the end is looked at when it is there.
                if let Err(full) = may_fit(tx, whose, new.at_least).await? {
                    return Ok(FileBegun::Full(full));
                }
                let backend = tx.get_database_backend();
                let mut put = Query::insert();
                put.into_table(Entity).columns([
                    Column::TenantId,
                    Column::Id,
                    Column::State,
                    Column::Name,
                    Column::UploadedBy,
                    Column::FileName,
                    Column::MediaType,
                    Column::Size,
                    Column::Sha256,
                    Column::Preview,
                    Column::CreatedAt,
                    Column::ExpiresAt,
                ]);
                put.values_panic([
                    tenant.into(),
                    new.id.0.into(),
                    "receiving".into(),
                    new.name.into(),
                    new.by.0.into(),
                    "".into(),
                    "".into(),
                    0_i64.into(),
                    "".into(),
                    false.into(),
                    Expr::val(instant(now).value(backend)),
                    Expr::val(instant(until).value(backend)),
                ]);
                tx.execute(&put).await?;
                Ok(FileBegun::Yes)
            })
        })
        .await
    }

    /// Says what a file is that has arrived, and gives it its own id: the same id twice is the same file. Nobody uses it yet: it goes at
    /// `until`.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn finish_file(&self, arrived: FileId, id: FileId, facts: FileFacts, until: Timestamp) -> Result<FileSaved, StoreError> {
        let tenant = self.id().0;
        let again = facts.clone();
        let saved = self.write(move |tx| Box::pin(async move { finish(tx, tenant, (arrived, id), &facts, until).await })).await;
        match saved {
            // Another one under the same id was faster by a moment: now it is there to be compared with.
            Err(StoreError::Refused(reason)) if reason == UNIQUE => {
                self.write(move |tx| Box::pin(async move { finish(tx, tenant, (arrived, id), &again, until).await })).await
            }
            saved => saved,
        }
    }

    /// Gives up a file that did not arrive.
    ///
    /// # Errors
    /// [`StoreError`]: the row goes when its time is over.
    pub async fn give_up_file(&self, arrived: FileId) -> Result<(), StoreError> {
        let tenant = self.id().0;
        self.write(move |tx| Box::pin(async move { let_go(tx, tenant, arrived).await.map(drop) })).await
    }

    /// Finds a file that somebody may see.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn file(&self, by: AgentId, id: FileId) -> Result<Option<FileRow>, StoreError> {
        let one = ready(self.id().0).filter(Column::Id.eq(id.0)).filter(seen(self.id().0, by, self.sight()));
        Ok(self.read(move |tx| Box::pin(one.one(tx))).await?.map(FileRow::from))
    }

    /// Finds a file whoever asks: for those who show a link that was made for it.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn file_by_link(&self, id: FileId) -> Result<Option<FileRow>, StoreError> {
        let one = ready(self.id().0).filter(Column::Id.eq(id.0));
        Ok(self.read(move |tx| Box::pin(one.one(tx))).await?.map(FileRow::from))
    }

    /// Takes a file back that nobody uses; until its bytes are gone its row has the id `aside`, so that its own may be used anew. `None`: there
    /// is none that is seen; false: it is in use.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn remove_file(&self, by: AgentId, id: FileId, aside: FileId) -> Result<Option<bool>, StoreError> {
        let tenant = self.id().0;
        let one = ready(tenant).filter(Column::Id.eq(id.0)).filter(seen(tenant, by, self.sight()));
        self.write(move |tx| {
            Box::pin(async move {
                match one.lock_exclusive().one(tx).await? {
                    None => Ok(None),
                    // Asked while the row is locked: whoever begins to use it takes that lock first.
                    Some(row) if row.expires_at.is_none() || is_used(tx, tenant, id).await? => Ok(Some(false)),
                    Some(_) => {
                        let_go(tx, tenant, id).await?;
                        let moved = Entity::update_many().col_expr(Column::Id, Expr::val(aside.0)).filter(Column::TenantId.eq(tenant));
                        moved.filter(Column::Id.eq(id.0)).filter(Column::State.eq("receiving")).exec(tx).await?;
                        Ok(Some(true))
                    }
                }
            })
        })
        .await
    }

    /// Keeps files for a message that was refused no longer than until `until`: long enough for another one that was just being given them,
    /// and then for as long as a command may still write it.
    ///
    /// # Errors
    /// [`StoreError`]: they are kept as long as was said.
    pub async fn hold_no_longer(&self, conversation: ConversationId, ids: Vec<FileId>, until: Timestamp) -> Result<(), StoreError> {
        let tenant = self.id().0;
        self.write(move |tx| Box::pin(async move { shorten(tx, tenant, conversation.0, &ids, until).await })).await
    }

    /// Gives files to a conversation, whose next message is to have them: until that is written they are kept for it, at least until `until`.
    /// None of them is given if `refuse` refuses one.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn hold_files(
        &self,
        by: AgentId,
        conversation: ConversationId,
        ids: Vec<FileId>,
        until: Timestamp,
        refuse: impl FnOnce(&[FileRow]) -> Option<(usize, NoMedia)> + Send + 'static,
    ) -> Result<Held, StoreError> {
        let tenant = self.id().0;
        let seen = seen(tenant, by, self.sight());
        self.write(move |tx| {
            Box::pin(async move {
                let files = match find_all(tx, tenant, &ids, seen).await? {
                    Ok(files) => files,
                    Err(place) => return Ok(Held::Absent(place)),
                };
                if let Some((place, reason)) = refuse(&files) {
                    return Ok(Held::Refused(place, reason));
                }
                mark_used(tx, tenant, &ids).await?;
                hold(tx, tenant, conversation, &ids, until).await?;
                Ok(Held::All(files))
            })
        })
        .await
    }
}

/// Tells whether a conversation or a prepared text has a file: its time says that late, or not at all.
async fn is_used(tx: &DatabaseTransaction, tenant: Uuid, id: FileId) -> Result<bool, DbErr> {
    let told = conversation_file::Entity::find().filter(conversation_file::Column::TenantId.eq(tenant));
    let prepared = canned_reply_file::Entity::find().filter(canned_reply_file::Column::TenantId.eq(tenant));
    let told = told.filter(conversation_file::Column::FileId.eq(id.0)).count(tx).await?;
    Ok(told > 0 || prepared.filter(canned_reply_file::Column::FileId.eq(id.0)).count(tx).await? > 0)
}

/// Shortens the time for which files are kept for messages.
async fn shorten(tx: &DatabaseTransaction, tenant: Uuid, conversation: Uuid, ids: &[FileId], until: Timestamp) -> Result<(), DbErr> {
    use conversation_file::{Column as F, Entity as Files};
    let soon = Expr::val(instant(until).value(tx.get_database_backend()));
    let mine = Files::update_many().col_expr(F::HeldUntil, soon).filter(F::TenantId.eq(tenant)).filter(F::ConversationId.eq(conversation));
    mine.filter(F::HeldUntil.is_not_null()).filter(F::FileId.is_in(ids.iter().map(|id| id.0))).exec(tx).await.map(drop)
}

async fn let_go(tx: &DatabaseTransaction, tenant: Uuid, id: FileId) -> Result<u64, DbErr> {
    let at_once = Expr::val(instant(Timestamp::from_secs(0)).value(tx.get_database_backend()));
    let hidden = Entity::update_many().col_expr(Column::State, Expr::val("receiving"));
    let row = hidden.col_expr(Column::ExpiresAt, at_once).filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(id.0));
    Ok(row.filter(Column::ExpiresAt.is_not_null()).exec(tx).await?.rows_affected)
}

async fn finish(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    (arrived, id): (FileId, FileId),
    facts: &FileFacts,
    until: Timestamp,
) -> Result<FileSaved, DbErr> {
    if let Some(before) = ready(tenant).filter(Column::Id.eq(id.0)).one(tx).await? {
        let_go(tx, tenant, arrived).await?;
        return Ok(FileRow::from(before).repeated_by(facts));
    }
    if let Err(full) = room_for(tx, TenantId(tenant), facts.size).await? {
        let_go(tx, tenant, arrived).await?;
        return Ok(FileSaved::Full(full));
    }
    let (width, height) = facts.pixels.unzip();
    let backend = tx.get_database_backend();
    let update = Entity::update_many()
        .col_expr(Column::Id, Expr::val(id.0))
        .col_expr(Column::State, Expr::val("ready"))
        .col_expr(Column::FileName, Expr::val(facts.name.as_str()))
        .col_expr(Column::MediaType, Expr::val(facts.media_type.as_str()))
        .col_expr(Column::Size, Expr::val(i64::try_from(facts.size).unwrap_or(i64::MAX)))
        .col_expr(Column::Sha256, Expr::val(facts.sha256.as_str()))
        .col_expr(Column::Width, Expr::val(width.map(i64::from)))
        .col_expr(Column::Height, Expr::val(height.map(i64::from)))
        .col_expr(Column::Preview, Expr::val(facts.preview))
        .col_expr(Column::ExpiresAt, Expr::val(instant(until).value(backend)));
    let mine = update.filter(Column::TenantId.eq(tenant)).filter(Column::Id.eq(arrived.0)).filter(Column::State.eq("receiving"));
    if mine.exec(tx).await?.rows_affected == 0 {
        return Ok(FileSaved::Gone);
    }
    let row = ready(tenant).filter(Column::Id.eq(id.0)).one(tx).await?;
    Ok(row.map_or(FileSaved::Gone, |row| FileSaved::New(Box::new(row.into()))))
}

/// Finds files to use, all of them or the place of the first that is absent, and keeps them from going until the transaction ends.
async fn find_all(tx: &DatabaseTransaction, tenant: Uuid, ids: &[FileId], seen: Condition) -> Result<Result<Vec<FileRow>, usize>, DbErr> {
    // Locked in the order of their ids, so that two who want the same ones never wait for each other.
    let wanted = ready(tenant).filter(Column::Id.is_in(ids.iter().map(|id| id.0))).filter(seen);
    let found = wanted.order_by_asc(Column::Id).lock_exclusive().all(tx).await?;
    let found: HashMap<Uuid, Model> = found.into_iter().map(|row| (row.id, row)).collect();
    let one = |(place, id): (usize, &FileId)| found.get(&id.0).map(|row| FileRow::from(row.clone())).ok_or(place);
    Ok(ids.iter().enumerate().map(one).collect())
}

/// Says that somebody uses files: they stay.
async fn mark_used(tx: &DatabaseTransaction, tenant: Uuid, ids: &[FileId]) -> Result<(), DbErr> {
    let never = Expr::val(Instant::optional(None, tx.get_database_backend()));
    let used = Entity::update_many().col_expr(Column::ExpiresAt, never).filter(Column::TenantId.eq(tenant));
    used.filter(Column::Id.is_in(ids.iter().map(|id| id.0))).exec(tx).await.map(drop)
}

async fn hold(tx: &DatabaseTransaction, tenant: Uuid, conversation: ConversationId, ids: &[FileId], until: Timestamp) -> Result<(), DbErr> {
    use conversation_file::{Column as F, Entity as Files};
    let backend = tx.get_database_backend();
    // What a message has already stays so.
    let later = CaseStatement::new()
        .case(Expr::col((Files, F::HeldUntil)).is_null(), Expr::val(Instant::optional(None, backend)))
        .finally(Expr::col((Alias::new("excluded"), F::HeldUntil)));
    let conflict = OnConflict::columns([F::TenantId, F::ConversationId, F::FileId]).value(F::HeldUntil, later).to_owned();
    let mut put = Query::insert();
    put.into_table(Files).columns([F::TenantId, F::ConversationId, F::FileId, F::HeldUntil]).on_conflict(conflict);
    for id in ids {
        put.values_panic([tenant.into(), conversation.0.into(), id.0.into(), Expr::val(instant(until).value(backend))]);
    }
    tx.execute(&put).await.map(drop)
}

/// Takes files for a prepared text: whoever keeps it must see them. Returns the place of the first that is absent.
pub(super) async fn take_for_text(
    tx: &DatabaseTransaction,
    tenant: Uuid,
    (caller, sight): (&Caller, &Sight),
    ids: &[FileId],
) -> Result<Option<usize>, DbErr> {
    let by = match caller.actor {
        Actor::Member(id) => AgentId(id),
        Actor::ApiKey(ApiKeyId(id)) => AgentId(id),
        Actor::System | Actor::Operator => AgentId(Uuid::nil()),
    };
    let found = find_all(tx, tenant, ids, seen(tenant, by, sight)).await?;
    if found.is_ok() {
        mark_used(tx, tenant, ids).await?;
    }
    Ok(found.err())
}

/// Gives files that were taken to a prepared text, in place of those that it had.
pub(super) async fn give_to_text(tx: &DatabaseTransaction, tenant: Uuid, text: CannedReplyId, ids: &[FileId]) -> Result<(), DbErr> {
    use canned_reply_file::{Column as F, Entity as Files};
    let own = Files::delete_many().filter(F::TenantId.eq(tenant)).filter(F::CannedReplyId.eq(text.0));
    own.filter(F::FileId.is_not_in(ids.iter().map(|id| id.0))).exec(tx).await?;
    if ids.is_empty() {
        return Ok(());
    }
    let conflict = OnConflict::columns([F::TenantId, F::CannedReplyId, F::FileId]).update_column(F::Place).to_owned();
    let mut put = Query::insert();
    put.into_table(Files).columns([F::TenantId, F::CannedReplyId, F::FileId, F::Place]).on_conflict(conflict);
    for (place, id) in (0_i64..).zip(ids) {
        put.values_panic([tenant.into(), text.0.into(), id.0.into(), place.into()]);
    }
    tx.execute(&put).await.map(drop)
}

/// Returns the files of prepared texts, each text's in their order.
pub(super) async fn of_prepared(tx: &DatabaseTransaction, tenant: Uuid, texts: Vec<Uuid>) -> Result<HashMap<Uuid, Vec<FileRow>>, DbErr> {
    use canned_reply_file::{Column as F, Entity as Files};
    if texts.is_empty() {
        return Ok(HashMap::new());
    }
    let uses = Files::find().filter(F::TenantId.eq(tenant)).filter(F::CannedReplyId.is_in(texts));
    let uses = uses.order_by_asc(F::Place).all(tx).await?;
    let ids = uses.iter().map(|row| row.file_id);
    let files: HashMap<Uuid, Model> =
        ready(tenant).filter(Column::Id.is_in(ids)).all(tx).await?.into_iter().map(|row| (row.id, row)).collect();
    let mut all: HashMap<Uuid, Vec<FileRow>> = HashMap::new();
    for row in uses {
        if let Some(file) = files.get(&row.file_id) {
            all.entry(row.canned_reply_id).or_default().push(file.clone().into());
        }
    }
    Ok(all)
}
