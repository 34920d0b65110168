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

/// A server that speaks S3, with a bucket `recado`.
#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test's server is named by the script that started it, there is no config here")]
async fn a_bucket_keeps_to_the_contract() {
    let url =
        std::env::var("RECADO_TEST_S3_URL").expect("run the tests through scripts/test, or start a server with `scripts/s3 start DIR`");
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
