//! Accepting an invitation with an account that is there: its password must still be the one that was proved when the place is given.

use super::*;
use recado::crypto::mac::hex;
use recado::crypto::random::random_bytes;
use recado::crypto::tokens;
use recado::domain::membership::{Place, Visibility};
use recado::domain::permission::Role;
use recado::store::accounts::Joining;
use recado::store::people::invitations::{Invited, NewInvitation, Ticket};

/// The place is given behind the lock of the settings' version: held from outside, it stops an acceptance after the proof.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_replaced_after_it_was_proved_joins_no_business_on_postgres() -> Result<()> {
    for office in Office::both().await?.into_iter().filter(|office| office.database.backend() == DbBackend::Postgres) {
        let thief_knows = PASSWORD;
        let person = office.sign_up().await?;
        let owner = office.business_of("luz@otra.test").await?;
        let (token, hash) = tokens::mint_as(tokens::INVITATION_PREFIX, random_bytes()?);
        let link = format!("https://desk.test/join#token={}", token.expose_secret()).into();
        let place = Place { role: Role::Member, permissions: None, visibility: Visibility::everything() };
        let ticket = Ticket { hash: hex(&hash), link, seal: office.accounts.mail_seal() };
        let new = NewInvitation { by: owner.member, email: EMAIL.into(), place, ticket };
        assert!(matches!(office.store.tenant(owner.tenant).invite(new).await?, Invited::Made(_)));
        let joining = |password: &str| Joining {
            token: token.clone(),
            name: None,
            password: Some(SecretString::from(password)),
            locale: None,
            terms: None,
        };

        let held = office.database.connection().begin().await?;
        held.execute_unprepared("SET LOCAL ROLE recado_engine").await?;
        held.execute_unprepared("UPDATE config_version SET version = version + 1").await?;
        let (accounts, asked) = (office.accounts.clone(), joining(thief_knows));
        let thief = tokio::spawn(async move { accounts.accept_invitation(asked).await });
        office.somebody_waits().await?;
        office.accounts.change_password((person.account, person.session), &PASSWORD.into(), &"another long one".into()).await?;
        held.commit().await?;
        let came_to = thief.await?;
        assert!(matches!(came_to, Err(AccountError::Refused)), "{came_to:?}");
        assert_eq!(office.accounts.profile(person.account).await?.businesses.len(), 1, "no place was given");
        // The link was not used up by it.
        office.accounts.accept_invitation(joining("another long one")).await?;
    }
    Ok(())
}

impl Office {
    pub(super) async fn business_of(&self, email: &str) -> Result<SignedIn> {
        let new = NewBusiness {
            name: "Luz".into(),
            email: email.into(),
            phone: None,
            business: "Otra".into(),
            password: PASSWORD.into(),
            locale: "es-MX".into(),
            timezone: "America/Hermosillo".into(),
            terms: "2026-11".into(),
        };
        Ok(self.accounts.sign_up(new, &home()).await?)
    }

    /// Waits until a session of the database waits for a lock.
    async fn somebody_waits(&self) -> Result<()> {
        let sql = "SELECT 1 AS waits FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        for _ in 0..500 {
            let rows = self.database.connection().query_all_raw(Statement::from_string(DbBackend::Postgres, sql)).await?;
            if !rows.is_empty() {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        bail!("nobody came to the lock")
    }
}
