use super::*;
use proptest::prelude::*;

const TENANT: TenantId = TenantId(Uuid::from_u128(7));

fn chain(length: i64) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for number in 1..=length {
        let deed = Deed::new(Action::InboxUpdated, number).fields(["url", "assistant"]).before("state", "paused").after("state", "active");
        let by = Caller::remote(Actor::ApiKey(ApiKeyId(Uuid::from_u128(9))), Some("192.0.2.7".into()), Some("curl/8"));
        let event = Event::of(TENANT, number, Timestamp::from_secs(1_790_000_000 + number), &by, &deed);
        let prev = links.last().map(|link| link.hash.clone()).unwrap_or_default();
        links.push(Link::forge(event, &prev));
    }
    links
}

fn check(links: &[Link]) -> Result<Anchor, Broken> {
    verify(TENANT, Anchor::default(), links)
}

#[test]
fn a_whole_chain_holds_and_ends_where_its_last_event_stands() {
    let links = chain(5);
    let end = check(&links).unwrap();
    assert_eq!((end.number, end.hash.as_str()), (5, links[4].hash.as_str()));
    let half = check(&links[..2]).unwrap();
    assert_eq!(verify(TENANT, half, &links[2..]), Ok(end), "stretches join");
    assert_eq!(check(&[]), Ok(Anchor::default()));
}

/// The stored chains of every installation depend on it.
#[test]
fn the_encoding_never_changes() {
    let event = Event::of(
        TENANT,
        1,
        Timestamp::from_secs(1_790_000_000),
        &Caller::here(Actor::Operator),
        &Deed::new(Action::TenantCreated, TENANT),
    );
    assert_eq!(event.details, "{}");
    assert_eq!(Link::forge(event, "").hash, "8894f00b333531d72f8629f1c4b21fdcd6c2841df66abbf4d37932872d59297e");
}

#[test]
fn a_removed_a_swapped_and_a_doubled_event_break_the_chain() {
    for place in 0..4 {
        let mut links = chain(5);
        links.remove(place);
        assert_eq!(check(&links), Err(Broken { number: place as i64 + 2, fault: Fault::Number }), "removed {place}");
        let mut links = chain(5);
        links.swap(place, place + 1);
        assert!(check(&links).is_err(), "swapped {place}");
        let mut links = chain(5);
        links.insert(place, links[place].clone());
        assert!(check(&links).is_err(), "doubled {place}");
    }
    let mut links = chain(5);
    links.remove(2);
    for (at, link) in links.iter_mut().enumerate() {
        link.event.number = at as i64 + 1;
    }
    assert_eq!(check(&links), Err(Broken { number: 3, fault: Fault::Link }), "renumbered behind a removal");
}

#[test]
fn a_changed_field_breaks_the_chain_whichever_it_is() {
    type Change = (&'static str, fn(&mut Link));
    let changes: [Change; 11] = [
        ("at", |link| link.event.at = Timestamp::from_secs(1)),
        ("actor_kind", |link| link.event.actor_kind = "system".into()),
        ("actor_id", |link| link.event.actor_id = None),
        ("action", |link| link.event.action = "inbox.created".into()),
        ("target_kind", |link| link.event.target_kind = "key".into()),
        ("target_id", |link| link.event.target_id.push('1')),
        ("ip", |link| link.event.ip = None),
        ("user_agent", |link| link.event.user_agent = Some(String::new())),
        ("details", |link| link.event.details = "{}".into()),
        ("prev_hash", |link| link.prev_hash = "00".into()),
        ("hash", |link| link.hash = "00".into()),
    ];
    for (name, change) in changes {
        let mut links = chain(3);
        change(&mut links[1]);
        assert_eq!(check(&links).unwrap_err().number, 2, "{name}");
    }
    let mut links = chain(3);
    links[1].event.target_id = "forged".into();
    links[1] = Link::forge(links[1].event.clone(), &links[0].hash);
    assert_eq!(check(&links), Err(Broken { number: 3, fault: Fault::Link }), "the next one still names the old hash");
    assert_eq!(verify(TenantId(Uuid::nil()), Anchor::default(), &chain(1)), Err(Broken { number: 1, fault: Fault::Tenant }));
}

#[test]
fn text_does_not_flow_from_one_field_into_the_next() {
    let mut one = chain(1).remove(0).event;
    let mut other = one.clone();
    (one.ip, one.user_agent) = (Some("ab".into()), Some("c".into()));
    (other.ip, other.user_agent) = (Some("a".into()), Some("bc".into()));
    assert_ne!(Link::forge(one.clone(), "").hash, Link::forge(other, "").hash);
    let absent = Event { ip: None, user_agent: Some(String::new()), ..one.clone() };
    let empty = Event { ip: Some(String::new()), user_agent: None, ..one };
    assert_ne!(Link::forge(absent, "").hash, Link::forge(empty, "").hash);
}

#[test]
fn every_action_has_a_word_of_its_own_that_is_read_back() {
    let mut words: Vec<&str> = Action::ALL.iter().map(|action| action.as_str()).collect();
    assert!(Action::ALL.iter().all(|action| Action::parse(action.as_str()) == Some(*action)));
    words.sort_unstable();
    words.dedup();
    assert_eq!(words.len(), Action::ALL.len());
    assert_eq!(Action::parse("inbox.stolen"), None);
}

#[test]
fn what_programs_call_themselves_is_cut_and_holds_no_line_breaks() {
    let by = Caller::remote(Actor::Operator, None, Some(&format!("a\r\n{}", "é".repeat(500))));
    let agent = by.user_agent.unwrap();
    assert!(agent.chars().count() == MAX_USER_AGENT && !agent.contains('\n'));
    let deed = Deed::new(Action::InboxUpdated, "x".repeat(999)).fields(vec!["y".repeat(999); 999]);
    assert!(deed.target.len() == MAX_WORD && deed.details.fields.len() == MAX_FIELDS && deed.details.fields[0].len() == MAX_WORD);
}

proptest! {
    #[test]
    fn no_single_byte_of_an_event_can_be_changed_unseen(place in 0_usize..4, flip in 0_usize..200, with in any::<u8>()) {
        let mut links = chain(4);
        let before = links[place].event.details.clone();
        let mut bytes = before.clone().into_bytes();
        let at = flip % bytes.len();
        bytes[at] = with & 0x7f;
        links[place].event.details = String::from_utf8(bytes).unwrap();
        prop_assert_eq!(check(&links).is_ok(), links[place].event.details == before);
    }
}
