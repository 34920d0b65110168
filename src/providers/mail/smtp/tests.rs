//! The adapter against a server that checks what real ones check.

use super::*;
use crate::domain::mail::Address;
use crate::domain::time::Timestamp;
use crate::ports::mail::{Attachment, Letter};
use crate::testing::clock::ManualClock;
use crate::testing::mail::{SmtpFault, SmtpServer as Fake};
use anyhow::Result;

#[expect(clippy::unwrap_used, reason = "the address is written here")]
fn mail(name: &str) -> OutgoingMail {
    let file = Attachment {
        name: "cita.ics".to_owned(),
        media_type: "text/calendar; method=PUBLISH; charset=utf-8".to_owned(),
        bytes: b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n".to_vec(),
    };
    let long = "Una línea muy larga que nadie ha partido. ".repeat(60);
    OutgoingMail {
        to: Address::parse("luz@example.com").unwrap(),
        letter: Letter {
            subject: "Su cita: mañana".to_owned(),
            text: format!("Hola Luz\n.\n..dos puntos\r\n.\r\nRCPT TO:<evil@example.com>\n{long}"),
            html: Some(format!("<p>Hola</p>\n.\n<p>{long}</p>")),
            from_name: Some("Clínica".to_owned()),
            reply_to: None,
            attachments: vec![file],
        },
        message_id: name.to_owned(),
        date: Timestamp::from_secs(1_790_000_000),
    }
}

fn limits() -> SmtpLimits {
    let brief = Duration::from_millis(150);
    SmtpLimits { open: Duration::from_secs(5), envelope: Duration::from_secs(5), body: brief, idle: Duration::from_secs(20) }
}

#[expect(clippy::unwrap_used, reason = "what is parsed is written in the tests")]
fn mailer_at(url: &str, clock: &Arc<ManualClock>, limits: SmtpLimits) -> SmtpMailer {
    let sender = Sender::parse("Recado <no-reply@recado.example>").unwrap();
    SmtpMailer::new(SmtpServer::parse(url).unwrap(), sender, Arc::clone(clock) as _, limits).unwrap()
}

async fn pair() -> Result<(Fake, SmtpMailer, Arc<ManualClock>)> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(0)));
    let server = Fake::start().await?;
    let mailer = mailer_at(&server.url(), &clock, limits());
    Ok((server, mailer, clock))
}

fn again(reason: &str) -> Answer {
    Answer::Again { after: None, reason: reason.to_owned() }
}

#[tokio::test]
async fn mails_are_taken_over_one_connection_until_it_has_been_idle_too_long() -> Result<()> {
    let (server, mailer, clock) = pair().await?;
    for name in ["1", "2"] {
        assert_eq!(mailer.send(&mail(name)).await, Answer::Accepted);
    }
    assert_eq!(server.connections(), 1);
    clock.advance(Duration::from_secs(21));
    assert_eq!(mailer.send(&mail("3")).await, Answer::Accepted);
    assert_eq!(server.connections(), 2);
    let received = server.received();
    let names: Vec<String> = received.iter().map(crate::testing::mail::Received::message_id).collect();
    assert_eq!(names, ["<1@recado.example>", "<2@recado.example>", "<3@recado.example>"]);
    let first = received.first().unwrap();
    assert_eq!((first.from.as_str(), first.to.as_slice()), ("no-reply@recado.example", ["luz@example.com".to_owned()].as_slice()));
    assert_eq!(server.complaints(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn what_the_server_says_decides_whether_a_later_try_may_help() -> Result<()> {
    let refused = |reason: &str| Answer::Refused { reason: reason.to_owned() };
    for (fault, answer) in [
        (SmtpFault::GreetBusy, again("smtp_421")),
        (SmtpFault::Recipient(450), again("smtp_450")),
        (SmtpFault::Recipient(550), refused("smtp_550")),
        (SmtpFault::CloseBeforeData, again("unreachable")),
        (SmtpFault::Answer(451), again("smtp_451")),
        (SmtpFault::Answer(554), refused("smtp_554")),
        (SmtpFault::CloseAfterData, Answer::Unknown),
        (SmtpFault::HangAfterData, Answer::Unknown),
    ] {
        let (server, mailer, _clock) = pair().await?;
        server.then(fault);
        assert_eq!(mailer.send(&mail("1")).await, answer, "{fault:?}");
        assert_eq!(mailer.send(&mail("2")).await, Answer::Accepted, "after {fault:?}");
        let taken = usize::from(answer == Answer::Unknown);
        assert_eq!(server.received().len(), taken + 1, "{fault:?}");
        assert_eq!(server.complaints(), Vec::<String>::new(), "{fault:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_not_there_or_says_nothing_is_unreachable() -> Result<()> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(0)));
    let gone = { Fake::start().await?.url() };
    tokio::task::yield_now().await;
    let brief = SmtpLimits { open: Duration::from_millis(150), ..limits() };
    assert_eq!(mailer_at(&gone, &clock, brief).send(&mail("1")).await, again("unreachable"));
    let server = Fake::start().await?;
    server.then(SmtpFault::GreetNothing);
    let mailer = mailer_at(&server.url(), &clock, brief);
    assert_eq!(mailer.send(&mail("1")).await, again("unreachable"));
    assert!(server.received().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_wrong_password_loses_no_mail_and_a_right_one_sends() -> Result<()> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(0)));
    let server = Fake::start_with(Some(("ana@example.com", "p+q%"))).await?;
    let url = |password: &str| format!("smtp://ana%40example.com:{password}@127.0.0.1:{}", server.port());
    assert_eq!(mailer_at(&url("wrong"), &clock, limits()).send(&mail("1")).await, again("smtp_535"));
    assert!(matches!(mailer_at(&url("wrong"), &clock, limits()).check().await, Err(SmtpError::Refused(535))));
    let mailer = mailer_at(&url("p%2Bq%25"), &clock, limits());
    mailer.check().await?;
    assert_eq!(server.quits(), 1, "a check says goodbye");
    assert!(server.received().is_empty(), "and sends nothing");
    assert_eq!(mailer.send(&mail("1")).await, Answer::Accepted);
    assert_eq!(server.complaints(), Vec::<String>::new());
    Ok(())
}

#[tokio::test]
async fn required_encryption_is_never_given_up() -> Result<()> {
    let clock = Arc::new(ManualClock::at(Timestamp::from_secs(0)));
    let server = Fake::start().await?;
    let mailer = mailer_at(&format!("{}?tls=required", server.url()), &clock, limits());
    assert!(matches!(mailer.check().await, Err(SmtpError::Lacking)));
    assert_eq!(mailer.send(&mail("1")).await, again("unreachable"));
    assert!(server.received().is_empty());
    Ok(())
}
