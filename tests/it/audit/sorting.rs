//! Labels and shared views leave their rows; a member's own views, and what is as it was, leave none.

use crate::audit::deeds::Watch;
use crate::audit::rig::Rig;
use anyhow::{Result, bail};
use recado::domain::audit::Action;
use recado::domain::triage::filter::Filter;
use recado::domain::triage::sort::Sort;
use recado::store::people::labels::{LabelForm, Labelled};
use recado::store::people::views::{ViewForm, Viewed};

pub async fn everything(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let scope = rig.store().tenant(rig.tenant);
    let form = |title: &str| LabelForm { title: title.to_owned(), colour: "#d97706".to_owned(), description: None };
    let Labelled::Done(label) = scope.create_label(form("vip")).await? else { bail!("not made") };
    watch.one(Action::LabelCreated, label.id).await?;
    assert_eq!(scope.create_label(form("VIP")).await?, Labelled::Taken);
    scope.replace_label(label.id, form("vip")).await?;
    watch.none("nothing came of these").await?;
    scope.replace_label(label.id, form("very important")).await?;
    watch.one(Action::LabelChanged, label.id).await?;
    scope.delete_label(label.id).await?;
    watch.one(Action::LabelDeleted, label.id).await?;
    let form = |name: &str| ViewForm { name: name.to_owned(), filter: Filter::default(), sort: Sort::Newest };
    let Viewed::Done(view) = scope.create_view(None, form("all")).await? else { bail!("not made") };
    watch.one(Action::ViewShared, view.id).await?;
    scope.replace_view(None, view.id, form("all")).await?;
    watch.none("it was so already").await?;
    scope.replace_view(None, view.id, form("everything")).await?;
    watch.one(Action::ViewChanged, view.id).await?;
    scope.delete_view(None, view.id).await?;
    watch.one(Action::ViewDeleted, view.id).await
}
