//! A step's act on the book: decided and written in the step's own transaction, after its fences, so that either all of it stands or nothing.

use super::Winner;
use crate::domain::conversation::message::Author;
use crate::store::bookings::renew::{self, Heard};
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

/// Renews the holds of the customers whose words these steps record.
pub(super) async fn renew(tx: Tx<'_>, desk: Desk<'_>, winners: &[Winner<'_>]) -> Result<(), DbErr> {
    let writes = |winner: &&Winner<'_>| winner.step.writes.messages.iter().any(|message| message.author == Author::Contact);
    let heard = |winner: &Winner<'_>| -> Heard { (winner.step.key.tenant, winner.step.key.id, winner.step.at) };
    let heard: Vec<Heard> = winners.iter().filter(writes).map(heard).collect();
    renew::holds(tx, desk.agendas, &heard).await
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
