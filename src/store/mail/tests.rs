use super::*;
use crate::crypto::platform::Platform;
use crate::domain::mail::{Address, MailKind};
use crate::ports::mail::{Content, Letter, MailQueue, MailSeals, TakenMail, Unopened};
use crate::store::Store;
use crate::store::rows::get;
use crate::store::test_folder::TestFolder;
use std::sync::Arc;
use std::time::Duration;

const SHOP: TenantId = TenantId(Uuid::from_u128(1));
const LINK: &str = "https://desk.test/reset-password#token=rp_secret";
const ROW: Columns = &[("tenant_id", Kind::Id), ("payload", Kind::Text)];

fn letter() -> Content {
    let text = format!("Elija otra contraseña: {LINK}");
    Content::Letter(Box::new(Letter {
        subject: "Su contraseña".to_owned(),
        text,
        html: None,
        from_name: Some("Recado".to_owned()),
        reply_to: None,
        attachments: Vec::new(),
    }))
}

fn mail(reference: &str, now: Timestamp) -> NewMail {
    NewMail {
        tenant: SHOP,
        kind: MailKind::PasswordReset,
        to: Address::parse("ana@example.com").unwrap(),
        contact: None,
        content: letter(),
        reference: reference.to_owned(),
        expires: now.after(Duration::from_mins(30)),
    }
}

fn seal(numbers: &[u32]) -> MailSeal {
    MailSeal::new(Arc::new(Platform::for_tests(numbers)))
}

async fn queued(store: &Store, reference: &'static str) {
    let now = store.inner.clock.now();
    let link = Link(LINK.to_owned());
    let done = store.alone(move |tx| Box::pin(async move { queue_sealed(tx, &seal(&[1]), (&mail(reference, now), &link), now).await }));
    done.await.unwrap();
}

async fn payloads(store: &Store) -> Vec<String> {
    let mut rows = store.rows(ROW);
    rows.push([SHOP.into(), "".into()]);
    let sql = "SELECT m.payload FROM {rows} CROSS JOIN mail m WHERE m.tenant_id = r.tenant_id ORDER BY m.reference";
    let found = store.fetch(sql, rows).await.unwrap();
    found.iter().map(|row| get(row, "payload").unwrap()).collect()
}

/// Writes what every mail says anew.
async fn overwrite(store: &Store, payload: &str) {
    let mut rows = store.rows(ROW);
    rows.push([SHOP.into(), payload.into()]);
    let sql = "UPDATE mail SET payload = r.payload FROM {rows} WHERE mail.tenant_id = r.tenant_id";
    store.alone(move |tx| Box::pin(async move { tx.run(sql, &rows).await })).await.unwrap();
}

async fn taken(store: &Store) -> Vec<TakenMail> {
    let now = store.inner.clock.now();
    store.take_mails(now, now, 9).await.unwrap()
}

fn sealed(mail: &TakenMail) -> &[u8] {
    let Kept::Sealed { sealed } = &mail.kept else { panic!("in clear") };
    sealed
}

#[tokio::test]
async fn a_link_is_readable_in_no_row_and_opens_only_in_its_own() {
    let folder = TestFolder::new();
    let store = folder.store().await;
    queued(&store, "a").await;
    queued(&store, "b").await;
    let kept = payloads(&store).await;
    assert_eq!(kept.len(), 2);
    for payload in kept {
        assert!(payload.starts_with("{\"sealed\":") && !payload.contains("rp_secret") && !payload.contains("Elija"), "{payload}");
    }
    let mails = taken(&store).await;
    let [one, other] = mails.as_slice() else { panic!("{}", mails.len()) };
    let said = seal(&[1, 2]).open(SHOP, one.id, sealed(one)).unwrap();
    assert_eq!((said.content, said.link), (letter(), Some(Link(LINK.to_owned()))));
    assert_eq!(seal(&[1]).open(SHOP, one.id, sealed(other)), Err(Unopened), "another row's");
    assert_eq!(seal(&[1]).open(TenantId(Uuid::from_u128(2)), one.id, sealed(one)), Err(Unopened), "another business's");
    assert_eq!(seal(&[2]).open(SHOP, one.id, sealed(one)), Err(Unopened), "another key");
    assert_eq!(seal(&[1]).open(SHOP, one.id, &[]), Err(Unopened));
    assert!(!format!("{mails:?} {said:?}", said = seal(&[1]).open(SHOP, one.id, sealed(one))).contains("rp_secret"));
}

/// As releases before sealing wrote it.
#[tokio::test]
async fn a_mail_that_waits_since_before_sealing_is_still_read() {
    let folder = TestFolder::new();
    let store = folder.store().await;
    queued(&store, "a").await;
    let content = r#""content":{"say":"letter","subject":"S","text":"T","html":null,"from_name":null,"reply_to":null,"attachments":[]}"#;
    for (payload, link) in [(format!("{{{content},\"link\":\"{LINK}\"}}"), Some(Link(LINK.to_owned()))), (format!("{{{content}}}"), None)] {
        overwrite(&store, &payload).await;
        let mails = taken(&store).await;
        let Some(TakenMail { kept: Kept::Clear(said), .. }) = mails.first() else { panic!("{mails:?}") };
        assert_eq!(said.link, link);
    }
    overwrite(&store, "{\"sealed\":\"no base64!\"}").await;
    assert_eq!(taken(&store).await.len(), 0, "what is no mail is not sent");
    assert_eq!(payloads(&store).await, [""], "and is kept no longer");
}
