//! Another mail address: a password asks for it, its own link makes it count.

use super::*;
use recado::store::accounts::ProfileChange;
use recado::store::accounts::ProfileView;

const NEW: &str = "nueva@shop.test";
const DAY: Duration = Duration::from_hours(24);

impl Office {
    async fn want(&self, who: &SignedIn, email: &str) -> Result<ProfileView, AccountError> {
        let email = Some((email.to_owned(), SecretString::from(PASSWORD), who.session));
        self.accounts.change_profile(who.account, ProfileChange { email, ..ProfileChange::default() }).await
    }

    /// Returns the token of the newest link that was mailed to an address.
    async fn token_to(&self, address: &str) -> Result<SecretString> {
        let letters = self.letters().await?;
        let sent = letters.iter().filter(|(to, _)| to == address);
        let link = sent.filter_map(|(_, text)| text.split_once("/confirm-email#token=")).next().context("no link was mailed")?.1;
        Ok(SecretString::from(link.trim().to_owned()))
    }

    async fn login_as(&self, email: &str) -> Result<Login, AccountError> {
        let attempt = Attempt { email: email.into(), password: PASSWORD.into(), business: None, device: home() };
        self.accounts.login(attempt).await
    }
}

#[tokio::test]
async fn another_address_counts_once_its_link_was_followed_and_the_old_one_is_told() -> Result<()> {
    for office in Office::both().await? {
        let asking = office.sign_up().await?;
        let other = office.enter(PASSWORD, home()).await?;
        let seen = office.want(&asking, "Nueva@shop.test").await?;
        assert_eq!((seen.email.as_str(), seen.pending_email.as_deref()), (EMAIL, Some(NEW)));
        let token = office.token_to(NEW).await?;
        let kept = office.column("mail", "payload").await?;
        assert!(kept.iter().all(|payload| !payload.contains("#token=") && !payload.contains(token.expose_secret())), "in clear");
        assert!(office.column("account_token", "hash").await?.iter().all(|hash| hash.len() == 64 && !hash.contains("ve_")));
        let to_the_old = |letters: Vec<(String, String)>| letters.into_iter().filter(|(to, _)| to == EMAIL).collect::<Vec<_>>();
        let told = to_the_old(office.letters().await?);
        assert!(told.iter().any(|(_, text)| text.contains("Esta sigue valiendo")), "{told:?}");
        assert!(told.iter().all(|(_, text)| !text.contains("#token=")), "the link is the new address's");
        assert!(matches!(office.login_as(NEW).await, Err(AccountError::Refused)), "not yet");
        office.enter(PASSWORD, home()).await?;
        assert!(matches!(office.accounts.confirm_address(&"ve_nothing".into()).await, Err(AccountError::Refused)));
        office.accounts.confirm_address(&token).await?;
        assert!(matches!(office.accounts.confirm_address(&token).await, Err(AccountError::Refused)), "once");
        assert!(matches!(office.login_as(EMAIL).await, Err(AccountError::Refused)));
        assert!(matches!(office.login_as(NEW).await?, Login::In(_)));
        assert!(office.accounts.holder(asking.access.expose_secret()).await?.is_some(), "who asked stays");
        assert!(office.accounts.holder(other.access.expose_secret()).await?.is_none(), "other sessions end");
        let seen = office.accounts.profile(asking.account).await?;
        assert_eq!((seen.email.as_str(), seen.pending_email), (NEW, None));
        assert_eq!(office.column("member", "email").await?, [NEW], "colleagues see it");
        let told = to_the_old(office.letters().await?);
        assert!(told.iter().any(|(_, text)| text.contains("ya no es esta")), "{told:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_link_to_another_address_is_good_for_a_day() -> Result<()> {
    for office in Office::both().await? {
        let asking = office.sign_up().await?;
        office.want(&asking, NEW).await?;
        let token = office.token_to(NEW).await?;
        office.clock.advance(DAY);
        assert!(matches!(office.accounts.confirm_address(&token).await, Err(AccountError::Refused)));
        assert_eq!(office.accounts.profile(asking.account).await?.pending_email, None);
        office.want(&asking, NEW).await?;
        let token = office.token_to(NEW).await?;
        office.clock.advance(DAY.checked_sub(Duration::from_secs(1)).context("a day")?);
        office.accounts.confirm_address(&token).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_became_somebodys_meanwhile_is_refused_and_changes_nothing() -> Result<()> {
    for office in Office::both().await? {
        let asking = office.sign_up().await?;
        office.want(&asking, NEW).await?;
        let token = office.token_to(NEW).await?;
        office.business_of(NEW).await?;
        assert!(matches!(office.want(&asking, NEW).await, Err(AccountError::Taken)));
        assert!(matches!(office.accounts.confirm_address(&token).await, Err(AccountError::Taken)));
        assert_eq!(office.accounts.profile(asking.account).await?.email, EMAIL);
        assert!(office.accounts.holder(asking.access.expose_secret()).await?.is_some());
    }
    Ok(())
}

#[tokio::test]
async fn a_wish_for_another_address_ends_with_the_password_or_with_another_wish_and_not_by_a_stranger() -> Result<()> {
    for office in Office::both().await? {
        let asking = office.sign_up().await?;
        office.want(&asking, NEW).await?;
        let first = office.token_to(NEW).await?;
        office.clock.advance(Duration::from_secs(1));
        office.want(&asking, "otra@shop.test").await?;
        let second = office.token_to("otra@shop.test").await?;
        assert!(matches!(office.accounts.confirm_address(&first).await, Err(AccountError::Refused)), "the newer wish counts");
        // Anybody may ask for a new password: that takes nothing away.
        office.accounts.forgot(EMAIL)?;
        office.said("/reset-password#token=").await?;
        let pending = async || Ok::<_, AccountError>(office.accounts.profile(asking.account).await?.pending_email);
        assert_eq!(pending().await?.as_deref(), Some("otra@shop.test"));
        // The address that counts takes the wish back.
        office.want(&asking, EMAIL).await?;
        assert_eq!(pending().await?, None);
        assert!(matches!(office.accounts.confirm_address(&second).await, Err(AccountError::Refused)));
        office.clock.advance(Duration::from_secs(1));
        office.want(&asking, NEW).await?;
        let third = office.token_to(NEW).await?;
        let more = office.want(&asking, "cuarta@shop.test").await;
        assert!(matches!(more, Err(AccountError::Conflict(_))), "nobody's mailbox is filled: {more:?}");
        // Somebody who notices changes the password, and what a thief has asked for is gone.
        office.accounts.change_password((asking.account, asking.session), &PASSWORD.into(), &"another long one".into()).await?;
        assert!(matches!(office.accounts.confirm_address(&third).await, Err(AccountError::Refused)));
    }
    Ok(())
}

#[tokio::test]
async fn another_address_needs_the_password_and_wrong_ones_shut_the_door() -> Result<()> {
    for office in Office::both().await? {
        let asking = office.sign_up().await?;
        let mut last = None;
        for _ in 0..6 {
            let email = Some((NEW.to_owned(), SecretString::from("not the password"), asking.session));
            last = office.accounts.change_profile(asking.account, ProfileChange { email, ..ProfileChange::default() }).await.err();
        }
        assert!(matches!(last, Some(AccountError::Locked(_))), "{last:?}");
        assert!(office.letters().await?.iter().all(|(to, _)| to != NEW), "nothing was mailed");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_twenty_who_follow_one_link_to_another_address_one_moves_the_account() -> Result<()> {
    for office in Office::both().await? {
        let asking = office.sign_up().await?;
        office.want(&asking, NEW).await?;
        let token = office.token_to(NEW).await?;
        let tries = (0..20).map(|_| {
            let (accounts, token) = (office.accounts.clone(), token.clone());
            tokio::spawn(async move { accounts.confirm_address(&token).await })
        });
        let mut moved = 0;
        for tried in tries.collect::<Vec<_>>() {
            match tried.await? {
                Ok(()) => moved += 1,
                Err(AccountError::Refused) => {}
                other => bail!("{other:?}"),
            }
        }
        assert_eq!(moved, 1);
        let told = office.column("mail", "reference").await?;
        assert_eq!(told.iter().filter(|reference| reference.starts_with("account.address_changed:")).count(), 1);
    }
    Ok(())
}
