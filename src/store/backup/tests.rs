mod attached;

use super::*;
use crate::store::lock::ServeLock;
use crate::store::test_folder::TestFolder;
use std::fs;

const KEY_TEXT: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// Damages an archive.
type Hurt = fn(&Path);

struct Home {
    folder: TestFolder,
    key: SecretString,
}

impl Home {
    async fn new() -> Self {
        let folder = TestFolder::new();
        folder.store().await;
        Self { folder, key: SecretString::from(KEY_TEXT) }
    }

    fn archive(&self, name: &str) -> PathBuf {
        self.folder.path().join("archives").join(name)
    }

    async fn back_up(&self, name: &str, with_key: bool) -> Result<Manifest, BackupError> {
        let archive = self.archive(name);
        let key = with_key.then_some(&self.key);
        let at = Timestamp::from_secs(1_790_000_000);
        let plan = BackupPlan { database_url: &self.folder.url(), files: None, archive: &archive, key, version: "9.9.9", at };
        back_up(plan).await.map(|made| made.manifest)
    }

    async fn restore_to(&self, name: &str, target: &TestFolder, replace: bool) -> Result<Manifest, RestoreError> {
        let lock = ServeLock::acquire(target.path(), &target.url()).await.unwrap();
        let (archive, database_url, known) = (self.archive(name), target.url(), migration::names());
        let plan = RestorePlan {
            archive: &archive,
            database_url: &database_url,
            data_dir: target.path(),
            files: None,
            known: &known,
            replace,
            prune: false,
            lock: &lock,
        };
        restore(plan).await.map(|restored| restored.manifest)
    }
}

fn names_in(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn an_archive_holds_the_key_only_where_asked_and_is_its_owners_alone() {
    let home = Home::new().await;
    let manifest = home.back_up("plain", false).await.unwrap();
    assert!(!manifest.has_key());
    assert_eq!(names_in(&home.archive("plain")), [MANIFEST, DATABASE]);
    assert!(home.back_up("keyed", true).await.unwrap().has_key());
    assert_eq!(names_in(&home.archive("keyed")), [MANIFEST, DATABASE, KEY]);
    for name in names_in(&home.archive("keyed")) {
        let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(home.archive("keyed").join(&name)).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(!fs::read_to_string(home.archive("keyed").join(MANIFEST)).unwrap().contains(KEY_TEXT));
    assert_eq!(names_in(&home.folder.path().join("archives")), ["keyed", "plain"], "nothing unfinished is left");
}

#[tokio::test]
async fn an_archive_is_never_written_over_and_a_failed_one_leaves_nothing() {
    let home = Home::new().await;
    home.back_up("one", false).await.unwrap();
    assert!(matches!(home.back_up("one", false).await, Err(BackupError::Exists(_))));
    let nothing = TestFolder::new();
    let archive = nothing.path().join("archive");
    let plan = |url: &'static str| BackupPlan {
        database_url: url,
        files: None,
        archive: &archive,
        key: None,
        version: "1",
        at: Timestamp::default(),
    };
    assert!(matches!(back_up(plan("sqlite:///nowhere/recado.db")).await, Err(BackupError::NoDatabase(_))));
    assert!(matches!(back_up(plan("postgres://u:hunter2@h/d")).await, Err(BackupError::Postgres)));
    // A database whose pages were overwritten.
    let mut bytes = fs::read(home.archive("one").join(DATABASE)).unwrap();
    bytes.iter_mut().skip(4096).take(40_000).for_each(|byte| *byte = 0x5a);
    fs::write(nothing.path().join("recado.db"), bytes).unwrap();
    let url = nothing.url();
    let plan = BackupPlan { database_url: &url, files: None, archive: &archive, key: None, version: "1", at: Timestamp::default() };
    assert!(matches!(back_up(plan).await, Err(BackupError::Copy(_) | BackupError::Damaged(_))));
    assert!(names_in(nothing.path()).iter().all(|name| name.starts_with("recado.")), "{:?}", names_in(nothing.path()));
}

#[tokio::test]
async fn a_restore_puts_database_and_key_in_place_and_replaces_only_when_told() {
    let home = Home::new().await;
    home.back_up("keyed", true).await.unwrap();
    let target = TestFolder::new();
    home.restore_to("keyed", &target, false).await.unwrap();
    assert_eq!(names_in(target.path()), ["recado.db", "recado.db.lock", "recado.lock", KEY]);
    assert!(matches!(home.restore_to("keyed", &target, false).await, Err(RestoreError::Exists(_))));
    // An old database with a log of its own, and another key.
    let store = target.store().await;
    assert!(store.ping().await.is_ok());
    drop(store);
    fs::write(target.path().join(KEY), "another").unwrap();
    home.restore_to("keyed", &target, true).await.unwrap();
    assert_eq!(fs::read_to_string(target.path().join(KEY)).unwrap().trim(), KEY_TEXT);
    assert_eq!(fs::read(target.path().join("recado.db")).unwrap(), fs::read(home.archive("keyed").join(DATABASE)).unwrap());
    assert!(!target.path().join("recado.db-wal").exists(), "a log of the old database would be applied to the new one");
}

#[tokio::test]
async fn another_key_is_not_replaced_unasked() {
    let home = Home::new().await;
    home.back_up("keyed", true).await.unwrap();
    let target = TestFolder::new();
    fs::write(target.path().join(KEY), "another").unwrap();
    assert!(matches!(home.restore_to("keyed", &target, false).await, Err(RestoreError::OtherKey(_))));
    assert_eq!(names_in(target.path()), ["recado.db.lock", "recado.lock", KEY], "nothing was put in place");
}

#[tokio::test]
async fn a_damaged_archive_is_refused_and_nothing_is_touched() {
    let home = Home::new().await;
    let target = TestFolder::new();
    let known = migration::names();
    let damage: [(&str, Hurt); 7] = [
        ("cut", |archive| fs::OpenOptions::new().write(true).open(archive.join(DATABASE)).unwrap().set_len(8192).unwrap()),
        ("flipped", |archive| {
            let mut bytes = fs::read(archive.join(DATABASE)).unwrap();
            bytes[20_000] ^= 1;
            fs::write(archive.join(DATABASE), bytes).unwrap();
        }),
        ("gone", |archive| fs::remove_file(archive.join(DATABASE)).unwrap()),
        ("no manifest", |archive| fs::remove_file(archive.join(MANIFEST)).unwrap()),
        ("half a manifest", |archive| fs::write(archive.join(MANIFEST), "{\"format\": 1, \"files").unwrap()),
        ("another format", |archive| fs::write(archive.join(MANIFEST), "{\"format\": 3}").unwrap()),
        ("a path", |archive| {
            let text = fs::read_to_string(archive.join(MANIFEST)).unwrap().replace("\"recado.db\"", "\"../recado.db\"");
            fs::write(archive.join(MANIFEST), text).unwrap();
        }),
    ];
    for (name, hurt) in damage {
        home.back_up(name, false).await.unwrap();
        assert!(verify(&home.archive(name), &known).await.is_ok());
        hurt(&home.archive(name));
        assert!(verify(&home.archive(name), &known).await.is_err(), "{name}");
        let refused = home.restore_to(name, &target, true).await.unwrap_err();
        assert!(!matches!(refused, RestoreError::Exists(_)), "{name}");
        assert_eq!(names_in(target.path()), ["recado.db.lock", "recado.lock"], "{name}");
    }
}

#[tokio::test]
async fn an_archive_of_a_newer_release_is_refused_by_name() {
    let home = Home::new().await;
    home.back_up("new", false).await.unwrap();
    let older: Vec<String> = migration::names().into_iter().take(1).collect();
    let refused = verify(&home.archive("new"), &older).await.unwrap_err().to_string();
    assert!(refused.contains("9.9.9") && refused.contains("use that release"), "{refused}");
}
