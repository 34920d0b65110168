//! Whose an item is: pairs messages with people and spells their addresses. Pure.
//!
//! A wrong pairing would show one customer's conversation to another, so in doubt a person stays unnamed.

use crate::channels::whatsapp::numbers;
use crate::channels::whatsapp::wire::{Contact, Id};
use crate::domain::content::{clean_text, truncate};
use crate::domain::delivery::{Address, AddressKind, Peer};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write;

/// Longest address, id or name that is stored, in bytes.
const MAX_KEY: usize = 255;

/// Returns an id as it is stored: free of U+0000, and its SHA-256 in hex where it is longer than 255 bytes.
pub fn key(id: &str) -> String {
    let clean = id.replace('\0', "\u{fffd}");
    if clean.len() <= MAX_KEY {
        return clean;
    }
    Sha256::digest(id).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing into a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Returns the id's text unless it is empty.
pub fn text_of(id: Option<&Id>) -> Option<&str> {
    id.map(|id| id.0.as_str()).filter(|id| !id.is_empty())
}

/// The ids of one person, as an item names them.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Party<'a> {
    /// The number as WhatsApp spells it; absent for people who hide it.
    pub phone: Option<&'a str>,
    /// The business-scoped id.
    pub user: Option<&'a str>,
}

impl<'a> Party<'a> {
    /// Reads both ids.
    pub fn new(phone: Option<&'a Id>, user: Option<&'a Id>) -> Self {
        Self { phone: text_of(phone), user: text_of(user) }
    }
}

/// The people of a change, found by id in constant time: a delivery may hold thousands.
pub struct People<'a> {
    by_phone: HashMap<&'a str, &'a Contact>,
    by_user: HashMap<&'a str, &'a Contact>,
    only: Option<&'a Contact>,
    sole_item: bool,
}

impl<'a> People<'a> {
    /// Indexes the people of a change with that many items.
    pub fn new(contacts: &'a [Contact], items: usize) -> Self {
        let mut people = Self { by_phone: HashMap::new(), by_user: HashMap::new(), only: None, sole_item: items == 1 };
        for contact in contacts {
            if let Some(phone) = text_of(contact.wa_id.as_ref()) {
                people.by_phone.entry(phone).or_insert(contact);
            }
            if let Some(user) = text_of(contact.user_id.as_ref()) {
                people.by_user.entry(user).or_insert(contact);
            }
        }
        if let [only] = contacts {
            people.only = Some(only);
        }
        people
    }

    /// Finds the person. The single one of a change stands in for the sender of its single item, or for another spelling of their
    /// number, but never if an id of theirs speaks against it.
    pub fn find(&self, party: Party<'_>) -> Option<&'a Contact> {
        let by_user = party.user.and_then(|user| self.by_user.get(user));
        let by_phone = || party.phone.and_then(|phone| self.by_phone.get(phone));
        let stand_in = || self.only.filter(|contact| self.sole_item || same_number(contact, party));
        by_user.or_else(by_phone).copied().or_else(stand_in).filter(|contact| !contradicts(contact, party))
    }
}

fn same_number(contact: &Contact, party: Party<'_>) -> bool {
    text_of(contact.wa_id.as_ref()).zip(party.phone).is_some_and(|(theirs, named)| numbers::same(theirs, named))
}

fn contradicts(contact: &Contact, party: Party<'_>) -> bool {
    let other_user = matches!((text_of(contact.user_id.as_ref()), party.user), (Some(theirs), Some(named)) if theirs != named);
    // The same id outweighs another number: people change numbers, and one number has several spellings.
    let same_user = party.user.is_some() && text_of(contact.user_id.as_ref()) == party.user;
    let other_phone = text_of(contact.wa_id.as_ref()).is_some() && party.phone.is_some() && !same_number(contact, party);
    other_user || (other_phone && !same_user)
}

/// Spells a customer: the thread's addresses, the one to reply to (verbatim), the spellings to look up, and the person's.
///
/// With a `group` the thread is the group: its addresses are nobody's, so no person is linked to it.
pub fn peer(party: Party<'_>, contact: Option<&Contact>, group: Option<&str>) -> Peer {
    let display_name = contact.and_then(name);
    if let Some(group) = group {
        let room = Address::new(AddressKind::Room, key(group));
        return Peer { thread: vec![room.clone()], reply_to: Some(room), display_name, group: true, ..Peer::default() };
    }
    let theirs = contact.map(|contact| Party::new(contact.wa_id.as_ref(), contact.user_id.as_ref())).unwrap_or_default();
    let user = party.user.or(theirs.user).map(|user| Address::new(AddressKind::WaUser, key(user)));
    let number = party.phone.or(theirs.phone);
    let phone = number.map(|phone| Address::new(AddressKind::WaPhone, key(phone)));
    let mut lookup: Vec<Address> = number.map(numbers::variants).unwrap_or_default().into_iter().map(wa_phone).collect();
    if let Some(other) = theirs.phone.filter(|other| Some(*other) != number).map(wa_phone)
        && !lookup.contains(&other)
    {
        lookup.push(other);
    }
    let person = number.and_then(numbers::e164).map(|phone| Address::new(AddressKind::Phone, phone)).into_iter();
    Peer {
        reply_to: phone.clone().or_else(|| user.clone()),
        person: person.chain(user.clone()).collect(),
        thread: user.into_iter().chain(phone).collect(),
        lookup,
        display_name,
        ..Peer::default()
    }
}

/// Adds the spellings that the person had before, so that the store links them.
pub fn link(peer: &mut Peer, former: Party<'_>) {
    let addresses = [(AddressKind::WaUser, former.user.map(key)), (AddressKind::WaPhone, former.phone.map(key))];
    for address in addresses.into_iter().filter_map(|(kind, value)| value.map(|value| Address::new(kind, value))) {
        if !peer.thread.contains(&address) {
            peer.thread.push(address);
        }
    }
    let person = former.phone.and_then(numbers::e164).map(|phone| Address::new(AddressKind::Phone, phone));
    let person = person.into_iter().chain(former.user.map(|user| Address::new(AddressKind::WaUser, key(user))));
    for address in person {
        if !peer.person.contains(&address) {
            peer.person.push(address);
        }
    }
}

fn wa_phone(number: impl AsRef<str>) -> Address {
    Address::new(AddressKind::WaPhone, key(number.as_ref()))
}

/// The name in the profile, or the user name (which comes with and without `@`).
fn name(contact: &Contact) -> Option<String> {
    let profile = contact.profile.as_ref()?;
    let known = |text: &String| {
        let text = clean_text(text.trim());
        (!text.is_empty()).then(|| truncate(&text, MAX_KEY).to_owned())
    };
    let username = || profile.username.as_deref().map(|name| name.trim().trim_start_matches('@').to_owned());
    profile.name.as_ref().and_then(known).or_else(|| username().as_ref().and_then(known))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::whatsapp::wire::Profile;

    fn id(text: &str) -> Option<Id> {
        (!text.is_empty()).then(|| Id(text.to_owned()))
    }

    fn contact(name: &str, phone: &str, user: &str) -> Contact {
        Contact { profile: Some(Profile { name: Some(name.to_owned()), username: None }), wa_id: id(phone), user_id: id(user) }
    }

    fn found<'a>(contacts: &'a [Contact], phone: &str, user: &str) -> Option<&'a str> {
        let (phone, user) = (id(phone), id(user));
        let contact = People::new(contacts, 1).find(Party::new(phone.as_ref(), user.as_ref()))?;
        contact.profile.as_ref()?.name.as_deref()
    }

    #[test]
    fn people_are_paired_by_id_and_never_by_place() {
        let both = [contact("Ana", "5215500000001", "MX.1"), contact("Beto", "5215500000002", "MX.2")];
        assert_eq!(found(&both, "5215500000002", ""), Some("Beto"));
        assert_eq!(found(&both, "", "MX.1"), Some("Ana"));
        assert_eq!(found(&both, "5215500000003", ""), None);
    }

    #[test]
    fn a_single_person_stands_in_unless_an_id_speaks_against_it() {
        let one = [contact("Ana", "5215512345678", "MX.1")];
        assert_eq!(found(&one, "525512345678", ""), Some("Ana"), "another spelling of the number");
        assert_eq!(found(&one, "5215599999999", ""), None);
        assert_eq!(found(&one, "", "MX.2"), None);
        assert_eq!(found(&one, "5215599999999", "MX.1"), Some("Ana"), "the id outweighs the number");
        assert_eq!(found(&[contact("Ana", "", "")], "5215599999999", ""), Some("Ana"));
    }

    #[test]
    fn a_single_person_is_not_taken_for_every_sender_of_a_batch() {
        let one = [contact("Ana", "", "MX.1")];
        let number = id("5215599999999");
        let party = Party::new(number.as_ref(), None);
        assert!(People::new(&one, 1).find(party).is_some());
        assert!(People::new(&one, 2).find(party).is_none());
        assert!(People::new(&[contact("Ana", "525599999999", "MX.1")], 2).find(party).is_some(), "another spelling of the number");
    }

    #[test]
    fn conv_72_number_and_business_scoped_id_are_one_peer() {
        let ana = contact(" Ana\0 ", "5215512345678", "MX.1");
        let peer = peer(Party { phone: Some("5215512345678"), user: None }, Some(&ana), None);
        let user = Address::new(AddressKind::WaUser, "MX.1");
        let phone = Address::new(AddressKind::WaPhone, "5215512345678");
        assert_eq!(peer.thread, [user.clone(), phone.clone()]);
        assert_eq!(peer.reply_to, Some(phone));
        assert_eq!(peer.person, [Address::new(AddressKind::Phone, "+5215512345678"), user]);
        assert_eq!(peer.lookup, [Address::new(AddressKind::WaPhone, "525512345678")]);
        assert_eq!(peer.display_name.as_deref(), Some("Ana\u{fffd}"));
    }

    #[test]
    fn a_user_name_stands_in_for_a_missing_name() {
        let mut ana = contact("", "", "MX.1");
        ana.profile = Some(Profile { name: Some(" ".into()), username: Some("@ana.s".into()) });
        assert_eq!(peer(Party::default(), Some(&ana), None).display_name.as_deref(), Some("ana.s"));
    }

    #[test]
    fn long_ids_become_their_digest_and_never_hold_nul() {
        assert_eq!(key(&"a".repeat(255)).len(), 255);
        assert_eq!(key(&"a".repeat(256)), "02d7160d77e18c6447be80c2e355c7ed4388545271702c50253b0914c65ce5fe");
        assert_eq!(key("a\0b"), "a\u{fffd}b");
        assert!(key(&"\0".repeat(255)).len() <= 255);
    }
}
