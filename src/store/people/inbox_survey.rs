//! How an inbox asks customers how they were served: a setting, read by the directory.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::InboxId;
use crate::domain::survey::SurveyRules;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::admin::bump;
use crate::store::audit;
use crate::store::people::desk::OWN;
use crate::store::people::inbox_hours::put;
use crate::store::rows::{Columns, Kind, Row, Tx, get};
use crate::store::scope::{Role, assume, store_error};
use crate::store::spelling::{from_json, json};
use sea_orm::DbErr;
use std::sync::Arc;

const SURVEY: Columns = &[
    ("tenant_id", Kind::Id),
    ("inbox_id", Kind::Id),
    ("mode", Kind::Text),
    ("on_return", Kind::Text),
    ("survey", Kind::Text),
    ("updated_at", Kind::At),
];
/// What is set of an inbox that there is.
const SET: &str = "SELECT u.survey FROM {rows} CROSS JOIN inbox i LEFT JOIN inbox_rule u ON u.tenant_id = i.tenant_id AND u.inbox_id = i.id
                   WHERE i.tenant_id = r.tenant_id AND i.id = r.id";

fn read(row: &Row) -> Result<SurveyRules, DbErr> {
    let text: Option<String> = get(row, "survey")?;
    text.map_or_else(|| Ok(SurveyRules::default()), |text| from_json(&text))
}

impl TenantScope {
    /// Returns how an inbox asks; `None`: no such inbox is seen.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn survey_rules(&self, inbox: InboxId) -> Result<Option<SurveyRules>, StoreError> {
        if !self.sight().limit().sees_inbox(inbox) {
            return Ok(None);
        }
        let mut rows = self.store().rows(OWN);
        rows.push([self.id().into(), inbox.into()]);
        let found = self.store().fetch_as(Role::People(self.id()), SET, rows).await?;
        found.first().map(read).transpose().map_err(store_error)
    }

    /// Replaces how an inbox asks; what is as it was leaves no trace. Returns false if no such inbox is seen.
    ///
    /// # Errors
    /// [`StoreError`]: nothing changed, or nobody knows.
    pub async fn set_survey_rules(&self, inbox: InboxId, rules: SurveyRules) -> Result<bool, StoreError> {
        if !self.sight().limit().sees_inbox(inbox) {
            return Ok(false);
        }
        let (tenant, ids, caller) = (self.id(), Arc::clone(&self.store().inner.ids), self.caller().clone());
        let at = self.store().inner.clock.now();
        let done = self.store().solo(Role::People(tenant), move |db| {
            Box::pin(async move {
                bump(db).await?;
                let tx = Tx::new(db, &*ids);
                let mut known = tx.rows(OWN);
                known.push([tenant.into(), inbox.into()]);
                let found = tx.all(SET, &known).await?;
                let Some(before) = found.first().map(read).transpose()? else { return Ok(false) };
                if before == rules {
                    return Ok(true);
                }
                put(tx, (SURVEY, "survey"), (tenant, inbox), Some(&json(&rules)?), at).await?;
                // The log is the engine's to write.
                assume(db, Role::Engine).await?;
                let fields = differences(&before, &rules);
                audit::record(db, tenant, &caller, at, &Deed::new(Action::InboxSurveySet, inbox).fields(fields)).await?;
                Ok(true)
            })
        });
        done.await
    }
}

fn differences(before: &SurveyRules, after: &SurveyRules) -> Vec<&'static str> {
    let fields = [
        ("enabled", before.enabled != after.enabled),
        ("only_labels", before.only_labels != after.only_labels),
        ("never_labels", before.never_labels != after.never_labels),
        ("after", before.after != after.after),
        ("words", before.words != after.words),
        ("template", before.template != after.template),
        ("templates", before.templates != after.templates),
    ];
    fields.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
