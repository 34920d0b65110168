//! Who may do what: areas of the product, a level in each, roles and what they are granted. Pure; knows no request and no route.
//!
//! Nothing is granted that is not named here: an area without an entry is closed.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A part of the product that is granted or refused as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Area {
    /// Conversations and their messages: read, answer, assign, resolve.
    Conversations,
    /// Customers.
    Contacts,
    /// Appointments and the waiting list.
    Appointments,
    /// What can be booked: services, resources, hours, holidays, rules.
    Agenda,
    /// The assistant: prompts and models.
    Assistant,
    /// Inboxes and their channels.
    Inboxes,
    /// Members, teams and invitations.
    Members,
    /// API keys and webhooks to other systems.
    Integrations,
    /// Figures.
    Reports,
    /// The audit log and consents.
    Audit,
    /// The business itself: name, zone, language.
    Business,
}

impl Area {
    /// Every area, in the order in which the console shows them.
    pub const ALL: [Self; 11] = [
        Self::Conversations,
        Self::Contacts,
        Self::Appointments,
        Self::Agenda,
        Self::Assistant,
        Self::Inboxes,
        Self::Members,
        Self::Integrations,
        Self::Reports,
        Self::Audit,
        Self::Business,
    ];

    /// Returns its name in the API and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Contacts => "contacts",
            Self::Appointments => "appointments",
            Self::Agenda => "agenda",
            Self::Assistant => "assistant",
            Self::Inboxes => "inboxes",
            Self::Members => "members",
            Self::Integrations => "integrations",
            Self::Reports => "reports",
            Self::Audit => "audit",
            Self::Business => "business",
        }
    }
}

/// How much may be done in an area. Whoever may write may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Look.
    Read,
    /// Look and change.
    Write,
}

/// What something asks for: an area and a level. Spelled `area:level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permission {
    /// Where.
    pub area: Area,
    /// How much.
    pub level: Level,
}

impl Permission {
    /// Names the permission to look.
    #[must_use]
    pub const fn read(area: Area) -> Self {
        Self { area, level: Level::Read }
    }

    /// Names the permission to change.
    #[must_use]
    pub const fn write(area: Area) -> Self {
        Self { area, level: Level::Write }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.level == Level::Read { "read" } else { "write" };
        write!(f, "{}:{level}", self.area.name())
    }
}

/// The text names no permission.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a permission is an area, a colon, and read or write, such as conversations:read")]
pub struct NoPermission;

impl FromStr for Permission {
    type Err = NoPermission;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (area, level) = text.split_once(':').ok_or(NoPermission)?;
        let area = Area::ALL.into_iter().find(|known| known.name() == area).ok_or(NoPermission)?;
        match level {
            "read" => Ok(Self::read(area)),
            "write" => Ok(Self::write(area)),
            _ => Err(NoPermission),
        }
    }
}

/// What a member is in a business, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers customers.
    Member,
    /// Runs everything but the ownership itself.
    Administrator,
    /// Also gives the business away, deletes it and pays for it. There is always one.
    Owner,
}

impl Role {
    /// Returns its name in the API and in the database.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }

    /// Finds a role by its name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::Member, Self::Administrator, Self::Owner].into_iter().find(|role| role.name() == name)
    }

    /// Returns what the role is granted where nothing else was said.
    #[must_use]
    pub fn grants(self) -> Grants {
        match self {
            Self::Owner | Self::Administrator => Grants::everything(),
            Self::Member => Grants::of([
                Permission::write(Area::Conversations),
                Permission::write(Area::Contacts),
                Permission::write(Area::Appointments),
                Permission::read(Area::Agenda),
                Permission::read(Area::Assistant),
                Permission::read(Area::Inboxes),
                Permission::read(Area::Members),
                Permission::read(Area::Business),
            ]),
        }
    }

    /// Returns what somebody in this role holds. `own` are permissions of his own, as they are stored; an owner always holds everything.
    #[must_use]
    pub fn grants_with(self, own: Option<&str>) -> Grants {
        match self {
            Self::Owner => Grants::everything(),
            Self::Administrator | Self::Member => own.map_or_else(|| self.grants(), Grants::stored),
        }
    }
}

/// What somebody is granted: the highest level in each area.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Grants {
    /// A bit for each permission.
    bits: u32,
}

/// The word for everything in the scopes of an API key.
const EVERYTHING: &str = "*";

/// Returns the bit of a permission: two for each area.
const fn bit(permission: Permission) -> u32 {
    1 << (permission.area as u32 * 2 + permission.level as u32)
}

impl Grants {
    /// Grants every area.
    #[must_use]
    pub fn everything() -> Self {
        Self::of(Area::ALL.map(Permission::write))
    }

    /// Grants these permissions, and to look wherever one may change.
    #[must_use]
    pub fn of(permissions: impl IntoIterator<Item = Permission>) -> Self {
        let bits = permissions.into_iter().fold(0, |bits, one| bits | bit(one) | bit(Permission::read(one.area)));
        Self { bits }
    }

    /// Reads a list of spelled permissions; `*` grants everything.
    ///
    /// # Errors
    /// [`NoPermission`] if one of them is none: a list that cannot be read in full grants nothing.
    pub fn parse<T: AsRef<str>>(list: &[T]) -> Result<Self, NoPermission> {
        if list.iter().any(|one| one.as_ref() == EVERYTHING) {
            return Ok(Self::everything());
        }
        Ok(Self::of(list.iter().map(|one| one.as_ref().parse()).collect::<Result<Vec<Permission>, _>>()?))
    }

    /// Reads the list as it is stored, a JSON array; what cannot be read grants nothing.
    #[must_use]
    pub fn stored(json: &str) -> Self {
        serde_json::from_str::<Vec<String>>(json).ok().and_then(|list| Self::parse(&list).ok()).unwrap_or_default()
    }

    /// Lists the highest permission of each area, in the order of the areas.
    pub fn highest(self) -> impl Iterator<Item = Permission> {
        let held = move |area: Area| [Permission::write(area), Permission::read(area)].into_iter().find(|one| self.allow(*one));
        Area::ALL.into_iter().filter_map(held)
    }

    /// Writes them as they are stored.
    #[must_use]
    pub fn to_stored(self) -> String {
        serde_json::Value::from(self.highest().map(|one| one.to_string()).collect::<Vec<String>>()).to_string()
    }

    /// Tells whether a permission is among them.
    #[must_use]
    pub const fn allow(self, wanted: Permission) -> bool {
        self.bits & bit(wanted) != 0
    }

    /// Tells whether everything in `others` is among them: nobody gives what he has not.
    #[must_use]
    pub const fn cover(self, others: Self) -> bool {
        others.bits & !self.bits == 0
    }
}

impl fmt::Debug for Grants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.highest().map(|one| one.to_string())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_may_write_may_read_and_nothing_else_follows() {
        let grants = Grants::of([Permission::write(Area::Contacts), Permission::read(Area::Contacts)]);
        assert!(grants.allow(Permission::read(Area::Contacts)) && grants.allow(Permission::write(Area::Contacts)));
        assert!(!grants.allow(Permission::read(Area::Conversations)));
        assert!(!Grants::of([Permission::read(Area::Contacts)]).allow(Permission::write(Area::Contacts)));
        assert!(!Grants::default().allow(Permission::read(Area::Contacts)));
    }

    #[test]
    fn permissions_are_spelled_and_read_back() {
        for area in Area::ALL {
            for permission in [Permission::read(area), Permission::write(area)] {
                assert_eq!(permission.to_string().parse(), Ok(permission));
            }
        }
        for wrong in ["", "contacts", "contacts:", "contacts:all", "Contacts:read", "*", "contacts:read "] {
            assert_eq!(wrong.parse::<Permission>(), Err(NoPermission), "{wrong}");
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_grants_nothing() {
        assert_eq!(Grants::stored(r#"["*"]"#), Grants::everything());
        assert_eq!(Grants::stored(r#"["contacts:read"]"#), Grants::of([Permission::read(Area::Contacts)]));
        for broken in ["", "null", "[1]", r#"["contacts:read","sales:read"]"#, r#""*""#] {
            assert_eq!(Grants::stored(broken), Grants::default(), "{broken}");
        }
    }

    #[test]
    fn what_is_stored_is_read_back_and_an_owner_holds_everything_whatever_is_stored() {
        let grants = Grants::of([Permission::write(Area::Contacts), Permission::read(Area::Reports)]);
        assert_eq!(Grants::stored(&grants.to_stored()), grants);
        assert_eq!(Role::Member.grants_with(Some(&grants.to_stored())), grants);
        assert_eq!(Role::Owner.grants_with(Some("[]")), Grants::everything());
        assert_eq!(Role::Administrator.grants_with(Some("no list")), Grants::default());
        assert_eq!(Role::Member.grants_with(None), Role::Member.grants());
    }

    /// The table that people read is the one that decides.
    #[test]
    fn the_documents_table_of_roles_is_ours() {
        let documented = include_str!("../../docs/permissions.md");
        for area in Area::ALL {
            let level = |role: Role| match (role.grants().allow(Permission::write(area)), role.grants().allow(Permission::read(area))) {
                (true, _) => "write",
                (false, true) => "read",
                (false, false) => "–",
            };
            let [owner, administrator, member] = [Role::Owner, Role::Administrator, Role::Member].map(level);
            let row = format!("| `{}` | {owner} | {administrator} | {member} |\n", area.name());
            assert!(documented.contains(&row), "docs/permissions.md lacks: {row}");
        }
    }

    #[test]
    fn every_role_covers_the_one_below_and_no_member_runs_the_house() {
        let [member, administrator, owner] = [Role::Member, Role::Administrator, Role::Owner].map(Role::grants);
        assert!(owner.cover(administrator) && administrator.cover(member) && !member.cover(administrator));
        for area in [Area::Integrations, Area::Audit] {
            assert!(!member.allow(Permission::read(area)), "{}", area.name());
        }
        for area in [Area::Members, Area::Inboxes, Area::Agenda, Area::Assistant, Area::Business] {
            assert!(!member.allow(Permission::write(area)), "{}", area.name());
        }
        assert!(Role::Member < Role::Administrator && Role::Administrator < Role::Owner);
        assert_eq!(Role::named("owner"), Some(Role::Owner));
    }
}
