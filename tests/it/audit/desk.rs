//! What people change at the front desk, each with its row.

use crate::audit::deeds::Watch;
use crate::audit::rig::{Rig, generic};
use anyhow::{Context, Result};
use recado::domain::audit::{Action, Actor, Caller};
use recado::domain::ids::{InboxId, TeamId};
use recado::domain::routing::{Mode, Rule};
use recado::domain::survey::SurveyRules;
use recado::store::people::teams::TeamForm;

fn form(name: &str) -> TeamForm {
    TeamForm { name: name.to_owned(), mode: Mode::RoundRobin, max_open: None, members: Vec::new() }
}

pub async fn desk(rig: &Rig, watch: &mut Watch<'_>) -> Result<()> {
    let people = rig.store().tenant(rig.tenant).acting(Caller::here(Actor::Operator));
    let team = people.create_team(form("Ventas")).await?.ok().context("a team")?.now;
    watch.one(Action::TeamMade, team).await?;
    assert!(people.create_team(form("Ventas")).await?.is_err());
    assert!(people.replace_team(TeamId(rig.tenant.0), form("Otra")).await?.is_err());
    watch.none("the name is taken, and there is no such team").await?;
    assert!(people.replace_team(team, form("Soporte")).await?.is_ok());
    watch.one(Action::TeamReplaced, team).await?;
    assert!(people.remove_team(team).await?.is_ok());
    watch.one(Action::TeamRemoved, team).await?;
    assert!(people.set_default_capacity(5).await?.is_ok());
    watch.one(Action::AssignmentRulesReplaced, rig.tenant).await?;
    let member = people.members(None, 1).await?.pop().context("a member")?.standing.id;
    assert!(people.set_capacity(member, Some(3)).await?.is_ok());
    watch.one(Action::MemberCapacitySet, member).await?;
    let inbox = rig.admin.create_inbox(rig.tenant, generic("Desk")).await?.view.id;
    watch.one(Action::InboxCreated, inbox).await?;
    let rule = Rule { mode: Mode::LeastLoaded, ..Rule::default() };
    assert!(people.set_inbox_rule(inbox, rule).await?.is_ok());
    watch.one(Action::InboxAssignmentSet, inbox).await?;
    assert!(people.set_inbox_hours(inbox, None).await?);
    watch.one(Action::InboxHoursSet, inbox).await?;
    let asks = SurveyRules { enabled: true, ..SurveyRules::default() };
    assert!(people.set_survey_rules(inbox, asks.clone()).await?);
    watch.one(Action::InboxSurveySet, inbox).await?;
    assert!(people.set_survey_rules(inbox, asks.clone()).await? && !people.set_survey_rules(InboxId(rig.tenant.0), asks).await?);
    watch.none("it asks so already, and there is no such inbox").await?;
    assert!(people.set_inbox_rule(InboxId(rig.tenant.0), rule).await?.is_err());
    watch.none("there is no such inbox").await
}
