//! Contacts as people name them in requests.

use crate::domain::ids::ContactId;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::visible::known_in_seen_inbox;
use entities::contact::{Column, Entity};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};

impl TenantScope {
    /// Tells whether the tenant has such a contact, among those who are seen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn has_contact(&self, contact: ContactId) -> Result<bool, StoreError> {
        let tenant = self.id().0;
        let seen = known_in_seen_inbox(tenant, self.visibility());
        self.read(move |tx| {
            Box::pin(async move {
                let named = Entity::find().filter(Column::TenantId.eq(tenant)).filter(seen).filter(Column::Id.eq(contact.0));
                Ok(named.count(tx).await? > 0)
            })
        })
        .await
    }
}
