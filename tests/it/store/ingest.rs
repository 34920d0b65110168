//! Ingest: one contact, one thread, one conversation, whatever comes twice, at once, or in another spelling.

use super::rig::{NOW, Rig, accepted, item, message, open};
use anyhow::Result;
use futures::future::try_join_all;
use recado::domain::content::Content;
use recado::domain::conversation::standing::Standing;
use recado::domain::delivery::{Address, AddressKind, ItemBody};
use recado::domain::ids::ConversationKey;
use recado::domain::inbox::ReopenWithin;
use recado::domain::time::Timestamp;
use recado::ports::store::{EngineStore, Ingest, Ingested};
use std::time::Duration;

#[tokio::test]
async fn conv_59_a_repeat_makes_one_message_per_inbox() -> Result<()> {
    for rig in Rig::both().await? {
        let first = rig.hear("m1", "ana", "hola").await?;
        assert_eq!(rig.hear("m1", "ana", "hola").await?, Ingested::Duplicate);
        let mut elsewhere = rig.delivery(vec![message("m1", "ana", "hola")]);
        elsewhere.inbox = rig.other;
        let second = accepted(*rig.store.ingest(elsewhere).await?.first().unwrap())?;
        assert_ne!(accepted(first)?.id, second.id);
        assert_eq!(rig.count("inbound").await?, 2);
        assert_eq!(rig.count("contact").await?, 1, "a person is known across inboxes");
        assert_eq!(rig.count("thread").await?, 2);
    }
    Ok(())
}

#[tokio::test]
async fn the_first_of_two_equal_messages_in_one_delivery_wins() -> Result<()> {
    for rig in Rig::both().await? {
        let items = vec![message("m1", "ana", "one"), message("m1", "ana", "two"), message("m2", "ana", "three")];
        let answers = rig.store.ingest(rig.delivery(items)).await?;
        let key = accepted(answers[0])?;
        assert_eq!(answers, [Ingested::Accepted(key), Ingested::Duplicate, Ingested::Accepted(key)]);
        assert_eq!(rig.new_rows(key).await?.len(), 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_repeat_under_another_address_leaves_nothing_behind() -> Result<()> {
    for rig in Rig::both().await? {
        rig.hear("m1", "ana", "hola").await?;
        assert_eq!(rig.hear("m1", "bob", "hola").await?, Ingested::Duplicate);
        for table in ["contact", "thread", "conversation", "thread_alias", "contact_identity"] {
            assert_eq!(rig.count(table).await?, 1, "{table}");
        }
        assert_eq!(rig.one::<i64>("SELECT conversations AS n FROM tenant_feed".to_owned()).await?, 1);
    }
    Ok(())
}

#[tokio::test]
async fn conv_22_first_messages_posted_to_two_engines_at_once_found_one_conversation_each() -> Result<()> {
    for rig in Rig::both().await? {
        let second = open(rig.database.url()).await?;
        let people: Vec<String> = (0..200).map(|person| format!("p{person}")).collect();
        let posts = people.iter().enumerate().flat_map(|(place, person)| {
            let items = vec![message(&format!("m-{person}"), person, "hola")];
            let stores = if place % 2 == 0 { [&rig.store, &second] } else { [&second, &rig.store] };
            stores.map(|store| store.ingest(rig.delivery(items.clone())))
        });
        let answers = try_join_all(posts).await?;
        let new = answers.iter().flatten().filter(|answer| matches!(answer, Ingested::Accepted(_))).count();
        assert_eq!(new, 200);
        for table in ["contact", "thread", "conversation", "thread_alias", "contact_identity", "inbound"] {
            assert_eq!(rig.count(table).await?, 200, "{table}");
        }
        assert_eq!(rig.count("conversation c JOIN thread t ON t.conversation_id = c.id AND c.contact_id = t.contact_id").await?, 200);
        assert_eq!(rig.count("timeline").await?, 200);
        assert_eq!(rig.one::<i64>("SELECT MAX(number) AS n FROM timeline".to_owned()).await?, 200);
        assert_eq!(rig.one::<i64>("SELECT MAX(number) AS n FROM conversation".to_owned()).await?, 200);
    }
    Ok(())
}

#[tokio::test]
async fn two_first_messages_of_one_person_to_two_engines_share_the_conversation() -> Result<()> {
    for rig in Rig::both().await? {
        let second = open(rig.database.url()).await?;
        let posts = (0..40).map(|number| {
            let store = if number % 2 == 0 { &rig.store } else { &second };
            store.ingest(rig.delivery(vec![message(&format!("m{number}"), &format!("p{}", number / 4), "hola")]))
        });
        let answers = try_join_all(posts).await?;
        assert!(answers.iter().flatten().all(|answer| matches!(answer, Ingested::Accepted(_))));
        for table in ["contact", "thread", "conversation"] {
            assert_eq!(rig.count(table).await?, 10, "{table}");
        }
        assert_eq!(rig.count("inbound i JOIN conversation c ON c.id = i.conversation_id").await?, 40);
    }
    Ok(())
}

#[tokio::test]
async fn conv_72_number_and_business_scoped_id_belong_to_one_contact_and_the_number_is_filled_in() -> Result<()> {
    for rig in Rig::both().await? {
        let user = Address::new(AddressKind::WaUser, "MX.1349");
        let phone = Address::new(AddressKind::WaPhone, "5215512345678");
        let mut first = message("m1", "x", "hola");
        first.peer.thread = vec![user.clone()];
        first.peer.person = vec![];
        let mut second = message("m2", "x", "soy yo");
        second.peer.thread = vec![user, phone.clone()];
        second.peer.person = vec![Address::new(AddressKind::Phone, "+5215512345678")];
        let mut third = message("m3", "x", "otra vez");
        third.peer.thread = vec![phone];
        let answers = rig.store.ingest(rig.delivery(vec![first])).await?;
        let later = rig.store.ingest(rig.delivery(vec![second, third])).await?;
        assert_eq!(later, [answers[0], answers[0]]);
        assert_eq!(rig.count("contact").await?, 1);
        assert_eq!(rig.one::<String>("SELECT phone AS n FROM contact".to_owned()).await?, "+5215512345678");
        assert_eq!(rig.count("thread_alias").await?, 2);
    }
    Ok(())
}

#[tokio::test]
async fn a_variant_of_a_number_finds_the_thread_and_is_never_stored() -> Result<()> {
    for rig in Rig::both().await? {
        let mut first = message("m1", "x", "hola");
        first.peer.thread = vec![Address::new(AddressKind::WaPhone, "525512345678")];
        let mut second = message("m2", "x", "hola");
        second.peer.thread = vec![Address::new(AddressKind::WaUser, "MX.1")];
        second.peer.lookup = vec![Address::new(AddressKind::WaPhone, "525512345678"), Address::new(AddressKind::WaPhone, "999")];
        let answers = rig.store.ingest(rig.delivery(vec![first, second])).await?;
        assert_eq!(answers[0], answers[1]);
        assert_eq!(rig.count("thread_alias").await?, 2);
        assert_eq!(rig.count("thread_alias WHERE value = '999'").await?, 0);
    }
    Ok(())
}

#[tokio::test]
async fn conv_74_a_chosen_name_is_never_overwritten_by_the_profile() -> Result<()> {
    for rig in Rig::both().await? {
        let mut first = message("m1", "ana", "hola");
        first.peer.display_name = None;
        let mut second = message("m2", "ana", "hola");
        second.peer.display_name = Some("Anita".to_owned());
        let mut third = message("m3", "ana", "hola");
        third.peer.display_name = Some("Otra".to_owned());
        rig.store.ingest(rig.delivery(vec![first])).await?;
        rig.store.ingest(rig.delivery(vec![second])).await?;
        assert_eq!(rig.one::<String>("SELECT name AS n FROM contact".to_owned()).await?, "Anita");
        rig.sql("UPDATE contact SET name = 'Doña Ana', name_chosen = true".to_owned()).await?;
        rig.store.ingest(rig.delivery(vec![third])).await?;
        assert_eq!(rig.one::<String>("SELECT name AS n FROM contact".to_owned()).await?, "Doña Ana");
    }
    Ok(())
}

#[tokio::test]
async fn a_reaction_of_a_stranger_is_kept_raw_and_founds_nothing() -> Result<()> {
    for rig in Rig::both().await? {
        let reaction = |id: &str| item(id, "ana", ItemBody::Reaction { target: "m1".to_owned(), emoji: Some("👍".to_owned()) });
        assert_eq!(rig.store.ingest(rig.delivery(vec![reaction("r1")])).await?, [Ingested::Unrouted]);
        assert_eq!((rig.count("unrouted").await?, rig.count("contact").await?, rig.count("inbound").await?), (1, 0, 0));
        let key = rig.begin("ana").await?;
        assert_eq!(rig.store.ingest(rig.delivery(vec![reaction("r1")])).await?, [Ingested::Accepted(key)]);
    }
    Ok(())
}

#[tokio::test]
async fn a_conversation_resolved_too_long_ago_is_followed_by_a_new_one() -> Result<()> {
    for rig in Rig::both().await? {
        let key = rig.begin("ana").await?;
        let mut step = rig.step(key).await?;
        step.state.standing = Standing::Resolved;
        step.state.resolved_at = Some(NOW);
        rig.commit(step).await?;
        let mut soon = rig.delivery(vec![message("m2", "ana", "gracias")]);
        soon.received_at = NOW.after(Duration::from_hours(71));
        assert_eq!(rig.store.ingest(soon).await?, [Ingested::Accepted(key)]);
        let mut late = rig.delivery(vec![message("m3", "ana", "hola"), message("m4", "ana", "¿hay alguien?")]);
        late.received_at = NOW.after(Duration::from_hours(73));
        let answers = rig.store.ingest(late).await?;
        let next = accepted(answers[0])?;
        assert_ne!(next.id, key.id);
        assert_eq!((next.part, answers[1]), (key.part, answers[0]));
        assert_eq!(rig.load(next).await?.conversation.state.standing, Standing::Pending);
        assert_eq!((rig.count("thread").await?, rig.count("conversation").await?), (1, 2));
    }
    Ok(())
}

#[tokio::test]
async fn rows_come_back_in_the_order_of_their_own_times() -> Result<()> {
    for rig in Rig::both().await? {
        let timed = |id: &str, at: Timestamp| {
            let mut item = message(id, "ana", id);
            item.occurred_at = Some(at);
            item
        };
        let from_the_future = timed("d", NOW.after(Duration::from_hours(1)));
        let items = vec![from_the_future, timed("c", NOW), timed("a", Timestamp::from_micros(5)), timed("b", Timestamp::from_micros(6))];
        let answers = rig.store.ingest(rig.delivery(items)).await?;
        let rows = rig.new_rows(accepted(answers[0])?).await?;
        let times: Vec<_> = rows.iter().map(|row| (row.occurred_at, row.event_at)).collect();
        let future = NOW.after(Duration::from_hours(1));
        let (five, six) = (Timestamp::from_micros(5), Timestamp::from_micros(6));
        assert_eq!(times, [(five, Some(five)), (six, Some(six)), (NOW, Some(future)), (NOW, Some(NOW))]);
    }
    Ok(())
}

#[tokio::test]
async fn hostile_text_neither_breaks_a_batch_nor_leaks_into_sql() -> Result<()> {
    for rig in Rig::both().await? {
        let nasty = "'); DROP TABLE inbound; -- \" \\ \u{0} \u{1f600} \u{2028} {rows} $1 ?";
        let long = "x".repeat(400);
        let mut named = message(nasty, nasty, "ok");
        named.peer.display_name = Some(nasty.to_owned());
        let answers = rig.store.ingest(rig.delivery(vec![named, message(&long, &long, &nasty.replace('\0', ""))])).await?;
        let (first, second) = (accepted(answers[0])?, accepted(answers[1])?);
        let rows = rig.new_rows(second).await?;
        let text = format!("{:?}", rows[0].happening);
        assert!(text.contains("DROP TABLE inbound"));
        assert_eq!(rig.load(first).await?.to.value, nasty.replace('\0', "\u{fffd}"));
        let again = rig.store.ingest(rig.delivery(vec![message(&long, &long, "y"), message(nasty, nasty, "z")])).await?;
        assert_eq!(again, [Ingested::Duplicate, Ingested::Duplicate]);
    }
    Ok(())
}

#[tokio::test]
async fn one_bad_operation_does_not_harm_the_others_of_its_batch() -> Result<()> {
    for rig in Rig::both().await? {
        let mut bad = rig.delivery(vec![message("bad", "eve", "hola")]);
        bad.inbox = recado::domain::ids::InboxId(uuid::Uuid::from_u128(77));
        let good = (0..20).map(|n| rig.store.ingest(rig.delivery(vec![message(&format!("m{n}"), &format!("p{n}"), "hola")])));
        let (bad, good) = futures::future::join(rig.store.ingest(bad), try_join_all(good)).await;
        assert!(bad.is_err());
        assert!(good?.iter().flatten().all(|answer| matches!(answer, Ingested::Accepted(_))));
        assert_eq!((rig.count("inbound").await?, rig.count("conversation").await?), (20, 20));
        let numbers = "SELECT MAX(number) - COUNT(*) AS n FROM timeline".to_owned();
        assert_eq!(rig.one::<i64>(numbers).await?, 0, "numbers without gaps");
    }
    Ok(())
}

#[tokio::test]
async fn a_voice_note_without_words_is_a_message_too() -> Result<()> {
    for rig in Rig::both().await? {
        let empty = item("m1", "ana", ItemBody::Message { content: Content::default() });
        assert!(matches!(rig.store.ingest(rig.delivery(vec![empty])).await?[..], [Ingested::Accepted(_)]));
    }
    Ok(())
}

#[tokio::test]
async fn conv_21_the_lock_reopens_the_last_conversation_and_without_it_a_resolved_one_is_followed_by_a_new_one() -> Result<()> {
    for rig in Rig::both().await? {
        let first = rig.begin("ana").await?;
        let write = async |id: &str, reopen: ReopenWithin| -> Result<ConversationKey> {
            let delivery = Ingest { reopen, ..rig.delivery(vec![message(id, "ana", "otra vez")]) };
            accepted(*rig.store.ingest(delivery).await?.first().unwrap())
        };
        let never = ReopenWithin::For(Duration::ZERO);
        assert_eq!(write("open", never).await?.id, first.id, "a conversation that is not resolved goes on");

        let mut step = rig.step(first).await?;
        step.state.standing = Standing::Resolved;
        step.state.resolved_at = Some(NOW);
        rig.commit(step).await?;
        assert_eq!(write("locked", ReopenWithin::Always).await?.id, first.id);
        let second = write("unlocked", never).await?;
        assert_ne!(second.id, first.id);
        assert_eq!(write("next", never).await?.id, second.id, "the thread's conversation is the new one now");
        assert_eq!((rig.count("conversation").await?, rig.count("thread").await?, rig.count("contact").await?), (2, 1, 1));
    }
    Ok(())
}
