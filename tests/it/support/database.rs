//! Databases for tests: each test has its own, and it goes when the test ends.
//!
//! PostgreSQL is migrated once per run into a template that every test copies, which takes milliseconds. There is no skipping:
//! without a server a PostgreSQL test fails and says how to get one.

use anyhow::{Context, Result};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbBackend};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use tokio::sync::OnceCell;
use url::Url;

static NEXT: AtomicU32 = AtomicU32::new(0);
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// A database of one test. Dropping it removes it; connections that are still open are cut.
#[derive(Debug)]
pub struct TestDatabase {
    connection: DatabaseConnection,
    url: String,
    home: Home,
}

#[derive(Debug)]
enum Home {
    Folder(PathBuf),
    Server { admin: Url, name: String },
}

impl TestDatabase {
    /// Makes a migrated SQLite database in a folder of its own.
    pub async fn sqlite() -> Result<Self> {
        let database = Self::empty_sqlite().await?;
        migration::up(database.connection()).await?;
        Ok(database)
    }

    /// Makes a SQLite database without any table.
    pub async fn empty_sqlite() -> Result<Self> {
        let folder = std::env::temp_dir().join(unique("recado_test"));
        std::fs::create_dir_all(&folder)?;
        let url = format!("sqlite://{}?mode=rwc", folder.join("recado.db").display());
        Ok(Self { connection: connect(&url).await?, url, home: Home::Folder(folder) })
    }

    /// Makes a migrated PostgreSQL database on the server of `RECADO_TEST_DATABASE_URL`.
    pub async fn postgres() -> Result<Self> {
        let template = TEMPLATE.get_or_try_init(make_template).await?;
        Self::on_server(&format!("TEMPLATE {template}")).await
    }

    /// Makes a PostgreSQL database without any table.
    pub async fn empty_postgres() -> Result<Self> {
        Self::on_server("").await
    }

    /// Makes one migrated database of each kind, for tests that must hold on both.
    pub async fn both() -> Result<[Self; 2]> {
        Ok([Self::sqlite().await?, Self::postgres().await?])
    }

    /// Returns the test's connection; on PostgreSQL its login owns the tables and is bound by the policies.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Returns which database it is.
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Returns the address, for a second connection or for a server under test.
    pub fn url(&self) -> &str {
        &self.url
    }

    async fn on_server(options: &str) -> Result<Self> {
        let admin = server()?;
        let name = unique("recado_test");
        let url = create(&admin, &name, options).await?;
        Ok(Self { connection: connect(&url).await?, url, home: Home::Server { admin, name } })
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        match &self.home {
            Home::Folder(folder) => drop(std::fs::remove_dir_all(folder)),
            Home::Server { admin, name } => drop_on_server(admin.clone(), name.clone()),
        }
    }
}

/// Opens a pool of its own on `url`, as a second process would.
pub async fn connect(url: &str) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new(url);
    options.max_connections(4).sqlx_logging(false);
    Database::connect(options).await.with_context(|| "cannot open the test database".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "a test's server is named by the script that started it, there is no config here")]
fn server() -> Result<Url> {
    let url = std::env::var("RECADO_TEST_DATABASE_URL").context(
        "RECADO_TEST_DATABASE_URL is not set: run the tests through scripts/test, or start a server with `scripts/postgres start DIR`",
    )?;
    Url::parse(&url).context("RECADO_TEST_DATABASE_URL is not an address")
}

async fn make_template() -> Result<String> {
    let name = unique("recado_template");
    let url = create(&server()?, &name, "").await?;
    let connection = connect(&url).await?;
    migration::up(&connection).await?;
    // Nobody may be connected to a template while it is copied.
    connection.close().await?;
    Ok(name)
}

/// Makes the database `name`, replacing what a killed run with the same process id may have left, and returns its address.
async fn create(admin: &Url, name: &str, options: &str) -> Result<String> {
    let connection = connect(admin.as_str()).await?;
    connection.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
    connection.execute_unprepared(&format!("CREATE DATABASE {name} {options}")).await?;
    connection.close().await?;
    let mut url = admin.clone();
    url.set_path(name);
    Ok(url.into())
}

/// Best effort, on a thread with its own runtime: a drop cannot wait on the test's runtime, which may be ending.
fn drop_on_server(admin: Url, name: String) {
    let work = async move {
        let connection = connect(admin.as_str()).await?;
        connection.execute_unprepared(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")).await?;
        anyhow::Ok(connection.close().await?)
    };
    let thread = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().map(|runtime| runtime.block_on(work))
    });
    drop(thread.join());
}

/// Returns a name that no other test of this or another running process has.
pub fn unique(prefix: &str) -> String {
    format!("{prefix}_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}
