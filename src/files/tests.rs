use super::contract::keeps_to_the_contract;
use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("recado-files-{name}-{}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

#[tokio::test]
async fn memory_keeps_to_the_contract() {
    keeps_to_the_contract(&ObjectFiles::memory()).await;
}

#[tokio::test]
async fn a_folder_keeps_to_the_contract_and_is_its_owners() {
    let folder = Folder::new("contract");
    keeps_to_the_contract(&ObjectFiles::open(&Place::Folder(folder.0.join("deep"))).unwrap()).await;
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.0.join("deep")).unwrap().permissions());
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

/// A server that speaks S3, such as moto, at `RECADO_TEST_S3_URL`, with a bucket `recado`. Without it there is nothing to try.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "the test is told by its environment where a server is")]
async fn a_bucket_keeps_to_the_contract() {
    let Ok(url) = std::env::var("RECADO_TEST_S3_URL") else { return };
    let bucket = Bucket {
        name: "recado".to_owned(),
        prefix: "tests/files".to_owned(),
        endpoint: Some(Url::parse(&url).unwrap()),
        region: "us-east-1".to_owned(),
        key_id: SecretString::from("testing"),
        secret_key: SecretString::from("testing"),
    };
    keeps_to_the_contract(&ObjectFiles::open(&Place::Bucket(bucket)).unwrap()).await;
}

/// A process that dies while it writes leaves a half file under another name: removing the file takes that away too.
#[tokio::test]
async fn what_a_dead_process_has_left_goes_with_the_file() {
    let folder = Folder::new("dead");
    let files = ObjectFiles::open(&Place::Folder(folder.0.clone())).unwrap();
    let mut writer = files.begin("ab/cd").await.unwrap();
    for _ in 0..3 {
        writer.write(Bytes::from(vec![1; PART])).await.unwrap();
    }
    // As kill -9 does: nothing of it is told that it ends.
    std::mem::forget(writer);
    let left = || std::fs::read_dir(folder.0.join("ab")).unwrap().count();
    assert_eq!(left(), 1, "there is something half written");
    files.remove("ab/cd").await.unwrap();
    assert_eq!(left(), 0);
}

/// A bucket of a server that answers every call in the way that is told.
async fn answering(answer: impl AsyncFn(tokio::net::TcpStream) + 'static, stall: Duration) -> ObjectFiles {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::task::spawn_local(async move {
        while let Ok((mut peer, _)) = listener.accept().await {
            let mut head = [0; 16 * 1024];
            if tokio::io::AsyncReadExt::read(&mut peer, &mut head).await.is_ok() {
                answer(peer).await;
            }
        }
    });
    let bucket = Bucket {
        name: "recado".to_owned(),
        prefix: String::new(),
        endpoint: Some(Url::parse(&url).unwrap()),
        region: "us-east-1".to_owned(),
        key_id: SecretString::from("testing"),
        secret_key: SecretString::from("testing"),
    };
    ObjectFiles::bucket(&bucket, stall).unwrap()
}

#[actix_web::test]
async fn what_a_bucket_says_of_keys_is_not_repeated() {
    let refusing = async |mut peer: tokio::net::TcpStream| {
        let body =
            "<Error><Code>SignatureDoesNotMatch</Code><AWSAccessKeyId>AKIAHIDDEN</AWSAccessKeyId><StringToSign>x</StringToSign></Error>";
        let answer = format!("HTTP/1.1 403 Forbidden\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
        drop(peer.write_all(answer.as_bytes()).await);
        // A close at once may overtake the answer.
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let files = answering(refusing, CALL).await;
    let mut told = vec![files.read("ab/cd", None).await.map(drop).unwrap_err(), files.remove("ab/cd").await.unwrap_err()];
    let mut writer = files.begin("ab/cd").await.unwrap();
    writer.write(Bytes::from_static(b"hola")).await.unwrap();
    told.push(writer.finish().await.unwrap_err());
    for error in told {
        let text = format!("{error} {error:?}");
        assert!(!text.contains("AKIAHIDDEN") && !text.contains("StringToSign") && !text.contains("AWSAccessKeyId"), "{text}");
        assert!(text.contains("not permitted"), "it still says what is wrong: {text}");
    }
}

/// Whoever reads slowly, or a large file, gets all of it: only a bucket that stands still is given up.
#[actix_web::test]
async fn a_file_that_takes_long_comes_whole() {
    const STALL: Duration = Duration::from_millis(500);
    let slow = async |mut peer: tokio::net::TcpStream| {
        let head = "HTTP/1.1 200 OK\r\ncontent-length: 10\r\netag: \"a\"\r\nlast-modified: Sat, 28 Nov 2026 15:00:00 GMT\r\nconnection: close\r\n\r\n";
        drop(peer.write_all(head.as_bytes()).await);
        for _ in 0..10 {
            tokio::time::sleep(STALL / 5).await;
            drop(peer.write_all(b"x").await);
        }
    };
    let files = answering(slow, STALL).await;
    let read = files.read("ab/cd", None).await.unwrap().bytes.try_collect::<Vec<_>>().await.unwrap().concat();
    assert_eq!(read, b"xxxxxxxxxx");
}

#[test]
fn a_bucket_shows_no_key() {
    let secret = || SecretString::from("hidden-word");
    let bucket = Bucket {
        name: "b".to_owned(),
        prefix: String::new(),
        endpoint: None,
        region: "us-east-1".to_owned(),
        key_id: secret(),
        secret_key: secret(),
    };
    assert!(!format!("{:?}", Place::Bucket(bucket)).contains("hidden-word"));
}
