//! What every store of files keeps to: run on memory, on a folder, and on a bucket where one is named.

use crate::ports::files::{FileError, FileStore};
use bytes::Bytes;
use futures::TryStreamExt;
use std::ops::Range;

const NAME: &str = "0199c0de-0000-7000-8000-000000000001/9f86d081884c7d659a2feaa0c55ad015";

async fn all(files: &dyn FileStore, name: &str, part: Option<Range<u64>>) -> Result<(u64, Vec<u8>), FileError> {
    let found = files.read(name, part).await?;
    Ok((found.size, found.bytes.try_collect::<Vec<_>>().await?.concat()))
}

async fn put(files: &dyn FileStore, name: &str, pieces: &[&'static [u8]]) {
    let mut writer = files.begin(name).await.unwrap();
    for piece in pieces {
        writer.write(Bytes::from_static(piece)).await.unwrap();
    }
    writer.finish().await.unwrap();
}

/// Tries everything that the port promises.
pub async fn keeps_to_the_contract(files: &dyn FileStore) {
    files.check().await.unwrap();
    assert_eq!(all(files, NAME, None).await, Err(FileError::Absent));
    put(files, NAME, &[b"hello ", b"", b"world"]).await;
    assert_eq!(all(files, NAME, None).await, Ok((11, b"hello world".to_vec())));
    assert_eq!(all(files, NAME, Some(6..8)).await, Ok((11, b"wo".to_vec())));
    assert_eq!(all(files, NAME, Some(6..99)).await, Ok((11, b"world".to_vec())), "a part ends with the file");

    // Large enough for several parts, in pieces that fit into none.
    static LARGE: [u8; 700_000] = [7; 700_000];
    let large = format!("{NAME}0");
    let mut writer = files.begin(&large).await.unwrap();
    for _ in 0..20 {
        writer.write(Bytes::from_static(&LARGE)).await.unwrap();
    }
    assert_eq!(all(files, &large, None).await, Err(FileError::Absent), "nothing is seen before its end");
    writer.finish().await.unwrap();
    assert_eq!(all(files, &large, Some(13_999_990..14_000_000)).await, Ok((14_000_000, vec![7; 10])));

    let given_up = format!("{NAME}1");
    let mut writer = files.begin(&given_up).await.unwrap();
    for _ in 0..20 {
        writer.write(Bytes::from_static(&LARGE)).await.unwrap();
    }
    writer.abort().await;
    assert_eq!(all(files, &given_up, None).await, Err(FileError::Absent));

    for name in [NAME, &large, &given_up] {
        files.remove(name).await.unwrap();
        files.remove(name).await.unwrap();
        assert_eq!(all(files, name, None).await, Err(FileError::Absent));
    }
    for name in ["", "../../etc/passwd", "/etc/passwd", "a//b", "a/../b", "a b", "a\0", "a#1", "ñ"] {
        assert!(matches!(files.begin(name).await.err(), Some(FileError::Fail(_))), "{name:?}");
        assert!(matches!(files.read(name, None).await.err(), Some(FileError::Fail(_))), "{name:?}");
        assert!(matches!(files.remove(name).await, Err(FileError::Fail(_))), "{name:?}");
    }
}
