//! Telling one rung: everything is read, decided and written in one transaction, so that it happens once however often it is tried.

use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, ConversationId, InboxId, MemberId, NoticeId, NotificationId, TeamId, TenantId};
use crate::domain::language::Language;
use crate::domain::mail::{Address, MailKind, TRIED_FOR};
use crate::domain::membership::{Home, Place, Visibility};
use crate::domain::notice::choice::Choices;
use crate::domain::notice::letter::{Words, letter};
use crate::domain::notice::{self, DEFAULT_MINUTES, Listener, Notice, Now, Rung, Told};
use crate::domain::permission::{Grants, Role};
use crate::domain::time::Timestamp;
use crate::ports::mail::{Content, Letter, NewMail};
use crate::ports::notices::{NewNotification, Notices};
use crate::ports::store::StoreError;
use crate::store::Store;
use crate::store::mail::queue;
use crate::store::rows::{Columns, Kind, Row, Rows, Tx, get};
use crate::store::scope::store_error;
use async_trait::async_trait;
use sea_orm::DbErr;
use std::collections::HashSet;
use url::Url;
use uuid::Uuid;

/// Kinds whose subject is an appointment: who does not see its conversation is not told. One of no conversation is everybody's.
const OF_APPOINTMENTS: &str = "'appointment_approval', 'calendar_trouble'";
/// Most members who are looked at: more than any business has.
const MOST_MEMBERS: u32 = 2_000;

const NOW: Columns = &[("now", Kind::At)];
const ONE: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("now", Kind::At)];
const ABOUT: Columns = &[("tenant_id", Kind::Id), ("conversation_id", Kind::Id), ("kind", Kind::Text)];
const NEXT: Columns = &[("tenant_id", Kind::Id), ("id", Kind::Id), ("rung", Kind::Int), ("due_at", Kind::At), ("ended", Kind::Text)];
const NOTIFICATION: Columns = &[
    ("tenant_id", Kind::Id),
    ("id", Kind::Id),
    ("notice_id", Kind::Id),
    ("member_id", Kind::Id),
    ("kind", Kind::Text),
    ("conversation_id", Kind::Id),
    ("subject_id", Kind::Id),
    ("created_at", Kind::At),
];

/// The store as the place where causes wait, with the address that mails lead to.
#[derive(Clone)]
pub struct NoticeDesk {
    store: Store,
    public_url: Url,
}

impl NoticeDesk {
    /// Makes it.
    #[must_use]
    pub const fn new(store: Store, public_url: Url) -> Self {
        Self { store, public_url }
    }

    fn link(&self, notice: &Notice) -> String {
        let base = self.public_url.as_str().trim_end_matches('/');
        match notice.conversation {
            Some(id) => format!("{base}/console/conversations/{id}"),
            None => format!("{base}/console"),
        }
    }
}

#[async_trait]
impl Notices for NoticeDesk {
    async fn due_notices(&self, now: Timestamp, limit: u32) -> Result<Vec<(TenantId, NoticeId)>, StoreError> {
        let mut rows = self.store.one(NOW);
        rows.push([now.into()]);
        let sql = format!(
            "SELECT n.tenant_id, n.id FROM {{rows}} CROSS JOIN notice n WHERE n.due_at IS NOT NULL AND n.due_at <= r.now
             ORDER BY n.due_at LIMIT {limit}"
        );
        let found = self.store.fetch(&sql, rows).await?;
        let one = |row: &Row| Ok((TenantId(get(row, "tenant_id")?), NoticeId(get(row, "id")?)));
        found.iter().map(one).collect::<Result<_, DbErr>>().map_err(store_error)
    }

    async fn climb_notice(&self, tenant: TenantId, id: NoticeId, now: Timestamp) -> Result<Vec<NewNotification>, StoreError> {
        let desk = self.clone();
        self.store.alone(move |tx| Box::pin(async move { climb(tx, &desk, tenant, id, now).await })).await
    }
}

/// A notice whose rung is due, with what stands beside it.
struct Due {
    id: NoticeId,
    rung: Rung,
    notice: Notice,
    now: Option<Now>,
    /// Minutes until the next rung.
    minutes: u16,
    number: Option<i64>,
    customer: Option<String>,
    business: String,
}

/// A member and where mails go.
struct Member {
    listener: Listener,
    email: String,
    name: String,
    locale: String,
}

async fn climb(tx: Tx<'_>, desk: &NoticeDesk, tenant: TenantId, id: NoticeId, now: Timestamp) -> Result<Vec<NewNotification>, DbErr> {
    let Some(due) = load(tx, tenant, id, now).await? else { return Ok(Vec::new()) };
    if let Some(why) = due.now.as_ref().and_then(|stands| notice::over(&due.notice, stands)) {
        go_on(tx, tenant, &due, None, Some(why)).await?;
        return Ok(Vec::new());
    }
    let members = members(tx, tenant, &due.notice).await?;
    let listeners: Vec<Listener> = members.iter().map(|member| member.listener.clone()).collect();
    let told = notice::told(&due.notice, due.rung, &listeners);
    let new = notify(tx, tenant, &due, &told, now).await?;
    let by_mail: HashSet<MemberId> = told.iter().filter(|one| one.channels.email).map(|one| one.member).collect();
    let mails = members.iter().filter(|member| by_mail.contains(&member.listener.member));
    let mails: Vec<NewMail> = mails.filter_map(|member| mail(desk, tenant, &due, member, now)).collect();
    queue(tx, &mails, now).await?;
    let next = notice::climb(due.notice.kind, due.rung, due.minutes).map(|(rung, wait)| (rung, now.after(wait)));
    go_on(tx, tenant, &due, next, None).await?;
    Ok(new)
}

async fn load(tx: Tx<'_>, tenant: TenantId, id: NoticeId, now: Timestamp) -> Result<Option<Due>, DbErr> {
    let mut rows = tx.rows(ONE);
    rows.push([tenant.into(), id.0.into(), now.into()]);
    let sql = format!(
        "SELECT n.kind, n.conversation_id, COALESCE(n.inbox_id, w.inbox_id) AS inbox_id, n.subject_id, n.to_id, n.by_id, n.rung, c.status, c.speaker, c.assignee_id, c.number,
         COALESCE(c.inbox_id, w.inbox_id) AS home_inbox, COALESCE(c.team_id, w.team_id) AS home_team, COALESCE(c.assignee_id, w.assignee_id) AS home_assignee,
         p.name AS customer, t.name AS business, k.handoff_minutes,
         EXISTS (SELECT 1 FROM notification x WHERE x.tenant_id = n.tenant_id AND x.notice_id = n.id AND x.read_at IS NOT NULL) AS opened,
         EXISTS (SELECT 1 FROM notice o WHERE o.tenant_id = n.tenant_id AND o.conversation_id = n.conversation_id AND o.kind = n.kind
         AND o.created_at > n.created_at) AS again
         FROM {{rows}} CROSS JOIN notice n JOIN tenant t ON t.id = n.tenant_id
         LEFT JOIN notification_rules k ON k.tenant_id = n.tenant_id
         LEFT JOIN conversation c ON c.tenant_id = n.tenant_id AND c.id = n.conversation_id
         LEFT JOIN contact p ON p.tenant_id = c.tenant_id AND p.id = c.contact_id
         LEFT JOIN appointment a ON a.tenant_id = n.tenant_id AND a.id = n.subject_id AND n.kind IN ({OF_APPOINTMENTS})
         LEFT JOIN conversation w ON w.tenant_id = a.tenant_id AND w.id = a.conversation_id
         WHERE n.tenant_id = r.tenant_id AND n.id = r.id AND n.due_at <= r.now{}",
        tx.lock(" FOR UPDATE OF n")
    );
    tx.all(&sql, &rows).await?.first().map(|row| due(row, id)).transpose()
}

fn due(row: &Row, id: NoticeId) -> Result<Due, DbErr> {
    let unknown = |what: &str| DbErr::Type(format!("a notice's {what} that this release does not know"));
    let kind: String = get(row, "kind")?;
    let [conversation, inbox, subject, to, by, assignee, home, team, holder]: [Option<Uuid>; 9] = [
        get(row, "conversation_id")?,
        get(row, "inbox_id")?,
        get(row, "subject_id")?,
        get(row, "to_id")?,
        get(row, "by_id")?,
        get(row, "assignee_id")?,
        get(row, "home_inbox")?,
        get(row, "home_team")?,
        get(row, "home_assignee")?,
    ];
    let (status, speaker): (Option<String>, Option<String>) = (get(row, "status")?, get(row, "speaker")?);
    let status = status.map(|text| Status::parse(&text).ok_or_else(|| unknown("status"))).transpose()?;
    let (opened, again) = (get(row, "opened")?, get(row, "again")?);
    let held = speaker.is_some_and(|speaker| speaker == "human");
    let minutes: Option<i64> = get(row, "handoff_minutes")?;
    Ok(Due {
        id,
        rung: Rung::numbered(get(row, "rung")?).ok_or_else(|| unknown("rung"))?,
        notice: Notice {
            kind: notice::Kind::parse(&kind).ok_or_else(|| unknown("kind"))?,
            conversation: conversation.map(ConversationId),
            inbox: inbox.map(InboxId),
            home: home.map(|home| Home { inbox: InboxId(home), team: team.map(TeamId), assignee: holder.map(AgentId) }),
            subject,
            to: to.map(AgentId),
            by: by.map(AgentId),
        },
        now: status.map(|status| Now { status, held, assignee: assignee.map(AgentId), opened, again }),
        minutes: minutes.map_or(DEFAULT_MINUTES, |minutes| u16::try_from(minutes).unwrap_or(DEFAULT_MINUTES)),
        number: get(row, "number")?,
        customer: get(row, "customer")?,
        business: get(row, "business")?,
    })
}

async fn members(tx: Tx<'_>, tenant: TenantId, notice: &Notice) -> Result<Vec<Member>, DbErr> {
    let mut rows = tx.rows(ABOUT);
    rows.push([tenant.into(), notice.conversation.map(|id| id.0).into(), notice.kind.as_str().into()]);
    let sql = format!(
        "SELECT m.id, m.role, m.permissions, m.inboxes, m.email, m.name, a.locale, h.choices,
         EXISTS (SELECT 1 FROM notification x WHERE x.tenant_id = m.tenant_id AND x.member_id = m.id
         AND x.conversation_id = r.conversation_id AND x.kind = r.kind AND x.read_at IS NULL) AS unread
         FROM {{rows}} CROSS JOIN member m JOIN account a ON a.id = m.account_id
         LEFT JOIN notification_choice h ON h.tenant_id = m.tenant_id AND h.member_id = m.id
         WHERE m.tenant_id = r.tenant_id AND m.state = 'active' ORDER BY m.id LIMIT {MOST_MEMBERS}"
    );
    tx.all(&sql, &rows).await?.iter().map(member).collect()
}

fn member(row: &Row) -> Result<Member, DbErr> {
    let (role, permissions): (String, Option<String>) = (get(row, "role")?, get(row, "permissions")?);
    let (inboxes, choices): (Option<String>, Option<String>) = (get(row, "inboxes")?, get(row, "choices")?);
    let role = Role::named(&role).ok_or_else(|| DbErr::Type("a role that this release does not know".to_owned()))?;
    let visibility: Visibility = role.visibility_with(inboxes.as_deref());
    let place = Place { role, permissions: permissions.as_deref().map(Grants::stored), visibility };
    let listener =
        Listener { member: MemberId(get(row, "id")?), place, choices: Choices::stored(choices.as_deref()), unread: get(row, "unread")? };
    Ok(Member { listener, email: get(row, "email")?, name: get(row, "name")?, locale: get(row, "locale")? })
}

/// Writes what members see in the product; who was told already is not told again.
async fn notify(tx: Tx<'_>, tenant: TenantId, due: &Due, told: &[Told], now: Timestamp) -> Result<Vec<NewNotification>, DbErr> {
    let mut rows: Rows = tx.rows(NOTIFICATION);
    for one in told.iter().filter(|one| one.channels.in_app) {
        rows.push([
            tenant.into(),
            tx.id::<NotificationId>().0.into(),
            due.id.0.into(),
            one.member.0.into(),
            due.notice.kind.as_str().into(),
            due.notice.conversation.map(|id| id.0).into(),
            due.notice.subject.into(),
            now.into(),
        ]);
    }
    let once = "ON CONFLICT (tenant_id, notice_id, member_id) DO NOTHING RETURNING id, member_id";
    let (kind, conversation) = (due.notice.kind, due.notice.conversation);
    let new = |row: &Row| {
        let (id, member) = (NotificationId(get(row, "id")?), MemberId(get(row, "member_id")?));
        Ok(NewNotification { id, member, kind, conversation, at: now })
    };
    tx.insert_returning("notification", &rows, once).await?.iter().map(new).collect()
}

/// Makes the mail to a member; its reference says once. An address that is none gets none.
fn mail(desk: &NoticeDesk, tenant: TenantId, due: &Due, member: &Member, now: Timestamp) -> Option<NewMail> {
    let to = Address::parse(&member.email).ok()?;
    let language = Language::of_locale(&member.locale).unwrap_or(Language::Es);
    let link = desk.link(&due.notice);
    let customer = due.customer.as_deref();
    let words = Words { name: &member.name, business: &due.business, number: due.number, customer, link: &link };
    let (subject, text) = letter(due.notice.kind, language, &words);
    let letter = Letter { subject, text, html: None, from_name: Some("Recado".to_owned()), reply_to: None, attachments: Vec::new() };
    Some(NewMail {
        tenant,
        kind: MailKind::Notice,
        to,
        contact: None,
        content: Content::Letter(Box::new(letter)),
        reference: format!("notice:{}:{}", due.id, member.listener.member),
        expires: now.after(TRIED_FOR),
    })
}

/// Sets the next rung, or ends the ladder.
async fn go_on(tx: Tx<'_>, tenant: TenantId, due: &Due, next: Option<(Rung, Timestamp)>, why: Option<&'static str>) -> Result<(), DbErr> {
    let rung = next.map_or(due.rung, |(rung, _)| rung);
    let ended = if next.is_some() { None } else { Some(why.unwrap_or("told")) };
    let mut rows = tx.rows(NEXT);
    rows.push([tenant.into(), due.id.0.into(), rung.number().into(), next.map(|(_, at)| at).into(), ended.into()]);
    let sql = "UPDATE notice SET rung = r.rung, due_at = r.due_at, ended = r.ended FROM {rows}
               WHERE notice.tenant_id = r.tenant_id AND notice.id = r.id";
    tx.update("notices", sql, &rows).await
}
