//! Which thread an item belongs to: known by an alias, or new. Aliases are written first, sorted; who loses adopts the winner's thread.

use super::entry::{Alias, Entry, Fate};
use super::stored;
use crate::domain::conversation::standing::Status;
use crate::domain::delivery::Address;
use crate::domain::ids::{ContactId, ConversationId, ConversationKey, InboxId, Partition, TenantId, ThreadId};
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Rows, Tx, get, maybe_at};
use crate::store::spelling::address;
use sea_orm::{DbBackend, DbErr};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use uuid::Uuid;

/// A thread that items of this transaction belong to.
pub(super) struct Thread {
    pub tenant: TenantId,
    pub inbox: InboxId,
    pub id: ThreadId,
    pub part: Partition,
    /// True if this transaction makes it.
    pub new: bool,
    /// Known for an existing thread, found or made for a new one.
    pub contact: Option<ContactId>,
    pub conversation: Option<ConversationId>,
    /// True if this transaction makes the conversation.
    pub fresh: bool,
    pub status: Option<Status>,
    pub resolved_at: Option<Timestamp>,
    pub last_inbound_at: Option<Timestamp>,
    pub reply: Option<Address>,
    /// What is not known of an existing thread's contact: name, phone, e-mail, locale.
    pub gaps: [bool; 4],
}

/// Threads by id, in order.
pub(super) type Threads = BTreeMap<ThreadId, Thread>;

impl Thread {
    pub fn new(entry: &Entry<'_>, id: ThreadId) -> Self {
        Self {
            tenant: entry.ingest.tenant,
            inbox: entry.ingest.inbox,
            id,
            part: Partition::of(id),
            new: true,
            contact: None,
            conversation: None,
            fresh: false,
            status: None,
            resolved_at: None,
            last_inbound_at: None,
            reply: None,
            gaps: [true; 4],
        }
    }

    /// Returns the conversation of an item: the thread's current one, or a new one if there is none or it was resolved too long ago.
    pub fn place(&mut self, tx: Tx<'_>, entry: &Entry<'_>) -> Option<ConversationKey> {
        let founds = entry.item.body.founds_conversation();
        let ago = self.resolved_at.map(|at| entry.ingest.received_at.since(at));
        let over = self.status == Some(Status::Resolved) && ago.is_some_and(|ago| !entry.ingest.reopen.reopens(ago));
        if founds && (self.conversation.is_none() || over) {
            self.conversation = Some(tx.id());
            self.fresh = true;
            self.status = None;
        }
        self.conversation.map(|id| ConversationKey { tenant: self.tenant, id, part: self.part })
    }
}

const ALIAS: Columns = &[("tenant_id", Kind::Id), ("inbox_id", Kind::Id), ("kind", Kind::Text), ("value", Kind::Text)];
const NEW_ALIAS: Columns = &[
    ("tenant_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("kind", Kind::Text),
    ("value", Kind::Text),
    ("thread_id", Kind::Id),
    ("created_at", Kind::At),
];
const ROW: Columns = &[("tenant_id", Kind::Id), ("inbox_id", Kind::Id), ("external_id", Kind::Text)];
const KEYS: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id)];

/// Finds or makes the thread of every item that may have one; writes new aliases.
pub(super) async fn find(tx: Tx<'_>, entries: &mut [Entry<'_>]) -> Result<Threads, DbErr> {
    let wanted: BTreeSet<&Alias> = entries.iter().flat_map(|entry| entry.aliases.iter().chain(&entry.lookup)).collect();
    let mut known = read_aliases(tx, wanted).await?;
    let repeats = repeats(tx, entries, &known).await?;
    let mut threads = Threads::new();
    let mut new: BTreeMap<Alias, (ThreadId, Timestamp)> = BTreeMap::new();
    let mut seen: HashSet<(InboxId, String)> = HashSet::new();
    for entry in entries.iter_mut().filter(|entry| entry.fate == Fate::Open) {
        let name = (entry.ingest.inbox, entry.external_id.clone());
        if repeats.contains(&name) || seen.contains(&name) {
            entry.fate = Fate::Repeat;
            continue;
        }
        let found = entry.aliases.iter().chain(&entry.lookup).find_map(|alias| known.get(alias).copied());
        if found.is_none() && !entry.item.body.founds_conversation() {
            entry.fate = Fate::Unrouted("unknown_peer");
            continue;
        }
        seen.insert(name);
        let id = found.unwrap_or_else(|| {
            let id = tx.id();
            threads.insert(id, Thread::new(entry, id));
            id
        });
        entry.thread = Some(id);
        for alias in &entry.aliases {
            if !known.contains_key(alias) {
                known.insert(alias.clone(), id);
                new.insert(alias.clone(), (id, entry.ingest.received_at));
            }
        }
    }
    write_aliases(tx, entries, &mut threads, &new).await?;
    Ok(threads)
}

async fn read_aliases<'a>(tx: Tx<'_>, wanted: impl IntoIterator<Item = &'a Alias>) -> Result<HashMap<Alias, ThreadId>, DbErr> {
    let mut rows = tx.rows(ALIAS);
    let mut by_key: HashMap<(Uuid, String, String), &Alias> = HashMap::new();
    for alias in wanted {
        rows.push([alias.tenant.into(), alias.inbox.into(), alias.kind.into(), (&alias.value).into()]);
        by_key.insert((alias.inbox.0, alias.kind.to_owned(), alias.value.clone()), alias);
    }
    let sql = "SELECT a.inbox_id, a.kind, a.value, a.thread_id FROM {rows} CROSS JOIN thread_alias a
               WHERE a.tenant_id = r.tenant_id AND a.inbox_id = r.inbox_id AND a.kind = r.kind AND a.value = r.value";
    let mut known = HashMap::new();
    for row in tx.all(sql, &rows).await? {
        let name = (get(&row, "inbox_id")?, get(&row, "kind")?, get(&row, "value")?);
        if let Some(alias) = by_key.get(&name) {
            known.insert((*alias).clone(), ThreadId(get(&row, "thread_id")?));
        }
    }
    Ok(known)
}

/// Returns the rows that are there already, asked only for items that would otherwise write an alias.
async fn repeats(tx: Tx<'_>, entries: &[Entry<'_>], known: &HashMap<Alias, ThreadId>) -> Result<HashSet<(InboxId, String)>, DbErr> {
    let mut rows = tx.rows(ROW);
    for entry in entries.iter().filter(|entry| entry.aliases.iter().any(|alias| !known.contains_key(alias))) {
        rows.push([entry.ingest.tenant.into(), entry.ingest.inbox.into(), (&entry.external_id).into()]);
    }
    let sql = "SELECT i.inbox_id, i.external_id FROM {rows} CROSS JOIN inbound i
               WHERE i.tenant_id = r.tenant_id AND i.inbox_id = r.inbox_id AND i.external_id = r.external_id";
    let mut repeats = HashSet::new();
    for row in tx.all(sql, &rows).await? {
        repeats.insert((InboxId(get(&row, "inbox_id")?), get(&row, "external_id")?));
    }
    Ok(repeats)
}

fn alias_rows<'a>(tx: Tx<'_>, aliases: impl Iterator<Item = (&'a Alias, (ThreadId, Timestamp))>) -> Rows {
    let mut rows = tx.rows(NEW_ALIAS);
    for (alias, (thread, at)) in aliases {
        rows.push([alias.tenant.into(), alias.inbox.into(), alias.kind.into(), (&alias.value).into(), thread.0.into(), at.into()]);
    }
    rows
}

/// Writes aliases in order. Another node may have been faster: its thread is adopted, and what we wrote for ours points there.
async fn write_aliases(
    tx: Tx<'_>,
    entries: &mut [Entry<'_>],
    threads: &mut Threads,
    new: &BTreeMap<Alias, (ThreadId, Timestamp)>,
) -> Result<(), DbErr> {
    let rows = alias_rows(tx, new.iter().map(|(alias, made)| (alias, *made)));
    let suffix = "ON CONFLICT (tenant_id, inbox_id, kind, value) DO NOTHING";
    let won = tx.put("thread_alias", &rows, suffix).await?;
    if won == new.len() as u64 {
        return Ok(());
    }
    let now = read_aliases(tx, new.keys()).await?;
    let mut adopted: HashMap<ThreadId, ThreadId> = HashMap::new();
    for (alias, (ours, _)) in new {
        if let Some(theirs) = now.get(alias)
            && theirs != ours
            && threads.remove(ours).is_some()
        {
            adopted.insert(*ours, *theirs);
        }
    }
    let moved = new.iter().filter_map(|(alias, (ours, at))| {
        let theirs = adopted.get(ours).filter(|_| now.get(alias) == Some(ours))?;
        Some((alias, (*theirs, *at)))
    });
    let sql = "UPDATE thread_alias SET thread_id = r.thread_id FROM {rows} WHERE thread_alias.tenant_id = r.tenant_id
               AND thread_alias.inbox_id = r.inbox_id AND thread_alias.kind = r.kind AND thread_alias.value = r.value";
    let moved = alias_rows(tx, moved);
    tx.update("adopted aliases", sql, &moved).await?;
    for entry in entries {
        entry.thread = entry.thread.map(|id| adopted.get(&id).copied().unwrap_or(id));
    }
    Ok(())
}

/// Locks and reads the existing threads of the items with their current conversations.
pub(super) async fn open(tx: Tx<'_>, entries: &[Entry<'_>], threads: &mut Threads) -> Result<(), DbErr> {
    let existing = entries.iter().filter_map(|entry| entry.thread.map(|id| (entry.ingest.tenant, id)));
    let existing: BTreeSet<_> = existing.filter(|(_, id)| !threads.contains_key(id)).collect();
    let mut rows = tx.rows(KEYS);
    for (tenant, id) in existing {
        rows.push([tenant.into(), id.0.into()]);
    }
    if tx.backend() == DbBackend::Postgres {
        // A statement of its own: the next one sees what the one we waited for has committed.
        let sql = "SELECT t.id FROM {rows} CROSS JOIN thread t WHERE t.tenant_id = r.tenant_id AND t.id = r.id
                   ORDER BY t.tenant_id, t.id FOR UPDATE OF t";
        tx.all(sql, &rows).await?;
    }
    let sql = "SELECT t.tenant_id, t.id, t.inbox_id, t.contact_id, t.part, t.conversation_id, t.last_inbound_at, t.reply_kind, t.reply_to,
               c.status, c.resolved_at, k.name IS NULL AS no_name, k.phone IS NULL AS no_phone, k.email IS NULL AS no_email,
               k.locale IS NULL AS no_locale FROM {rows} CROSS JOIN thread t
               CROSS JOIN contact k
               LEFT JOIN conversation c ON c.tenant_id = t.tenant_id AND c.id = t.conversation_id
               WHERE t.tenant_id = r.tenant_id AND t.id = r.id AND k.tenant_id = t.tenant_id AND k.id = t.contact_id";
    for row in tx.all(sql, &rows).await? {
        let id = ThreadId(get(&row, "id")?);
        let (part, kind): (i16, String) = (get(&row, "part")?, get(&row, "reply_kind")?);
        let (contact, conversation): (Uuid, Option<Uuid>) = (get(&row, "contact_id")?, get(&row, "conversation_id")?);
        let status: Option<String> = get(&row, "status")?;
        let thread = Thread {
            tenant: TenantId(get(&row, "tenant_id")?),
            inbox: InboxId(get(&row, "inbox_id")?),
            id,
            part: Partition(u16::try_from(part).unwrap_or_default()),
            new: false,
            contact: Some(ContactId(contact)),
            conversation: conversation.map(ConversationId),
            fresh: false,
            status: status.as_deref().and_then(Status::parse),
            resolved_at: maybe_at(&row, "resolved_at")?,
            last_inbound_at: maybe_at(&row, "last_inbound_at")?,
            reply: Some(address(&kind, get(&row, "reply_to")?)?),
            gaps: [get(&row, "no_name")?, get(&row, "no_phone")?, get(&row, "no_email")?, get(&row, "no_locale")?],
        };
        threads.insert(id, thread);
    }
    Ok(())
}

/// Takes back threads, aliases and conversations that no stored row needs: repeats leave nothing behind.
pub(super) async fn forget_empty(tx: Tx<'_>, entries: &[Entry<'_>], threads: &mut Threads) -> Result<(), DbErr> {
    let used: HashSet<ConversationId> = entries.iter().filter_map(stored).map(|key| key.id).collect();
    let mut rows = tx.rows(KEYS);
    threads.retain(|_, thread| {
        let needed = !thread.fresh || thread.conversation.is_some_and(|id| used.contains(&id));
        if !needed && thread.new {
            rows.push([thread.tenant.into(), thread.id.0.into()]);
        }
        needed
    });
    let sql = "DELETE FROM thread_alias WHERE (tenant_id, thread_id) IN (SELECT r.tenant_id, r.id FROM {rows})";
    tx.run(sql, &rows).await.map(drop)
}
