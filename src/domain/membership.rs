//! Who may change whom in a business. Pure: knows neither rows nor requests; whoever asks holds the lock under which the answer is right.
//!
//! Nobody gives more than he holds, nobody raises himself, only owners touch owners, and a business is never without one.

#[cfg(test)]
mod tests;
mod visibility;

pub use visibility::{Home, Sight, Visibility};

use crate::domain::ids::MemberId;
use crate::domain::permission::{Area, Grants, Permission, Role};
use thiserror::Error;

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
        self.role != Role::Owner || (self.permissions.is_none() && self.visibility.is_everything())
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
    #[error("nobody gives a role, a permission, an inbox or a team that he does not have")]
    MoreThanHeld,
    /// There would be no owner.
    #[error("a business always has an owner: make another one first")]
    LastOwner,
    /// An owner with limits, or a place that is given away to oneself.
    #[error("an owner holds every permission and sees every inbox and team")]
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
