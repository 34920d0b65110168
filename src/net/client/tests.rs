//! The client against a loopback peer and a resolver that lies.

use super::*;
use crate::net::test_server::{Script, TestServer};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Answers each look-up with the next list, the last one for ever.
struct Scripted {
    answers: Vec<Vec<IpAddr>>,
    calls: AtomicUsize,
}

impl Scripted {
    fn new(answers: &[&[&str]]) -> Arc<Self> {
        let answers = answers.iter().map(|ips| ips.iter().map(|ip| ip.parse().unwrap()).collect()).collect();
        Arc::new(Self { answers, calls: AtomicUsize::new(0) })
    }
}

#[async_trait]
impl Lookup for Scripted {
    async fn lookup(&self, _host: &str) -> io::Result<Vec<IpAddr>> {
        let call = self.calls.fetch_add(1, Ordering::SeqCst);
        Ok(self.answers[call.min(self.answers.len() - 1)].clone())
    }
}

fn loopback() -> OutboundPolicy {
    OutboundPolicy { allow: AllowList::new(vec!["127.0.0.0/8".parse().unwrap()], &[]) }
}

async fn get(client: &HttpClient, url: &str) -> Result<Response, reqwest::Error> {
    client.get(url).unwrap().timeout(Duration::from_secs(10)).send().await
}

#[tokio::test]
async fn a_name_that_leads_to_a_private_address_is_not_dialled() {
    let server = TestServer::start(vec![]).await;
    let client = HttpClient::build_with(OutboundPolicy::default(), Scripted::new(&[&["127.0.0.1", "169.254.169.254"]])).unwrap();
    let url = format!("http://169.254.169.254.example:{}/", server.address().port());
    let error = get(&client, &url).await.unwrap_err();
    assert_eq!(Failure::of(&error), Failure::Blocked);
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn forbidden_addresses_are_left_out_and_the_others_dialled() {
    let server = TestServer::start(vec![Script::json(200, "", "ok")]).await;
    let client = HttpClient::build_with(loopback(), Scripted::new(&[&["10.0.0.1", "::1", "127.0.0.1"]])).unwrap();
    let response = get(&client, &format!("http://peer.example:{}/", server.address().port())).await.unwrap();
    assert_eq!(read_capped(response, 10).await.unwrap(), b"ok");
}

#[tokio::test]
async fn a_name_that_changes_to_a_private_address_is_refused_at_the_second_call() {
    let server = TestServer::start(vec![Script::json(200, "", "ok")]).await;
    let client = HttpClient::build_with(loopback(), Scripted::new(&[&["127.0.0.1"], &["10.0.0.1"]])).unwrap();
    let url = format!("http://peer.example:{}/", server.address().port());
    assert_eq!(get(&client, &url).await.unwrap().status(), 200);
    assert_eq!(Failure::of(&get(&client, &url).await.unwrap_err()), Failure::Blocked);
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_not_followed() {
    let inner = TestServer::start(vec![Script::json(200, "", "secret")]).await;
    let outer = TestServer::start(vec![Script::json(302, &format!("Location: {}/\r\n", inner.url()), "")]).await;
    let client = HttpClient::build(loopback()).unwrap();
    assert_eq!(get(&client, &outer.url()).await.unwrap().status(), 302);
    assert!(inner.requests().is_empty());
}

#[tokio::test]
async fn literal_addresses_and_userinfo_are_refused_before_any_call() {
    let client = HttpClient::build(OutboundPolicy::default()).unwrap();
    for url in ["http://[::ffff:7f00:1]/", "http://127.0.0.1/", "http://2130706433/"] {
        assert_eq!(client.get(url).unwrap_err(), UrlError::Blocked, "{url}");
    }
    assert_eq!(client.post("http://a:b@example.com/").unwrap_err(), UrlError::Userinfo);
    assert_eq!(client.check_url("http://[::1]/"), Err(UrlError::Blocked));
}

#[tokio::test]
async fn an_operators_origin_may_be_private_and_its_name_does_not_help_others() {
    let server = TestServer::start(vec![Script::json(200, "", "ok")]).await;
    let port = server.address().port();
    let base = Url::parse(&format!("http://model.internal:{port}/v1")).unwrap();
    let policy = OutboundPolicy { allow: AllowList::new(vec![], &[base]) };
    let client = HttpClient::build_with(policy, Scripted::new(&[&["127.0.0.1"]])).unwrap();
    assert_eq!(get(&client, &format!("http://model.internal:{port}/v1/chat")).await.unwrap().status(), 200);
    let other = get(&client, &format!("https://model.internal:{port}/")).await.unwrap_err();
    assert_eq!(Failure::of(&other), Failure::Blocked);
}

#[tokio::test]
async fn a_body_of_a_gigabyte_is_cut_whether_announced_or_not() {
    let announced = "HTTP/1.1 200 X\r\nContent-Length: 1073741824\r\n\r\n".to_owned();
    let unannounced = "HTTP/1.1 200 X\r\nConnection: close\r\n\r\n".to_owned();
    let server = TestServer::start(vec![Script::Flood(announced), Script::Flood(unannounced)]).await;
    let client = HttpClient::build(loopback()).unwrap();
    for _ in 0..2 {
        let response = get(&client, &server.url()).await.unwrap();
        assert!(matches!(read_capped(response, 65_536).await, Err(BodyError::TooLarge(65_536))));
    }
}

#[tokio::test]
async fn a_body_of_exactly_the_limit_is_read_and_a_packed_one_stays_packed() {
    let server = TestServer::start(vec![Script::json(200, "Content-Encoding: gzip\r\n", "0123456789")]).await;
    let client = HttpClient::build(loopback()).unwrap();
    let response = get(&client, &server.url()).await.unwrap();
    assert_eq!(read_capped(response, 10).await.unwrap(), b"0123456789");
    assert!(!server.requests()[0].to_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn a_slow_body_ends_with_the_calls_deadline() {
    let head = "HTTP/1.1 200 X\r\nContent-Length: 10\r\n\r\n01".to_owned();
    let server = TestServer::start(vec![Script::Stall(head)]).await;
    let client = HttpClient::build(loopback()).unwrap();
    let response = client.get(&server.url()).unwrap().timeout(Duration::from_millis(200)).send().await.unwrap();
    let Err(BodyError::Broken(error)) = read_capped(response, 100).await else {
        panic!("the body was read");
    };
    assert_eq!(Failure::of(&error), Failure::TimedOut);
}

#[tokio::test]
async fn a_refused_connection_was_not_sent_and_a_broken_one_may_have_been() {
    let server = TestServer::start(vec![Script::Hangup, Script::Stall(String::new())]).await;
    let client = HttpClient::build(loopback()).unwrap();
    assert_eq!(Failure::of(&get(&client, &server.url()).await.unwrap_err()), Failure::Broken);
    let silent = client.get(&server.url()).unwrap().timeout(Duration::from_millis(200)).send().await.unwrap_err();
    assert_eq!(Failure::of(&silent), Failure::TimedOut);
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let refused = get(&client, &format!("http://{free}/")).await.unwrap_err();
    assert_eq!(Failure::of(&refused), Failure::NotSent);
}
