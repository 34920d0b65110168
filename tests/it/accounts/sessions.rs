//! Sessions and their tokens.

use super::*;
use recado::store::accounts::AccountError;
use secrecy::ExposeSecret;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trust_a04_of_twenty_exchanges_at_once_one_wins_and_the_session_lives() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let tries = (0..20).map(|_| {
            let (accounts, token) = (office.accounts.clone(), first.refresh.clone());
            tokio::spawn(async move { accounts.refresh(&token, &home()).await })
        });
        let mut winners = Vec::new();
        for task in tries.collect::<Vec<_>>() {
            match task.await? {
                Ok(won) => winners.push(won),
                Err(AccountError::RetryWithNew) => {}
                Err(other) => bail!("{other}"),
            }
        }
        assert_eq!(winners.len(), 1);
        let won = winners.pop().context("one")?;
        assert!(office.accounts.holder(won.access.expose_secret()).await?.is_some());
        office.clock.advance(Duration::from_secs(11));
        assert!(matches!(office.accounts.refresh(&first.refresh, &elsewhere()).await, Err(AccountError::Reused)));
        assert!(office.accounts.holder(won.access.expose_secret()).await?.is_none());
        assert!(matches!(office.accounts.refresh(&won.refresh, &home()).await, Err(AccountError::Refused)));
        let told = office.column("mail", "reference").await?;
        assert_eq!(told.iter().filter(|reference| reference.starts_with("session.token_reused:")).count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn trust_a03_a_refresh_token_lives_thirty_days_from_its_issue() -> Result<()> {
    let day = Duration::from_hours(24);
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        office.clock.advance(29 * day);
        let second = office.accounts.refresh(&first.refresh, &home()).await?;
        office.clock.advance(30 * day - Duration::from_secs(1));
        let third = office.accounts.refresh(&second.refresh, &home()).await?;
        office.clock.advance(30 * day);
        assert!(matches!(office.accounts.refresh(&third.refresh, &home()).await, Err(AccountError::Refused)));
        let fourth = office.enter(PASSWORD, home()).await?;
        assert!(office.accounts.end_session(fourth.account, fourth.session).await?);
        assert!(matches!(office.accounts.refresh(&fourth.refresh, &home()).await, Err(AccountError::Refused)));
    }
    Ok(())
}

#[tokio::test]
async fn trust_a08_each_session_keeps_address_and_device_and_a_new_one_is_told() -> Result<()> {
    for office in Office::both().await? {
        office.sign_up().await?;
        let other = office.enter(PASSWORD, elsewhere()).await?;
        let seen: Vec<(String, String)> =
            office.accounts.sessions(other.account).await?.into_iter().map(|one| (one.ip, one.user_agent)).collect();
        assert!(seen.contains(&("192.0.2.1".into(), "Firefox".into())) && seen.contains(&("198.51.100.7".into(), "curl".into())));
        let told = office.column("mail", "reference").await?;
        assert_eq!(told.iter().filter(|reference| reference.starts_with("session.started:")).count(), 1);
        assert_eq!(office.accounts.end_other_sessions(other.account, other.session).await?, 1);
        assert_eq!(office.accounts.sessions(other.account).await?.len(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn trust_a10_a_changed_password_ends_all_other_sessions() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        let other = office.enter(PASSWORD, elsewhere()).await?;
        let who = (first.account, first.session);
        let wrong = office.accounts.change_password(who, &"not the password".into(), &"another long one".into()).await;
        assert!(matches!(wrong, Err(AccountError::Refused)));
        office.accounts.change_password(who, &PASSWORD.into(), &"another long one".into()).await?;
        assert!(office.accounts.holder(first.access.expose_secret()).await?.is_some());
        assert!(office.accounts.holder(other.access.expose_secret()).await?.is_none());
        assert!(matches!(office.accounts.refresh(&other.refresh, &home()).await, Err(AccountError::Refused)));
        assert!(matches!(office.login(PASSWORD, home()).await, Err(AccountError::Refused)));
        office.enter("another long one", home()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_link_sets_a_password_once_for_half_an_hour_and_ends_every_session() -> Result<()> {
    for office in Office::both().await? {
        let first = office.sign_up().await?;
        office.accounts.forgot("nobody@shop.test")?;
        office.accounts.forgot(EMAIL)?;
        let token = SecretString::from(office.link().await?);
        office.said("https://desk.test/reset-password#token=").await?;
        let kept = office.column("mail", "payload").await?;
        assert!(kept.iter().all(|payload| !payload.contains(token.expose_secret()) && !payload.contains("#token=")), "in clear");
        let short = office.accounts.reset(&token, &"short".into()).await;
        assert!(matches!(short, Err(AccountError::Invalid { field: "password", .. })));
        office.accounts.reset(&token, &"another long one".into()).await?;
        assert!(matches!(office.accounts.reset(&token, &"yet another one".into()).await, Err(AccountError::Refused)));
        assert!(office.accounts.holder(first.access.expose_secret()).await?.is_none());
        office.enter("another long one", home()).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_link_is_good_no_more_after_half_an_hour() -> Result<()> {
    for office in Office::both().await? {
        office.sign_up().await?;
        office.accounts.forgot(EMAIL)?;
        let token = SecretString::from(office.link().await?);
        office.clock.advance(Duration::from_mins(30));
        assert!(matches!(office.accounts.reset(&token, &"another long one".into()).await, Err(AccountError::Refused)));
    }
    Ok(())
}

#[tokio::test]
async fn a_new_device_is_told_also_where_either_name_or_address_is_known() -> Result<()> {
    for office in Office::both().await? {
        office.sign_up().await?;
        let started = async || -> Result<usize> {
            let told = office.column("mail", "reference").await?;
            Ok(told.iter().filter(|reference| reference.starts_with("session.started:")).count())
        };
        for (ip, agent, told) in
            [("192.0.2.1", "Firefox", 0), ("198.51.100.7", "Firefox", 1), ("192.0.2.1", "curl", 2), ("192.0.2.1", "curl", 2)]
        {
            office.clock.advance(Duration::from_secs(1));
            office.enter(PASSWORD, Device::new(ip, agent)).await?;
            assert_eq!(started().await?, told, "{ip} {agent}");
        }
    }
    Ok(())
}

/// Bcrypt takes its time: what it was held against may be another password by then.
#[expect(clippy::excessive_nesting, reason = "one loop for each thing that varies")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_was_replaced_meanwhile_opens_nothing_and_replaces_nothing() -> Result<()> {
    for office in Office::both().await? {
        for round in 0..12 {
            let new = format!("the new long one {round}");
            let old = if round == 0 { PASSWORD.to_owned() } else { format!("the new long one {}", round - 1) };
            if round == 0 {
                office.sign_up().await?;
            }
            let owner = office.enter(&old, home()).await?;
            let thief = office.enter(&old, elsewhere()).await?;
            let (accounts, stolen) = (office.accounts.clone(), SecretString::from(old.clone()));
            let change = tokio::spawn(async move {
                accounts.change_password((thief.account, thief.session), &stolen, &"the thief's long one".into()).await
            });
            let (accounts, stolen) = (office.accounts.clone(), SecretString::from(old.clone()));
            let attempt = Attempt { email: EMAIL.into(), password: stolen, business: None, device: elsewhere() };
            let entry = tokio::spawn(async move { accounts.login(attempt).await });
            let changed = office.accounts.change_password((owner.account, owner.session), &old.into(), &new.clone().into()).await;
            let (taken, entry) = (change.await?, entry.await?);
            assert_ne!(changed.is_ok(), taken.is_ok(), "of two who replace one password one does");
            if changed.is_ok() {
                if let Ok(Login::In(entered)) = entry {
                    assert!(office.accounts.holder(entered.access.expose_secret()).await?.is_none(), "opened by a password that was gone");
                }
                office.enter(&new, home()).await?;
            } else {
                break;
            }
        }
    }
    Ok(())
}
