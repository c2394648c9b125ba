//! The state folder of a device that ships: the folder, `config.toml`, and the lock file that lets hooks wake the shipper.

use std::fs::{self, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use hookrail_hook::Home;
use toml_edit::{DocumentMut, value};

use super::file::{InstallError, replace, resolved};
use crate::config::{LOCAL_SERVER, Token};

/// What `config.toml` says where there was none.
const TEMPLATE: &str = r#"# Settings of hookrail on this device. `hookrail config reference` prints every key with its default,
# `hookrail config check` looks for mistakes, `hookrail config show --origin` tells what is in force and why.

# Where events go. Without a server they stay in the spool.
server = "http://127.0.0.1:4665"
"#;

/// What was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// The state folder was made.
    pub home: bool,
    /// `config.toml` was made or changed.
    pub config: bool,
}

/// Makes what a shipping device needs and is missing. `server` and `token` are written where given; a server that is
/// configured already stays otherwise, and the local one is written where there is none.
///
/// # Errors
/// Where the folder or the file cannot be written, or the file is no TOML.
pub fn prepare(home: &Home, server: Option<&str>, token: Option<&Token>) -> Result<Made, InstallError> {
    let failed = |what, path: &Path| {
        let path = path.to_owned();
        move |source| InstallError::Io { what, path, source }
    };
    let mut made = Made { home: !home.path().is_dir(), ..Made::default() };
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(home.path())
        .map_err(failed("make the folder", home.path()))?;
    let path = home.config();
    made.config = edit(&path, TEMPLATE, |document| {
        if let Some(server) = server.or_else(|| (!document.contains_key("server")).then_some(LOCAL_SERVER)) {
            set(document, "server", server);
        }
        if let Some(token) = token {
            document.remove("token_file");
            set(document, "token", token.secret());
        }
    })?;
    create_lock(home).map_err(failed("make", &home.ship_lock()))?;
    Ok(made)
}

/// Sets texts in `config.toml` and removes keys, leaving everything else as people wrote it.
///
/// # Errors
/// Where the file cannot be read or written, or is no TOML.
pub fn write(home: &Home, texts: &[(&str, &str)], remove: &[&str]) -> Result<(), InstallError> {
    edit(&home.config(), "", |document| {
        texts.iter().for_each(|(key, text)| set(document, key, text));
        remove.iter().for_each(|key| drop(document.remove(key)));
    })
    .map(drop)
}

/// Edits a file of settings, which begins as `template`; whether it changed.
fn edit(path: &Path, template: &str, change: impl FnOnce(&mut DocumentMut)) -> Result<bool, InstallError> {
    let failed = |what| {
        let path = path.to_owned();
        move |source| InstallError::Io { what, path, source }
    };
    let before = match fs::read_to_string(path) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(failed("read")(error)),
    };
    let mut document: DocumentMut =
        before.as_deref().unwrap_or(template).parse().map_err(|error: toml_edit::TomlError| {
            failed("understand")(io::Error::new(io::ErrorKind::InvalidData, error.to_string()))
        })?;
    change(&mut document);
    let after = document.to_string();
    let changed = before.as_deref() != Some(after.as_str());
    if changed {
        replace(&resolved(path), &after, Some(Permissions::from_mode(0o600)))?;
    }
    Ok(changed)
}

/// Makes the lock file, whose being there tells hooks that there is a server to ship to, and the state folder where
/// there is none.
///
/// # Errors
/// Where it cannot be made.
pub fn create_lock(home: &Home) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(home.path())?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(home.ship_lock()).map(drop)
}

/// Sets a text, keeping a comment behind the old one, and the order of the keys.
fn set(document: &mut DocumentMut, key: &str, text: &str) {
    match document.get_mut(key).and_then(toml_edit::Item::as_value_mut) {
        Some(old) if old.as_str() == Some(text) => {}
        Some(old) => {
            let decor = old.decor().clone();
            *old = text.into();
            *old.decor_mut() = decor;
        }
        None => {
            document.insert(key, value(text));
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;
    use crate::config::{Config, FILE, Flags};

    #[test]
    fn what_it_writes_is_read_back() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join(FILE), TEMPLATE).unwrap();
        let config = Config::load(home.path(), &Flags::default(), |_| None).unwrap();
        assert_eq!(config, Config { server: Some(LOCAL_SERVER.into()), ..Config::default() });
    }
}
