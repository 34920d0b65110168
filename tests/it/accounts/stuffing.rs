//! Somebody who tries passwords: shut out, and nobody else with him for ever.

use super::*;

#[tokio::test]
async fn trust_a17_a_thousand_guesses_meet_the_lock_out_and_the_owner_still_gets_in() -> Result<()> {
    for office in Office::both().await? {
        office.sign_up().await?;
        let mut looked_at = 0;
        for number in 0..1000 {
            match office.login(&format!("guess number {number}"), elsewhere()).await {
                Err(AccountError::Refused) => looked_at += 1,
                Err(AccountError::Locked(wait)) => assert!(wait <= Duration::from_mins(15)),
                other => bail!("{other:?}"),
            }
            office.clock.advance(Duration::from_secs(1));
        }
        assert!(looked_at <= 10, "{looked_at} of a thousand were looked at");
        // At home the owner waits half a minute at most, whatever the outsider does.
        office.clock.advance(Duration::from_secs(30));
        office.enter(PASSWORD, home()).await?;
        let told = office.column("mail", "reference").await?;
        assert_eq!(told.iter().filter(|reference| reference.starts_with("account.locked:")).count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn away_from_home_the_owner_waits_a_quarter_of_an_hour_or_takes_a_link() -> Result<()> {
    for office in Office::both().await? {
        office.sign_up().await?;
        for _ in 0..60 {
            drop(office.login("a wrong guess", elsewhere()).await);
            office.clock.advance(Duration::from_mins(1));
        }
        let hotel = Device::new("203.0.113.9", "Safari");
        assert!(matches!(office.login(PASSWORD, hotel.clone()).await, Err(AccountError::Locked(_))));
        office.accounts.forgot(EMAIL)?;
        office.accounts.reset(&SecretString::from(office.link().await?), &"another long one".into()).await?;
        office.enter("another long one", hotel.clone()).await?;
        for _ in 0..60 {
            drop(office.login("a wrong guess", elsewhere()).await);
        }
        office.clock.advance(Duration::from_mins(15));
        office.enter("another long one", hotel).await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_nobody_has_is_shut_like_any_other() -> Result<()> {
    for office in Office::both().await? {
        let guess = || {
            let email = "nobody@shop.test".to_owned();
            office.accounts.login(Attempt { email, password: "a wrong guess".into(), business: None, device: elsewhere() })
        };
        for _ in 0..5 {
            assert!(matches!(guess().await, Err(AccountError::Refused)));
        }
        assert!(matches!(guess().await, Err(AccountError::Locked(wait)) if wait == Duration::from_mins(1)));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_forty_guesses_at_once_no_more_are_looked_at_than_of_forty_in_a_row() -> Result<()> {
    for office in Office::both().await? {
        office.sign_up().await?;
        let tries = (0..40).map(|_| {
            let accounts = office.accounts.clone();
            let attempt = Attempt { email: EMAIL.into(), password: "a wrong guess".into(), business: None, device: elsewhere() };
            tokio::spawn(async move { accounts.login(attempt).await })
        });
        let mut looked_at = 0;
        for task in tries.collect::<Vec<_>>() {
            match task.await? {
                Err(AccountError::Refused) => looked_at += 1,
                Err(AccountError::Locked(_) | AccountError::Busy(_)) => {}
                other => bail!("{other:?}"),
            }
        }
        assert!(looked_at <= 5, "{looked_at}");
    }
    Ok(())
}
