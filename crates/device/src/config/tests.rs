#![allow(clippy::unwrap_used)]

use super::*;
use crate::profile::By;

fn none(_: &str) -> Option<String> {
    None
}

fn with(text: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join(FILE), text).unwrap();
    home
}

fn load(text: &str) -> Result<Config, String> {
    Config::load(with(text).path(), &Flags::default(), none).map_err(|error| error.to_string())
}

#[test]
fn a_missing_file_gives_the_defaults_and_no_server() {
    let home = tempfile::tempdir().unwrap();
    assert_eq!(Config::load(home.path(), &Flags::default(), none).unwrap(), Config::default());
}

#[test]
fn every_key_of_the_file_is_taken() {
    let home = with(
        "profile = \"nightly\"\nserver = \"https://hooks.example/\"\ntoken_file = \"key\"\nfollow_transcripts = true\ncapture = \"inputs\"\nredact_personal = true\nca_file = \"ca.pem\"\n\
         device_id = \"d-1\"\nname = \"build-1\"\nuser = \"dev@example.com\"\nsource_app = \"shop\"\n\
         [collect]\ngit_email = false\n[ship]\nbatch_bytes = \"2MiB\"\nbatch_wait = \"50ms\"\nidle_exit = \"5m\"\n\
         [spool]\nmax_age = \"7d\"\nmax_bytes = \"64MiB\"\n\
         artifact_bytes = \"1MiB\"\nartifacts_bytes = \"8MiB\"\n[timeouts]\nconnect = \"1s\"\nanswer = \"2s\"\n[handlers]\nslow = \"9s\"\n",
    );
    std::fs::write(home.path().join("key"), "hk_1234\n").unwrap();
    let config = Config::load(home.path(), &Flags::default(), none).unwrap();
    assert_eq!(
        config,
        Config {
            server: Some("https://hooks.example".into()),
            token: Some(Token("hk_1234".into())),
            device_id: Some("d-1".into()),
            name: Some("build-1".into()),
            user: Some("dev@example.com".into()),
            source_app: Some("shop".into()),
            collect: Collect { git_email: false, ..Config::default().collect },
            follow_transcripts: true,
            privacy: Privacy { capture: Capture::Inputs, redactor: Redactor { personal: true, key: None } },
            ca_file: Some(home.path().join("ca.pem")),
            batch_bytes: 2 << 20,
            batch_wait: Duration::from_millis(50),
            idle_exit: Duration::from_secs(300),
            spool_max_age: Duration::from_secs(7 * 86_400),
            spool_max_bytes: 64 << 20,
            artifact_bytes: 1 << 20,
            artifacts_bytes: 8 << 20,
            connect_timeout: Duration::from_secs(1),
            answer_timeout: Duration::from_secs(2),
            slow_handler: Duration::from_secs(9),
            profile: Chosen {
                name: "nightly".into(),
                by: By::Person(Place { file: home.path().join(FILE), line: 1, column: 11 })
            },
        }
    );
}

#[test]
fn how_much_is_captured_is_one_of_three_words() {
    let home = with("capture = \"metadata\"\n");
    let load = |env: Option<&str>| {
        let env = env.map(str::to_owned);
        Config::load(home.path(), &Flags::default(), move |name| env.clone().filter(|_| name == ENV_CAPTURE))
    };
    assert_eq!(load(None).unwrap().privacy.capture, Capture::Metadata);
    assert_eq!(load(Some("full")).unwrap().privacy.capture, Capture::Full);
    let wrong = load(Some("some")).unwrap_err().to_string();
    assert_eq!(wrong, "HOOKRAIL_CAPTURE must be metadata, inputs or full, not `some`");
}

#[test]
fn a_flag_wins_over_the_environment_and_the_environment_over_the_file() {
    let home = with("server = \"http://file\"\ntoken = \"of-file\"\n");
    let env = |name: &str| match name {
        ENV_SERVER => Some("http://env/".to_owned()),
        ENV_TOKEN => Some(" of-env\n".to_owned()),
        _ => None,
    };
    let of = |flags: &Flags, env: &dyn Fn(&str) -> Option<String>| {
        let config = Config::load(home.path(), flags, env).unwrap();
        (config.server.unwrap(), config.token.unwrap().0)
    };
    let flags = Flags { server: Some("http://flag".into()), token: Some("of-flag".into()), ..Flags::default() };
    assert_eq!(of(&flags, &env), ("http://flag".into(), "of-flag".into()));
    assert_eq!(of(&Flags::default(), &env), ("http://env".into(), "of-env".into()));
    assert_eq!(of(&Flags::default(), &none), ("http://file".into(), "of-file".into()));
    assert_eq!(of(&Flags::default(), &|_| Some("  ".into())), ("http://file".into(), "of-file".into()));
}

#[test]
fn following_is_switched_on_by_the_file_or_the_environment() {
    let home = with("follow_transcripts = true\n");
    for (text, expected) in [(None, true), (Some("0"), false), (Some("true"), true), (Some(" "), true)] {
        let env = |name: &str| text.filter(|_| name == ENV_FOLLOW_TRANSCRIPTS).map(str::to_owned);
        let config = Config::load(home.path(), &Flags::default(), env).unwrap();
        assert_eq!(config.follow_transcripts, expected, "{text:?}");
    }
    let wrong = |name: &str| (name == ENV_FOLLOW_TRANSCRIPTS).then(|| "perhaps".to_owned());
    let error = Config::load(with("").path(), &Flags { server: Some("http://a".into()), ..Flags::default() }, wrong);
    assert!(error.unwrap_err().to_string().contains(ENV_FOLLOW_TRANSCRIPTS));
}

#[test]
fn an_unknown_key_is_an_error_with_its_place_and_a_suggestion() {
    for (text, expected) in [
        ("\nservr = \"x\"\n", "config.toml:2:1: unknown key `servr`; did you mean `server`?"),
        ("[spool]\n  max_byte = 1\n", "config.toml:2:3: unknown key `max_byte` in [spool]; did you mean `max_bytes`?"),
        ("é.zzzzzzzz = 1\n", "config.toml:1:1: "),
        ("[colours]\n", "config.toml:1:2: unknown key `colours`; known are server, token"),
        ("[profiles.a]\nserver = \"x\"", "config.toml:2:1: `server` is one for the device"),
        ("[profiles.a.spool]\nmax = 1", "unknown key `max` in [profiles.a.spool]; known are max_age"),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_wrong_value_is_an_error_with_its_place() {
    for (text, expected) in [
        ("server = 5\n", "config.toml:1:10: "),
        ("[ship]\nbatch_wait = \"soon\"\n", "config.toml:2:14: ship.batch_wait must be a span of time"),
        ("server = \n", "config.toml:1:"),
        ("[ship]\nbatch_bytes = \"1GiB\"\n", "ship.batch_bytes must be between"),
        (
            "[timeouts]\nanswer = \"0s\"\n",
            "config.toml:2:10: timeouts.answer must be a span of time longer than nothing",
        ),
        ("server = \"localhost:4665\"\n", "must begin with http:// or https://"),
        ("server = \"https://me:key@host\"\n", "must not hold a user name"),
        ("token = \"a\"\ntoken_file = \"b\"\n", "exclude each other"),
        ("token_file = \"missing\"\n", "cannot read "),
        ("token = \"a b\"\n", "visible ASCII"),
    ] {
        let error = load(text).unwrap_err();
        assert!(error.contains(expected), "{text:?} gave {error}");
    }
}

#[test]
fn the_key_is_never_shown() {
    let config = load("token = \"hk_secret\"\n").unwrap();
    assert!(!format!("{config:?}").contains("hk_secret"));
}

#[test]
fn the_reference_says_every_setting_and_what_it_means() {
    let reference = reference::document();
    assert_eq!(reference.mistakes, []);
    let without_default = ["server", "token", "token_file", "ca_file", "name", "user", "source_app", "device_id"];
    for setting in settings::SETTINGS {
        assert!(reference::about(setting.key).is_some_and(|about| about.len() > 5), "{}", setting.key);
        let has_default = reference.get(None, setting.key).is_some();
        assert_eq!(has_default, !without_default.contains(&setting.key), "{}", setting.key);
    }
    assert!(reference::about("profile").is_some());
    assert_eq!(reference::about("no_such"), None);
    assert_eq!(reference.profiles, ["development", "production", "testing"]);
    // What stands behind `#` is an example that can be switched on.
    let switched_on: String = reference::TEXT
        .lines()
        .filter(|line| !line.starts_with("#token_file"))
        .map(|line| {
            line.strip_prefix('#').filter(|line| line.contains(" = \"") && !line.starts_with(' ')).unwrap_or(line)
        })
        .map(|line| format!("{line}\n"))
        .collect();
    let document = Document::read(&switched_on.replace('…', "x"), Path::new("config.toml"), Form::Config);
    assert_eq!(document.mistakes, []);
    assert_eq!(document.profile.unwrap().0, "production");
}

#[test]
fn a_profile_of_the_reference_loosens_nothing() {
    let reference = reference::document();
    for profile in [None, Some("development"), Some("production"), Some("testing")] {
        if let Some(entry) = reference.get(profile, "guard.at_most") {
            assert_eq!((profile, entry.value.to_string().as_str()), (None, "enforce"));
        }
    }
}

#[test]
fn every_mistake_of_a_file_is_told() {
    let text = "servr = \"x\"\ncapture = \"ful\"\n[profiles.production]\nguard.at_least = \"asks\"\ntoken = \"a\"\n[ship]\nbatch_wait = 5\n[handlers]\noff = [\"[\"]\n";
    let told: Vec<String> =
        Document::read(text, Path::new("config.toml"), Form::Config).mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(
        told,
        [
            "config.toml:1:1: unknown key `servr`; did you mean `server`?",
            "config.toml:2:11: capture must be metadata, inputs or full, not `ful`; did you mean `full`?",
            "config.toml:4:18: guard.at_least must be observe, warn, ask or enforce, not `asks`; did you mean `ask`?",
            "config.toml:5:1: `token` is one for the device: it belongs to the top of config.toml, to no profile",
            "config.toml:7:14: ship.batch_wait must be a span of time such as \"30s\" or \"7d\"",
            "config.toml:9:7: handlers.off has a mistake: \"[\" is no glob: a [ or { in it is not closed",
        ]
    );
}
