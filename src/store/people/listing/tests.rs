//! Lists against a plain reading of all rows, on both databases, and their plans over fifty thousand.

use super::plan::{Asked, Page};
use super::{Listing, MOST_COUNTED, Seen, counting};
use crate::domain::conversation::standing::Status;
use crate::domain::ids::{AgentId, ConversationId, InboxId};
use crate::domain::membership::{Home, Sight, Visibility};
use crate::domain::time::Timestamp;
use crate::domain::triage::Priority;
use crate::domain::triage::filter::{AssigneeIs, Filter, Span};
use crate::domain::triage::sort::{Key, Phase, Sort};
use crate::store::TenantScope;
use crate::store::people::fixtures::{Base, Shop};
use crate::store::scope::{Role, read_as};
use crate::store::time::timestamp;
use crate::testing::crowd::{agent, inbox, label, make, team};
use entities::conversation::Model;
use sea_orm::sea_query::SelectStatement;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, EntityTrait, QueryResult, Statement};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use uuid::Uuid;

/// Who asks.
const ME: AgentId = agent(3);

async fn both(size: u64) -> [(Base, Shop); 2] {
    let crowd = async |base: Base| {
        let shop = base.shop("a", "generic").await;
        make(&base.store, shop.tenant, size).await.expect("the rows are made");
        (base, shop)
    };
    [crowd(Base::open().await).await, crowd(Base::postgres().await).await]
}

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_secs(1_700_000_000).after(Duration::from_secs(seconds))
}

/// Every kind of question, each with every order.
fn filters() -> Vec<Filter> {
    let open = || Filter { statuses: [Status::Open].into(), ..Filter::default() };
    let live = || Filter { statuses: [Status::Open, Status::Pending].into(), ..Filter::default() };
    let span = |from, before| Span { from: Some(at(from)), before: Some(at(before)) };
    vec![
        Filter::default(),
        open(),
        live(),
        Filter { inboxes: [inbox(1), inbox(4)].into(), ..live() },
        Filter { inboxes: [inbox(5)].into(), ..Filter::default() },
        Filter { assignee: Some(AssigneeIs::Me), ..open() },
        Filter { assignee: Some(AssigneeIs::Me), ..Filter::default() },
        Filter { assignee: Some(AssigneeIs::Nobody), ..live() },
        Filter { assignee: Some(AssigneeIs::Anybody), inboxes: [inbox(0)].into(), ..open() },
        Filter { assignee: Some(AssigneeIs::One(agent(5))), ..Filter::default() },
        Filter { teams: [Some(team(0))].into(), ..Filter::default() },
        Filter { teams: [Some(team(0)), Some(team(2))].into(), ..live() },
        Filter { teams: [Some(team(1)), None].into(), ..open() },
        Filter { teams: [None].into(), ..open() },
        Filter { teams: [Some(team(1))].into(), assignee: Some(AssigneeIs::Nobody), inboxes: [inbox(0)].into(), ..live() },
        Filter { teams: [Some(team(0))].into(), labels: [label(0)].into(), ..Filter::default() },
        Filter { labels: [label(0)].into(), ..Filter::default() },
        Filter { labels: [label(1), label(2)].into(), ..live() },
        Filter { labels: [label(5)].into(), inboxes: [inbox(1)].into(), ..Filter::default() },
        Filter { priorities: [Some(Priority::Urgent), Some(Priority::High)].into(), ..Filter::default() },
        Filter { priorities: [None, Some(Priority::Low)].into(), ..open() },
        Filter { waiting: Some(true), ..Filter::default() },
        Filter { waiting: Some(false), ..open() },
        Filter { waiting_before: Some(at(60_000)), ..Filter::default() },
        Filter { unattended: true, ..live() },
        Filter { contact: Some(Uuid::from_u128((0x40 << 96) | 77).into()), ..Filter::default() },
        Filter { created: span(6_000, 50_000), ..Filter::default() },
        Filter { activity: span(100_000, 150_000), statuses: [Status::Resolved].into(), ..Filter::default() },
    ]
}

/// What a conversation has, as the plain reading needs it.
struct Plain {
    model: Model,
    labels: BTreeSet<Uuid>,
}

impl Plain {
    fn passes(&self, filter: &Filter, seen: &Sight) -> bool {
        let row = &self.model;
        let status = Status::parse(&row.status).unwrap();
        let assignee = row.assignee_id.map(AgentId);
        let (waiting, within) = (row.waiting_since.map(timestamp), |at: Timestamp, span: Span| {
            span.from.is_none_or(|from| at >= from) && span.before.is_none_or(|before| at < before)
        });
        let assigned = filter.assignee.is_none_or(|asked| match asked {
            AssigneeIs::Me => assignee == Some(ME),
            AssigneeIs::Nobody => assignee.is_none(),
            AssigneeIs::Anybody => assignee.is_some(),
            AssigneeIs::One(one) => assignee == Some(one),
        });
        let one_of = (filter.statuses.is_empty() || filter.statuses.contains(&status))
            && (filter.inboxes.is_empty() || filter.inboxes.contains(&InboxId(row.inbox_id)))
            && (filter.teams.is_empty() || filter.teams.contains(&row.team_id.map(Into::into)))
            && (filter.priorities.is_empty() || filter.priorities.contains(&self.priority()));
        let waits = filter.waiting.is_none_or(|asked| waiting.is_some() == asked)
            && filter.waiting_before.is_none_or(|before| waiting.is_some_and(|since| since < before));
        one_of
            && assigned
            && waits
            && seen.sees(&Home { inbox: InboxId(row.inbox_id), team: row.team_id.map(Into::into), assignee })
            && filter.labels.iter().all(|label| self.labels.contains(&label.0))
            && filter.contact.is_none_or(|contact| contact.0 == row.contact_id)
            && (!filter.unattended || row.first_reply_at.is_none() || waiting.is_some())
            && within(timestamp(row.created_at), filter.created)
            && within(timestamp(row.last_activity_at), filter.activity)
    }

    fn priority(&self) -> Option<Priority> {
        self.model.priority.as_deref().and_then(Priority::parse)
    }

    /// Orders as people read it: smaller comes first.
    fn rank(&self, sort: Sort) -> (i64, i64, i64, i128) {
        let (row, id) = (&self.model, i128::from_be_bytes(*self.model.id.as_bytes()));
        let urgency = -self.priority().map_or(-1, |priority| priority as i64);
        let waiting = match row.waiting_since {
            Some(since) => (0, since.0, id),
            None => (1, -row.last_activity_at.0, -id),
        };
        match sort {
            Sort::Newest => (0, 0, -row.last_activity_at.0, -id),
            Sort::Oldest => (0, 0, row.last_activity_at.0, id),
            Sort::Youngest => (0, 0, -row.created_at.0, -id),
            Sort::Eldest => (0, 0, row.created_at.0, id),
            Sort::Waiting => (0, waiting.0, waiting.1, waiting.2),
            Sort::Priority => (urgency, waiting.0, waiting.1, waiting.2),
        }
    }
}

async fn all(base: &Base) -> Vec<Plain> {
    let (rows, labelled) = read_as(&base.store, Role::Engine, |tx| {
        Box::pin(async move {
            Ok((entities::conversation::Entity::find().all(tx).await?, entities::conversation_label::Entity::find().all(tx).await?))
        })
    })
    .await
    .expect("reads");
    let mut labels: BTreeMap<Uuid, BTreeSet<Uuid>> = BTreeMap::new();
    for row in labelled {
        labels.entry(row.conversation_id).or_default().insert(row.label_id);
    }
    rows.into_iter().map(|model| Plain { labels: labels.remove(&model.id).unwrap_or_default(), model }).collect()
}

#[tokio::test]
async fn conv_94_every_list_shows_what_a_plain_reading_of_all_rows_shows() {
    for (base, shop) in both(1_200).await {
        let rows = all(&base).await;
        for limit in [Visibility::everything(), Visibility::of([inbox(0), inbox(5)])] {
            compare_all(&base, &shop, &rows, limit).await;
        }
    }
}

#[tokio::test]
async fn conv_94_who_is_limited_to_teams_sees_theirs_and_the_own_in_every_list() {
    let limits = [
        Visibility::of_teams([team(0), team(2)]),
        Visibility::of_teams([team(1)]).with_inboxes(Some([inbox(0), inbox(1), inbox(5)].into())),
        Visibility::of_teams([]),
    ];
    for (base, shop) in both(1_200).await {
        let rows = all(&base).await;
        let mine = rows.iter().filter(|row| row.model.assignee_id == Some(ME.0)).count();
        let free = rows.iter().filter(|row| row.model.team_id.is_none()).count();
        assert!(mine > 0 && free > 0, "{mine} are mine, {free} are of no team");
        for limit in limits.clone() {
            compare_all(&base, &shop, &rows, limit).await;
        }
    }
}

/// Compares every question of somebody with a limit.
async fn compare_all(base: &Base, shop: &Shop, rows: &[Plain], limit: Visibility) {
    let seen = Sight::new(limit, ME);
    let scope = base.store.tenant(shop.tenant).limited_to(seen.clone());
    for filter in filters() {
        compare(&scope, rows, &filter, &seen).await;
    }
}

/// Compares one question's count, and its list in every order, with the plain reading.
async fn compare(scope: &TenantScope, rows: &[Plain], filter: &Filter, seen: &Sight) {
    let mut passing: Vec<&Plain> = rows.iter().filter(|row| row.passes(filter, seen)).collect();
    let count = passing.len() as u64;
    let most = if filter.is_plain() && seen.limit().teams().is_none() { count } else { count.min(MOST_COUNTED) };
    let told = scope.count_conversations(filter.clone(), ME).await.unwrap();
    assert_eq!((told.count, told.more), (most, count > most), "{filter:?}");
    for sort in Sort::ALL {
        passing.sort_by_key(|row| row.rank(sort));
        let expected: Vec<ConversationId> = passing.iter().take(60).map(|row| row.model.id.into()).collect();
        let (mut found, mut after) = (Vec::new(), None);
        while found.len() < expected.len() {
            let listing = Listing { filter: filter.clone(), sort, me: ME };
            let page = scope.list_conversations(listing, after, 26).await.unwrap();
            assert!(!page.is_empty(), "{filter:?} {sort:?} ends after {}", found.len());
            after = page.last().map(|listed| listed.place);
            found.extend(page.iter().map(|listed| listed.place.id));
        }
        found.truncate(expected.len());
        assert_eq!(found, expected, "{:?} {filter:?} {sort:?} {seen:?}", scope.store().backend());
    }
}

#[tokio::test]
async fn conv_95_another_business_sees_none_of_them() {
    for (base, shop) in both(400).await {
        let other = base.shop("b", "generic").await;
        for filter in filters() {
            let listing = Listing { filter: filter.clone(), sort: Sort::Newest, me: ME };
            assert!(base.store.tenant(other.tenant).list_conversations(listing, None, 9).await.unwrap().is_empty());
            assert_eq!(base.store.tenant(other.tenant).count_conversations(filter, ME).await.unwrap().count, 0);
        }
        assert_eq!(base.store.wrong_counts(shop.tenant).await.unwrap(), 0);
    }
}

/// Lists the queries of a question: the first page of each phase and a later one, and its count.
fn queries(asked: &Asked<'_>, sort: Sort) -> Vec<SelectStatement> {
    let from = |phase: Phase| [None, Some((at(900_000), Uuid::from_u128(0x60 << 96)))].map(|after| Page { phase, after, limit: 51 });
    let pages = sort.phases(asked.filter).into_iter().flat_map(|(_, phase)| from(phase));
    pages.filter_map(|page| asked.page(page)).collect()
}

#[tokio::test]
async fn no_list_and_no_count_reads_all_conversations() {
    let mut wrong = Vec::new();
    for (base, shop) in both(50_000).await {
        for limit in [Visibility::everything(), Visibility::of([inbox(0), inbox(5)]), Visibility::of_teams([team(0), team(2)])] {
            for filter in filters() {
                wrong.extend(explain(&base, &shop, &filter, &limit).await);
            }
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.into_iter().take(6).collect::<Vec<_>>().join("\n"));
}

#[tokio::test]
async fn no_list_of_what_is_unread_or_mentions_me_reads_all_conversations() {
    let mut wrong = Vec::new();
    let live = || Filter { statuses: [Status::Open, Status::Pending].into(), ..Filter::default() };
    let mine = [
        Filter { unread: true, ..Filter::default() },
        Filter { unread: true, assignee: Some(AssigneeIs::Me), ..live() },
        Filter { unread: true, inboxes: [inbox(1), inbox(4)].into(), ..live() },
        Filter { mentioned: true, ..Filter::default() },
        Filter { mentioned: true, unread: true, ..live() },
    ];
    for (base, shop) in both(20_000).await {
        for filter in &mine {
            wrong.extend(explain(&base, &shop, filter, &Visibility::everything()).await);
        }
    }
    assert!(wrong.is_empty(), "{}: {}", wrong.len(), wrong.into_iter().take(6).collect::<Vec<_>>().join("\n"));
}

/// Judges every query of one question.
async fn explain(base: &Base, shop: &Shop, filter: &Filter, limit: &Visibility) -> Vec<String> {
    let (tenant, seen) = (shop.tenant.0, Seen::of(limit, &filter.inboxes));
    let (kept, inboxes) = (seen.is_kept(filter), seen.inboxes.clone());
    let asked = Asked { backend: base.store.backend(), tenant, filter, me: ME, seen };
    let mut all: Vec<SelectStatement> = Sort::ALL.into_iter().flat_map(|sort| queries(&asked, sort)).collect();
    all.extend(asked.count(MOST_COUNTED + 1));
    all.extend(kept.then(|| counting::sums(tenant, inboxes, filter, ME)));
    judge(base, shop, all, ranged(filter)).await
}

/// Tells whether a filter asks for a span of time: what lies in it may be sorted by another instant, it is what was asked for.
fn ranged(filter: &Filter) -> bool {
    filter.waiting_before.is_some()
        || !filter.created.is_everything()
        || !filter.activity.is_everything()
        || filter.contact.is_some()
        || filter.mentioned
}

async fn judge(base: &Base, shop: &Shop, queries: Vec<SelectStatement>, ranged: bool) -> Vec<String> {
    let tenant = shop.tenant;
    let explained = read_as(&base.store, Role::People(tenant), move |tx| {
        Box::pin(async move {
            super::by_index(tx).await?;
            let backend = tx.get_database_backend();
            let mut wrong = Vec::new();
            for query in queries {
                let built = backend.build(&query);
                let explain = if backend == DbBackend::Postgres { "EXPLAIN (FORMAT JSON) " } else { "EXPLAIN QUERY PLAN " };
                let asked = Statement { sql: format!("{explain}{}", built.sql), ..built };
                let rows = tx.query_all_raw(asked.clone()).await?;
                let found = if backend == DbBackend::Postgres {
                    let plan: Value = rows[0].try_get("", "QUERY PLAN")?;
                    walk(&plan[0]["Plan"], ranged)
                } else {
                    let line = |row: &QueryResult| Ok::<_, DbErr>((row.try_get("", "parent")?, row.try_get("", "detail")?));
                    plain(&rows.iter().map(line).collect::<Result<Vec<_>, _>>()?, ranged)
                };
                wrong.extend(found.map(|found| format!("{}\n{found}", asked.sql)));
            }
            Ok(wrong)
        })
    });
    explained.await.expect("explains")
}

/// No node reads the table, and none sorts more than the branches' pages together.
fn walk(plan: &Value, ranged: bool) -> Option<String> {
    let kind = plan["Node Type"].as_str().unwrap_or_default();
    let reads_all = kind == "Seq Scan" && plan["Relation Name"] == "conversation";
    let sorts_many = kind == "Sort" && !ranged && plan["Plan Rows"].as_f64().unwrap_or_default() > 60.0 * 51.0;
    if reads_all || sorts_many {
        return Some(format!("{plan:#}"));
    }
    plan["Plans"].as_array().into_iter().flatten().find_map(|inner| walk(inner, ranged))
}

/// No line reads the table, and nothing is sorted but the branches' pages, or what lies in a span that was asked for.
fn plain(lines: &[(i64, String)], ranged: bool) -> Option<String> {
    let wrong = lines.iter().any(|(parent, line)| {
        // Beside the reading of a branch's page it is that page which is sorted.
        let of_page = lines.iter().any(|(beside, other)| beside == parent && other.starts_with("SCAN b"));
        let sorts_many = line.contains("TEMP B-TREE FOR ORDER BY") && *parent != 0 && !of_page && !ranged;
        sorts_many || line.split_whitespace().take(2).eq(["SCAN", "conversation"])
    });
    wrong.then(|| format!("{lines:?}"))
}

#[test]
fn an_index_of_inboxes_is_walked_only_where_no_other_holds_more_still() {
    let asked = |filter: &Filter, many: u128| {
        let seen = Seen { inboxes: Some((0..many).map(inbox).collect()), teams: None };
        let asked = Asked { backend: DbBackend::Sqlite, tenant: Uuid::nil(), filter, me: ME, seen };
        let phase = Phase { key: Key::Activity, descending: true, waiting: None, priority: None };
        asked.page(Page { phase, after: None, limit: 9 }).map(|query| DbBackend::Sqlite.build(&query).sql.matches(" AS \"b").count())
    };
    let open = Filter { statuses: [Status::Open].into(), ..Filter::default() };
    assert_eq!(asked(&open, 4), Some(4));
    assert_eq!(asked(&open, 61), Some(1), "beyond a bound rows are asked instead");
    assert_eq!(asked(&Filter::default(), 4), Some(20));
    assert_eq!(asked(&Filter { assignee: Some(AssigneeIs::Me), ..open.clone() }, 4), Some(1));
    assert_eq!(asked(&open, 0), None, "who sees no inbox asks nothing");
}

#[test]
fn a_limit_to_teams_walks_their_index_and_then_the_own_conversations() {
    let asked = |filter: &Filter, many: u128| {
        let seen = Seen { inboxes: None, teams: Some((0..many).map(team).collect()) };
        let asked = Asked { backend: DbBackend::Sqlite, tenant: Uuid::nil(), filter, me: ME, seen };
        let phase = Phase { key: Key::Activity, descending: true, waiting: None, priority: None };
        asked.page(Page { phase, after: None, limit: 9 }).map(|query| DbBackend::Sqlite.build(&query).sql.matches(" AS \"b").count())
    };
    let open = Filter { statuses: [Status::Open].into(), ..Filter::default() };
    assert_eq!(asked(&open, 4), Some(5));
    assert_eq!(asked(&open, 60), Some(1), "beyond a bound rows are asked instead");
    assert_eq!(asked(&open, 0), Some(1), "the own ones are left");
    let nobodys = Filter { assignee: Some(AssigneeIs::Nobody), ..open.clone() };
    assert_eq!((asked(&nobodys, 4), asked(&nobodys, 0)), (Some(4), None), "what is nobody's is not mine");
    assert_eq!(asked(&Filter { assignee: Some(AssigneeIs::Me), ..open.clone() }, 4), Some(1));
    assert_eq!(asked(&Filter { teams: [Some(team(1)), Some(team(9)), None].into(), ..open }, 4), Some(2));
}
