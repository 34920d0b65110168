//! What the audit log keeps of an account: a row in the log of the business in which it happened, or of each business of the person if it
//! concerns the account itself. Says who acted, and never what a field holds.

use crate::domain::audit::{Action, Actor, Caller, Deed};
use crate::domain::ids::{MemberId, TenantId};
use crate::store::accounts::notices::{Happening, Notice};
use crate::store::audit;
use entities::member;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

impl Happening {
    /// Returns what it is in the log.
    pub(super) const fn action(&self) -> Action {
        match self {
            Self::SignedUp { .. } => Action::TenantCreated,
            Self::SignedIn { .. } => Action::SessionStarted,
            Self::SignedOut { .. } => Action::SessionSignedOut,
            Self::SessionEnded { .. } => Action::SessionEnded,
            Self::SessionsEnded { .. } => Action::SessionsEnded,
            Self::TokenReused { .. } => Action::SessionTokenReused,
            Self::ResetWanted { .. } => Action::PasswordResetAsked,
            Self::PasswordReset => Action::PasswordReset,
            Self::PasswordChanged => Action::PasswordChanged,
            Self::AddressWanted { .. } => Action::AccountAddressAsked,
            Self::AddressChanged => Action::AccountAddressChanged,
            Self::SecondFactorOn => Action::SecondFactorAdded,
            Self::SecondFactorOff => Action::SecondFactorRemoved,
            Self::RecoveryCodesMade => Action::RecoveryCodesMade,
            Self::RecoveryCodeUsed => Action::RecoveryCodeUsed,
            Self::LockedOut => Action::AccountLocked,
            Self::Unlocked => Action::AccountUnlocked,
        }
    }

    /// Tells whether whoever does it has proved to be the person. What a stranger can bring about is the product's own act.
    const fn is_the_persons(&self) -> bool {
        match self {
            Self::ResetWanted { .. } | Self::LockedOut | Self::TokenReused { .. } | Self::Unlocked => false,
            Self::SignedUp { .. }
            | Self::SignedIn { .. }
            | Self::SignedOut { .. }
            | Self::SessionEnded { .. }
            | Self::SessionsEnded { .. }
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::AddressWanted { .. }
            | Self::AddressChanged
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::RecoveryCodesMade
            | Self::RecoveryCodeUsed => true,
        }
    }

    /// Returns the row of one business, in which the person is this member.
    fn deed(&self, tenant: TenantId, member: MemberId) -> Deed {
        let action = self.action();
        match self {
            Self::SignedUp { .. } => Deed::new(action, tenant).after("owner", member),
            Self::SignedIn { session, known } => Deed::new(action, session).after("device", if *known { "known" } else { "new" }),
            Self::SignedOut { session } | Self::SessionEnded { session } | Self::TokenReused { session } => {
                Deed::new(action, session).before("member", member)
            }
            Self::SessionsEnded { count } => Deed::new(action, member).before("sessions", count),
            Self::AddressWanted { .. } | Self::AddressChanged => Deed::new(action, member).fields(["email"]),
            Self::ResetWanted { .. }
            | Self::PasswordReset
            | Self::PasswordChanged
            | Self::SecondFactorOn
            | Self::SecondFactorOff
            | Self::RecoveryCodesMade
            | Self::RecoveryCodeUsed
            | Self::LockedOut
            | Self::Unlocked => Deed::new(action, member),
        }
    }
}

impl Notice {
    /// Writes the rows, in the order of the businesses, so that two of them never wait for each other.
    pub(super) async fn record(&self, tx: &DatabaseTransaction) -> Result<(), DbErr> {
        use member::Column as M;
        let mine = member::Entity::find().filter(M::AccountId.eq(self.account.0)).filter(M::State.eq("active"));
        let concerned = mine.apply_if(self.tenant, |mine, tenant| mine.filter(M::TenantId.eq(tenant.0))).order_by_asc(M::TenantId);
        for row in concerned.all(tx).await? {
            let (tenant, member) = (TenantId(row.tenant_id), MemberId(row.id));
            audit::record(tx, tenant, &self.caller(member), self.at, &self.happening.deed(tenant, member)).await?;
        }
        Ok(())
    }

    fn caller(&self, member: MemberId) -> Caller {
        let actor = match self.by.actor {
            Actor::Operator => Actor::Operator,
            Actor::Member(_) | Actor::ApiKey(_) | Actor::System if self.happening.is_the_persons() => Actor::Member(member.0),
            Actor::Member(_) | Actor::ApiKey(_) | Actor::System => Actor::System,
        };
        Caller { actor, ..self.by.clone() }
    }
}
