//! Teams: groups of members to whom conversations are given. One that is removed keeps its name for the conversations that had it.

use crate::domain::audit::{Action, Deed};
use crate::domain::ids::{MemberId, TeamId};
use crate::domain::membership::Visibility;
use crate::domain::routing::Mode;
use crate::domain::time::Timestamp;
use crate::ports::store::StoreError;
use crate::store::TenantScope;
use crate::store::people::desk::{AtDesk, DeskRefusal, OWN, are_members};
use crate::store::rows::{Columns, Kind, Row, Tx, at, get};
use crate::store::scope::store_error;
use sea_orm::DbErr;
use uuid::Uuid;

/// Most teams of a business.
const MOST: i64 = 100;
/// Most members of a team.
pub const MOST_MEMBERS: usize = 500;

const TEAM: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("name", Kind::Text),
    ("state", Kind::Text),
    ("mode", Kind::Text),
    ("max_open", Kind::Int),
    ("created_at", Kind::At),
    ("updated_at", Kind::At),
];
const NAMED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("name", Kind::Text)];
const MEMBER: Columns = &[("tenant_id", Kind::Id), ("team_id", Kind::Id), ("member_id", Kind::Id)];
const PAGE: Columns = &[("tenant_id", Kind::Id), ("after", Kind::Id)];
const LIMITED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("inboxes", Kind::Text), ("at", Kind::At)];
const REMOVED: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("at", Kind::At)];

/// What a team is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamForm {
    /// Its name.
    pub name: String,
    /// How conversations are given to its members.
    pub mode: Mode,
    /// Most open conversations of a member who is given one by itself.
    pub max_open: Option<u32>,
    /// Its members, each once.
    pub members: Vec<MemberId>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TeamRow {
    /// Its id.
    pub id: TeamId,
    /// What it is.
    pub form: TeamForm,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

const SELECT: &str = "SELECT t.id, t.name, t.mode, t.max_open, t.created_at, t.updated_at FROM {rows} CROSS JOIN team t
    WHERE t.tenant_id = r.tenant_id AND t.state = 'active'";

impl TenantScope {
    /// Lists teams, in the order in which they were made.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn teams(&self, after: Option<TeamId>, limit: u64) -> Result<Vec<TeamRow>, StoreError> {
        let sql = format!("{SELECT} AND t.id > r.after ORDER BY t.id LIMIT {limit}");
        let found = self.ask(sql, PAGE, Some(after.map_or(Uuid::nil(), |id| id.0))).await?;
        let mut teams = Vec::with_capacity(found.len());
        for row in &found {
            teams.push(self.with_members(row).await?);
        }
        Ok(teams)
    }

    /// Finds a team that was not removed.
    ///
    /// # Errors
    /// [`StoreError`] if the database is away.
    pub async fn team(&self, id: TeamId) -> Result<Option<TeamRow>, StoreError> {
        let found = self.ask(format!("{SELECT} AND t.id = r.id"), OWN, Some(id.0)).await?;
        match found.first() {
            Some(row) => self.with_members(row).await.map(Some),
            None => Ok(None),
        }
    }

    async fn with_members(&self, row: &Row) -> Result<TeamRow, StoreError> {
        let id: Uuid = get(row, "id").map_err(store_error)?;
        let sql =
            "SELECT x.member_id FROM {rows} CROSS JOIN team_member x JOIN member m ON m.tenant_id = x.tenant_id AND m.id = x.member_id
                   WHERE x.tenant_id = r.tenant_id AND x.team_id = r.id AND m.state = 'active' ORDER BY x.member_id";
        let members = self.ask(sql, OWN, Some(id)).await?;
        let members = members.iter().map(|row| get(row, "member_id").map(MemberId)).collect::<Result<_, _>>().map_err(store_error)?;
        read(row, members).map_err(store_error)
    }

    /// Makes a team.
    ///
    /// # Errors
    /// [`StoreError`]; refused for a name that is taken, a member who is none, or one team too many.
    pub async fn create_team(&self, form: TeamForm) -> Result<Result<AtDesk<TeamId>, DeskRefusal>, StoreError> {
        let (tenant, at, id) = (self.id(), self.store().inner.clock.now(), TeamId(self.store().inner.ids.uuid()));
        self.at_desk(move |tx| {
            Box::pin(async move {
                let mut rows = tx.rows(OWN);
                rows.push([tenant.into(), id.0.into()]);
                let sql = "SELECT COUNT(t.id) AS n FROM {rows} LEFT JOIN team t ON t.tenant_id = r.tenant_id AND t.state = 'active'";
                let count: i64 = tx.all(sql, &rows).await?.first().map_or(Ok(0), |row| get(row, "n"))?;
                if count >= MOST {
                    return Err(DeskRefusal::TooMany.undo());
                }
                put(tx, (tenant.0, id), &form, at).await?;
                Ok((id, Some(Deed::new(Action::TeamMade, id))))
            })
        })
        .await
    }

    /// Replaces a team. Its conversations keep their people.
    ///
    /// # Errors
    /// As [`TenantScope::create_team`]; refused for an absent one.
    pub async fn replace_team(&self, id: TeamId, form: TeamForm) -> Result<Result<AtDesk<TeamId>, DeskRefusal>, StoreError> {
        let (tenant, at) = (self.id(), self.store().inner.clock.now());
        self.at_desk(move |tx| {
            Box::pin(async move {
                exists(tx, (tenant.0, id)).await?;
                put(tx, (tenant.0, id), &form, at).await?;
                Ok((id, Some(Deed::new(Action::TeamReplaced, id))))
            })
        })
        .await
    }

    /// Removes a team, and takes it out of every limit that names it. What waits for it waits for everybody of its inbox from then on.
    ///
    /// # Errors
    /// [`StoreError`]; refused for an absent one.
    pub async fn remove_team(&self, id: TeamId) -> Result<Result<AtDesk<()>, DeskRefusal>, StoreError> {
        let (tenant, at) = (self.id(), self.store().inner.clock.now());
        self.at_desk(move |tx| {
            Box::pin(async move {
                exists(tx, (tenant.0, id)).await?;
                let mut rows = tx.rows(REMOVED);
                rows.push([tenant.into(), id.0.into(), at.into()]);
                let sql = "UPDATE team SET state = 'removed', updated_at = r.at FROM {rows} WHERE team.tenant_id = r.tenant_id AND team.id = r.id";
                tx.update("teams", sql, &rows).await?;
                let [members, invitations] = unlimit(tx, (tenant.0, id), at).await?;
                let deed = Deed::new(Action::TeamRemoved, id).fields(members.iter().map(Uuid::to_string));
                Ok(((), Some(deed.after("members", members.len()).after("invitations", invitations.len()))))
            })
        })
        .await
    }
}

fn read(row: &Row, members: Vec<MemberId>) -> Result<TeamRow, DbErr> {
    let (id, mode, most): (Uuid, String, Option<i64>) = (get(row, "id")?, get(row, "mode")?, get(row, "max_open")?);
    let max_open = most.map(|most| u32::try_from(most).unwrap_or_default());
    let form = TeamForm { name: get(row, "name")?, mode: Mode::parse(&mode).unwrap_or_default(), max_open, members };
    Ok(TeamRow { id: TeamId(id), form, created_at: at(row, "created_at")?, updated_at: at(row, "updated_at")? })
}

async fn exists(tx: Tx<'_>, (tenant, id): (Uuid, TeamId)) -> Result<(), DbErr> {
    let mut rows = tx.rows(OWN);
    rows.push([tenant.into(), id.0.into()]);
    let found = tx.all(&format!("{SELECT} AND t.id = r.id"), &rows).await?;
    if found.is_empty() { Err(DeskRefusal::Absent.undo()) } else { Ok(()) }
}

/// Takes a team out of the limits of members, whose sessions learn of it by their version, and of invitations. A limit to it alone becomes
/// one to no team: never to none. Returns whose limit, and which invitations, named it.
async fn unlimit(tx: Tx<'_>, (tenant, id): (Uuid, TeamId), now: Timestamp) -> Result<[Vec<Uuid>; 2], DbErr> {
    // Every change of members takes this lock first.
    let mut own = tx.rows(OWN);
    own.push([tenant.into(), id.0.into()]);
    tx.run("UPDATE config_version SET version = version + 1 WHERE id IN (SELECT 1 FROM {rows})", &own).await?;
    let mut touched = [Vec::new(), Vec::new()];
    let tables = [("member", ", version = member.version + 1, updated_at = r.at"), ("invitation", "")];
    for ((table, also), touched) in tables.into_iter().zip(&mut touched) {
        let mut named = tx.rows(NAMED);
        named.push([tenant.into(), id.0.into(), (&format!("%{id}%")).into()]);
        let sql =
            format!("SELECT x.id, x.inboxes FROM {{rows}} CROSS JOIN {table} x WHERE x.tenant_id = r.tenant_id AND x.inboxes LIKE r.name");
        let mut changed = tx.rows(LIMITED);
        for row in tx.all(&sql, &named).await? {
            let (whose, limit): (Uuid, Option<String>) = (get(&row, "id")?, get(&row, "inboxes")?);
            if let Some(left) = Visibility::stored(limit.as_deref()).without_team(id) {
                let left = left.to_stored();
                changed.push([tenant.into(), whose.into(), left.as_deref().into(), now.into()]);
                touched.push(whose);
            }
        }
        let sql = format!(
            "UPDATE {table} SET inboxes = r.inboxes{also} FROM {{rows}} WHERE {table}.tenant_id = r.tenant_id AND {table}.id = r.id"
        );
        tx.update("limits", &sql, &changed).await?;
    }
    Ok(touched)
}

async fn put(tx: Tx<'_>, (tenant, id): (Uuid, TeamId), form: &TeamForm, now: Timestamp) -> Result<(), DbErr> {
    let mut named = tx.rows(NAMED);
    named.push([tenant.into(), id.0.into(), (&form.name).into()]);
    let sql = "SELECT t.id FROM {rows} CROSS JOIN team t WHERE t.tenant_id = r.tenant_id AND t.state = 'active' AND t.name = r.name
               AND t.id <> r.id";
    if !tx.all(sql, &named).await?.is_empty() {
        return Err(DeskRefusal::NameTaken.undo());
    }
    if !are_members(tx, tenant, &form.members).await? {
        return Err(DeskRefusal::NoMember.undo());
    }
    let mut rows = tx.rows(TEAM);
    let (mode, most) = (form.mode.as_str(), form.max_open.map(i64::from));
    rows.push([tenant.into(), id.0.into(), (&form.name).into(), "active".into(), mode.into(), most.into(), now.into(), now.into()]);
    let suffix = "ON CONFLICT (tenant_id, id) DO UPDATE SET name = excluded.name, mode = excluded.mode, max_open = excluded.max_open,
                  updated_at = excluded.updated_at";
    tx.put("team", &rows, suffix).await?;
    let mut all = tx.rows(OWN);
    all.push([tenant.into(), id.0.into()]);
    tx.run("DELETE FROM team_member WHERE (tenant_id, team_id) IN (SELECT r.tenant_id, r.id FROM {rows})", &all).await?;
    let mut members = tx.rows(MEMBER);
    form.members.iter().for_each(|member| members.push([tenant.into(), id.0.into(), member.0.into()]));
    tx.insert("team_member", &members).await
}
