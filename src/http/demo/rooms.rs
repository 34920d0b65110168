//! The telephones of the demo's customers: each room is one chat, kept in memory and bounded. Lost at a restart, on purpose.

use crate::domain::content::Button;
use crate::domain::ids::ConversationId;
use crate::domain::time::Timestamp;
use crate::ports::ids::IdSource;
use serde::Serialize;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use uuid::Uuid;

/// Most rooms; one more pushes out the room that was unused for longest.
pub const MAX_ROOMS: usize = 100;
/// Most messages of a room; one more pushes out the oldest.
pub const MAX_MESSAGES: usize = 200;
/// Most open streams of a room.
pub const MAX_LISTENERS: usize = 8;
/// Ids remembered for repeats: more than there are messages, so that a late repeat is still known.
const MAX_SEEN: usize = 2 * MAX_MESSAGES;
/// Messages that a slow stream may be behind before it is closed; it comes back with its last number.
const CAPACITY: usize = 64;

/// The id of a room, made by the page: 16 to 64 letters, digits and hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RoomId(String);

impl RoomId {
    /// Reads an id.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        ((16..=64).contains(&text.len()) && plain).then(|| Self(text.to_owned()))
    }

    /// Returns its text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whose message it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The visitor's.
    Customer,
    /// The assistant's or a person's: the customer cannot tell.
    Business,
}

/// A file as the customer's telephone shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomFile {
    /// Its name.
    pub name: String,
    /// Where it can be fetched, for an hour.
    pub url: String,
}

/// A message as the customer's telephone shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RoomMessage {
    /// Its place in the room, from 1, without gaps.
    pub number: u64,
    /// Its id at the channel.
    pub id: String,
    /// Whose it is.
    pub side: Side,
    /// The words.
    pub text: String,
    /// Buttons below it.
    pub buttons: Vec<Button>,
    /// Files below it.
    pub files: Vec<RoomFile>,
    /// When it came.
    pub at: Timestamp,
}

/// A message before it has its number.
#[derive(Clone, Debug)]
pub struct NewRoomMessage {
    /// Its id at the channel; a second message with it is a repeat.
    pub id: String,
    /// Whose it is.
    pub side: Side,
    /// The words.
    pub text: String,
    /// Buttons below it.
    pub buttons: Vec<Button>,
    /// Files below it.
    pub files: Vec<RoomFile>,
    /// When it came.
    pub at: Timestamp,
}

/// What a room's streams hear.
#[derive(Clone, Debug, PartialEq)]
pub enum RoomEvent {
    /// A message.
    Message(Arc<RoomMessage>),
    /// The room belongs to this conversation now.
    Bound(ConversationId),
}

/// What a new stream begins with.
#[derive(Debug)]
pub struct Listening {
    /// The room's conversation, if it has one.
    pub conversation: Option<ConversationId>,
    /// The messages after the number asked for.
    pub replay: Vec<Arc<RoomMessage>>,
    /// What comes next.
    pub live: broadcast::Receiver<RoomEvent>,
}

/// All rooms. Clones share them.
#[derive(Clone, Default)]
pub struct Rooms(Arc<Mutex<Inner>>);

#[derive(Default)]
struct Inner {
    rooms: HashMap<RoomId, Room>,
    uses: u64,
    process: Option<Uuid>,
}

struct Room {
    messages: VecDeque<Arc<RoomMessage>>,
    seen: VecDeque<String>,
    last: u64,
    conversation: Option<ConversationId>,
    live: broadcast::Sender<RoomEvent>,
    used: u64,
}

impl Rooms {
    /// Adds a message and tells the room's streams. Returns false for a repeat, which changes nothing.
    pub fn post(&self, room: &RoomId, message: NewRoomMessage) -> bool {
        let mut inner = self.lock();
        let room = inner.room(room);
        if room.seen.contains(&message.id) {
            return false;
        }
        room.add(message);
        true
    }

    /// Notes the conversation of a room.
    pub fn bind(&self, room: &RoomId, conversation: ConversationId) {
        let mut inner = self.lock();
        let room = inner.room(room);
        if room.conversation != Some(conversation) {
            room.conversation = Some(conversation);
            room.tell(RoomEvent::Bound(conversation));
        }
    }

    /// Returns the conversation of a room.
    #[must_use]
    pub fn conversation(&self, room: &RoomId) -> Option<ConversationId> {
        self.lock().rooms.get(room).and_then(|room| room.conversation)
    }

    /// Returns those of the ids that are messages of the business in this room.
    #[must_use]
    pub fn received(&self, room: &RoomId, ids: Vec<String>) -> Vec<String> {
        let inner = self.lock();
        let Some(room) = inner.rooms.get(room) else {
            return Vec::new();
        };
        let ours = |id: &String| room.messages.iter().any(|message| message.side == Side::Business && message.id == *id);
        ids.into_iter().filter(ours).collect()
    }

    /// Opens a stream of the messages after number `after`. `None` if the room has too many.
    #[must_use]
    pub fn listen(&self, room: &RoomId, after: u64) -> Option<Listening> {
        let mut inner = self.lock();
        let room = inner.room(room);
        if room.live.receiver_count() >= MAX_LISTENERS {
            return None;
        }
        let replay = room.messages.iter().filter(|message| message.number > after).map(Arc::clone).collect();
        Some(Listening { conversation: room.conversation, replay, live: room.live.subscribe() })
    }

    /// Names this run of the program: rooms do not outlive it, and a page that was open before begins anew.
    #[must_use]
    pub fn process(&self, ids: &dyn IdSource) -> Uuid {
        *self.lock().process.get_or_insert_with(|| ids.uuid())
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Returns a room, made if it is new.
    fn room(&mut self, id: &RoomId) -> &mut Room {
        if !self.rooms.contains_key(id) && self.rooms.len() >= MAX_ROOMS {
            self.push_one_out();
        }
        self.uses += 1;
        let room = self.rooms.entry(id.clone()).or_insert_with(Room::new);
        room.used = self.uses;
        room
    }

    /// Forgets the room that was unused for longest, rather one that nobody looks at.
    fn push_one_out(&mut self) {
        let oldest = self.rooms.iter().min_by_key(|(_, room)| (room.live.receiver_count() > 0, room.used)).map(|(id, _)| id.clone());
        if let Some(id) = oldest {
            self.rooms.remove(&id);
        }
    }
}

impl Room {
    fn new() -> Self {
        Self {
            messages: VecDeque::new(),
            seen: VecDeque::new(),
            last: 0,
            conversation: None,
            live: broadcast::channel(CAPACITY).0,
            used: 0,
        }
    }

    fn add(&mut self, new: NewRoomMessage) {
        self.last += 1;
        self.seen.push_back(new.id.clone());
        let NewRoomMessage { id, side, text, buttons, files, at } = new;
        let message = Arc::new(RoomMessage { number: self.last, id, side, text, buttons, files, at });
        self.messages.push_back(Arc::clone(&message));
        if self.messages.len() > MAX_MESSAGES {
            self.messages.pop_front();
        }
        if self.seen.len() > MAX_SEEN {
            self.seen.pop_front();
        }
        self.tell(RoomEvent::Message(message));
    }

    fn tell(&self, event: RoomEvent) {
        // Nobody looks: the next stream begins with the room's messages.
        let _nobody = self.live.send(event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::broadcast::error::TryRecvError;

    fn room(number: usize) -> RoomId {
        RoomId::parse(&format!("room-0123456789-{number}")).unwrap()
    }

    fn says(id: impl Into<String>) -> NewRoomMessage {
        let at = Timestamp::from_secs(1_760_000_000);
        NewRoomMessage { id: id.into(), side: Side::Business, text: "hola".into(), buttons: vec![], files: vec![], at }
    }

    #[test]
    fn ids_of_rooms_are_plain_and_neither_short_nor_long() {
        for text in ["", "short", "0123456789abcde", &"a".repeat(65), "0123456789abcdef/..", "0123456789abcdeé", "0123456789 abcdef"] {
            assert_eq!(RoomId::parse(text), None, "{text}");
        }
        assert!(RoomId::parse("0190b8a2-7e1f-4c6b-9d55-1f2e3d4c5b6a").is_some());
    }

    #[test]
    fn a_repeat_changes_nothing_and_nobody_hears_it() {
        let rooms = Rooms::default();
        assert!(rooms.post(&room(1), says("a")));
        let mut listening = rooms.listen(&room(1), 0).unwrap();
        assert!(!rooms.post(&room(1), says("a")));
        assert_eq!(listening.replay.len(), 1);
        assert_eq!(listening.live.try_recv(), Err(TryRecvError::Empty));
    }

    #[test]
    fn a_room_keeps_its_newest_messages_and_still_knows_older_repeats() {
        let rooms = Rooms::default();
        for number in 0..MAX_MESSAGES + 50 {
            assert!(rooms.post(&room(1), says(format!("m{number}"))));
        }
        let replay = rooms.listen(&room(1), 0).unwrap().replay;
        assert_eq!(replay.len(), MAX_MESSAGES);
        assert_eq!(replay.first().map(|message| message.number), Some(51));
        assert!(!rooms.post(&room(1), says("m0")));
    }

    #[test]
    fn one_room_too_many_pushes_out_the_one_that_was_unused_for_longest() {
        let rooms = Rooms::default();
        let _looked_at = rooms.listen(&room(0), 0).unwrap();
        for number in 1..MAX_ROOMS {
            rooms.post(&room(number), says("a"));
        }
        rooms.post(&room(1), says("b"));
        rooms.post(&room(MAX_ROOMS), says("a"));
        assert_eq!(rooms.lock().rooms.len(), MAX_ROOMS);
        let kept = |number: usize| rooms.lock().rooms.contains_key(&room(number));
        assert!(kept(0) && kept(1) && !kept(2) && kept(3) && kept(MAX_ROOMS));
    }

    #[test]
    fn a_stream_hears_what_comes_after_its_replay_and_only_of_its_room() {
        let rooms = Rooms::default();
        rooms.post(&room(1), says("a"));
        rooms.post(&room(1), says("b"));
        let mut listening = rooms.listen(&room(1), 1).unwrap();
        assert_eq!(listening.replay.iter().map(|message| message.id.as_str()).collect::<Vec<_>>(), ["b"]);
        rooms.post(&room(2), says("elsewhere"));
        rooms.post(&room(1), says("c"));
        let RoomEvent::Message(message) = listening.live.try_recv().unwrap() else { panic!("a message") };
        assert_eq!((message.id.as_str(), message.number), ("c", 3));
    }

    #[test]
    fn a_room_has_a_limited_number_of_streams() {
        let rooms = Rooms::default();
        let open: Vec<Listening> = (0..MAX_LISTENERS).map(|_| rooms.listen(&room(1), 0).unwrap()).collect();
        assert!(rooms.listen(&room(1), 0).is_none());
        drop(open);
        assert!(rooms.listen(&room(1), 0).is_some());
    }

    #[test]
    fn a_conversation_is_told_once() {
        let rooms = Rooms::default();
        let mut live = rooms.listen(&room(1), 0).unwrap().live;
        let conversation = ConversationId(Uuid::from_u128(1));
        rooms.bind(&room(1), conversation);
        rooms.bind(&room(1), conversation);
        assert_eq!(live.try_recv(), Ok(RoomEvent::Bound(conversation)));
        assert_eq!(live.try_recv(), Err(TryRecvError::Empty));
        assert_eq!(rooms.conversation(&room(1)), Some(conversation));
    }

    #[test]
    fn only_messages_of_the_business_in_this_room_are_received() {
        let rooms = Rooms::default();
        rooms.post(&room(1), says("ours"));
        rooms.post(&room(1), NewRoomMessage { side: Side::Customer, ..says("theirs") });
        rooms.post(&room(2), says("elsewhere"));
        let ids = ["ours", "theirs", "elsewhere", "made-up"].map(str::to_owned).to_vec();
        assert_eq!(rooms.received(&room(1), ids), ["ours"]);
    }
}
