//! Several needs: whatever set of resources is free, an appointment is possible exactly when each need can have one of its own.

use super::kit::*;
use crate::domain::booking::*;
use crate::domain::ids::ResourceId;
use proptest::prelude::*;

const START: &str = "2027-03-15T15:00:00Z";

/// Tries every way of giving each need a free resource of its own; one of them may have to be there.
fn possible(needs: &[Vec<ResourceId>], free: &[ResourceId], with: Option<ResourceId>, taken: &mut Vec<ResourceId>) -> bool {
    let Some((need, others)) = needs.split_first() else { return with.is_none_or(|with| taken.contains(&with)) };
    need.iter().any(|id| {
        let usable = free.contains(id) && !taken.contains(id);
        usable && {
            taken.push(*id);
            let found = possible(others, free, with, taken);
            taken.pop();
            found
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn each_need_has_a_resource_of_its_own(
        needs in prop::collection::vec(prop::collection::vec(1_u128..6, 1..4), 1..5),
        busy in prop::collection::vec(any::<bool>(), 5),
        with in prop::option::of(1_u128..6),
    ) {
        let mut shop = Shop::m();
        for nth in 2..6 {
            shop.colleague(nth);
        }
        let needs: Vec<Vec<ResourceId>> = needs.iter().map(|need| need.iter().map(|nth| resource_id(*nth)).collect()).collect();
        shop.service().needs = needs.iter().map(|need| Need { any_of: need.clone() }).collect();
        let hour = Span { start: at(START), end: at(START).after(minutes(60)) };
        for (nth, _) in busy.iter().enumerate().filter(|(_, busy)| **busy) {
            shop.busy.push(Busy { resource: resource_id(nth as u128 + 1), spans: Some(vec![hour]) });
        }
        let free: Vec<ResourceId> = (0..5).filter(|nth| !busy[*nth]).map(|nth| resource_id(nth as u128 + 1)).collect();
        let with = with.map(resource_id).filter(|id| needs.iter().flatten().any(|other| other == id));
        let ask = Ask { choice: with.map_or(Choice::Any, Choice::With), ..Ask::of(SERVICE) };
        let judged = judge(&shop.book(), &ask, at(START));
        prop_assert_eq!(judged.is_ok(), possible(&needs, &free, with, &mut Vec::new()), "{:?} of {:?}: {:?}", needs, free, judged);
        let wanted = Wanted { service: SERVICE, within: hour, resource: with, moving: None, limit: 1 };
        let listed = slots(&shop.book(), &wanted).first().is_some_and(|slot| slot.span.start == at(START));
        prop_assert_eq!(judged.is_ok(), listed);
        let seats = judged.unwrap_or_default();
        prop_assert!(seats.is_empty() || with.is_none_or(|id| seats.iter().any(|seat| seat.resource == id)), "{:?} without {:?}", seats, with);
        for (nth, seat) in seats.iter().enumerate() {
            prop_assert!(needs[nth].contains(&seat.resource) && free.contains(&seat.resource));
        }
    }
}
