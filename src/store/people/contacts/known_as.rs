//! The one contact behind a telephone or an address that people of the business were told.

use super::own;
use crate::domain::ids::ContactId;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use entities::contact::Column;
use entities::contact_identity;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Rows that are read at the most: two contacts already are too many.
const MOST: u64 = 50;

impl TenantScope {
    /// Returns the one contact that has one of these telephones (E.164, all spellings of one number) or this address, as a field or as a name
    /// that channels know; `None`: nobody, several, or one who is out of sight.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_known_as(&self, phones: Vec<String>, email: Option<String>) -> Result<Option<ContactId>, StoreError> {
        use contact_identity::{Column as C, Entity as E};
        if phones.is_empty() && email.is_none() {
            return Ok(None);
        }
        let (tenant, seen) = (self.id().0, self.seen_contacts());
        self.read(move |tx| {
            Box::pin(async move {
                let named = Condition::any()
                    .add(Condition::all().add(C::Kind.eq("phone")).add(C::Value.is_in(phones.iter())))
                    .add(Condition::all().add(C::Kind.eq("email")).add(C::Value.is_in(email.iter())));
                let named = E::find().filter(C::TenantId.eq(tenant)).filter(named).limit(MOST).all(tx).await?;
                let same = Condition::any()
                    .add(Column::Phone.is_in(phones.iter()))
                    .add(Column::Email.is_in(email.iter()))
                    .add(Column::Id.is_in(named.iter().map(|row| row.contact_id)));
                // Several count whoever is seen of them: one of two must not look like the only one to somebody who sees but that one.
                let rows = own(tenant).filter(Column::MergedInto.is_null()).filter(same).limit(MOST).all(tx).await?;
                let all: BTreeSet<Uuid> = rows.into_iter().map(|row| row.id).collect();
                let (Some(only), 1) = (all.first(), all.len()) else { return Ok(None) };
                let visible = own(tenant).filter(seen).filter(Column::Id.eq(*only)).one(tx).await?;
                Ok(visible.map(|row| ContactId(row.id)))
            })
        })
        .await
    }
}
