//! Contacts by name, number, address or any other identity.

use super::find::{Find, Found, Table, find};
use super::{Hits, SearchPlace};
use crate::domain::search::Wanted;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::{known_in_sight, seen_inboxes};
use crate::store::scope::{Role, assume};
use entities::{contact, contact_identity};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use std::collections::HashMap;
use uuid::Uuid;

/// Which contacts.
#[derive(Clone, Debug)]
pub struct ContactSearch {
    /// What they are known by.
    pub wanted: Wanted,
    /// Only behind this place.
    pub before: Option<SearchPlace>,
}

/// A contact that was found.
#[derive(Clone, Debug)]
pub struct ContactHit {
    /// The contact.
    pub contact: contact::Model,
    /// Its identities: what kind, and which.
    pub identities: Vec<(String, String)>,
}

impl TenantScope {
    /// Finds contacts, the one seen first last.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn search_contacts(&self, search: ContactSearch, limit: u64) -> Result<Hits<ContactHit>, StoreError> {
        let what = self.find_contacts(search, limit);
        let (tenant, seen) = (what.tenant, known_in_sight(what.tenant, self.sight()));
        self.read(move |tx| {
            Box::pin(async move {
                use contact::{Column, Entity};
                let Found { rows, next } = find(tx, Table::Contact, &what).await?;
                assume(tx, Role::People(tenant.into())).await?;
                let ids: Vec<Uuid> = rows.iter().map(|place| place.id).collect();
                let own = Entity::find().filter(Column::TenantId.eq(tenant)).filter(Column::MergedInto.is_null());
                let mine = own.filter(Column::Id.is_in(ids.clone())).filter(seen);
                let mut contacts: HashMap<Uuid, contact::Model> = mine.all(tx).await?.into_iter().map(|row| (row.id, row)).collect();
                let mine = contact_identity::Entity::find()
                    .filter(contact_identity::Column::TenantId.eq(tenant))
                    .filter(contact_identity::Column::ContactId.is_in(ids));
                let mut identities: HashMap<Uuid, Vec<(String, String)>> = HashMap::new();
                for row in mine.all(tx).await? {
                    identities.entry(row.contact_id).or_default().push((row.kind, row.value));
                }
                let hits = rows.iter().filter_map(|place| {
                    let contact = contacts.remove(&place.id)?;
                    Some(ContactHit { identities: identities.remove(&contact.id).unwrap_or_default(), contact })
                });
                Ok(Hits { rows: hits.collect(), next })
            })
        })
        .await
    }

    pub(super) fn find_contacts(&self, search: ContactSearch, limit: u64) -> Find {
        Find {
            tenant: self.id().0,
            wanted: search.wanted,
            inboxes: seen_inboxes(self.sight()),
            sight: self.sight().clone(),
            conversation: None,
            from: None,
            to: None,
            spam: true,
            before: search.before,
            limit,
        }
    }
}
