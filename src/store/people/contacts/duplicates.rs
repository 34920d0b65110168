//! Contacts who may be the same customer: the same telephone or the same address, as a field or as a name that channels know.

use super::{ContactRow, dress, identities, own};
use crate::domain::ids::ContactId;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use entities::contact::{Column, Model};
use entities::contact_identity;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::BTreeSet;

/// Most suggestions.
const MOST: u64 = 20;

/// A contact who may be the same customer.
#[derive(Clone, Debug)]
pub struct Duplicate {
    /// The contact.
    pub row: ContactRow,
    /// What both have: `phone`, `email`.
    pub reasons: Vec<&'static str>,
}

/// The telephones and addresses by which a contact is known.
#[derive(Default)]
struct Marks {
    phones: BTreeSet<String>,
    emails: BTreeSet<String>,
}

impl Marks {
    fn of(model: &Model, identities: Vec<(String, String)>) -> Self {
        let mut marks = Self { phones: model.phone.clone().into_iter().collect(), emails: model.email.clone().into_iter().collect() };
        for (kind, value) in identities {
            match kind.as_str() {
                "phone" => drop(marks.phones.insert(value)),
                "email" => drop(marks.emails.insert(value)),
                _ => {}
            }
        }
        marks
    }

    fn reasons(&self, model: &Model, named: &[(String, String)]) -> Vec<&'static str> {
        let has = |mine: &BTreeSet<String>, field: &Option<String>, kind: &str| {
            field.as_ref().is_some_and(|value| mine.contains(value)) || named.iter().any(|(its, value)| its == kind && mine.contains(value))
        };
        let found = [("phone", has(&self.phones, &model.phone, "phone")), ("email", has(&self.emails, &model.email, "email"))];
        found.into_iter().filter_map(|(reason, holds)| holds.then_some(reason)).collect()
    }
}

impl TenantScope {
    /// Lists who may be the same customer, the oldest first, at most twenty; `None`: there is no such contact.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn contact_duplicates(&self, id: ContactId) -> Result<Option<Vec<Duplicate>>, StoreError> {
        use contact_identity::{Column as C, Entity as E};
        let (tenant, seen, talks) = (self.id().0, self.seen_contacts(), self.seen_conversations());
        self.read(move |tx| {
            Box::pin(async move {
                let Some(model) = own(tenant).filter(seen.clone()).filter(Column::Id.eq(id.0)).one(tx).await? else { return Ok(None) };
                let marks = Marks::of(&model, identities(tx, tenant, id).await?);
                let named = Condition::any()
                    .add(Condition::all().add(C::Kind.eq("phone")).add(C::Value.is_in(marks.phones.iter())))
                    .add(Condition::all().add(C::Kind.eq("email")).add(C::Value.is_in(marks.emails.iter())));
                let named = E::find().filter(C::TenantId.eq(tenant)).filter(C::ContactId.ne(id.0)).filter(named).limit(MOST);
                let named = named.all(tx).await?;
                let same = Condition::any()
                    .add(Column::Phone.is_in(marks.phones.iter()))
                    .add(Column::Email.is_in(marks.emails.iter()))
                    .add(Column::Id.is_in(named.iter().map(|row| row.contact_id)));
                let others = own(tenant).filter(seen).filter(Column::Id.ne(id.0)).filter(Column::MergedInto.is_null()).filter(same);
                let others = others.order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).limit(MOST).all(tx).await?;
                let rows = dress(tx, tenant, talks, others).await?.into_iter().map(|row| {
                    let its = named.iter().filter(|one| one.contact_id == row.model.id);
                    let its: Vec<(String, String)> = its.map(|one| (one.kind.clone(), one.value.clone())).collect();
                    Duplicate { reasons: marks.reasons(&row.model, &its), row }
                });
                Ok(Some(rows.collect()))
            })
        })
        .await
    }
}
