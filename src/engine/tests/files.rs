//! Files on their way out: each leaves once, by a link, in messages that its channel takes; what nobody uses goes.

use super::acceptance::delivery::{can, rig_with};
use crate::crypto::file_links::SignedFiles;
use crate::domain::content::{Attachment, Content, MessageKind};
use crate::domain::conversation::event::Happening;
use crate::domain::file::{FileFacts, Media};
use crate::domain::ids::FileId;
use crate::domain::inbox::ChannelKind;
use crate::ports::channel::{Capabilities, SendError};
use crate::ports::clock::Clock;
use crate::ports::files::{FileStore, Shown};
use crate::store::people::files::{Held, NewFile};
use crate::store::people::messages_gone::{Deleter, MessageGone};
use crate::testing::channel::Fault;
use crate::testing::rig::Rig;
use anyhow::{Context, Result, bail};
use bytes::Bytes;
use std::time::Duration;
use uuid::Uuid;

/// Keeps a file, as the door does.
async fn kept(rig: &Rig, media_type: &str, number: u128) -> Result<(FileId, String)> {
    let (id, name) = (FileId(Uuid::from_u128(number)), format!("{}/{number:032x}", rig.tenant));
    let (scope, now) = (rig.store.tenant(rig.tenant), rig.clock.now());
    scope
        .begin_file(NewFile { id, name: name.clone(), by: rig.agent, wanted: id, at_least: 0 }, now, now.after(Duration::from_hours(2)))
        .await?;
    let mut writer = rig.files.begin(&name).await?;
    writer.write(Bytes::from_static(b"bytes")).await?;
    writer.finish().await?;
    let facts = FileFacts {
        name: format!("{number}"),
        media_type: media_type.to_owned(),
        size: 5,
        sha256: "ab".repeat(32),
        pixels: None,
        preview: false,
    };
    scope.finish_file(id, id, facts, now.after(Duration::from_hours(24))).await?;
    Ok((id, name))
}

/// Gives files to a room's conversation and returns them as a message carries them.
async fn held(rig: &Rig, room: &str, ids: &[FileId]) -> Result<Vec<Attachment>> {
    let until = rig.clock.now().after(Duration::from_hours(24));
    let scope = rig.store.tenant(rig.tenant);
    match scope.hold_files(rig.agent, rig.key(room)?.id, ids.to_vec(), until, |_| None).await? {
        Held::All(files) => Ok(files.iter().map(|file| file.facts.attachment(file.id)).collect()),
        other @ (Held::Absent(_) | Held::Refused(..)) => bail!("{other:?}"),
    }
}

async fn replied(rig: &Rig, text: &str, files: Vec<Attachment>, private: bool) -> Result<()> {
    let content = Content::files(text, files);
    rig.command("ana", Happening::AgentReplied { by: rig.agent, content, private }).await.map(drop)
}

/// What arrived: text and kinds of the files.
fn arrived(rig: &Rig) -> Vec<(String, Vec<MessageKind>)> {
    let all = rig.channel.received().into_iter();
    all.map(|one| (one.text, one.attachments.iter().map(|file| file.kind).collect())).collect()
}

fn links(rig: &Rig) -> SignedFiles {
    SignedFiles::new(&rig.ring, rig.public_url.as_str())
}

async fn talking(can: Capabilities) -> Result<Rig> {
    let rig = rig_with(can, ChannelKind::Generic).await?;
    rig.customer("ana", "hola").await?;
    rig.settle().await?;
    Ok(rig)
}

#[actix::test]
async fn a_file_leaves_once_by_a_link_that_opens_it_also_when_its_first_try_fails() -> Result<()> {
    let rig = talking(can(true, false)).await?;
    let before = rig.channel.received().len();
    let (id, _) = kept(&rig, "image/png", 1).await?;
    let files = held(&rig, "ana", &[id]).await?;
    rig.channel.then(Fault::Refuse(SendError::Unknown { code: "reset".into() }));
    rig.channel.then(Fault::TakeButLoseAnswer);
    replied(&rig, "Mire", files, false).await?;
    rig.pass(Duration::from_secs(120), Duration::from_secs(2)).await;
    let received = rig.channel.received().split_off(before);
    let [one] = received.as_slice() else { bail!("once: {received:?}") };
    assert_eq!((one.text.as_str(), one.attachments.len()), ("Mire", 1));
    let file = &one.attachments[0];
    assert_eq!((file.file, file.file_name.as_deref(), file.size), (None, Some("1"), Some(5)), "our own name of it stays here");
    let token = file.url.as_deref().and_then(|url| url.rsplit_once('/')).context("a link")?.1;
    let opened = links(&rig).read(token, rig.clock.now()).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    assert_eq!((opened.tenant, opened.file, opened.shown), (rig.tenant, id, Shown::Download));
    let line = rig.messages("ana").await?.pop().context("a message")?;
    assert!(!format!("{line:?}").contains("/files/"), "no link is kept");
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn a_deleted_message_lets_its_files_go_unless_another_one_has_them() -> Result<()> {
    let rig = talking(can(true, false)).await?;
    let (one, _) = kept(&rig, "image/png", 1).await?;
    let (two, _) = kept(&rig, "application/pdf", 2).await?;
    replied(&rig, "Mire", held(&rig, "ana", &[one, two]).await?, false).await?;
    rig.settle().await?;
    let message = rig.messages("ana").await?.pop().context("a message")?.id;
    replied(&rig, "Otra vez", held(&rig, "ana", &[two]).await?, true).await?;
    rig.settle().await?;
    let scope = rig.store.tenant(rig.tenant);
    let by = Deleter { agent: rig.agent, any: true };
    let gone = scope.delete_message(rig.key("ana")?.id, message, by, rig.clock.now()).await?;
    assert!(matches!(gone, MessageGone::Done(..)), "{gone:?}");
    rig.pass(Duration::from_secs(10), Duration::from_secs(1)).await;
    rig.settle().await?;
    let left = async |id| Ok::<_, anyhow::Error>(scope.file(rig.agent, id).await?.is_some());
    assert_eq!((left(one).await?, left(two).await?), (false, true));
    rig.snapshot_is_rebuilt("ana").await
}

#[actix::test]
async fn where_a_channel_takes_one_file_a_message_the_first_carries_the_text() -> Result<()> {
    let media = Media { per_message: 1, caption: 10, silent_audio: true, ..Media::default() };
    let rig = talking(Capabilities { media, ..can(false, true) }).await?;
    let before = rig.channel.received().len();
    let mut ids = Vec::new();
    for (number, kind) in [(1, "image/png"), (2, "application/pdf"), (3, "audio/ogg")] {
        ids.push(kept(&rig, kind, number).await?.0);
    }
    use MessageKind::{Audio, Document, Image};
    replied(&rig, "Mire", held(&rig, "ana", &ids).await?, false).await?;
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    let three = [("Mire".to_owned(), vec![Image]), (String::new(), vec![Document]), (String::new(), vec![Audio])];
    assert_eq!(arrived(&rig).split_off(before), three);
    replied(&rig, "Escuche", held(&rig, "ana", &ids[2..]).await?, false).await?;
    replied(&rig, "Mire esto que es largo", held(&rig, "ana", &ids[..1]).await?, false).await?;
    rig.settle_within(Duration::from_secs(60), Duration::from_secs(1)).await?;
    let apart = [
        ("Escuche".to_owned(), vec![]),
        (String::new(), vec![Audio]),
        ("Mire esto que es largo".to_owned(), vec![]),
        (String::new(), vec![Image]),
    ];
    assert_eq!(arrived(&rig).split_off(before + 3), apart);
    rig.snapshot_is_rebuilt("ana").await
}

/// The commit that writes the message is the one that says so: from then on time alone takes nothing away.
#[actix::test]
async fn what_a_message_or_a_note_has_stays_and_what_nobody_uses_goes() -> Result<()> {
    let rig = talking(can(true, false)).await?;
    let (sent, noted, unused) = (kept(&rig, "image/png", 1).await?, kept(&rig, "image/png", 2).await?, kept(&rig, "image/png", 3).await?);
    replied(&rig, "Mire", held(&rig, "ana", &[sent.0]).await?, false).await?;
    replied(&rig, "", held(&rig, "ana", &[noted.0]).await?, true).await?;
    rig.settle().await?;
    assert_eq!(rig.files.names().len(), 3);
    rig.pass(Duration::from_hours(30), Duration::from_hours(1)).await;
    let mut left = vec![sent.1, noted.1];
    left.sort();
    rig.until("the unused file is gone", || {
        let names = rig.files.names();
        let left = left.clone();
        async move { Ok(names == left) }
    })
    .await?;
    let gone = rig.store.tenant(rig.tenant).file(rig.agent, unused.0).await?;
    assert!(gone.is_none(), "its row went first");
    Ok(())
}
