//! The second factor, its codes, and that nothing of it stands in a table in clear.

use super::*;
use crate::support::authenticator::app;
use recado::crypto::totp::SecondFactor;
use recado::store::accounts::SecondStep;
use secrecy::ExposeSecret;

impl Office {
    /// Sets a second factor up; returns the app and the recovery codes.
    async fn enrol(&self, first: &SignedIn) -> Result<(SecondFactor, Vec<SecretString>)> {
        let begun = self.accounts.begin_totp(first.account, &PASSWORD.into()).await?;
        let app = app(begun.secret.expose_secret(), EMAIL)?;
        let code = app.code_at(self.clock.now());
        let codes = self.accounts.confirm_totp((first.account, first.session), &code).await?;
        self.clock.advance(Duration::from_secs(30));
        Ok((app, codes))
    }

    async fn step(&self, code: &str) -> Result<SignedIn, AccountError> {
        match self.login(PASSWORD, home()).await? {
            Login::NeedsCode(token) => self.accounts.login_with_code(SecondStep { token, code: code.into(), device: home() }).await,
            Login::In(_) => Err(AccountError::Conflict("no code was asked for")),
        }
    }
}

#[tokio::test]
async fn trust_a05_after_enrolment_a_password_alone_opens_nothing() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let other = office.enter(PASSWORD, elsewhere()).await?;
        let (app, _) = office.enrol(&first).await?;
        assert!(office.accounts.holder(other.access.expose_secret()).await?.is_none(), "all other sessions ended");
        let Login::NeedsCode(token) = office.login(PASSWORD, home()).await? else { bail!("no code was asked for") };
        assert!(office.accounts.holder(token.expose_secret()).await?.is_none(), "the step's token opens nothing");
        let late = SecondStep { token: token.clone(), code: app.code_at(office.clock.now()), device: home() };
        office.clock.advance(Duration::from_mins(6));
        assert!(matches!(office.accounts.login_with_code(late).await, Err(AccountError::Refused)));
        assert!(matches!(office.step("000000").await, Err(AccountError::Refused)));
        let entered = office.step(&app.code_at(office.clock.now())).await?;
        assert!(office.accounts.holder(entered.access.expose_secret()).await?.is_some());
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trust_a06_of_twenty_tries_with_one_code_one_gets_in() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let (app, _) = office.enrol(&first).await?;
        let Login::NeedsCode(token) = office.login(PASSWORD, home()).await? else { bail!("no code was asked for") };
        let code = app.code_at(office.clock.now());
        let tries = (0..20).map(|_| {
            let (accounts, step) = (office.accounts.clone(), SecondStep { token: token.clone(), code: code.clone(), device: home() });
            tokio::spawn(async move { accounts.login_with_code(step).await })
        });
        let mut entered = 0;
        for task in tries.collect::<Vec<_>>() {
            match task.await? {
                Ok(_) => entered += 1,
                Err(AccountError::Refused | AccountError::Locked(_) | AccountError::Busy(_)) => {}
                Err(other) => bail!("{other}"),
            }
        }
        assert_eq!(entered, 1);
        let again = office.accounts.login_with_code(SecondStep { token, code, device: home() }).await;
        assert!(matches!(again, Err(AccountError::Refused | AccountError::Locked(_))));
    }
    Ok(())
}

#[tokio::test]
async fn trust_a07_a_recovery_code_is_used_once_and_new_ones_replace_all() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let (app, codes) = office.enrol(&first).await?;
        assert_eq!(codes.len(), 10);
        let code = codes.first().context("ten")?.expose_secret().to_lowercase().replace('-', " ");
        let entered = office.step(&code).await?;
        assert!(matches!(office.step(&code).await, Err(AccountError::Refused)));
        let stored = office.column("recovery_code", "hash").await?.join(" ");
        assert!(codes.iter().all(|code| !stored.contains(code.expose_secret())));
        let new = office.accounts.renew_recovery_codes(entered.account, &app.code_at(office.clock.now())).await?;
        let second = codes.get(1).context("ten")?.expose_secret();
        assert!(matches!(office.step(second).await, Err(AccountError::Refused)));
        office.step(new.first().context("ten")?.expose_secret()).await?;
        let who = (entered.account, entered.session);
        let gone = new.get(1).context("ten")?.expose_secret();
        office.accounts.disable_totp(who, &PASSWORD.into(), gone).await?;
        office.enter(PASSWORD, home()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn trust_a01_no_table_holds_a_password_a_token_or_a_secret_in_clear() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let begun = office.accounts.begin_totp(first.account, &PASSWORD.into()).await?;
        let hash = office.column("account", "password_hash").await?.join(" ");
        assert!(hash.starts_with("p1$2b$04$") && !hash.contains(PASSWORD), "{hash}");
        let text =
            if office.database.backend() == sea_orm::DbBackend::Postgres { "encode(totp_secret, 'escape')" } else { "hex(totp_secret)" };
        let sealed = office.column("account", text).await?.join(" ");
        assert!(!sealed.is_empty() && !sealed.contains(begun.secret.expose_secret()));
        let tokens = [&first.refresh, &first.access, &begun.secret];
        for (table, column) in [("refresh_token", "hash"), ("session", "user_agent"), ("mail", "payload"), ("account", "email")] {
            let dump = office.column(table, column).await?.join(" ");
            assert!(tokens.iter().all(|token| !dump.contains(token.expose_secret())), "{table}");
        }
    }
    Ok(())
}

#[tokio::test]
async fn whoever_guesses_passwords_from_outside_does_not_shut_the_second_step() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let (app, _) = office.enrol(&first).await?;
        for _ in 0..60 {
            drop(office.login("a wrong guess", elsewhere()).await);
            office.clock.advance(Duration::from_secs(20));
        }
        office.clock.advance(Duration::from_secs(30));
        office.step(&app.code_at(office.clock.now())).await?;
        // Wrong codes shut it, whatever the password.
        for _ in 0..5 {
            assert!(matches!(office.step("000000").await, Err(AccountError::Refused)));
        }
        office.clock.advance(Duration::from_secs(30));
        assert!(matches!(office.step(&app.code_at(office.clock.now())).await, Err(AccountError::Locked(_))));
    }
    Ok(())
}
