//! Attached files in archives: all that the database knows, and nothing that is not whole.

use super::{Home, Hurt, names_in};
use crate::store::backup::attached::FOLDER;
use crate::store::backup::*;
use crate::store::connect::connect_for_migration;
use crate::store::lock::ServeLock;
use crate::store::test_folder::TestFolder;
use std::fs;

const TENANT: &str = "00000000-0000-0000-0000-000000000007";

/// A home with a folder of files.
struct Files(Home);

impl Files {
    async fn new() -> Self {
        let files = Self(Home::new().await);
        let tenant = "INSERT INTO tenant (id, slug, name, locale, timezone, created_at)
                      VALUES (x'00000000000000000000000000000007', 'a', 'a', 'es', 'UTC', 0)";
        files.run(tenant).await;
        fs::create_dir_all(files.folder().join(TENANT)).unwrap();
        files
    }

    async fn run(&self, sql: &str) {
        let db = connect_for_migration(&self.0.folder.url()).await.unwrap();
        db.execute_unprepared(sql).await.unwrap();
        db.close().await.unwrap();
    }

    fn folder(&self) -> PathBuf {
        self.0.folder.path().join("files")
    }

    /// Says to the database that there is a file; returns its name.
    async fn known(&self, number: u8, state: &str, preview: bool) -> String {
        let name = format!("{TENANT}/{number:032x}");
        self.run(&format!(
            "INSERT INTO file (tenant_id, id, state, name, uploaded_by, file_name, media_type, size, sha256, preview, created_at)
             VALUES (x'00000000000000000000000000000007', x'{number:032x}', '{state}', '{name}', x'{number:032x}', 'a', 'b', 3, 'c', {preview}, 0)"
        ))
        .await;
        name
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.folder().join(name), bytes).unwrap();
    }

    async fn back_up(&self, name: &str) -> Made {
        let (archive, url, folder) = (self.0.archive(name), self.0.folder.url(), self.folder());
        let at = Timestamp::from_secs(1_790_000_000);
        let plan = BackupPlan { database_url: &url, files: Some(&folder), archive: &archive, key: None, version: "9.9.9", at };
        back_up(plan).await.unwrap()
    }

    async fn restore_to(&self, name: &str, target: &TestFolder) -> Result<Restored, RestoreError> {
        let lock = ServeLock::acquire(target.path(), &target.url()).await.unwrap();
        let (archive, url, known, folder) = (self.0.archive(name), target.url(), migration::names(), target.path().join("files"));
        let plan = RestorePlan {
            archive: &archive,
            database_url: &url,
            data_dir: target.path(),
            files: Some(&folder),
            known: &known,
            replace: false,
            lock: &lock,
        };
        restore(plan).await
    }
}

#[tokio::test]
async fn every_file_that_the_database_knows_comes_back_and_what_is_missing_is_said() {
    let files = Files::new().await;
    let (one, two, lost) =
        (files.known(1, "ready", true).await, files.known(2, "ready", false).await, files.known(3, "ready", false).await);
    let arriving = files.known(4, "receiving", false).await;
    for name in [one.clone(), format!("{one}-1"), two.clone(), arriving, format!("{TENANT}/ab")] {
        files.write(&name, name.as_bytes());
    }
    let made = files.back_up("with").await;
    let attached = made.attached.unwrap();
    assert_eq!((attached.files, attached.missing, attached.named), (3, 1, vec![lost]));
    assert_eq!((made.manifest.format, made.manifest.has_files()), (2, true));
    assert_eq!(names_in(&files.0.archive("with")), [FOLDER, LIST, MANIFEST, DATABASE]);
    assert_eq!(names_in(&files.0.archive("with").join(FOLDER).join(TENANT)).len(), 3, "only what is known and whole");

    let target = TestFolder::new();
    let there = target.path().join("files").join(&two);
    fs::create_dir_all(there.parent().unwrap()).unwrap();
    fs::write(&there, two.as_bytes()).unwrap();
    let restored = files.restore_to("with", &target).await.unwrap();
    assert_eq!(restored.attached.map(|files| (files.files, files.missing)), Some((3, 0)));
    for name in [one.clone(), format!("{one}-1"), two] {
        assert_eq!(fs::read(target.path().join("files").join(&name)).unwrap(), name.as_bytes());
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(target.path().join("files").join(one)).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    assert!(target.path().join("recado.db").is_file());
}

#[tokio::test]
async fn without_files_an_archive_is_as_it_always_was() {
    let files = Files::new().await;
    let made = files.back_up("none").await;
    assert_eq!((made.manifest.format, made.attached), (1, None));
    assert_eq!(names_in(&files.0.archive("none")), [MANIFEST, DATABASE]);
    files.known(1, "ready", false).await;
    let plain = files.0.back_up("left out", false).await.unwrap();
    assert!(!plain.has_files());
}

#[tokio::test]
async fn an_archive_whose_files_are_not_whole_is_refused_and_nothing_is_touched() {
    let files = Files::new().await;
    let name = files.known(1, "ready", false).await;
    files.write(&name, b"abc");
    let damage: [(&str, Hurt); 4] = [
        ("flipped", |archive| fs::write(archive.join(FOLDER).join(TENANT).join(format!("{:032x}", 1)), b"xyz").unwrap()),
        ("gone", |archive| fs::remove_dir_all(archive.join(FOLDER)).unwrap()),
        ("no list", |archive| fs::remove_file(archive.join(LIST)).unwrap()),
        ("another list", |archive| fs::write(archive.join(LIST), "").unwrap()),
    ];
    let target = TestFolder::new();
    for (how, hurt) in damage {
        files.back_up(how).await;
        assert!(verify(&files.0.archive(how), &migration::names()).await.is_ok());
        hurt(&files.0.archive(how));
        assert!(verify(&files.0.archive(how), &migration::names()).await.is_err(), "{how}");
        assert!(files.restore_to(how, &target).await.is_err(), "{how}");
        assert_eq!(names_in(target.path()), ["recado.db.lock", "recado.lock"], "{how}");
    }
}
