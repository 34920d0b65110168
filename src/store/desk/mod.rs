//! The front desk as it is stored: who could be given a conversation, and asking those that wait when somebody becomes free.
//!
//! The desk's row is the lock: whoever changes what others decide by takes it first, before any row of a conversation or a member. Never
//! decides who is given what: [`routing`](crate::domain::routing) does, in the step of the conversation.

pub(in crate::store) mod hand_out;

use crate::domain::ids::{AgentId, InboxId, TeamId, TenantId};
use crate::domain::membership::Home;
use crate::domain::permission::{Area, Permission};
use crate::domain::routing::{Choice, Colleague, DEFAULT_MAX_OPEN, Mode, OnReturn, Picture, Rule};
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::bookings::ask::Ask;
use crate::store::people::members::read_place;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get, maybe_at};
use crate::store::scope::store_error;
use sea_orm::DbErr;
use std::collections::BTreeSet;
use uuid::Uuid;

/// Most members that are looked at.
const MOST_MEMBERS: u32 = 1_000;

const TENANT: Columns = &[("tenant_id", Kind::Id)];
const PLACE: Columns = &[("tenant_id", Kind::Id), ("inbox_id", Kind::Id), ("team_id", Kind::Id)];

const RULES: &str = "SELECT d.version, d.max_open, u.mode, u.max_open AS inbox_max, u.on_return,
    g.mode AS team_mode, g.max_open AS team_max
    FROM {rows} CROSS JOIN tenant t LEFT JOIN desk d ON d.tenant_id = t.id
    LEFT JOIN inbox_rule u ON u.tenant_id = t.id AND u.inbox_id = r.inbox_id
    LEFT JOIN team g ON g.tenant_id = t.id AND g.id = r.team_id AND g.state = 'active' WHERE t.id = r.tenant_id";

/// Where conversations wait, and where one is given: an inbox, perhaps a team.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Counter {
    pub inbox: InboxId,
    pub team: Option<TeamId>,
}

impl Counter {
    /// Returns where a conversation of this counter stands: nobody's, so that only who sees it before it is his is given it, or somebody's, who
    /// sees it by that.
    const fn home(self, assignee: Option<AgentId>) -> Home {
        Home { inbox: self.inbox, team: self.team, assignee }
    }
}

impl Store {
    pub(super) async fn read_desk(&self, tenant: TenantId, inbox: InboxId, team: Option<TeamId>) -> Result<Picture, StoreError> {
        picture(Ask::Beside(self), tenant, Counter { inbox, team }).await.map_err(store_error)
    }
}

/// Reads the picture; the version first, so that what is read later is never taken for older than it is.
pub(in crate::store) async fn picture(ask: Ask<'_>, tenant: TenantId, counter: Counter) -> Result<Picture, DbErr> {
    let place = || {
        let mut rows = ask.rows(PLACE);
        rows.push([tenant.into(), counter.inbox.into(), counter.team.map(|TeamId(id)| id).into()]);
        rows
    };
    let found = ask.all(RULES, place()).await?;
    let rules = found.first().ok_or_else(|| DbErr::RecordNotFound("the business of a desk".to_owned()))?;
    let limit: Option<i64> = get(rules, "max_open")?;
    let members = members(ask, place(), (counter, number(limit).unwrap_or(DEFAULT_MAX_OPEN))).await?;
    let version: Option<i64> = get(rules, "version")?;
    Ok(Picture {
        version: version.unwrap_or_default(),
        team: counter.team,
        rule: rule(rules)?,
        attended: members.iter().any(|member| member.colleague.seen.is_some()),
        team_members: members.iter().filter(|member| member.in_team).map(|member| member.colleague.who).collect::<BTreeSet<_>>(),
        colleagues: members.into_iter().filter(|member| member.answers).map(|member| member.colleague).collect(),
    })
}

struct Member {
    colleague: Colleague,
    in_team: bool,
    answers: bool,
}

async fn members(ask: Ask<'_>, place: Rows, (counter, limit): (Counter, u32)) -> Result<Vec<Member>, DbErr> {
    let sql = format!(
        "SELECT m.id, m.role, m.permissions, m.inboxes, p.choice, p.max_open, p.last_seen, p.turn,
         (SELECT COUNT(*) FROM conversation c WHERE c.tenant_id = m.tenant_id AND c.assignee_id = m.id AND c.status = 'open'
         AND c.assignee_id IS NOT NULL) AS held,
         EXISTS (SELECT 1 FROM team_member x WHERE x.tenant_id = m.tenant_id AND x.team_id = r.team_id AND x.member_id = m.id) AS in_team
         FROM {{rows}} CROSS JOIN member m LEFT JOIN desk_member p ON p.tenant_id = m.tenant_id AND p.member_id = m.id
         WHERE m.tenant_id = r.tenant_id AND m.state = 'active' ORDER BY m.id LIMIT {MOST_MEMBERS}"
    );
    let found = ask.all(&sql, place).await?;
    found.iter().map(|row| member(row, counter, limit)).collect()
}

fn member(row: &Row, counter: Counter, limit: u32) -> Result<Member, DbErr> {
    let id: Uuid = get(row, "id")?;
    let (role, choice): (String, Option<String>) = (get(row, "role")?, get(row, "choice")?);
    let (permissions, inboxes): (Option<String>, Option<String>) = (get(row, "permissions")?, get(row, "inboxes")?);
    let place = read_place(&role, permissions.as_deref(), inboxes.as_deref())?;
    let (in_team, open, turn): (bool, i64, Option<i64>) = (get(row, "in_team")?, get(row, "held")?, get(row, "turn")?);
    let own: Option<i64> = get(row, "max_open")?;
    let who = AgentId(id);
    let keeps = place.visibility.sees(&counter.home(Some(who)), Some(who));
    let may = place.grants().allow(Permission::write(Area::Conversations)) && keeps;
    let colleague = Colleague {
        who,
        choice: choice.as_deref().and_then(Choice::parse).unwrap_or_default(),
        seen: maybe_at(row, "last_seen")?,
        open: u32::try_from(open).unwrap_or(u32::MAX),
        limit: number(own).unwrap_or(limit),
        turn: turn.unwrap_or_default(),
        given: place.visibility.sees(&counter.home(None), None) && (counter.team.is_none() || in_team),
    };
    Ok(Member { colleague, in_team, answers: may })
}

fn number(limit: Option<i64>) -> Option<u32> {
    limit.map(|limit| u32::try_from(limit).unwrap_or_default())
}

/// A team's rule stands in the place of the inbox's; what becomes of those that return is the inbox's alone.
fn rule(row: &Row) -> Result<Rule, DbErr> {
    let texts: [Option<String>; 3] = [get(row, "mode")?, get(row, "team_mode")?, get(row, "on_return")?];
    let [inbox, team, on_return] = texts;
    let (inbox_max, team_max): (Option<i64>, Option<i64>) = (get(row, "inbox_max")?, get(row, "team_max")?);
    let (mode, max) = if team.is_some() { (team, team_max) } else { (inbox, inbox_max) };
    Ok(Rule {
        mode: mode.as_deref().and_then(Mode::parse).unwrap_or_default(),
        max_open: number(max),
        on_return: on_return.as_deref().and_then(OnReturn::parse).unwrap_or_default(),
    })
}

/// Takes the desk for the rest of the transaction and says that it has moved; makes it where there was none. Must come before the
/// transaction touches anything else. Returns the new version.
///
/// # Errors
/// The database's.
pub(in crate::store) async fn take(tx: Tx<'_>, tenant: TenantId, at: Timestamp) -> Result<i64, DbErr> {
    let mut rows = tx.rows(DESK);
    rows.push([tenant.into(), 1.into(), i64::from(DEFAULT_MAX_OPEN).into(), at.into()]);
    let suffix = "ON CONFLICT (tenant_id) DO UPDATE SET version = desk.version + 1, updated_at = excluded.updated_at RETURNING version";
    let taken = tx.insert_returning("desk", &rows, suffix).await?;
    taken.first().map_or(Ok(1), |row| get(row, "version"))
}

const DESK: Columns = &[("tenant_id", Kind::Id), ("version", Kind::Int), ("max_open", Kind::Int), ("updated_at", Kind::At)];
