//! Joining and leaving, inside the transaction of the act.

use crate::domain::booking::waiting::{Entry, Live, WaitState, join};
use crate::domain::booking::{Act, Actor, Agenda, Outcome, Refusal, Status};
use crate::domain::ids::{AgentId, ConversationId, InboxId, TeamId, TenantId, WaitlistId};
use crate::domain::membership::{Home, Sight};
use crate::store::bookings::act::{Wish, decided, refused};
use crate::store::bookings::agenda::Agendas;
use crate::store::bookings::ask::Ask;
use crate::store::bookings::load;
use crate::store::bookings::waitlist::{ENTRY, ID, live, one, push};
use crate::store::rows::{Columns, Kind, Tx, get};
use sea_orm::DbErr;
use uuid::Uuid;

const TENANT: Columns = &[("tenant_id", Kind::Id)];
const LEFT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("updated_at", Kind::At)];

/// Why a time that was held for somebody who leaves is given back.
const LEAVES: &str = "left_waitlist";

/// Decides and writes an act on the list; `None`: the act is one on the book.
pub(in crate::store::bookings) async fn carry_out(
    tx: Tx<'_>,
    agendas: &Agendas,
    agenda: &Agenda,
    wish: &Wish,
) -> Result<Option<Outcome>, DbErr> {
    match wish.act() {
        Act::Join { entry } => joins(tx, agenda, wish, owned(wish.actor(), entry)).await.map(Some),
        Act::Leave { id } => leaves(tx, agendas, agenda, wish, *id).await.map(Some),
        Act::Show { .. }
        | Act::Answer { .. }
        | Act::Anew { .. }
        | Act::Hold { .. }
        | Act::Confirm { .. }
        | Act::Book { .. }
        | Act::Move { .. }
        | Act::Cancel { .. }
        | Act::Set { .. }
        | Act::Settled { .. }
        | Act::Refused { .. }
        | Act::Offer { .. } => Ok(None),
    }
}

/// A customer waits for themselves, whatever the act says.
fn owned(actor: Actor, entry: &Entry) -> Entry {
    let mut entry = entry.clone();
    if let Actor::Contact { contact, conversation } = actor {
        (entry.contact, entry.conversation) = (contact, conversation);
    }
    entry
}

async fn joins(tx: Tx<'_>, agenda: &Agenda, wish: &Wish, asked: Entry) -> Result<Outcome, DbErr> {
    let (tenant, now) = (wish.tenant(), wish.now());
    let own = live(Ask::Inside(tx), tenant, asked.contact).await?;
    // What would be changed, or shown as it is, belongs to the conversation through which they wait.
    if let Some(there) = own.iter().find(|entry| entry.service == asked.service)
        && is_hidden(tx, tenant, there.conversation, wish.sight()).await?
    {
        return Ok(refused(Refusal::OutOfSight));
    }
    let all = count(tx, tenant).await?;
    let (entry, changed) = match join(agenda, Live { own: &own, all }, asked, now) {
        Ok(joined) => joined,
        Err(why) => return Ok(refused(why)),
    };
    if changed {
        let mut rows = tx.rows(ENTRY);
        push(&mut rows, tenant, &entry, now)?;
        // An entry that there is keeps its place; there is a new reason to look for it.
        let again = "ON CONFLICT (tenant_id, id) DO UPDATE SET resources = excluded.resources, first_day = excluded.first_day,
                     last_day = excluded.last_day, from_minute = excluded.from_minute, to_minute = excluded.to_minute,
                     before_at = excluded.before_at, moves = excluded.moves, conversation_id = excluded.conversation_id,
                     name = excluded.name, language = excluded.language, look_at = excluded.look_at,
                     look_no = waitlist_entry.look_no + 1, refused_until = NULL, updated_at = excluded.updated_at WHERE waitlist_entry.state = 'waiting'";
        if tx.put("waitlist_entry", &rows, again).await? != 1 {
            return Err(DbErr::RecordNotUpdated);
        }
    }
    Ok(Outcome::Waiting { entry: Box::new(entry), changed })
}

/// Tells whether a conversation is hidden from somebody.
async fn is_hidden(tx: Tx<'_>, tenant: TenantId, conversation: ConversationId, sight: &Sight) -> Result<bool, DbErr> {
    if sight.limit().is_everything() {
        return Ok(false);
    }
    let mut rows = tx.rows(ID);
    rows.push([tenant.into(), conversation.0.into()]);
    let sql = "SELECT c.inbox_id, c.team_id, c.assignee_id FROM {rows} CROSS JOIN conversation c
               WHERE c.tenant_id = r.tenant_id AND c.id = r.id";
    let found = tx.all(sql, &rows).await?;
    let Some(row) = found.first() else { return Ok(true) };
    let (inbox, team, assignee): (Uuid, Option<Uuid>, Option<Uuid>) =
        (get(row, "inbox_id")?, get(row, "team_id")?, get(row, "assignee_id")?);
    Ok(!sight.sees(&Home { inbox: InboxId(inbox), team: team.map(TeamId), assignee: assignee.map(AgentId) }))
}

/// Counts the live entries of a business: bounded by what may join.
async fn count(tx: Tx<'_>, tenant: TenantId) -> Result<u64, DbErr> {
    let mut rows = tx.rows(TENANT);
    rows.push([tenant.into()]);
    let sql = "SELECT COUNT(*) AS n FROM {rows} CROSS JOIN waitlist_entry w WHERE w.tenant_id = r.tenant_id
               AND w.state IN ('waiting', 'offered')";
    let found = tx.all(sql, &rows).await?;
    let counted: i64 = found.first().map(|row| get(row, "n")).transpose()?.unwrap_or_default();
    Ok(u64::try_from(counted).unwrap_or_default())
}

async fn leaves(tx: Tx<'_>, agendas: &Agendas, agenda: &Agenda, wish: &Wish, id: WaitlistId) -> Result<Outcome, DbErr> {
    let (tenant, now) = (wish.tenant(), wish.now());
    let own = |entry: &Entry| match wish.actor() {
        Actor::Contact { contact, .. } => entry.contact == contact,
        Actor::People { .. } | Actor::System => true,
    };
    let Some(entry) = one(Ask::Inside(tx), tenant, id).await?.filter(own) else { return Ok(refused(Refusal::NotFound)) };
    if !entry.state.is_live() {
        return Ok(Outcome::Waiting { entry: Box::new(entry), changed: false });
    }
    let mut rows = tx.rows(LEFT);
    rows.push([tenant.into(), id.0.into(), now.into()]);
    let sql = "UPDATE waitlist_entry SET state = 'left', updated_at = r.updated_at FROM {rows}
               WHERE waitlist_entry.tenant_id = r.tenant_id AND waitlist_entry.id = r.id AND waitlist_entry.state IN ('waiting', 'offered')";
    if tx.run(sql, &rows).await? != 1 {
        return Err(DbErr::RecordNotUpdated);
    }
    // What was kept for them is somebody else's now.
    if let (WaitState::Offered, Some(hold)) = (entry.state, entry.appointment)
        && load::one(Ask::Inside(tx), tenant, hold).await?.is_some_and(|row| row.status == Status::Held)
    {
        let cancel = Act::Cancel { id: hold, version: None, reason: LEAVES.to_owned() };
        Box::pin(decided(tx, agendas, agenda, &Wish::new(tenant, Actor::System, cancel, now))).await?;
    }
    Ok(Outcome::Waiting { entry: Box::new(Entry { state: WaitState::Left, updated_at: now, ..entry }), changed: true })
}
