//! Random businesses in which everybody tries everything: what must hold after every change.

use super::*;
use crate::domain::ids::{AgentId, InboxId, TeamId};
use proptest::prelude::*;
use uuid::Uuid;

fn inbox(number: u128) -> InboxId {
    InboxId(Uuid::from_u128(number))
}

fn team(number: u128) -> TeamId {
    TeamId(Uuid::from_u128(number))
}

fn agent(number: u128) -> AgentId {
    AgentId(Uuid::from_u128(number))
}

fn place(role: Role) -> Place {
    Place { role, permissions: None, visibility: Visibility::everything() }
}

fn standing(id: u128, place: Place) -> Standing {
    Standing { id: MemberId(Uuid::from_u128(id)), place }
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![Just(Role::Member), Just(Role::Administrator), Just(Role::Owner)]
}

fn grants() -> impl Strategy<Value = Grants> {
    let level = |area: Area| prop_oneof![Just(None), Just(Some(Permission::read(area))), Just(Some(Permission::write(area)))];
    Area::ALL.map(level).prop_map(|all| Grants::of(all.into_iter().flatten()))
}

fn visibility() -> impl Strategy<Value = Visibility> {
    let limit = || proptest::option::of(proptest::collection::btree_set(1_u128..5, 0..4));
    (limit(), limit()).prop_map(|(inboxes, teams)| {
        let inboxes = inboxes.map(|ids| ids.into_iter().map(inbox).collect());
        Visibility::everything().with_inboxes(inboxes).with_teams(teams.map(|ids| ids.into_iter().map(team).collect()))
    })
}

/// Every place where a conversation can be, seen from whoever is agent 1.
fn homes() -> impl Iterator<Item = Home> {
    let teams = || (0..6).map(|number| (number > 0).then(|| team(number)));
    let assignees = [None, Some(agent(1)), Some(agent(2))];
    (1..6).flat_map(move |number| {
        teams().flat_map(move |team| assignees.into_iter().map(move |assignee| Home { inbox: inbox(number), team, assignee }))
    })
}

fn any_place() -> impl Strategy<Value = Place> {
    (role(), proptest::option::of(grants()), visibility()).prop_map(|(role, permissions, visibility)| Place {
        role,
        permissions,
        visibility,
    })
}

/// A place as it can be in a business.
fn real_place() -> impl Strategy<Value = Place> {
    any_place().prop_map(|it| if it.role == Role::Owner { place(Role::Owner) } else { it })
}

/// What somebody tries.
#[derive(Clone, Debug)]
enum Try {
    Change(usize, usize, Place),
    Remove(usize, usize),
    Transfer(usize, usize),
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let who = 0_usize..5;
    let one = prop_oneof![
        (who.clone(), who.clone(), any_place()).prop_map(|(by, whom, wanted)| Try::Change(by, whom, wanted)),
        (who.clone(), who.clone()).prop_map(|(by, whom)| Try::Remove(by, whom)),
        (who.clone(), who).prop_map(|(by, whom)| Try::Transfer(by, whom)),
    ];
    proptest::collection::vec(one, 0..60)
}

fn owners(members: &[Option<Standing>]) -> usize {
    members.iter().flatten().filter(|member| member.place.role == Role::Owner).count()
}

proptest! {
    #[test]
    fn trust_a12_whatever_people_try_there_is_always_an_owner(places in proptest::collection::vec(real_place(), 4), tries in tries()) {
        let all = std::iter::once(place(Role::Owner)).chain(places).zip(1_u128..);
        let mut members: Vec<Option<Standing>> = all.map(|(place, id)| Some(standing(id, place))).collect();
        for one in tries {
            let (Try::Change(by, whom, _) | Try::Remove(by, whom) | Try::Transfer(by, whom)) = &one;
            let (Some(by), Some(whom)) = (members[*by].clone(), members[*whom].clone()) else { continue };
            let at = usize::try_from(whom.id.0.as_u128() - 1).unwrap();
            match one {
                Try::Change(_, _, wanted) => if may_change(&by, &whom, &wanted, owners(&members)).is_ok() {
                    members[at] = Some(Standing { place: wanted, ..whom });
                },
                Try::Remove(..) => if may_remove(&by, &whom, owners(&members)).is_ok() {
                    members[at] = None;
                },
                Try::Transfer(from, _) => if may_transfer(&by, &whom).is_ok() {
                    members[at] = Some(Standing { place: place(Role::Owner), ..whom });
                    members[from] = Some(Standing { place: place(Role::Administrator), ..by });
                },
            }
            prop_assert!(owners(&members) >= 1);
            prop_assert!(members.iter().flatten().all(|member| member.place.fits()), "an owner with limits");
        }
    }

    #[test]
    fn trust_a11_nobody_gives_more_than_he_holds(by in real_place(), whom in real_place(), wanted in any_place(), same: bool) {
        let by = standing(1, by);
        let whom = if same { by.clone() } else { standing(2, whom) };
        if may_change(&by, &whom, &wanted, 2).is_ok() {
            prop_assert!(by.place.grants().cover(wanted.grants()));
            prop_assert!(by.place.visibility.covers(&wanted.visibility));
            prop_assert!(wanted.role <= by.place.role && by.place.grants().allow(Permission::write(Area::Members)));
            prop_assert!(whom.place.role != Role::Owner || by.place.role == Role::Owner, "an owner was touched");
        }
        if may_invite(&by, &wanted).is_ok() {
            prop_assert!(by.place.covers(&wanted) && wanted.role != Role::Owner);
        }
    }

    #[test]
    fn trust_a11_nobody_raises_himself(own in real_place(), wanted in any_place()) {
        let own = standing(1, own);
        if may_change(&own, &own, &wanted, 2).is_ok() {
            prop_assert!(own.place.covers(&wanted));
        }
    }

    #[test]
    fn visibility_is_read_back_and_covers_what_it_sees(one in visibility(), other in visibility()) {
        prop_assert_eq!(Visibility::stored(one.to_stored().as_deref()), one.clone());
        let me = Some(agent(1));
        let sees_all = homes().filter(|home| other.sees(home, me)).all(|home| one.sees(&home, me));
        let names_none = |it: &Visibility| it.inboxes().is_some_and(|mut all| all.next().is_none());
        if one.covers(&other) {
            prop_assert!(sees_all);
        } else if !names_none(&other) {
            prop_assert!(!sees_all, "{one:?} does not cover {other:?}");
        }
    }

    #[test]
    fn a_team_that_goes_makes_nobody_see_more(one in visibility(), gone in 1_u128..5) {
        let Some(left) = one.without_team(team(gone)) else {
            prop_assert!(one.teams().is_none_or(|mut all| all.all(|it| it != team(gone))));
            return Ok(());
        };
        prop_assert!(one.covers(&left) && !left.covers(&one) && !left.is_everything());
        prop_assert!(homes().filter(|home| home.team == Some(team(gone)) && home.assignee.is_none()).all(|home| !left.sees(&home, None)));
    }
}

#[test]
fn a_limit_to_teams_shows_theirs_and_what_is_somebodys_own() {
    let limit = Visibility::of_teams([team(1)]);
    let home = |team, assignee| Home { inbox: inbox(1), team, assignee };
    let (me, other) = (Some(agent(1)), Some(agent(2)));
    assert!(limit.sees(&home(Some(team(1)), other), me));
    assert!(!limit.sees(&home(Some(team(2)), other), me));
    assert!(!limit.sees(&home(None, None), me), "what no team has is nobody's who is limited");
    assert!(limit.sees(&home(Some(team(2)), me), me) && limit.sees(&home(None, me), me), "what he is handed he works on");
    assert!(!limit.sees(&home(None, None), None), "nobody has nothing of his own");
    let both = limit.clone().with_inboxes(Some([inbox(2)].into()));
    assert!(!both.sees(&home(Some(team(1)), me), me), "each limit stands by itself");
    assert!(Sight::new(limit.clone(), agent(1)).sees(&home(None, me)) && !Sight::from(limit).sees(&home(None, me)));
}

#[test]
fn a_limit_is_stored_so_that_an_old_one_keeps_its_meaning() {
    let (inboxes, teams) = (Visibility::of([inbox(1)]), Visibility::of_teams([team(2)]));
    let id = |number: u128| Uuid::from_u128(number);
    assert_eq!(Visibility::everything().to_stored(), None);
    assert_eq!(inboxes.to_stored(), Some(format!("[\"{}\"]", id(1))));
    assert_eq!(teams.to_stored(), Some(format!("{{\"inboxes\":null,\"teams\":[\"{}\"]}}", id(2))));
    for broken in ["", "null", "{}", "broken", r#"{"teams":[]}"#, r#"{"inboxes":null}"#, r#"{"inboxes":null,"teams":null}"#, r#"["x"]"#] {
        assert_eq!(Visibility::stored(Some(broken)), Visibility::of([]), "{broken}");
    }
    let empty = Visibility::of_teams([]);
    assert_eq!(Visibility::stored(empty.to_stored().as_deref()), empty, "an empty list is no team at all");
}

#[test]
fn an_administrator_does_not_touch_owners_and_runs_the_rest() {
    let administrator = standing(1, place(Role::Administrator));
    let owner = standing(2, place(Role::Owner));
    assert_eq!(may_change(&administrator, &owner, &place(Role::Member), 5), Err(Refusal::OwnersOnly));
    assert_eq!(may_remove(&administrator, &owner, 5), Err(Refusal::OwnersOnly));
    assert_eq!(may_change(&administrator, &administrator, &place(Role::Owner), 5), Err(Refusal::OwnersOnly));
    assert_eq!(may_transfer(&administrator, &owner), Err(Refusal::OwnersOnly));
    let member = standing(3, place(Role::Member));
    assert_eq!(may_change(&administrator, &member, &place(Role::Administrator), 5), Ok(()));
    assert_eq!(may_remove(&administrator, &member, 1), Ok(()));
}

#[test]
fn the_last_owner_stays_and_a_second_one_may_go() {
    let owner = standing(1, place(Role::Owner));
    assert_eq!(may_change(&owner, &owner, &place(Role::Administrator), 1), Err(Refusal::LastOwner));
    assert_eq!(may_remove(&owner, &owner, 1), Err(Refusal::LastOwner));
    assert_eq!(may_remove(&owner, &owner, 2), Ok(()));
    assert_eq!(may_transfer(&owner, &owner), Err(Refusal::NoSuchPlace));
}

#[test]
fn a_member_without_the_permission_may_do_nothing_but_leave() {
    let [one, other] = [1, 2].map(|id| standing(id, place(Role::Member)));
    assert_eq!(may_change(&one, &other, &place(Role::Member), 1), Err(Refusal::NotYours));
    assert_eq!(may_remove(&one, &other, 1), Err(Refusal::NotYours));
    assert_eq!(may_invite(&one, &place(Role::Member)), Err(Refusal::NotYours));
    assert_eq!(may_remove(&one, &one, 1), Ok(()));
}

#[test]
fn whoever_is_limited_to_inboxes_asks_nobody_to_see_more() {
    let permissions = Some(Grants::everything());
    let limited = standing(1, Place { role: Role::Administrator, permissions, visibility: Visibility::of([inbox(1)]) });
    assert_eq!(may_invite(&limited, &place(Role::Member)), Err(Refusal::MoreThanHeld));
    let less = Place { visibility: Visibility::of([inbox(1)]), ..place(Role::Member) };
    assert_eq!(may_invite(&limited, &less), Ok(()));
    assert_eq!(may_change(&limited, &standing(2, place(Role::Member)), &less, 1), Err(Refusal::Outranked));
}

#[test]
fn whoever_is_limited_to_teams_asks_nobody_to_see_more() {
    let permissions = Some(Grants::everything());
    let limited = standing(1, Place { role: Role::Administrator, permissions, visibility: Visibility::of_teams([team(1)]) });
    let seeing = |visibility| Place { visibility, ..place(Role::Member) };
    for more in [Visibility::everything(), Visibility::of([inbox(1)]), Visibility::of_teams([team(1), team(2)])] {
        assert_eq!(may_invite(&limited, &seeing(more)), Err(Refusal::MoreThanHeld));
    }
    assert_eq!(may_invite(&limited, &seeing(Visibility::of_teams([team(1)]).with_inboxes(Some([inbox(9)].into())))), Ok(()));
    assert_eq!(may_change(&limited, &limited, &place(Role::Administrator), 1), Err(Refusal::MoreThanHeld), "nobody widens his own");
    let owner = Place { visibility: Visibility::of_teams([team(1)]), ..place(Role::Owner) };
    assert_eq!(may_change(&standing(2, place(Role::Owner)), &limited, &owner, 2), Err(Refusal::NoSuchPlace));
}
