//! Who may, and what each conversation is asked.

use super::*;
use crate::domain::membership::Visibility;
use crate::domain::permission::{Grants, Role};
use uuid::Uuid;

const HERE: InboxId = InboxId(Uuid::from_u128(1));
const THERE: InboxId = InboxId(Uuid::from_u128(2));
const ANA: AgentId = AgentId(Uuid::from_u128(3));
const ME: AgentId = AgentId(Uuid::from_u128(4));
const SALES: TeamId = TeamId(Uuid::from_u128(5));

/// A conversation of no team and nobody's.
fn at(inbox: InboxId) -> Option<Home> {
    Some(Home { inbox, team: None, assignee: None })
}

fn place(permissions: Option<&str>, inboxes: &[InboxId]) -> Place {
    let visibility = if inboxes.is_empty() { Visibility::everything() } else { Visibility::of(inboxes.iter().copied()) };
    Place { role: Role::Member, permissions: permissions.map(Grants::stored), visibility }
}

fn assign() -> BulkAction {
    BulkAction::Assign { assignee: Some(Assignee { id: Some(ANA) }), team: None }
}

fn code(result: Result<InboxId, ItemResult>) -> String {
    match result {
        Ok(_) => "admitted".to_owned(),
        Err(ItemResult::Refused { code, .. }) => code,
        Err(other) => other.word().to_owned(),
    }
}

#[test]
fn conv_94_whoever_began_it_is_asked_anew_for_every_item() {
    let all = Standing { who: Some(ME), by: Some(place(None, &[])), to: Some(place(None, &[HERE])), administers: false, known: true };
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &all, at(THERE))), "admitted");
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &all, None)), "absent");
    let limited = Standing { by: Some(place(None, &[HERE])), ..all.clone() };
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &limited, at(HERE))), "admitted");
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &limited, at(THERE))), "absent", "what is not seen is not there");
    let reader = Standing { by: Some(place(Some(r#"["conversations:read"]"#), &[])), ..all.clone() };
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &reader, at(HERE))), "permission");
    let gone = Standing { by: None, ..all.clone() };
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &gone, at(HERE))), "permission");
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &Standing { known: false, ..all }, at(HERE))), "unknown");
}

#[test]
fn it_gives_only_to_who_may_answer_there() {
    let all = Standing { who: Some(ME), by: Some(place(None, &[])), to: Some(place(None, &[HERE])), administers: false, known: true };
    assert_eq!(code(admit(&assign(), &all, at(HERE))), "admitted");
    assert_eq!(code(admit(&assign(), &all, at(THERE))), "cannot_answer");
    assert_eq!(code(admit(&assign(), &Standing { to: None, ..all.clone() }, at(HERE))), "cannot_answer");
    let nobody = BulkAction::Assign { assignee: Some(Assignee { id: None }), team: None };
    assert_eq!(code(admit(&nobody, &Standing { to: None, ..all }, at(HERE))), "admitted");
}

#[test]
fn an_item_outside_the_teams_of_whoever_began_it_is_absent() {
    let limited = Place { visibility: Visibility::of_teams([SALES]), ..place(None, &[]) };
    let all = Standing { who: Some(ME), by: Some(limited.clone()), to: Some(limited), administers: false, known: true };
    let home = |team, assignee| Some(Home { inbox: HERE, team, assignee });
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &all, home(Some(SALES), Some(ANA)))), "admitted");
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &all, home(None, Some(ANA)))), "absent");
    assert_eq!(code(admit(&BulkAction::Resolve { survey: false }, &all, home(None, Some(ME)))), "admitted", "what is his own is seen");
    let to_somebody_limited = Standing { by: Some(place(None, &[])), ..all };
    assert_eq!(code(admit(&assign(), &to_somebody_limited, at(HERE))), "admitted", "he sees it as soon as it is his");
}

#[test]
fn only_administrators_delete() {
    let member = Standing { who: Some(ME), by: Some(place(None, &[])), to: None, administers: false, known: true };
    assert_eq!(code(admit(&BulkAction::Delete, &member, at(HERE))), "administrator");
    assert_eq!(code(admit(&BulkAction::Delete, &Standing { administers: true, ..member }, at(HERE))), "admitted");
    assert_eq!(BulkAction::Delete.happening(ANA), None, "no conversation carries out its own end");
}

#[test]
fn what_is_stored_reads_back() {
    let label = LabelId(Uuid::from_u128(7));
    let all = [
        BulkAction::Resolve { survey: false },
        BulkAction::Snooze { until: Some(Timestamp::from_secs(9)) },
        assign(),
        BulkAction::Assign { assignee: None, team: Some(InTeam { id: None }) },
        BulkAction::Label { add: [label].into(), remove: [].into() },
        BulkAction::Priority { priority: None },
    ];
    for action in all {
        let json = serde_json::to_string(&action).unwrap();
        assert_eq!(serde_json::from_str::<BulkAction>(&json).unwrap(), action);
        assert!(json.contains(action.word()), "{json}");
    }
}

#[test]
fn a_resolve_of_many_does_not_touch_spam() {
    let Some(Happening::AgentSetStatusAmong { status, among, .. }) = BulkAction::Resolve { survey: false }.happening(ANA) else {
        panic!("a status")
    };
    assert!(status == Status::Resolved && !among.contains(&Status::Spam));
    let Some(Happening::AgentSetStatusAmong { among, .. }) = BulkAction::NotSpam.happening(ANA) else { panic!("a status") };
    assert_eq!(among, [Status::Spam].into());
}

#[test]
fn a_list_that_is_tidied_up_asks_nobody_how_they_were_served_unless_that_is_wished() {
    let asked = |survey| {
        let given = BulkAction::Resolve { survey }.happening(ANA);
        let Some(Happening::AgentSetStatusAmong { survey, .. }) = given else { panic!("a status") };
        survey
    };
    assert_eq!((asked(false), asked(true)), (Some(false), None), "then the rules of the inbox hold");
    let older: BulkAction = serde_json::from_str("{\"type\":\"resolve\"}").unwrap();
    assert_eq!(older, BulkAction::Resolve { survey: false });
    assert_eq!(serde_json::to_string(&older).unwrap(), "{\"type\":\"resolve\"}");
}
