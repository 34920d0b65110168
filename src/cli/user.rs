//! `recado user create|list|unlock`.

use crate::app::account_settings;
use crate::cli::{open, print_json, secret};
use crate::config::Config;
use crate::crypto::random::random_bytes;
use crate::crypto::tokens::mint_as;
use crate::domain::audit::{Actor, Caller};
use crate::domain::permission::Role;
use crate::store::accounts::{Accounts, NewUser};
use anyhow::{Context, ensure};
use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use std::io::{Read, Write};

/// Longest password that is read, in bytes.
const MOST_BYTES: u64 = 4096;

/// People who sign in.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Make a person a member of a business, with an account if there is none with this address.
    Create {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// The person's mail address.
        #[arg(long)]
        email: String,
        /// The person's name.
        #[arg(long)]
        name: String,
        /// owner, administrator or member.
        #[arg(long, default_value = "owner", value_parser = role)]
        role: Role,
        /// The language of pages and mails.
        #[arg(long, default_value = "es-MX")]
        locale: String,
        /// Read the password from standard input, one line; without it one is made up and shown once.
        #[arg(long)]
        password_stdin: bool,
        /// Make an account that is there already a member; it keeps its password.
        #[arg(long)]
        existing: bool,
        /// Print the object as JSON.
        #[arg(long)]
        json: bool,
    },
    /// List a business's members.
    List {
        /// The tenant's slug.
        #[arg(long, value_name = "SLUG")]
        tenant: String,
        /// Print one object a line as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Open a door that wrong tries have shut.
    Unlock {
        /// The person's mail address.
        #[arg(long)]
        email: String,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::named(text).ok_or_else(|| "must be owner, administrator or member".to_owned())
}

pub(super) async fn run(config: &Config, what: User, out: &mut dyn Write) -> anyhow::Result<()> {
    let admin = open::admin(config, secret::from_settings_or_folder(config)?).await?;
    let accounts = Accounts::open(&admin, account_settings(config)).await?.acting(Caller::here(Actor::Operator));
    match what {
        User::Create { tenant, email, name, role, locale, password_stdin, existing, json } => {
            let tenant = admin.require_tenant(&tenant).await?.id;
            let password = if password_stdin { read_password()? } else { made_up()? };
            let shown = email.clone();
            let made = accounts.create_user(NewUser { tenant, email, name, locale, role, password: password.clone(), existing }).await?;
            let fresh = (made && !password_stdin).then(|| password.expose_secret());
            if json {
                return print_json(out, &json!({ "email": shown, "role": role.name(), "tenant_id": tenant, "password": fresh }));
            }
            let kept = if made { "" } else { " (the account was there, and keeps its password)" };
            writeln!(out, "{shown} is {} now{kept}", role.name())?;
            if let Some(password) = fresh {
                writeln!(out, "password {password} (shown once)")?;
            }
            Ok(())
        }
        User::List { tenant, json } => {
            for user in accounts.users(admin.require_tenant(&tenant).await?.id).await? {
                if json {
                    print_json(out, &serde_json::to_value(&user)?)?;
                } else {
                    writeln!(out, "{} {} {} {} ({})", user.id, user.email, user.name, user.role, user.state)?;
                }
            }
            Ok(())
        }
        User::Unlock { email } => {
            ensure!(accounts.unlock(&email).await?, "there is no account with this address");
            Ok(writeln!(out, "the door is open again")?)
        }
    }
}

/// Makes up a password that nobody guesses.
pub(super) fn made_up() -> anyhow::Result<SecretString> {
    let (token, _) = mint_as("", random_bytes()?);
    Ok(SecretString::from(token.expose_secret().chars().rev().take(20).collect::<String>()))
}

fn read_password() -> anyhow::Result<SecretString> {
    let mut text = String::new();
    std::io::stdin().take(MOST_BYTES).read_to_string(&mut text).context("the password could not be read")?;
    let line = text.lines().next().unwrap_or_default().to_owned();
    ensure!(!line.is_empty(), "the password is missing on standard input");
    Ok(SecretString::from(line))
}
