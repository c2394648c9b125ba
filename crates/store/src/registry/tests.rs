#![allow(clippy::unwrap_used)]

use std::sync::atomic::AtomicI64;

use super::*;

/// A clock for one test at a time would be a race between tests: this one only grows, and tests look at differences.
static NOW: AtomicI64 = AtomicI64::new(1_700_000_000_000_000_000);

fn clock() -> Timestamp {
    Timestamp::from_nanos(NOW.load(Ordering::Relaxed))
}

fn pass(time: Duration) {
    NOW.fetch_add(time.as_nanos() as i64, Ordering::Relaxed);
}

fn settings() -> Settings {
    Settings { clock, ..Settings::default() }
}

fn new(project: &str, scopes: &str) -> NewKey {
    NewKey { project: project.parse().unwrap(), scopes: scopes.parse().unwrap(), name: None, by: "local".to_owned() }
}

#[test]
fn a_key_opens_its_project_and_is_written_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let registry = Registry::open(Some(&path), &settings()).unwrap();
    assert!(!registry.is_keyed());
    let (secret, key) = registry.create(&new("acme/shop", "ingest,read")).unwrap();
    let text = secret.reveal();
    assert!(text.starts_with(&key.prefix) && text.len() == "hkr_".len() + 12 + 1 + 64, "{text}");
    let grant = registry.verify(text).unwrap();
    assert_eq!((grant.key, grant.project.to_string(), grant.scopes), (key.id, "acme/shop".to_owned(), key.scopes));
    assert!(registry.is_keyed());
    let secret_part = text.rsplit('_').next().unwrap();
    let copy = folder.path().join("copy.db");
    crate::backup_file(&path, &copy).unwrap();
    let bytes = std::fs::read(copy).unwrap();
    assert!(!bytes.windows(secret_part.len()).any(|window| window == secret_part.as_bytes()));
    let raw: Vec<u8> = (0..32).map(|n| u8::from_str_radix(&secret_part[2 * n..2 * n + 2], 16).unwrap()).collect();
    assert!(!bytes.windows(32).any(|window| window == raw));
    assert!(!format!("{secret:?} {registry:?}").contains(secret_part));
}

#[test]
fn what_is_not_quite_a_key_opens_nothing() {
    let registry = Registry::open(None, &settings()).unwrap();
    let (secret, _) = registry.create(&new("shop", "admin")).unwrap();
    let (other, _) = registry.create(&new("shop", "admin")).unwrap();
    let text = secret.reveal();
    let wrong = |at: usize| {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
        String::from_utf8(bytes).unwrap()
    };
    let mixed = format!("{}_{}", &text[..16], other.reveal().rsplit('_').next().unwrap());
    let mut bad = vec![String::new(), "hkr_".to_owned(), "hkr__".to_owned(), mixed, text.to_uppercase()];
    bad.extend([format!("{text}0"), format!(" {text}"), text[..text.len() - 1].to_owned(), text.replace("hkr", "hkx")]);
    bad.extend((4..text.len()).filter(|at| *at != 16).map(wrong));
    for text in bad {
        assert_eq!(registry.verify(&text), None, "{text}");
    }
    assert!(registry.verify(text).is_some());
}

#[test]
fn a_rotated_key_goes_on_for_its_grace_and_a_revoked_one_ends_at_once() {
    let registry = Registry::open(None, &settings()).unwrap();
    let (old, key) = registry.create(&NewKey { name: Some("ci".to_owned()), ..new("acme/shop", "ingest") }).unwrap();
    let (young, next) = registry.rotate(&key.id, Duration::from_secs(3600), "local").unwrap();
    assert_eq!(
        (&next.project, next.scopes, &next.name, &next.replaces),
        (&key.project, key.scopes, &key.name, &Some(key.id.clone()))
    );
    assert!(registry.verify(old.reveal()).is_some() && registry.verify(young.reveal()).is_some());
    pass(Duration::from_secs(7200));
    assert!(registry.verify(old.reveal()).is_none() && registry.verify(young.reveal()).is_some());
    assert_eq!(registry.key(&key.id).unwrap().state, KeyState::Expired);
    assert!(matches!(registry.rotate(&key.id, DEFAULT_GRACE, "local"), Err(StoreError::Invalid(_))));
    assert_eq!(registry.revoke(&next.id).unwrap().state, KeyState::Revoked);
    assert!(registry.verify(young.reveal()).is_none() && registry.grant(&next.id).is_none());
    assert!(registry.is_keyed(), "a server that had keys does not become open");
    assert!(matches!(registry.rotate(&next.id, DEFAULT_GRACE, "local"), Err(StoreError::Invalid(_))));
    assert!(registry.revoke(&"0123456789ab".parse().unwrap()).is_err());
}

#[test]
fn what_another_process_writes_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    assert!(!Registry::has_keys(&path).unwrap() && !path.exists(), "asking makes nothing");
    let here = Registry::open(Some(&path), &settings()).unwrap();
    let there = Registry::open(Some(&path), &settings()).unwrap();
    let (secret, key) = there.create(&new("shop", "read")).unwrap();
    let noticed = |good: bool| {
        let started = Instant::now();
        while here.verify(secret.reveal()).is_some() != good {
            assert!(started.elapsed() < Duration::from_secs(10));
            std::thread::yield_now();
        }
        started.elapsed()
    };
    let took = noticed(true);
    there.revoke(&key.id).unwrap();
    let took = took.max(noticed(false));
    assert!(took < Duration::from_secs(1), "{took:?}");
    assert!(Registry::has_keys(&path).unwrap());
    assert_eq!(here.seal(&["a"]), there.seal(&["a"]), "one secret");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }
}

#[test]
fn a_use_is_shown_at_once_and_written_once_a_minute() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("registry.db");
    let registry = Registry::open(Some(&path), &settings()).unwrap();
    let (secret, key) = registry.create(&new("shop", "read")).unwrap();
    let written = || Registry::open(Some(&path), &settings()).unwrap().key(&key.id).unwrap().last_used_at;
    assert_eq!(registry.key(&key.id).unwrap().last_used_at, None);
    registry.verify(secret.reveal()).unwrap();
    let first = registry.key(&key.id).unwrap().last_used_at;
    assert!(first.is_some() && written().is_none());
    registry.note_uses(false).unwrap();
    assert_eq!(written(), first);
    pass(Duration::from_secs(30));
    registry.verify(secret.reveal()).unwrap();
    registry.note_uses(true).unwrap();
    assert!(written() > first, "the end writes everything");
}

#[test]
fn organisations_are_told_apart() {
    let registry = Registry::open(None, &settings()).unwrap();
    registry.create(&new("acme/shop", "read")).unwrap();
    registry.create(&new("acme/shop", "ingest")).unwrap();
    registry.create(&new("other/shop", "read")).unwrap();
    assert!(registry.create_project(&"acme/empty".parse().unwrap()).unwrap());
    assert!(!registry.create_project(&"acme/empty".parse().unwrap()).unwrap());
    assert_eq!(registry.list(Some("acme")).len(), 2);
    assert_eq!(registry.list(None).len(), 3);
    let projects = |organisation| -> Vec<(String, usize)> {
        let projects = registry.projects(organisation).unwrap();
        projects.into_iter().map(|project| (project.project.to_string(), project.keys)).collect()
    };
    assert_eq!(projects(Some("acme")), [("acme/empty".to_owned(), 0), ("acme/shop".to_owned(), 2)]);
    assert_eq!(projects(None).len(), 3);
    assert!(matches!(
        registry.create(&NewKey { scopes: Scopes::default(), ..new("a", "read") }),
        Err(StoreError::Invalid(_))
    ));
}

#[test]
fn a_seal_depends_on_every_part() {
    let registry = Registry::open(None, &settings()).unwrap();
    let other = Registry::open(None, &settings()).unwrap();
    let seals =
        [registry.seal(&["ab", "c"]), registry.seal(&["a", "bc"]), registry.seal(&["abc"]), other.seal(&["ab", "c"])];
    for (n, seal) in seals.iter().enumerate() {
        assert!(!seals[..n].contains(seal));
    }
    assert_eq!(registry.seal(&["ab", "c"]), seals[0]);
}
