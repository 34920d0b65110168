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
        self.restore_over(name, target, (false, false)).await
    }

    /// `replace`, `prune`.
    async fn restore_over(&self, name: &str, target: &TestFolder, (replace, prune): (bool, bool)) -> Result<Restored, RestoreError> {
        let lock = ServeLock::acquire(target.path(), &target.url()).await.unwrap();
        let (archive, url, known, folder) = (self.0.archive(name), target.url(), migration::names(), target.path().join("files"));
        let plan = RestorePlan {
            archive: &archive,
            database_url: &url,
            data_dir: target.path(),
            files: Some(&folder),
            known: &known,
            replace,
            prune,
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

/// Says what there is to say of the database in a folder.
async fn texts(folder: &TestFolder, sql: &str) -> Vec<String> {
    let db = connect_for_migration(&folder.url()).await.unwrap();
    let rows = db.query_all_raw(Statement::from_string(DbBackend::Sqlite, sql)).await.unwrap();
    let texts = rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect();
    db.close().await.unwrap();
    texts
}

const LEFTOVERS: &str = "SELECT lower(hex(tenant_id)) || ' ' || name || ' ' || due_at FROM file_leftover ORDER BY name";

#[tokio::test]
async fn files_that_came_after_the_copy_go_when_it_comes_back_and_none_that_it_knows() {
    let files = Files::new().await;
    let (old, lost) = (files.known(1, "ready", true).await, files.known(2, "ready", false).await);
    let arriving = files.known(3, "receiving", false).await;
    let held = format!("{TENANT}/{:032x}", 9);
    files
        .run(&format!("INSERT INTO file_leftover (tenant_id, name, due_at) VALUES (x'00000000000000000000000000000007', '{held}', 5)"))
        .await;
    for name in [old.clone(), format!("{old}-1"), arriving.clone(), held.clone()] {
        files.write(&name, b"abc");
    }
    files.back_up("monday").await;
    // Tuesday: two files come, one of them is taken back before its bytes are away; what is not ours lies there too.
    let (new, taken_back) = (files.known(4, "ready", true).await, files.known(5, "ready", false).await);
    files.run(&format!("DELETE FROM file WHERE name = '{taken_back}'")).await;
    let unknown = format!("{TENANT}/{:032x}", 6);
    for name in [new.clone(), format!("{new}-1"), format!("{new}-1#1"), taken_back.clone(), unknown.clone(), format!("{TENANT}/mine.txt")] {
        files.write(&name, b"abc");
    }
    fs::create_dir_all(files.folder().join("lost+found")).unwrap();
    fs::write(files.folder().join("lost+found").join(format!("{:032x}", 7)), b"abc").unwrap();

    let restored = files.restore_over("monday", &files.0.folder, (true, false)).await.unwrap();
    let expected = Strangers { let_go: 2, left: 1, named: vec![unknown.clone()] };
    assert_eq!(restored.strangers, Some(expected));
    let noted = |name: &str, due: u8| format!("00000000000000000000000000000007 {name} {due}");
    assert_eq!(texts(&files.0.folder, LEFTOVERS).await, [noted(&new, 0), noted(&taken_back, 0), noted(&held, 5)]);
    let known = texts(&files.0.folder, "SELECT name FROM file ORDER BY name").await;
    assert_eq!(known, [old.clone(), lost, arriving.clone()]);
    assert!(names_in(files.0.folder.path()).iter().all(|name| !name.contains("restoring")), "nothing is left beside");
    assert!(verify(&files.0.archive("monday"), &migration::names()).await.is_ok(), "the archive is as it was");

    let restored = files.restore_over("monday", &files.0.folder, (true, true)).await.unwrap();
    assert_eq!(restored.strangers, Some(Strangers { let_go: 3, ..Strangers::default() }), "asked for, the unknown one goes too");

    // The engine's next look.
    let store = files.0.folder.store().await;
    let place = crate::files::ObjectFiles::open(&crate::files::Place::Folder(files.folder())).unwrap();
    let gone = crate::testing::files::clear_away(&store, &place, &crate::net::clock::SystemClock::new()).await.unwrap();
    assert_eq!(gone, 4);
    let there = |name: &String| files.folder().join(name).exists();
    assert!(![new.clone(), format!("{new}-1"), format!("{new}-1#1"), taken_back, held, unknown].iter().any(there));
    assert!([old.clone(), format!("{old}-1"), arriving, format!("{TENANT}/mine.txt")].iter().all(there));
}

/// A folder that another installation uses too, and a database that is too damaged to say what it knew.
#[tokio::test]
async fn what_no_database_vouches_for_stays() {
    let files = Files::new().await;
    let old = files.known(1, "ready", false).await;
    files.write(&old, b"abc");
    files.back_up("copy").await;
    let other = format!("{TENANT}/{:032x}", 8);
    for damage in [false, true] {
        let target = TestFolder::new();
        fs::create_dir_all(target.path().join("files").join(TENANT)).unwrap();
        fs::write(target.path().join("files").join(&other), b"abc").unwrap();
        if damage {
            fs::write(target.path().join("recado.db"), b"no database at all, however long it may be").unwrap();
        }
        let restored = files.restore_over("copy", &target, (damage, false)).await.unwrap();
        assert_eq!(restored.strangers, Some(Strangers { let_go: 0, left: 1, named: vec![other.clone()] }), "{damage}");
        assert_eq!(texts(&target, LEFTOVERS).await, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_damaged_file_in_its_place_is_mended_and_a_whole_one_is_left_alone() {
    let files = Files::new().await;
    let (rotten, short, whole) =
        (files.known(1, "ready", false).await, files.known(2, "ready", false).await, files.known(3, "ready", false).await);
    for name in [&rotten, &short, &whole] {
        files.write(name, b"abc");
    }
    files.back_up("copy").await;
    files.write(&rotten, b"a\0c");
    files.write(&short, b"a");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o640);
    fs::set_permissions(files.folder().join(&whole), mode).unwrap();
    let restored = files.restore_over("copy", &files.0.folder, (true, false)).await.unwrap();
    assert_eq!(restored.attached.map(|files| (files.files, files.mended)), Some((3, 2)));
    for name in [&rotten, &short, &whole] {
        assert_eq!(fs::read(files.folder().join(name)).unwrap(), b"abc");
    }
    let mode = std::os::unix::fs::PermissionsExt::mode(&fs::metadata(files.folder().join(whole)).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o640, "it was not written anew");
}

/// A bad sector, a file of another owner: here a folder where a file should be.
#[tokio::test]
async fn one_file_that_cannot_be_read_keeps_nothing_else_from_being_copied() {
    let files = Files::new().await;
    let (bad, good) = (files.known(1, "ready", false).await, files.known(2, "ready", false).await);
    fs::create_dir_all(files.folder().join(&bad)).unwrap();
    files.write(&good, b"abc");
    let made = files.back_up("copy").await;
    assert_eq!(made.attached.map(|attached| (attached.files, attached.missing, attached.named)), Some((1, 1, vec![bad])));
    assert_eq!(names_in(&files.0.archive("copy").join(FOLDER).join(TENANT)).len(), 1, "nothing half made is left");
    assert!(verify(&files.0.archive("copy"), &migration::names()).await.is_ok());
}
