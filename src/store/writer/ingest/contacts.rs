//! Who an item comes from: a person is known across the tenant's inboxes by phone, e-mail or an adapter's own id.

use super::entry::Entry;
use super::stored;
use super::threads::{Thread, Threads};
use crate::domain::contact::name_key;
use crate::domain::delivery::AddressKind;
use crate::domain::ids::{ContactId, TenantId};
use crate::domain::time::Timestamp;
use crate::store::rows::{Columns, Kind, Rows, Tx, get};
use crate::store::spelling::key;
use sea_orm::{DbBackend, DbErr};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use uuid::Uuid;

/// One spelling of a person.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
struct Identity {
    tenant: TenantId,
    kind: &'static str,
    value: String,
}

/// What an item says about a person.
#[derive(Default)]
struct Facts {
    name: Option<String>,
    phone: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    at: Timestamp,
    /// True if the contact is new or lacks some of it.
    needed: bool,
}

const IDENTITY: Columns = &[("tenant_id", Kind::Id), ("kind", Kind::Text), ("value", Kind::Text)];
const NEW_IDENTITY: Columns =
    &[("tenant_id", Kind::Id), ("kind", Kind::Text), ("value", Kind::Text), ("contact_id", Kind::Id), ("created_at", Kind::At)];
const CONTACT: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("name", Kind::Text),
    ("name_key", Kind::Text),
    ("phone", Kind::Text),
    ("email", Kind::Text),
    ("locale", Kind::Text),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];

type Known = HashMap<Identity, ContactId>;

/// Gives every thread of a stored item its contact; makes contacts, links new spellings, fills in what was not known.
pub(super) async fn resolve(tx: Tx<'_>, entries: &[Entry<'_>], threads: &mut Threads) -> Result<(), DbErr> {
    let entries: Vec<_> = entries.iter().filter(|entry| stored(entry).is_some()).collect();
    let wanted: BTreeSet<Identity> = entries.iter().flat_map(|entry| identities(entry)).collect();
    let mut known = read(tx, &wanted).await?;
    let mut new: BTreeMap<Identity, (ContactId, Timestamp)> = BTreeMap::new();
    for entry in &entries {
        let Some(thread) = entry.thread.and_then(|id| threads.get_mut(&id)) else { continue };
        let spellings = identities(entry);
        let contact = thread.contact.or_else(|| spellings.iter().find_map(|spelling| known.get(spelling).copied()));
        let contact = contact.unwrap_or_else(|| tx.id());
        thread.contact = Some(contact);
        for spelling in spellings {
            if !known.contains_key(&spelling) {
                known.insert(spelling.clone(), contact);
                new.insert(spelling, (contact, entry.ingest.received_at));
            }
        }
    }
    link(tx, threads, &new).await?;
    let written = write(tx, &entries, threads).await?;
    follow_merges(tx, &written, threads).await
}

/// Leads new threads on to the contact into which people have merged theirs since it was read. The upsert before has waited for such a
/// merge and keeps others out until this transaction ends; with SQLite's one writer nothing happens in between.
async fn follow_merges(tx: Tx<'_>, written: &Rows, threads: &mut Threads) -> Result<(), DbErr> {
    if tx.backend() != DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT k.id, k.merged_into FROM {rows} CROSS JOIN contact k
               WHERE k.tenant_id = r.tenant_id AND k.id = r.id AND k.merged_into IS NOT NULL";
    let mut merged: HashMap<ContactId, ContactId> = HashMap::new();
    for row in tx.all(sql, written).await? {
        merged.insert(ContactId(get(&row, "id")?), ContactId(get(&row, "merged_into")?));
    }
    for thread in threads.values_mut().filter(|thread| thread.new) {
        thread.contact = thread.contact.map(|contact| merged.get(&contact).copied().unwrap_or(contact));
    }
    Ok(())
}

fn identities(entry: &Entry<'_>) -> Vec<Identity> {
    let person = entry.item.peer.person.iter();
    person.map(|address| Identity { tenant: entry.ingest.tenant, kind: address.kind.as_str(), value: key(&address.value) }).collect()
}

async fn read(tx: Tx<'_>, wanted: impl IntoIterator<Item = &Identity>) -> Result<Known, DbErr> {
    let mut rows = tx.rows(IDENTITY);
    let mut by_key = HashMap::new();
    for identity in wanted {
        rows.push([identity.tenant.into(), identity.kind.into(), (&identity.value).into()]);
        by_key.insert((identity.tenant.0, identity.kind.to_owned(), identity.value.clone()), identity);
    }
    let sql = "SELECT i.tenant_id, i.kind, i.value, i.contact_id FROM {rows} CROSS JOIN contact_identity i
               WHERE i.tenant_id = r.tenant_id AND i.kind = r.kind AND i.value = r.value";
    let mut known = Known::new();
    for row in tx.all(sql, &rows).await? {
        let name: (Uuid, String, String) = (get(&row, "tenant_id")?, get(&row, "kind")?, get(&row, "value")?);
        if let Some(identity) = by_key.get(&name) {
            known.insert((*identity).clone(), ContactId(get(&row, "contact_id")?));
        }
    }
    Ok(known)
}

/// Writes spellings in order; where another node was faster a new thread takes its contact.
async fn link(tx: Tx<'_>, threads: &mut Threads, new: &BTreeMap<Identity, (ContactId, Timestamp)>) -> Result<(), DbErr> {
    let mut rows = tx.rows(NEW_IDENTITY);
    for (identity, (contact, at)) in new {
        rows.push([identity.tenant.into(), identity.kind.into(), (&identity.value).into(), contact.0.into(), (*at).into()]);
    }
    let suffix = "ON CONFLICT (tenant_id, kind, value) DO NOTHING";
    if tx.put("contact_identity", &rows, suffix).await? == new.len() as u64 {
        return Ok(());
    }
    let now = read(tx, new.keys()).await?;
    let mut adopted: HashMap<ContactId, ContactId> = HashMap::new();
    for (identity, (ours, _)) in new {
        if let Some(theirs) = now.get(identity).filter(|theirs| *theirs != ours) {
            adopted.entry(*ours).or_insert(*theirs);
        }
    }
    for thread in threads.values_mut().filter(|thread| thread.new) {
        thread.contact = thread.contact.map(|contact| adopted.get(&contact).copied().unwrap_or(contact));
    }
    let mut moved = tx.rows(NEW_IDENTITY);
    for (identity, (ours, at)) in new.iter().filter(|(identity, (ours, _))| now.get(*identity) == Some(ours)) {
        if let Some(theirs) = adopted.get(ours).filter(|_| !threads.values().any(|thread| thread.contact == Some(*ours))) {
            moved.push([identity.tenant.into(), identity.kind.into(), (&identity.value).into(), theirs.0.into(), (*at).into()]);
        }
    }
    let sql = "UPDATE contact_identity SET contact_id = r.contact_id FROM {rows} WHERE contact_identity.tenant_id = r.tenant_id
               AND contact_identity.kind = r.kind AND contact_identity.value = r.value";
    tx.update("adopted identities", sql, &moved).await
}

/// Inserts contacts that are new and fills the gaps of the others; returns them. A name is never overwritten: people may have chosen it.
async fn write(tx: Tx<'_>, entries: &[&Entry<'_>], threads: &Threads) -> Result<Rows, DbErr> {
    let mut facts: BTreeMap<(TenantId, ContactId), Facts> = BTreeMap::new();
    for entry in entries {
        let thread: Option<&Thread> = entry.thread.and_then(|id| threads.get(&id));
        let Some((thread, contact)) = thread.and_then(|thread| thread.contact.map(|contact| (thread, contact))) else { continue };
        let facts = facts.entry((entry.ingest.tenant, contact)).or_default();
        facts.learn(entry);
        facts.needed |= thread.new || facts.fills(thread.gaps);
    }
    let mut rows = tx.rows(CONTACT);
    for ((tenant, contact), facts) in facts.iter().filter(|(_, facts)| facts.needed) {
        let folded = name_key(facts.name.as_deref());
        rows.push([
            (*tenant).into(),
            contact.0.into(),
            facts.name.as_ref().into(),
            (&folded).into(),
            facts.phone.as_ref().into(),
            facts.email.as_ref().into(),
            facts.locale.as_ref().into(),
            facts.at.into(),
            facts.at.into(),
        ]);
    }
    let suffix = "ON CONFLICT (tenant_id, id) DO UPDATE SET name = CASE WHEN contact.name_chosen THEN contact.name
                  ELSE COALESCE(contact.name, excluded.name) END,
                  name_key = CASE WHEN contact.name IS NULL AND NOT contact.name_chosen THEN excluded.name_key ELSE contact.name_key END,
                  phone = COALESCE(contact.phone, excluded.phone), email = COALESCE(contact.email, excluded.email),
                  locale = COALESCE(contact.locale, excluded.locale), updated_at = excluded.updated_at
                  WHERE (contact.name IS NULL AND excluded.name IS NOT NULL AND NOT contact.name_chosen)
                  OR (contact.phone IS NULL AND excluded.phone IS NOT NULL)
                  OR (contact.email IS NULL AND excluded.email IS NOT NULL)
                  OR (contact.locale IS NULL AND excluded.locale IS NOT NULL)";
    tx.put("contact", &rows, suffix).await?;
    Ok(rows)
}

impl Facts {
    const fn fills(&self, [name, phone, email, locale]: [bool; 4]) -> bool {
        (name && self.name.is_some())
            || (phone && self.phone.is_some())
            || (email && self.email.is_some())
            || (locale && self.locale.is_some())
    }

    fn learn(&mut self, entry: &Entry<'_>) {
        let peer = &entry.item.peer;
        let spelled = |kind: AddressKind| peer.person.iter().find(|address| address.kind == kind).map(|address| key(&address.value));
        let clean = |text: &Option<String>| text.as_deref().map(key).filter(|text| !text.trim().is_empty());
        self.phone = self.phone.take().or_else(|| spelled(AddressKind::Phone));
        self.email = self.email.take().or_else(|| spelled(AddressKind::Email));
        self.name = self.name.take().or_else(|| clean(&peer.display_name));
        self.locale = self.locale.take().or_else(|| clean(&peer.locale));
        self.at = self.at.max(entry.ingest.received_at);
    }
}
