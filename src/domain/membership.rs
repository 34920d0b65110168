//! Who may change whom in a business. Pure: knows neither rows nor requests; whoever asks holds the lock under which the answer is right.
//!
//! Nobody gives more than he holds, nobody raises himself, only owners touch owners, and a business is never without one.

#[cfg(test)]
mod tests;

use crate::domain::ids::{InboxId, MemberId};
use crate::domain::permission::{Area, Grants, Permission, Role};
use std::collections::BTreeSet;
use std::sync::Arc;
use thiserror::Error;

/// Which inboxes' conversations somebody sees. What is outside is absent for him.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Visibility {
    /// All, those too that are made later.
    #[default]
    Everything,
    /// Only these.
    Inboxes(Arc<BTreeSet<InboxId>>),
}

impl Visibility {
    /// Sees these inboxes and no other.
    #[must_use]
    pub fn of(inboxes: impl IntoIterator<Item = InboxId>) -> Self {
        Self::Inboxes(Arc::new(inboxes.into_iter().collect()))
    }

    /// Reads it as it is stored: nothing is everything, a list that cannot be read is no inbox at all.
    #[must_use]
    pub fn stored(json: Option<&str>) -> Self {
        json.map_or(Self::Everything, |text| Self::of(serde_json::from_str::<Vec<InboxId>>(text).unwrap_or_default()))
    }

    /// Writes it as it is stored.
    #[must_use]
    pub fn to_stored(&self) -> Option<String> {
        let list = self.inboxes()?.map(|id| id.to_string()).collect::<Vec<String>>();
        Some(serde_json::Value::from(list).to_string())
    }

    /// Lists the inboxes; `None`: all.
    #[must_use]
    pub fn inboxes(&self) -> Option<impl Iterator<Item = InboxId> + '_> {
        match self {
            Self::Everything => None,
            Self::Inboxes(list) => Some(list.iter().copied()),
        }
    }

    /// Tells whether the conversations of an inbox are seen.
    #[must_use]
    pub fn sees(&self, inbox: InboxId) -> bool {
        match self {
            Self::Everything => true,
            Self::Inboxes(list) => list.contains(&inbox),
        }
    }

    /// Tells whether all that `other` sees is seen too.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (Self::Inboxes(_), Self::Everything) => false,
            (Self::Inboxes(mine), Self::Inboxes(theirs)) => theirs.is_subset(mine),
        }
    }
}

impl Role {
    /// Returns what somebody in this role sees. `own` is a list of his own, as it is stored; an owner always sees everything.
    #[must_use]
    pub fn visibility_with(self, own: Option<&str>) -> Visibility {
        match self {
            Self::Owner => Visibility::Everything,
            Self::Administrator | Self::Member => Visibility::stored(own),
        }
    }
}

/// What somebody is in a business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The role.
    pub role: Role,
    /// Permissions of his own instead of the role's.
    pub permissions: Option<Grants>,
    /// What he sees.
    pub visibility: Visibility,
}

impl Place {
    /// Returns what is held in it. An owner holds everything.
    #[must_use]
    pub fn grants(&self) -> Grants {
        match self.role {
            Role::Owner => Grants::everything(),
            Role::Administrator | Role::Member => self.permissions.unwrap_or_else(|| self.role.grants()),
        }
    }

    /// Tells whether everything of another place is held and seen in this one.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.role >= other.role && self.grants().cover(other.grants()) && self.visibility.covers(&other.visibility)
    }

    /// Tells whether it is one that can be: an owner is limited in nothing.
    fn fits(&self) -> bool {
        self.role != Role::Owner || (self.permissions.is_none() && self.visibility == Visibility::Everything)
    }
}

/// Somebody in his place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Who.
    pub id: MemberId,
    /// What he is.
    pub place: Place,
}

/// Why somebody may not do this to a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// He may not change members at all.
    #[error("you may not change members")]
    NotYours,
    /// Only an owner does this.
    #[error("only an owner makes owners, changes them or gives the business away")]
    OwnersOnly,
    /// The other holds or sees something that he does not.
    #[error("this member holds more than you do")]
    Outranked,
    /// He would give what he does not hold.
    #[error("nobody gives a role, a permission or an inbox that he does not have")]
    MoreThanHeld,
    /// There would be no owner.
    #[error("a business always has an owner: make another one first")]
    LastOwner,
    /// An owner with limits, or a place that is given away to oneself.
    #[error("an owner holds every permission and sees every inbox")]
    NoSuchPlace,
}

impl Refusal {
    /// Returns its fixed word in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::NotYours => "not_yours",
            Self::OwnersOnly => "owners_only",
            Self::Outranked => "outranked",
            Self::MoreThanHeld => "more_than_held",
            Self::LastOwner => "last_owner",
            Self::NoSuchPlace => "no_such_place",
        }
    }
}

/// Decides whether `by` may put `whom` into the place `wanted`. `owners`: how many there are now.
///
/// # Errors
/// [`Refusal`].
pub fn may_change(by: &Standing, whom: &Standing, wanted: &Place, owners: usize) -> Result<(), Refusal> {
    if !wanted.fits() {
        return Err(Refusal::NoSuchPlace);
    }
    may_touch(by, whom)?;
    if wanted.role == Role::Owner && by.place.role != Role::Owner {
        return Err(Refusal::OwnersOnly);
    }
    if !by.place.covers(wanted) {
        return Err(Refusal::MoreThanHeld);
    }
    stays_owned(whom, wanted.role == Role::Owner, owners)
}

/// Decides whether `by` may take `whom` out of the business. Whoever leaves himself needs no permission.
///
/// # Errors
/// [`Refusal`].
pub fn may_remove(by: &Standing, whom: &Standing, owners: usize) -> Result<(), Refusal> {
    if by.id != whom.id {
        may_touch(by, whom)?;
    }
    stays_owned(whom, false, owners)
}

/// Decides whether `by` may ask somebody into the place `wanted`. Nobody is asked to be an owner.
///
/// # Errors
/// [`Refusal`].
pub fn may_invite(by: &Standing, wanted: &Place) -> Result<(), Refusal> {
    changes_members(by)?;
    if wanted.role == Role::Owner {
        return Err(Refusal::OwnersOnly);
    }
    if by.place.covers(wanted) { Ok(()) } else { Err(Refusal::MoreThanHeld) }
}

/// Decides whether `by` may give the business to `to`, and becomes an administrator.
///
/// # Errors
/// [`Refusal`].
pub fn may_transfer(by: &Standing, to: &Standing) -> Result<(), Refusal> {
    if by.place.role != Role::Owner {
        return Err(Refusal::OwnersOnly);
    }
    if by.id == to.id { Err(Refusal::NoSuchPlace) } else { Ok(()) }
}

fn changes_members(by: &Standing) -> Result<(), Refusal> {
    if by.place.grants().allow(Permission::write(Area::Members)) { Ok(()) } else { Err(Refusal::NotYours) }
}

fn may_touch(by: &Standing, whom: &Standing) -> Result<(), Refusal> {
    changes_members(by)?;
    if whom.place.role == Role::Owner && by.place.role != Role::Owner {
        return Err(Refusal::OwnersOnly);
    }
    if by.id == whom.id || by.place.covers(&whom.place) { Ok(()) } else { Err(Refusal::Outranked) }
}

fn stays_owned(whom: &Standing, remains_owner: bool, owners: usize) -> Result<(), Refusal> {
    if whom.place.role == Role::Owner && !remains_owner && owners <= 1 { Err(Refusal::LastOwner) } else { Ok(()) }
}
