//! Tables: who is told of what, by which way, what follows, and what ends it.

use super::choice::{Channels, Choices};
use super::*;
use crate::domain::ids::TeamId;
use crate::domain::membership::Visibility;
use crate::domain::permission::Grants;

const NORTH: InboxId = InboxId(Uuid::from_u128(1));
const SOUTH: InboxId = InboxId(Uuid::from_u128(2));
const OWNER: u128 = 10;
const ADMIN: u128 = 11;
const ANA: u128 = 12;
const BEN: u128 = 13;
const LIMITED: u128 = 14;
const BOOKKEEPER: u128 = 15;

fn listener(member: u128, role: Role) -> Listener {
    let place = Place { role, permissions: None, visibility: Visibility::everything() };
    Listener { member: MemberId(Uuid::from_u128(member)), place, choices: Choices::default(), unread: false }
}

/// An owner, an administrator, two members, one who sees the other inbox only, and one who does not see conversations.
fn house() -> Vec<Listener> {
    let mut limited = listener(LIMITED, Role::Member);
    limited.place.visibility = Visibility::of([SOUTH]);
    let mut bookkeeper = listener(BOOKKEEPER, Role::Member);
    bookkeeper.place.permissions = Some(Grants::of([Permission::read(Area::Reports)]));
    let free = [(OWNER, Role::Owner), (ADMIN, Role::Administrator), (ANA, Role::Member), (BEN, Role::Member)];
    free.into_iter().map(|(member, role)| listener(member, role)).chain([limited, bookkeeper]).collect()
}

fn agent(member: u128) -> AgentId {
    AgentId(Uuid::from_u128(member))
}

fn notice(kind: Kind, to: Option<u128>, by: Option<u128>) -> Notice {
    let conversation = Some(ConversationId(Uuid::from_u128(99)));
    Notice { kind, conversation, inbox: Some(NORTH), home: None, subject: None, to: to.map(agent), by: by.map(agent) }
}

/// The members who are told, each with `a` for in the app and `e` for mail.
fn heard(notice: &Notice, rung: Rung, members: &[Listener]) -> Vec<(u128, &'static str)> {
    let spell = |channels: Channels| match (channels.in_app, channels.email) {
        (true, true) => "ae",
        (true, false) => "a",
        (false, true) => "e",
        (false, false) => "",
    };
    told(notice, rung, members).into_iter().map(|told| (told.member.0.as_u128(), spell(told.channels))).collect()
}

#[test]
fn whoever_is_limited_to_teams_hears_of_theirs_and_of_his_own() {
    let (sales, other) = (TeamId(Uuid::from_u128(1)), TeamId(Uuid::from_u128(2)));
    let mut limited = listener(LIMITED, Role::Member);
    limited.place.visibility = Visibility::of_teams([sales]);
    let hears = |kind, to, team, assignee: Option<u128>| {
        let home = Some(Home { inbox: NORTH, team, assignee: assignee.map(agent) });
        !heard(&Notice { home, ..notice(kind, to, None) }, Rung::First, &[limited.clone()]).is_empty()
    };
    assert!(hears(Kind::HandedOver, None, Some(sales), None));
    assert!(!hears(Kind::HandedOver, None, Some(other), None) && !hears(Kind::HandedOver, None, None, None));
    assert!(!hears(Kind::Mentioned, Some(LIMITED), Some(other), Some(ANA)), "a mention does not open a door");
    assert!(hears(Kind::Message, Some(LIMITED), Some(other), Some(LIMITED)), "what is his own is seen");
}

#[test]
fn a_hand_over_climbs_from_all_who_see_the_inbox_to_those_who_run_the_house() {
    let free = notice(Kind::HandedOver, None, None);
    let all = |way| vec![(OWNER, way), (ADMIN, way), (ANA, way), (BEN, way)];
    assert_eq!(heard(&free, Rung::First, &house()), all("a"));
    assert_eq!(heard(&free, Rung::Second, &house()), all("e"));
    assert_eq!(heard(&free, Rung::Third, &house()), [(OWNER, "ae"), (ADMIN, "ae")]);
}

#[test]
fn a_hand_over_to_somebody_begins_with_that_person_and_falls_back_to_all() {
    let mine = notice(Kind::HandedOver, Some(ANA), None);
    assert_eq!(heard(&mine, Rung::First, &house()), [(ANA, "a")]);
    assert_eq!(heard(&mine, Rung::Second, &house()), [(ANA, "e")]);
    assert_eq!(heard(&mine, Rung::Third, &house()), [(OWNER, "ae"), (ADMIN, "ae")]);
    for gone in [LIMITED, BOOKKEEPER, 77] {
        assert_eq!(heard(&notice(Kind::HandedOver, Some(gone), None), Rung::First, &house()).len(), 4, "{gone} hears nothing, all do");
    }
}

#[test]
fn each_kind_reaches_those_who_can_do_something_about_it() {
    let table = [
        (Kind::Assigned, Some(ANA), vec![(ANA, "ae")]),
        (Kind::Assigned, Some(LIMITED), vec![]),
        (Kind::Assigned, Some(77), vec![]),
        (Kind::Message, Some(BEN), vec![(BEN, "a")]),
        (Kind::AppointmentApproval, None, vec![(OWNER, "ae"), (ADMIN, "ae"), (ANA, "a"), (BEN, "a")]),
        (Kind::InboxAttention, None, vec![(OWNER, "ae"), (ADMIN, "ae")]),
        (Kind::CalendarTrouble, None, vec![(OWNER, "ae"), (ADMIN, "ae")]),
    ];
    for (kind, to, expected) in table {
        assert_eq!(heard(&notice(kind, to, None), Rung::First, &house()), expected, "{kind:?} for {to:?}");
    }
}

#[test]
fn nobody_is_told_of_an_own_act() {
    for kind in Kind::ALL {
        for who in [OWNER, ANA] {
            for rung in [Rung::First, Rung::Second, Rung::Third] {
                let own = notice(kind, Some(who), Some(who));
                assert!(heard(&own, rung, &house()).iter().all(|(member, _)| *member != who), "{kind:?} {rung:?}");
            }
        }
    }
}

#[test]
fn conv_97_a_mention_is_for_the_mentioned_in_the_product_first_and_by_mail_if_not_looked_at() {
    let mention = |to| notice(Kind::Mentioned, Some(to), Some(BEN));
    assert_eq!(heard(&mention(ANA), Rung::First, &house()), [(ANA, "a")]);
    assert_eq!(heard(&mention(ANA), Rung::Second, &house()), [(ANA, "e")]);
    for nobody in [BEN, LIMITED, BOOKKEEPER] {
        assert!(heard(&mention(nobody), Rung::First, &house()).is_empty(), "the writer, and who may not see it");
    }
    let mut house = house();
    for one in &mut house {
        one.choices = Choices::from_said([(Kind::Mentioned, Channels { in_app: false, email: true })]);
    }
    assert_eq!((heard(&mention(ANA), Rung::First, &house), heard(&mention(ANA), Rung::Second, &house)), (vec![(ANA, "e")], vec![]));
    let stands = Now { status: Status::Open, held: true, assignee: None, opened: false, again: true };
    assert_eq!(over(&mention(ANA), &stands), None, "whoever holds the conversation");
    assert_eq!(over(&mention(ANA), &Now { opened: true, ..stands }), Some("opened"));
}

#[test]
fn a_burst_is_told_once_until_the_member_looks() {
    let mut house = house();
    house.iter_mut().for_each(|one| one.unread = true);
    assert!(heard(&notice(Kind::Message, Some(ANA), None), Rung::First, &house).is_empty());
    assert_eq!(heard(&notice(Kind::Assigned, Some(ANA), None), Rung::First, &house), [(ANA, "ae")]);
}

#[test]
fn a_choice_wins_over_the_role_and_nothing_at_all_is_a_choice() {
    let mut house = house();
    let none = Channels::default();
    for one in &mut house {
        one.choices = Choices::from_said([(Kind::HandedOver, Channels { email: true, ..none }), (Kind::Assigned, none)]);
    }
    assert!(heard(&notice(Kind::HandedOver, None, None), Rung::First, &house).is_empty());
    assert_eq!(heard(&notice(Kind::HandedOver, None, None), Rung::Second, &house).len(), 4);
    assert!(heard(&notice(Kind::Assigned, Some(ANA), None), Rung::First, &house).is_empty());
    assert_eq!(heard(&notice(Kind::Message, Some(ANA), None), Rung::First, &house), [(ANA, "a")]);
}

#[test]
fn choices_are_read_back_and_what_cannot_be_read_says_nothing() {
    let said = Choices::from_said([(Kind::Message, Channels { in_app: false, email: true })]);
    assert_eq!(Choices::stored(Some(&said.to_stored())), said);
    for text in ["", "[]", "null", r#"{"sales":{"in_app":true,"email":true}}"#] {
        assert_eq!(Choices::stored(Some(text)), Choices::default(), "{text}");
    }
}

#[test]
fn only_a_hand_over_and_a_mention_climb_and_only_while_the_business_wants_it() {
    let wait = Duration::from_mins(5);
    assert_eq!(climb(Kind::HandedOver, Rung::First, 5), Some((Rung::Second, wait)));
    assert_eq!(climb(Kind::HandedOver, Rung::Second, 5), Some((Rung::Third, wait)));
    assert_eq!(climb(Kind::HandedOver, Rung::Third, 5), None);
    assert_eq!(climb(Kind::HandedOver, Rung::First, 0), None);
    assert_eq!(climb(Kind::Mentioned, Rung::First, 5), Some((Rung::Second, wait)));
    assert_eq!((climb(Kind::Mentioned, Rung::Second, 5), climb(Kind::Mentioned, Rung::First, 0)), (None, None));
    for kind in Kind::ALL.into_iter().filter(|kind| !matches!(kind, Kind::HandedOver | Kind::Mentioned)) {
        assert_eq!(climb(kind, Rung::First, 5), None, "{kind:?}");
    }
}

#[test]
fn a_ladder_ends_when_somebody_opens_answers_is_assigned_or_resolves() {
    let waits = Now { status: Status::Open, held: false, assignee: None, opened: false, again: false };
    let table = [
        (waits, None),
        (Now { opened: true, ..waits }, Some("opened")),
        (Now { again: true, ..waits }, Some("again")),
        (Now { held: true, ..waits }, Some("answered")),
        (Now { assignee: Some(agent(BEN)), ..waits }, Some("assigned")),
        (Now { assignee: Some(agent(ANA)), ..waits }, None),
        (Now { status: Status::Pending, ..waits }, Some("handed_back")),
        (Now { status: Status::Snoozed, ..waits }, Some("snoozed")),
        (Now { status: Status::Resolved, ..waits }, Some("resolved")),
        (Now { status: Status::Spam, ..waits }, Some("resolved")),
    ];
    for (now, expected) in table {
        assert_eq!(over(&notice(Kind::HandedOver, Some(ANA), None), &now), expected, "{now:?}");
        assert_eq!(over(&notice(Kind::Assigned, Some(ANA), None), &now), None);
    }
}

#[test]
fn kinds_and_rungs_are_spelled_and_read_back() {
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(kind));
    }
    for rung in [Rung::First, Rung::Second, Rung::Third] {
        assert_eq!(Rung::numbered(rung.number()), Some(rung));
    }
    assert_eq!((Kind::parse("sales"), Rung::numbered(0), Rung::numbered(4)), (None, None, None));
}

#[test]
fn whoever_wants_mails_of_messages_only_is_kept_from_a_burst_of_them_too() {
    let mut house = house();
    for one in house.iter_mut().filter(|one| one.member.0.as_u128() == ANA) {
        one.choices = Choices::from_said([(Kind::Message, Channels { in_app: false, email: true })]);
    }
    assert_eq!(heard(&notice(Kind::Message, Some(ANA), None), Rung::First, &house), [(ANA, "ae")]);
}
