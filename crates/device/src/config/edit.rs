//! Setting one key of `config.toml`, with everything else left as people wrote it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

use hookrail_hook::Home;
use toml_edit::{Array, DocumentMut, Item, Table, Value};

use super::document::{Document, Form};
use super::settings::{Kind, SETTINGS, Setting};
use super::{ConfigError, FILE};
use crate::install::file::{replace, resolved};
use crate::words;

/// Whether a setting is the guard's business: then it is a person's to change.
pub fn is_of_guard(key: &str) -> bool {
    key == "profile" || key.starts_with("guard.")
}

/// Sets a key, at the top of the file or of a profile, where what comes of it has no mistake that was not there before.
///
/// # Errors
/// What is wrong with the key or the value; and where the file cannot be read, understood or written.
pub fn set(home: &Home, profile: Option<&str>, key: &str, text: &str) -> Result<(), ConfigError> {
    let path = home.config();
    let failed = |source| ConfigError::Unreadable { path: path.clone(), source };
    let before = match fs::read_to_string(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text.map_err(failed)?,
    };
    let mut document: DocumentMut =
        before.parse().map_err(|error: toml_edit::TomlError| ConfigError::Invalid(format!("{FILE}: {error}")))?;
    let value = value(key, text)?;
    let names = profile.into_iter().flat_map(|profile| ["profiles", profile]).chain(key.split('.'));
    put(document.as_item_mut(), &names.collect::<Vec<_>>(), value)
        .ok_or_else(|| ConfigError::Invalid(format!("{key} is within something in {FILE} that is no table")))?;
    let after = document.to_string();
    let known = Document::read(&before, &path, Form::Config).mistakes;
    let found = Document::read(&after, &path, Form::Config).mistakes;
    let is_known = |message: &str| known.iter().any(|mistake| mistake.message == message);
    if let Some(new) = found.into_iter().find(|mistake| !is_known(&mistake.message)) {
        return Err(ConfigError::Invalid(new.message));
    }
    fs::DirBuilder::new().recursive(true).mode(0o700).create(home.path()).map_err(failed)?;
    replace(&resolved(&path), &after, Some(Permissions::from_mode(0o600)))
        .map_err(|error| ConfigError::Invalid(error.to_string()))
}

/// The text as the setting's kind of value; whether it is a right one is seen when it is read back.
fn value(key: &str, text: &str) -> Result<Value, ConfigError> {
    let setting = Setting::of(key);
    if setting.is_none() && key != "profile" {
        let near = words::nearest(key, SETTINGS.iter().map(|setting| setting.key));
        let meant = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(ConfigError::Invalid(format!("there is no setting `{key}`{meant}")));
    }
    Ok(match setting.map(|setting| setting.kind) {
        Some(Kind::Switch) => text.parse::<bool>().map_or_else(|_| text.into(), Value::from),
        Some(Kind::Globs) => {
            Value::Array(text.split(',').map(str::trim).filter(|glob| !glob.is_empty()).collect::<Array>())
        }
        _ => text.into(),
    })
}

/// Puts a value below these names, keeping the comment behind the one that was there. `None` where a name on the way is no table.
fn put(item: &mut Item, names: &[&str], mut value: Value) -> Option<()> {
    let (name, rest) = names.split_first()?;
    let table = item.as_table_like_mut()?;
    if !rest.is_empty() {
        if !table.contains_key(name) {
            let mut new = Table::new();
            new.set_implicit(true);
            table.insert(name, Item::Table(new));
        }
        return put(table.get_mut(name)?, rest, value);
    }
    match table.get_mut(name).and_then(Item::as_value_mut) {
        Some(old) => {
            *value.decor_mut() = old.decor().clone();
            *old = value;
        }
        None => drop(table.insert(name, Item::Value(value))),
    }
    Some(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn one_key_is_set_and_everything_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path().join("state"));
        let text = || fs::read_to_string(home.config()).unwrap();
        set(&home, None, "capture", "inputs").unwrap();
        assert_eq!(text(), "capture = \"inputs\"\n");
        fs::write(home.config(), "# mine\ncapture = \"full\" # all of it\n[ship]\nidle_exit = \"2m\"\n").unwrap();
        set(&home, None, "capture", "metadata").unwrap();
        set(&home, None, "ship.batch_wait", "1s").unwrap();
        set(&home, None, "redact_personal", "true").unwrap();
        set(&home, Some("office"), "handlers.off", "lint, user:*").unwrap();
        assert_eq!(
            text(),
            "# mine\ncapture = \"metadata\" # all of it\nredact_personal = true\n[ship]\nidle_exit = \"2m\"\nbatch_wait = \"1s\"\n\n\
             [profiles.office.handlers]\noff = [\"lint\", \"user:*\"]\n"
        );
        let before = text();
        for (profile, key, value, says) in [
            (None, "captur", "full", "there is no setting `captur`; did you mean `capture`?"),
            (None, "capture", "ful", "did you mean `full`?"),
            (None, "redact_personal", "perhaps", "must be true or false"),
            (None, "server", "example", "must begin with http"),
            (None, "handlers.off", "[", "is no glob"),
            (Some("office"), "server", "http://a", "is one for the device"),
            (Some("a b"), "capture", "full", "the name of a profile"),
        ] {
            let error = set(&home, profile, key, value).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        assert_eq!(text(), before);
        assert!(is_of_guard("guard.at_most") && is_of_guard("profile") && !is_of_guard("profiles"));
    }
}
