//! A step's act on the book: decided and written in the step's own transaction, after its fences, so that either all of it stands or nothing.

use super::Winner;
use crate::store::bookings::{Agendas, Wish, carry_out, taken};
use crate::store::rows::Tx;
use sea_orm::DbErr;

/// What acts on the book need besides the transaction.
#[derive(Clone, Copy)]
pub(in crate::store::writer) struct Desk<'a> {
    /// What the tenants offer.
    pub agendas: &'a Agendas,
    /// Others were quicker twice: acts are refused without being looked at.
    pub taken: bool,
}

/// Carries out the acts of the winners. [`DbErr::RecordNotUpdated`]: somebody was quicker, the whole step must be done again.
pub(super) async fn apply(tx: Tx<'_>, desk: Desk<'_>, winners: &mut [Winner<'_>]) -> Result<(), DbErr> {
    for winner in winners {
        let Some(booking) = &winner.step.writes.booking else { continue };
        let outcome = if desk.taken {
            taken()
        } else {
            let wish = Wish::new(winner.step.key.tenant, booking.actor, booking.act.clone(), winner.step.at);
            carry_out(tx, desk.agendas, &wish).await?
        };
        winner.booked = Some(Box::new(outcome));
    }
    Ok(())
}
