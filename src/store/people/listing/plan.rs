//! How a list is read: cut into *branches*, each of which one index walks in the order of the list, and merged. Decides nothing about who may
//! see what; it is told.
//!
//! A field with several values would break an index's order, so each value gets a branch of its own: a page of open and pending
//! conversations is at most a page of the one and a page of the other. What no index holds is asked of each row on the way.

use super::Seen;
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, InboxId, LabelId, TeamId};
use crate::domain::time::Timestamp;
use crate::domain::triage::Priority;
use crate::domain::triage::filter::{AssigneeIs, Filter, Span};
use crate::domain::triage::sort::{Key, Phase};
use crate::store::time::instant;
use entities::conversation::{Column, Entity};
use entities::{conversation_label, conversation_member, member, message};
use sea_orm::sea_query::{
    Alias, CaseStatement, Expr, ExprTrait, Func, JoinType, Order, Query, QueryStatementBuilder, SelectStatement, UnionType,
};
use sea_orm::{ColumnTrait, Condition, DbBackend};
use uuid::Uuid;

/// Most branches of one list. Beyond it inboxes are asked of each row: whoever sees so many sees most rows.
const MAX_BRANCHES: usize = 60;

/// What every branch of a list has in common.
pub(super) struct Asked<'a> {
    pub backend: DbBackend,
    pub tenant: Uuid,
    pub filter: &'a Filter,
    /// Who asks.
    pub me: AgentId,
    /// What may be shown.
    pub seen: Seen,
}

/// From where on, and how many.
#[derive(Clone, Copy)]
pub(super) struct Page {
    pub phase: Phase,
    pub after: Option<(Timestamp, Uuid)>,
    pub limit: u64,
}

/// What one branch holds still.
#[derive(Clone, Copy)]
struct Branch {
    status: Status,
    inbox: Option<InboxId>,
    whose: Whose,
    priority: Option<Option<Priority>>,
}

/// Whose rows a branch reads.
#[derive(Clone, Copy)]
enum Walk {
    /// The conversations'.
    Conversations,
    /// A label's, which carry what lists are sorted and split by.
    Label(LabelId),
}

/// What a label's rows carry of their conversations.
#[derive(Clone, Copy)]
enum Carried {
    Id,
    Status,
    Activity,
    Created,
    Waiting,
    Priority,
    Assignee,
}

impl Walk {
    /// Names a column of a conversation where it is read.
    fn col(self, what: Carried) -> Expr {
        use conversation_label::{Column as L, Entity as Labelled};
        let (own, of_label) = match what {
            Carried::Id => (Column::Id, L::ConversationId),
            Carried::Status => (Column::Status, L::Status),
            Carried::Activity => (Column::LastActivityAt, L::LastActivityAt),
            Carried::Created => (Column::CreatedAt, L::CreatedAt),
            Carried::Waiting => (Column::WaitingSince, L::WaitingSince),
            Carried::Priority => (Column::Priority, L::Priority),
            Carried::Assignee => (Column::AssigneeId, L::AssigneeId),
        };
        match self {
            Self::Conversations => Expr::col((Entity, own)),
            Self::Label(_) => Expr::col((Labelled, of_label)),
        }
    }
}

/// Whose conversations a branch holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Anybody's who may be seen: it is asked of each row.
    Anybodys,
    /// A team's.
    Teams(TeamId),
    /// Those of whoever asks that no branch of a team shows.
    Mine,
}

impl Asked<'_> {
    /// Returns the query of a page of ids, each with the instant that it is ordered by; `None` if there can be nothing.
    pub fn page(&self, page: Page) -> Option<SelectStatement> {
        let ordered = |branch| {
            let mut query = self.branch(branch, page.phase.key);
            self.order(&mut query, page);
            query
        };
        let mut merged = merge(self.branches(page.phase).into_iter().map(ordered))?;
        let order = direction(page.phase);
        Some(merged.order_by(Alias::new("at"), order.clone()).order_by(Alias::new("id"), order).limit(page.limit).take())
    }

    /// Returns the query that counts, up to a bound; `None` if there can be nothing.
    pub fn count(&self, most: u64) -> Option<SelectStatement> {
        let phase = Phase { key: Key::Activity, descending: true, waiting: None, priority: None };
        let bounded = |branch| self.branch(branch, Key::Activity).limit(most).take();
        let all = merge(self.branches(phase).into_iter().map(bounded))?.limit(most).take();
        Some(Query::select().expr_as(Expr::cust("COUNT(*)"), Alias::new("count")).from_subquery(all, Alias::new("found")).take())
    }

    fn branches(&self, phase: Phase) -> Vec<Branch> {
        let priorities = match phase.priority {
            Some(priority) => vec![Some(priority)],
            None if self.filter.priorities.is_empty() => vec![None],
            None => self.filter.priorities.iter().copied().map(Some).collect(),
        };
        let statuses: Vec<Status> = self.filter.wanted_statuses().collect();
        let fit = |values: usize| statuses.len() * values * priorities.len() <= MAX_BRANCHES;
        let whose = self.whose(phase);
        let walks_inboxes = whose.is_none() && self.walks_inboxes(phase);
        let whose = whose.filter(|all| fit(all.len())).unwrap_or_else(|| vec![Whose::Anybodys]);
        let inboxes = match &self.seen.inboxes {
            Some(inboxes) if walks_inboxes && fit(inboxes.len()) => inboxes.iter().copied().map(Some).collect(),
            Some(inboxes) if inboxes.is_empty() => Vec::new(),
            Some(_) | None => vec![None],
        };
        let mut branches = Vec::new();
        for status in statuses {
            for inbox in &inboxes {
                for whose in &whose {
                    branches.extend(priorities.iter().map(|priority| Branch { status, inbox: *inbox, whose: *whose, priority: *priority }));
                }
            }
        }
        branches
    }

    /// Returns the teams whose index is to be walked; `None`: another index holds more still, or what no team has is asked for, which has none.
    fn whose(&self, phase: Phase) -> Option<Vec<Whose>> {
        let asked = &self.filter.teams;
        if phase.key != Key::Activity || !self.filter.labels.is_empty() || self.filter.contact.is_some() {
            return None;
        }
        let Some(seen) = &self.seen.teams else {
            let all: Option<Vec<Whose>> = asked.iter().map(|team| team.map(Whose::Teams)).collect();
            return all.filter(|all| !all.is_empty());
        };
        if self.of_one() {
            return None;
        }
        let wanted = seen.iter().filter(|team| asked.is_empty() || asked.contains(&Some(**team))).map(|team| Whose::Teams(*team));
        // What is nobody's is not mine.
        let mine = (self.filter.assignee != Some(AssigneeIs::Nobody)).then_some(Whose::Mine);
        Some(wanted.chain(mine).collect())
    }

    /// Tells whether it asks for one person's conversations, which have an index of their own.
    const fn of_one(&self) -> bool {
        matches!(self.filter.assignee, Some(AssigneeIs::Me | AssigneeIs::One(_)))
    }

    /// Tells whether the index of inboxes is the one to walk: no other index holds more still.
    fn walks_inboxes(&self, phase: Phase) -> bool {
        let few = self.of_one() || self.only_waiting() || !self.filter.labels.is_empty() || self.filter.contact.is_some();
        phase.key == Key::Activity && !few
    }

    /// Tells whether only those are asked for that wait: few of many, with indexes of their own.
    fn only_waiting(&self) -> bool {
        self.filter.waiting == Some(true) || self.filter.waiting_before.is_some()
    }

    /// Says whose index a branch walks: a label's, which is there in every order, or the conversations' own.
    fn walk(&self) -> Walk {
        match self.filter.labels.first() {
            Some(label) if self.filter.contact.is_none() => Walk::Label(*label),
            Some(_) | None => Walk::Conversations,
        }
    }

    /// Tells whether a label's rows must be joined with their conversations: something is asked that they do not carry.
    fn asks_more_than_labels_carry(&self) -> bool {
        let filter = self.filter;
        let limited = self.seen.inboxes.is_some() || self.seen.teams.is_some();
        let more = !filter.teams.is_empty() || filter.contact.is_some() || filter.labels.len() > 1;
        limited || more || filter.unattended || filter.unread || filter.mentioned
    }

    /// Begins the query of a branch.
    fn branch(&self, branch: Branch, key: Key) -> SelectStatement {
        let (mut query, walk) = (Query::select(), self.walk());
        query.expr_as(walk.col(Carried::Id), Alias::new("id")).expr_as(walk.col(column(key)), Alias::new("at"));
        let mut labels = self.filter.labels.iter();
        match walk {
            Walk::Label(label) => {
                use conversation_label::{Column as L, Entity as Labelled};
                labels.next();
                query.from(Labelled).and_where(L::TenantId.eq(self.tenant)).and_where(L::LabelId.eq(label.0));
                if self.asks_more_than_labels_carry() {
                    query.join(JoinType::CrossJoin, Entity, Condition::all()).and_where(Column::TenantId.eq(self.tenant));
                    query.and_where(Expr::col((Entity, Column::Id)).equals((Labelled, L::ConversationId)));
                }
            }
            Walk::Conversations => {
                query.from(Entity).and_where(Column::TenantId.eq(self.tenant));
            }
        }
        query.and_where(walk.col(Carried::Status).eq(branch.status.as_str())).cond_where(self.residue(branch, walk));
        for label in labels {
            query.and_where(self.has_label(*label));
        }
        query
    }

    /// What is asked of each row.
    fn residue(&self, branch: Branch, walk: Walk) -> Condition {
        let (filter, mut all) = (self.filter, Condition::all());
        match (branch.inbox, &self.seen.inboxes) {
            (Some(inbox), _) => all = all.add(Column::InboxId.eq(inbox.0)),
            (None, Some(inboxes)) => all = all.add(Column::InboxId.is_in(inboxes.iter().map(|inbox| inbox.0))),
            (None, None) => {}
        }
        if !filter.teams.is_empty() || self.seen.teams.is_some() {
            all = all.add(self.of_team(branch.whose));
        }
        let priority = walk.col(Carried::Priority);
        match branch.priority {
            Some(Some(asked)) => all = all.add(priority.eq(asked.as_str())),
            Some(None) => all = all.add(priority.is_null()),
            None => {}
        }
        let assignee = walk.col(Carried::Assignee);
        match filter.assignee {
            Some(AssigneeIs::Me) => all = all.add(assignee.eq(self.me.0)),
            Some(AssigneeIs::One(agent)) => all = all.add(assignee.eq(agent.0)),
            Some(AssigneeIs::Nobody) => all = all.add(assignee.is_null()),
            Some(AssigneeIs::Anybody) => all = all.add(assignee.is_not_null()),
            None => {}
        }
        if let Some(contact) = filter.contact {
            let mut own = Query::select();
            own.column(Column::Id).from(Entity).and_where(Column::TenantId.eq(self.tenant)).and_where(Column::ContactId.eq(contact.0));
            all = all.add(Column::Id.in_subquery(own));
        }
        let waiting = walk.col(Carried::Waiting);
        if filter.waiting == Some(false) {
            all = all.add(waiting.is_null());
        } else if self.only_waiting() {
            all = all.add(waiting.is_not_null());
        }
        if filter.unattended {
            all = all.add(Condition::any().add(Column::FirstReplyAt.is_null()).add(Column::WaitingSince.is_not_null()));
        }
        if filter.unread {
            all = all.add(self.has_unread());
        }
        if filter.mentioned {
            all = all.add(Column::Id.in_subquery(self.mentioned()));
        }
        let all = self.within(all, walk.col(Carried::Waiting), Span { from: None, before: filter.waiting_before });
        let all = self.within(all, walk.col(Carried::Created), filter.created);
        self.within(all, walk.col(Carried::Activity), filter.activity)
    }

    /// Of the teams that are asked for, among what may be seen.
    fn of_team(&self, whose: Whose) -> Condition {
        let mine = || Column::AssigneeId.eq(self.me.0);
        match (whose, &self.seen.teams) {
            (Whose::Teams(team), _) => Condition::all().add(Column::TeamId.eq(team.0)),
            (Whose::Anybodys, None) => self.of_asked_team(),
            (Whose::Anybodys, Some(_)) if self.filter.assignee == Some(AssigneeIs::Me) => self.of_asked_team(),
            (Whose::Anybodys, Some(seen)) => {
                // A value of each row: as a condition SQLite would read two other indexes for it, and sort all their rows.
                let either = Condition::any().add(of_teams(seen)).add(mine());
                let is_seen: Expr = CaseStatement::new().case(either, Expr::cust("1")).finally(Expr::cust("0")).into();
                self.of_asked_team().add(is_seen.eq(Expr::cust("1")))
            }
            (Whose::Mine, seen) => {
                let others = of_teams(seen.as_deref().unwrap_or_default()).not();
                self.of_asked_team().add(mine()).add(Condition::any().add(Column::TeamId.is_null()).add(others))
            }
        }
    }

    fn of_asked_team(&self) -> Condition {
        let wanted = &self.filter.teams;
        if wanted.is_empty() {
            return Condition::all();
        }
        let nobodys = wanted.contains(&None).then(|| Column::TeamId.is_null());
        let theirs: Vec<TeamId> = wanted.iter().copied().flatten().collect();
        let theirs = (!theirs.is_empty()).then(|| of_teams(&theirs));
        Condition::all().add(Condition::any().add_option(theirs).add_option(nobodys))
    }

    fn within(&self, mut all: Condition, column: Expr, span: Span) -> Condition {
        let bound = |at: Timestamp| Expr::val(instant(at).value(self.backend));
        if let Some(from) = span.from {
            all = all.add(column.clone().gte(bound(from)));
        }
        if let Some(before) = span.before {
            all = all.add(column.lt(bound(before)));
        }
        all
    }

    /// The conversations in whose notes whoever asks is mentioned: few, by an index of their own.
    fn mentioned(&self) -> SelectStatement {
        use conversation_member::{Column as V, Entity as Own};
        let mut ids = Query::select();
        ids.column(V::ConversationId).from(Own).and_where(V::TenantId.eq(self.tenant)).and_where(V::MemberId.eq(self.me.0));
        ids.and_where(V::MentionedSeq.is_not_null()).take()
    }

    /// Whoever asks has marked it, or the customer wrote after what was read. Each part is a value, not an `EXISTS`: PostgreSQL would join
    /// those, and walk no index of the list then.
    fn has_unread(&self) -> Condition {
        use conversation_member::{Column as V, Entity as Own};
        use message::{Column as M, Entity as Message};
        let own = |column: V| {
            let mut one = Query::select();
            one.expr(Expr::col((Own, column))).from(Own).and_where(Expr::col((Own, V::TenantId)).eq(self.tenant));
            one.and_where(Expr::col((Own, V::MemberId)).eq(self.me.0));
            one.and_where(Expr::col((Own, V::ConversationId)).equals((Entity, Column::Id)));
            one
        };
        let value = |select: SelectStatement| Expr::from(select.into_sub_query_statement());
        let mut joined = Query::select();
        joined.column(member::Column::CreatedAt).from(member::Entity);
        joined.and_where(member::Column::TenantId.eq(self.tenant)).and_where(member::Column::Id.eq(self.me.0));
        let known = Condition::any().add(value(own(V::LastRead)).is_not_null()).add(Expr::col((Message, M::CreatedAt)).gt(value(joined)));
        let read = Func::coalesce([value(own(V::LastRead)), Expr::val(0_i64)]);
        let mut wrote = Query::select();
        wrote.expr(Expr::val(1_i32)).from(Message).and_where(Expr::col((Message, M::TenantId)).eq(self.tenant));
        wrote.and_where(Expr::col((Message, M::ConversationId)).equals((Entity, Column::Id)));
        wrote.and_where(Expr::col((Message, M::Seq)).gt(read)).and_where(Expr::col((Message, M::Direction)).eq("in"));
        wrote.and_where(Expr::col((Message, M::DeletedAt)).is_null()).cond_where(known).limit(1);
        let marked = value(own(V::Marked).and_where(Expr::col((Own, V::Marked)).eq(true)).take());
        let seen = Condition::any().add(marked.is_not_null()).add(value(wrote).is_not_null());
        Condition::all().add(Column::Status.ne(Status::Spam.as_str())).add(seen)
    }

    fn has_label(&self, label: LabelId) -> Expr {
        use conversation_label::{Column as L, Entity as Labelled};
        let other = Alias::new("also");
        let mut found = Query::select();
        found
            .expr(Expr::val(1))
            .from_as(Labelled, other.clone())
            .and_where(Expr::col((other.clone(), L::TenantId)).eq(self.tenant))
            .and_where(Expr::col((other.clone(), L::LabelId)).eq(label.0))
            .and_where(Expr::col((other, L::ConversationId)).equals((Entity, Column::Id)));
        Expr::exists(found)
    }

    /// Adds the order, the part of the phase, and where the page begins. The bound on the instant alone lets an index seek; what is equal to it
    /// is decided by the id.
    fn order(&self, query: &mut SelectStatement, page: Page) {
        let walk = self.walk();
        let waiting = walk.col(Carried::Waiting);
        match page.phase.waiting {
            Some(true) => query.and_where(waiting.is_not_null()),
            Some(false) => query.and_where(waiting.is_null()),
            None => query,
        };
        let (at, id) = (walk.col(column(page.phase.key)), walk.col(Carried::Id));
        if let Some((moment, last)) = page.after {
            let moment = Expr::val(instant(moment).value(self.backend));
            let (reached, beyond, later) = if page.phase.descending {
                (at.clone().lte(moment.clone()), at.clone().lt(moment), id.clone().lt(last))
            } else {
                (at.clone().gte(moment.clone()), at.clone().gt(moment), id.clone().gt(last))
            };
            query.and_where(reached).cond_where(Condition::any().add(beyond).add(later));
        }
        let order = direction(page.phase);
        query.order_by_expr(at, order.clone()).order_by_expr(id, order).limit(page.limit);
    }
}

/// One team is asked for as one value: an index can be walked in order then.
fn of_teams(teams: &[TeamId]) -> Expr {
    match teams {
        [one] => Column::TeamId.eq(one.0),
        _ => Column::TeamId.is_in(teams.iter().map(|team| team.0)),
    }
}

const fn column(key: Key) -> Carried {
    match key {
        Key::Activity => Carried::Activity,
        Key::Created => Carried::Created,
        Key::Waiting => Carried::Waiting,
    }
}

const fn direction(phase: Phase) -> Order {
    if phase.descending { Order::Desc } else { Order::Asc }
}

/// Puts branches together. Each stands in a subquery of its own: SQLite knows no order inside a union.
fn merge(branches: impl Iterator<Item = SelectStatement>) -> Option<SelectStatement> {
    let mut wrapped = branches.zip(0_u32..).map(|(branch, place)| {
        let mut outer = Query::select();
        outer.columns([Alias::new("id"), Alias::new("at")]).from_subquery(branch, Alias::new(format!("b{place}")));
        outer
    });
    let mut all = wrapped.next()?;
    for branch in wrapped {
        all.union(UnionType::All, branch);
    }
    Some(all)
}
