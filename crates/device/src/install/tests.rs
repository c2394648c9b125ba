//! Settings files before and after, as tables and as properties.
#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use hookrail_core::event::Agent;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::jsonc::Dialect;
use super::merge::{self, Changes, Entry, MergeError};
use super::*;

fn facts(program: &str, version: Option<Version>) -> Facts {
    Facts { command: vec![program.to_owned()], version }
}

fn entries() -> Vec<Entry> {
    let handler = json!({"type": "command", "command": "/opt/hookrail-hook", "args": ["claude-code"], "timeout": 300});
    let entry = |event, matcher| Entry { event, matcher, handler: handler.clone() };
    vec![entry("PreToolUse", Some("*")), entry("Stop", None)]
}

fn install(text: &str) -> String {
    merge::install(text, &entries(), Dialect::Jsonc).unwrap().0
}

fn uninstall(text: &str, original: Option<&str>) -> String {
    merge::uninstall(text, original, Dialect::Jsonc).unwrap().0
}

const OURS: &str = r#"    "PreToolUse": [
      {
        "matcher": "*",
        "hooks": [
          {
            "type": "command",
            "command": "/opt/hookrail-hook",
            "args": ["claude-code"],
            "timeout": 300
          }
        ]
      }
    ],
    "Stop": [
      {
        "hooks": [
          {
            "type": "command",
            "command": "/opt/hookrail-hook",
            "args": ["claude-code"],
            "timeout": 300
          }
        ]
      }
    ]"#;

#[test]
fn a_file_gets_our_hooks_and_keeps_everything_else() {
    for (before, after) in [
        ("", format!("{{\n  \"hooks\": {{\n{OURS}\n  }}\n}}\n")),
        ("{}", format!("{{\n  \"hooks\": {{\n{OURS}\n  }}\n}}")),
        (
            "{\n  // the model\n  \"model\": \"opus\" // best\n}\n",
            format!("{{\n  // the model\n  \"model\": \"opus\", // best\n  \"hooks\": {{\n{OURS}\n  }}\n}}\n"),
        ),
        (
            "{\n  \"hooks\": {\n    \"Notification\": []\n  },\n  \"z\": 1,\n  \"a\": [1,2]\n}",
            format!("{{\n  \"hooks\": {{\n    \"Notification\": [],\n{OURS}\n  }},\n  \"z\": 1,\n  \"a\": [1,2]\n}}"),
        ),
    ] {
        let added = install(before);
        assert_eq!(added, after, "{before:?}");
        assert_eq!(uninstall(&added, Some(before)), before);
        assert_eq!(merge::install(&added, &entries(), Dialect::Jsonc).unwrap(), (added, Changes::default()));
    }
}

#[test]
fn the_way_of_writing_is_kept() {
    let tabs = install("{\n\t\"a\": 1\n}\n");
    assert!(tabs.contains("\n\t\t\"PreToolUse\": [\n\t\t\t{\n\t\t\t\t\"matcher\""), "{tabs}");
    let crlf = install("{\r\n    \"a\": 1\r\n}\r\n");
    assert_eq!(crlf.matches('\n').count(), crlf.matches("\r\n").count());
    assert!(crlf.contains("\r\n        \"PreToolUse\""), "{crlf}");
    let bom = install("\u{feff}{\"a\":1}");
    assert!(bom.starts_with("\u{feff}{\"a\":1, \"hooks\": {\"PreToolUse\": [{\"matcher\": \"*\""), "{bom}");
}

#[test]
fn a_neighbour_on_the_same_event_stays_where_it_is() {
    let before = r#"{
  "hooks": {
    "PreToolUse": [
      {
        "matcher": "Bash",
        "hooks": [{ "type": "command", "command": "./guard.sh" }]
      }
    ]
  }
}
"#;
    let added = install(before);
    assert!(added.starts_with(before.split("\n    ]").next().unwrap()), "{added}");
    assert_eq!(uninstall(&added, None), before);
}

#[test]
fn hooks_of_ours_are_known_by_the_program_they_run() {
    for (handler, ours) in [
        (json!({"command": "/a/hookrail-hook", "args": ["claude-code"]}), true),
        (json!({"command": "/a/hookrail", "args": ["hook", "claude-code"]}), true),
        (json!({"command": "/a/hookrail", "args": ["tail"]}), false),
        (json!({"command": "hookrail-hook claude-code"}), true),
        (json!({"command": "exec '/with space/hookrail-hook' claude-code"}), true),
        (json!({"command": "HOOKRAIL_HOME=/x \"/a/hookrail\" hook codex"}), true),
        (json!({"command": "C:\\\\tools\\\\hookrail-hook.exe claude-code"}), true),
        (json!({"command": "hookrail tail"}), false),
        (json!({"command": "my-hookrail-hook claude-code"}), false),
        (json!({"command": "echo hookrail-hook"}), false),
        (json!({"command": "cat /tmp/hookrail-hook"}), false),
        (json!({"type": "http", "url": "http://hookrail-hook"}), false),
        (json!({"command": 5}), false),
    ] {
        let text = json!({"hooks": {"Stop": [{"hooks": [handler]}]}}).to_string();
        let found = merge::registrations(&text, Dialect::Jsonc).unwrap();
        assert_eq!(!found.is_empty(), ours, "{text}");
    }
}

#[test]
fn a_stale_path_is_brought_up_to_date_and_a_second_one_removed() {
    let mut old = entries();
    for entry in &mut old {
        entry.handler["command"] = json!("/old/hookrail-hook");
        entry.handler["timeout"] = json!(30);
    }
    let before = "{\n  \"a\": 1\n}\n";
    let stale = merge::install(before, &old, Dialect::Jsonc).unwrap().0;
    // An event that is not wanted any more.
    let stale = stale.replace("\"Stop\"", "\"WorktreeCreate\"");
    let (text, changes) = merge::install(&stale, &entries(), Dialect::Jsonc).unwrap();
    assert_eq!(changes, Changes { added: 1, updated: 1, removed: 1 });
    assert!(!text.contains("/old/") && !text.contains("WorktreeCreate"));
    assert!(text.contains("\"timeout\": 30"), "a person's own setting stays: {text}");
    assert_eq!(uninstall(&text, Some(before)), before);

    let twice = install("{}").replace(
        "\"timeout\": 300\n",
        "\"timeout\": 300\n          },\n          {\"command\": \"hookrail-hook claude-code\"\n",
    );
    let (text, changes) = merge::install(&twice, &entries(), Dialect::Jsonc).unwrap();
    assert_eq!((changes.removed, merge::registrations(&text, Dialect::Jsonc).unwrap().len()), (2, 2));
}

#[test]
fn where_others_wrote_too_only_ours_goes() {
    let before = "{\n  \"model\": \"opus\"\n}\n";
    let touched = install(before).replace("\"opus\",", "\"sonnet\",\n  \"permissions\": { \"allow\": [] },");
    assert_eq!(
        uninstall(&touched, Some(before)),
        "{\n  \"model\": \"sonnet\",\n  \"permissions\": { \"allow\": [] }\n}\n"
    );
    let grouped = r#"{"hooks": {"Stop": [{"hooks": [{"command": "a"}, {"command": "hookrail-hook claude-code"}, {"command": "b"}]}]}}"#;
    assert_eq!(uninstall(grouped, None), r#"{"hooks": {"Stop": [{"hooks": [{"command": "a"}, {"command": "b"}]}]}}"#);
}

#[test]
fn a_file_that_no_agent_could_read_is_not_touched() {
    for text in ["{", "[]", "nonsense", "{\"hooks\": []}", "{\"hooks\": {\"Stop\": {}}}", "{\"a\": 1} {}"] {
        assert!(merge::install(text, &entries(), Dialect::Jsonc).is_err(), "{text}");
        assert!(merge::uninstall(text, None, Dialect::Jsonc).is_err(), "{text}");
    }
    let comment = merge::install("{} // c", &entries(), Dialect::Json);
    assert!(matches!(comment, Err(MergeError::Syntax(error)) if error.message.contains("plain JSON")));
}

#[test]
fn claude_code_is_given_what_its_version_knows() {
    let of = |version| {
        let entries = installer(&Agent::ClaudeCode).unwrap().entries(&facts("/with space/hookrail-hook", version));
        let events: Vec<&str> = entries.iter().map(|entry| entry.event).collect();
        (events, entries[0].handler.clone())
    };
    let (events, handler) = of(Some(Version(2, 1, 329)));
    assert!(events.contains(&"PostModelSwitch") && events.contains(&"DirectoryAdded"));
    assert_eq!(handler["args"], json!(["claude-code"]));
    let (events, handler) = of(None);
    assert!(!events.contains(&"PostModelSwitch") && events.contains(&"PreToolUse"));
    assert_eq!(handler["command"], json!("exec '/with space/hookrail-hook' claude-code"));
    assert_eq!(handler.get("args"), None);
    for version in [None, Some(Version(2, 1, 197)), Some(Version(3, 0, 0))] {
        let (events, _) = of(version);
        for never in ["WorktreeCreate", "MessageDisplay", "PreModelSwitch"] {
            assert!(!events.contains(&never), "{never}");
        }
        let mut sorted = events.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), events.len(), "each event once");
    }
}

#[test]
fn claude_code_waits_longer_for_the_set_up_of_a_project() {
    for entry in installer(&Agent::ClaudeCode).unwrap().entries(&facts("/opt/hookrail-hook", None)) {
        assert_eq!(entry.handler["timeout"], json!(if entry.event == "Setup" { 3600 } else { 300 }), "{}", entry.event);
    }
}

#[test]
fn codex_is_given_its_twelve_events_by_a_line_for_its_shell() {
    let entries = installer(&Agent::Codex).unwrap().entries(&facts("/opt/it's/hookrail-hook", None));
    assert_eq!(entries.len(), 12);
    for entry in &entries {
        assert_eq!(entry.handler["command"], json!("exec '/opt/it'\\''s/hookrail-hook' codex"));
        let limit = if matches!(entry.event, "SessionEnd" | "Interrupt") { 3 } else { 300 };
        assert_eq!(entry.handler["timeout"], json!(limit));
    }
}

#[test]
fn versions_are_found_in_what_agents_print() {
    for (text, version) in [
        ("2.1.197 (Claude Code)\n", Some(Version(2, 1, 197))),
        ("codex-cli 0.169.0", Some(Version(0, 169, 0))),
        ("v3.0.1-beta", Some(Version(3, 0, 1))),
        ("no version 12 here", None),
        ("", None),
    ] {
        assert_eq!(Version::find(text), version, "{text}");
    }
}

/// A person's home and project.
struct Person {
    _folder: tempfile::TempDir,
    places: Places,
}

fn person() -> Person {
    let folder = tempfile::tempdir().unwrap();
    let (home, project) = (folder.path().join("home"), folder.path().join("project"));
    fs::create_dir(&home).unwrap();
    fs::create_dir(&project).unwrap();
    Person { _folder: folder, places: Places { home, project, claude_config_dir: None, codex_home: None } }
}

/// Every file below a folder with its content and mode.
fn tree(folder: &Path) -> Vec<(PathBuf, Vec<u8>, u32)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs::symlink_metadata(&path).unwrap();
        let content = if metadata.is_dir() {
            found.extend(tree(&path));
            Vec::new()
        } else if metadata.is_symlink() {
            fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
        } else {
            fs::read(&path).unwrap()
        };
        found.push((path, content, metadata.permissions().mode()));
    }
    found.sort();
    found
}

#[test]
fn installed_and_uninstalled_leaves_no_trace() {
    for installer in INSTALLERS {
        for scope in Scope::ALL {
            for content in
                [None, Some(""), Some("{}"), Some("{ }\n"), Some("{\"hooks\": {}}"), Some("{\n \"a\": [ ]\n}")]
            {
                let Person { places, _folder } = person();
                let path = installer.file(scope, &places);
                if let Some(content) = content {
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(&path, content).unwrap();
                    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
                }
                let before = tree(_folder.path());
                let facts = facts("/opt/hookrail-hook", Some(Version(2, 1, 300)));

                let plan = installer.plan_install(scope, &places, &facts).unwrap();
                assert!(plan.diff().contains("+++ ") && plan.diff().contains("hookrail-hook"));
                assert_eq!(tree(_folder.path()), before, "a plan writes nothing");
                assert!(matches!(plan.apply().unwrap(), Applied::Written(_)));
                assert_eq!(file::backup_of(&path).exists(), content.is_some());
                let installed = fs::read_to_string(&path).unwrap();
                assert!(serde_json::from_str::<Value>(&installed).unwrap()["hooks"].is_object());

                let again = installer.plan_install(scope, &places, &facts).unwrap();
                assert!(again.is_nothing() && again.diff().is_empty());
                assert_eq!(again.apply().unwrap(), Applied::Nothing);

                installer.plan_uninstall(scope, &places).unwrap().apply().unwrap();
                assert_eq!(tree(_folder.path()), before, "{} {scope:?} {content:?}", installer.title);
                assert!(installer.plan_uninstall(scope, &places).unwrap().is_nothing());
            }
        }
    }
}

#[test]
fn a_symbolic_link_stays_one_and_its_file_is_written() {
    let Person { places, _folder } = person();
    let dotfiles = places.project.join("dotfiles.json");
    fs::write(&dotfiles, "{}\n").unwrap();
    fs::create_dir(places.home.join(".claude")).unwrap();
    symlink("../../project/dotfiles.json", places.home.join(".claude/settings.json")).unwrap();
    let before = tree(_folder.path());
    let installer = installer(&Agent::ClaudeCode).unwrap();
    installer.plan_install(Scope::User, &places, &facts("/opt/hookrail-hook", None)).unwrap().apply().unwrap();
    assert!(fs::symlink_metadata(places.home.join(".claude/settings.json")).unwrap().is_symlink());
    assert!(fs::read_to_string(&dotfiles).unwrap().contains("hookrail-hook"));
    installer.plan_uninstall(Scope::User, &places).unwrap().apply().unwrap();
    assert_eq!(tree(_folder.path()), before);
}

#[test]
fn a_file_that_changed_meanwhile_is_left_alone() {
    let Person { places, _folder } = person();
    let installer = installer(&Agent::ClaudeCode).unwrap();
    let plan = installer.plan_install(Scope::User, &places, &facts("/opt/hookrail-hook", None)).unwrap();
    fs::create_dir(places.home.join(".claude")).unwrap();
    fs::write(&plan.path, "{\"by\": \"somebody else\"}").unwrap();
    assert!(matches!(plan.apply(), Err(InstallError::Changed(_))));
    assert_eq!(fs::read_to_string(&plan.path).unwrap(), "{\"by\": \"somebody else\"}");
}

#[test]
fn a_person_is_told_of_comments_that_the_agent_does_not_take() {
    let Person { places, _folder } = person();
    let installer = installer(&Agent::ClaudeCode).unwrap();
    let told = |text: &str| {
        fs::create_dir_all(places.home.join(".claude")).unwrap();
        fs::write(places.home.join(".claude/settings.json"), text).unwrap();
        let plan = installer.plan_install(Scope::User, &places, &facts("/opt/hookrail-hook", None)).unwrap();
        plan.notes.iter().any(|note| note.contains("comments"))
    };
    assert_eq!((told("{\n  // why\n  \"a\": 1\n}"), told("{\"a\": 1,}"), told("{\"a\": 1}")), (true, true, false));
}

#[test]
fn a_second_scope_is_told_of_the_first() {
    let Person { places, _folder } = person();
    let installer = installer(&Agent::ClaudeCode).unwrap();
    let facts = facts("/opt/hookrail-hook", None);
    let first = installer.plan_install(Scope::User, &places, &facts).unwrap();
    first.apply().unwrap();
    let second = installer.plan_install(Scope::Project, &places, &facts).unwrap();
    let told = |plan: &Plan| plan.notes.iter().any(|note| note.contains("holds our hooks too"));
    assert_eq!((told(&first), told(&second)), (false, true));
}

#[test]
fn the_state_folder_is_made_once_and_a_persons_settings_stay() {
    let folder = tempfile::tempdir().unwrap();
    let home = hookrail_hook::Home::at(folder.path().join("state"));
    let made = setup::prepare(&home, None, None).unwrap();
    assert_eq!(made, setup::Made { home: true, config: true });
    assert!(fs::read_to_string(home.config()).unwrap().contains("server = \"http://127.0.0.1:4665\""));
    assert!(home.ship_lock().exists());
    assert_eq!(fs::metadata(home.path()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(setup::prepare(&home, None, None).unwrap(), setup::Made::default());

    fs::write(home.config(), "# mine\nserver = \"http://a\" # there\n[spool]\nmax_age = \"3d\"\n").unwrap();
    let token = crate::config::Token::new("hk_1").unwrap();
    setup::prepare(&home, Some("http://b"), Some(&token)).unwrap();
    let text = fs::read_to_string(home.config()).unwrap();
    assert!(text.starts_with("# mine\nserver = \"http://b\" # there\n"), "{text}");
    assert_eq!(fs::metadata(home.config()).unwrap().permissions().mode() & 0o777, 0o600);
    let config = crate::config::Config::load(home.path(), &crate::config::Flags::default(), |_| None).unwrap();
    assert_eq!((config.server.as_deref(), config.token), (Some("http://b"), Some(token)));
}

/// Settings as people have them: any values, some of them hooks of others.
fn settings() -> impl Strategy<Value = Value> {
    let handler = prop_oneof![
        Just(json!({"type": "command", "command": "./guard.sh", "timeout": 10})),
        Just(json!({"type": "http", "url": "http://127.0.0.1/x"})),
    ];
    let group =
        (prop::option::of("[A-Z][a-z]{1,6}"), prop::collection::vec(handler, 1..3)).prop_map(|(matcher, hooks)| {
            match matcher {
                Some(matcher) => json!({"matcher": matcher, "hooks": hooks}),
                None => json!({"hooks": hooks}),
            }
        });
    let event = prop_oneof![Just("PreToolUse"), Just("Stop"), Just("Notification")].prop_map(str::to_owned);
    let hooks = prop::collection::btree_map(event, prop::collection::vec(group, 0..3), 0..3);
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        ".{0,8}".prop_map(Value::from)
    ];
    let value = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::btree_map("[a-z\"/]{1,5}", inner, 0..3).prop_map(|map| map.into_iter().collect()),
        ]
    });
    (prop::collection::btree_map("[a-g]{1,3}", value, 0..4), prop::option::of(hooks)).prop_map(|(other, hooks)| {
        let mut all: serde_json::Map<String, Value> = other.into_iter().collect();
        if let Some(hooks) = hooks {
            all.insert("hooks".into(), json!(hooks));
        }
        Value::Object(all)
    })
}

/// A text of the settings in one of the ways people write them.
fn written(settings: &Value, way: usize) -> String {
    let pretty = serde_json::to_string_pretty(settings).unwrap();
    match way {
        0 => settings.to_string(),
        1 => pretty,
        2 => format!("{pretty}\n").replace('\n', "\r\n"),
        3 => pretty.replace("  ", "\t"),
        4 => format!("// head\n{}\n/* tail */\n", pretty.replace(",\n", ", // why\n")),
        5 => format!("\u{feff}{pretty}\n"),
        _ => pretty.replace("  ", "    ") + "\n\n",
    }
}

proptest! {
    #[test]
    fn uninstall_undoes_install(settings in settings(), way in 0usize..7) {
        let before = written(&settings, way);
        let (added, changes) = merge::install(&before, &entries(), Dialect::Jsonc).unwrap();
        prop_assert_eq!(changes, Changes { added: 2, updated: 0, removed: 0 });
        prop_assert_eq!(&uninstall(&added, Some(&before)), &before);
        // Without the copy too, but for containers that were empty.
        let had_empty_place = settings.get("hooks").is_some_and(|hooks| {
            hooks == &json!({}) || entries().iter().any(|entry| hooks.get(entry.event) == Some(&json!([])))
        });
        if !had_empty_place {
            prop_assert_eq!(uninstall(&added, None), before);
        }
        prop_assert_eq!(merge::install(&added, &entries(), Dialect::Jsonc).unwrap(), (added, Changes::default()));
    }

    #[test]
    fn what_was_there_is_still_there(settings in settings()) {
        let (added, _) = merge::install(&settings.to_string(), &entries(), Dialect::Json).unwrap();
        let after: Value = serde_json::from_str(&added).unwrap();
        for (key, value) in settings.as_object().unwrap() {
            if key != "hooks" {
                prop_assert_eq!(after.get(key), Some(value));
                continue;
            }
            for (event, groups) in value.as_object().unwrap() {
                let (groups, now) = (groups.as_array().unwrap(), after["hooks"][event].as_array().unwrap());
                prop_assert_eq!(&now[..groups.len()], groups.as_slice());
            }
        }
    }
}
