//! The organisation's rules: fetched from its server, kept with their signature, and believed only with it.
//!
//! The first server key a device sees is the one it goes by from then on; another is refused until a person removes the file that
//! holds it. So neither a copy of the rules that somebody changed nor another server at the same address takes effect.

use std::path::PathBuf;
use std::time::{Duration, Instant};
use std::{fs, io};

use hookrail_core::policy::published::{Published, unhex};
use hookrail_hook::Home;
use ring::signature::{ED25519, UnparsedPublicKey};

use crate::http::{Client, HttpError};
use crate::whole::write_private;

/// The door.
const PATH: &str = "/api/v1/policy";

/// How often a running shipper asks whether there is something newer.
const EVERY: Duration = Duration::from_secs(60);

/// Why the organisation's rules are not those of its server.
#[derive(Debug, thiserror::Error)]
pub enum OrganisationError {
    /// No answer came.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The server refuses.
    #[error("the organisation's rules were not handed out: {0}")]
    Refused(String),
    /// They are not what the server signed, or it is another server than before.
    #[error("the organisation's rules are not believed: {0}")]
    Unsigned(String),
    /// The state folder cannot be used.
    #[error("{}: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
}

/// Where they are kept.
pub(super) fn file(home: &Home) -> PathBuf {
    home.path().join("organisation.json")
}

/// Where the key is kept by which they are believed.
fn pinned(home: &Home) -> PathBuf {
    home.path().join("organisation.key")
}

/// The organisation's rules as they are kept; `None` where there are none.
///
/// # Errors
/// Where they are there and not to be believed.
pub fn kept(home: &Home) -> Result<Option<Published>, OrganisationError> {
    let path = file(home);
    let bytes = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        bytes => bytes.map_err(|error| OrganisationError::Io(path, error))?,
    };
    let published = serde_json::from_slice(&bytes)
        .map_err(|error| OrganisationError::Unsigned(format!("the file is not what a server handed out: {error}")))?;
    believe(home, &published)?;
    Ok(Some(published))
}

/// Fetches them; whether there was something newer.
///
/// # Errors
/// Where no answer came, or none that is to be believed. What is kept stays.
pub fn refresh(home: &Home, client: &Client) -> Result<bool, OrganisationError> {
    let before = kept(home).ok().flatten();
    let answer = client.get_unless(PATH, before.as_ref().map(Published::tag).as_deref())?;
    match answer.status {
        200 => {}
        304 => return Ok(false),
        // A server of before there were organisations' rules.
        404 | 405 => return Ok(false),
        _ => return Err(OrganisationError::Refused(answer.describe())),
    }
    let published: Published = serde_json::from_slice(&answer.body)
        .map_err(|error| OrganisationError::Refused(format!("the answer is not understood: {error}")))?;
    let pin = pinned(home);
    let failed = |path: &PathBuf| {
        let path = path.clone();
        move |error| OrganisationError::Io(path, error)
    };
    if !pin.exists() {
        write_private(&pin, published.key.as_bytes()).map_err(failed(&pin))?;
    }
    believe(home, &published)?;
    match before {
        Some(before) if before == published => return Ok(false),
        Some(before) if published.version < before.version => {
            let (old, new) = (before.version, published.version);
            return Err(OrganisationError::Unsigned(format!("version {new} is older than {old}, which is here")));
        }
        None if published.version == 0 => return Ok(false),
        _ => {}
    }
    let path = file(home);
    let text = serde_json::to_string(&published).unwrap_or_default();
    write_private(&path, text.as_bytes()).map_err(failed(&path))?;
    Ok(true)
}

/// Whether rules are signed by the key this device goes by.
fn believe(home: &Home, published: &Published) -> Result<(), OrganisationError> {
    let unsigned = |why: String| Err(OrganisationError::Unsigned(why));
    let pin = pinned(home);
    let key = fs::read_to_string(&pin).map_err(|error| OrganisationError::Io(pin.clone(), error))?;
    if key.trim() != published.key {
        return unsigned(format!("they have another server's key; remove {} to go by it", pin.display()));
    }
    let signed = Published::signed(&published.organisation, published.version, &published.text);
    let (Some(key), Some(signature)) = (unhex(&published.key), unhex(&published.signature)) else {
        return unsigned("key or signature is no hexadecimal".to_owned());
    };
    match UnparsedPublicKey::new(&ED25519, key).verify(&signed, &signature) {
        Ok(()) => Ok(()),
        Err(_) => unsigned("the signature is not that of the rules".to_owned()),
    }
}

/// Asks for newer rules now and then, and never holds anything up by a failure.
#[derive(Debug, Default)]
pub(crate) struct Refresher {
    asked: Option<Instant>,
}

impl Refresher {
    /// Asks where it is time to; why it did not work, where that is worth telling.
    pub(crate) fn refresh(&mut self, home: &Home, client: &Client) -> Option<OrganisationError> {
        if self.asked.is_some_and(|asked| asked.elapsed() < EVERY) {
            return None;
        }
        self.asked = Some(Instant::now());
        match refresh(home, client) {
            // That the server is away is told of what cannot be delivered.
            Ok(_) | Err(OrganisationError::Http(_)) => None,
            Err(error) => Some(error),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use hookrail_core::policy::published::hex;
    use ring::signature::{Ed25519KeyPair, KeyPair as _};

    use super::*;

    fn published(seed: u8, version: u64, text: &str) -> Published {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap();
        let signature = pair.sign(&Published::signed("default", version, text));
        Published {
            organisation: "default".to_owned(),
            version,
            text: text.to_owned(),
            key: hex(pair.public_key().as_ref()),
            signature: hex(signature.as_ref()),
        }
    }

    #[test]
    fn only_what_the_known_key_signed_is_believed() {
        let folder = tempfile::tempdir().unwrap();
        let home = Home::at(folder.path());
        let good = published(1, 3, "# rules");
        assert!(kept(&home).unwrap().is_none());
        fs::write(pinned(&home), &good.key).unwrap();
        for (kept_now, says) in [
            (good.clone(), ""),
            (Published { text: "# others".to_owned(), ..good.clone() }, "not that of the rules"),
            (Published { version: 4, ..good.clone() }, "not that of the rules"),
            (Published { organisation: "rival".to_owned(), ..good.clone() }, "not that of the rules"),
            (Published { signature: "xyz".to_owned(), ..good }, "no hexadecimal"),
            (published(2, 3, "# rules"), "another server's key"),
        ] {
            fs::write(file(&home), serde_json::to_string(&kept_now).unwrap()).unwrap();
            match kept(&home) {
                Ok(found) => assert_eq!((found, says), (Some(kept_now), "")),
                Err(error) => assert!(!says.is_empty() && error.to_string().contains(says), "{error}"),
            }
        }
        fs::write(file(&home), "{").unwrap();
        assert!(kept(&home).is_err());
    }
}
