#![allow(clippy::unwrap_used)]

use std::path::Path;

use hookrail_core::time::Timestamp;
use proptest::prelude::*;

use super::*;
use crate::config::document::Form;
use crate::config::{Flags, Settings};
use crate::policy::{Layer, PACKS, Sheet, join, read};

const NOW: Timestamp = Timestamp::from_nanos(1_800_000_000_000_000_000);

fn config(text: &str) -> Document {
    let document = Document::read(text, Path::new("config.toml"), Form::Config);
    assert_eq!(document.mistakes, []);
    document
}

fn project(text: &str) -> Document {
    Document::read(text, Path::new("hookrail.toml"), Form::Project)
}

#[test]
fn who_chooses_wins_in_the_order_that_is_told() {
    let person = config("profile = \"mine\"\n");
    let of_project = project("profile = \"theirs\"\n");
    let nothing = Document::default();
    for (flag, variables, project, person, name, by) in [
        (None, &[][..], None, &nothing, "development", "default"),
        (None, &[("CI", "true")], None, &nothing, "testing", "CI is detected by CI"),
        (
            None,
            &[("GITHUB_ACTIONS", "true"), ("CI", "1")],
            None,
            &nothing,
            "testing",
            "CI is detected by GITHUB_ACTIONS",
        ),
        (None, &[("CI", "false")], None, &nothing, "development", "default"),
        (None, &[("CI", "0")], None, &nothing, "development", "default"),
        (None, &[("CI", "true")], None, &person, "mine", "config.toml:1"),
        (None, &[("CI", "true")], Some(&of_project), &person, "theirs", "hookrail.toml:1"),
        (None, &[(ENV_PROFILE, "told")], Some(&of_project), &person, "told", ENV_PROFILE),
        (None, &[(ENV_PROFILE, " ")], Some(&of_project), &person, "theirs", "hookrail.toml:1"),
        (Some("flag"), &[(ENV_PROFILE, "told")], Some(&of_project), &person, "flag", "--profile"),
    ] {
        let env = |name: &str| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value): &(&str, &str)| (*value).to_owned())
        };
        let chosen = choose(flag, &env, Said { person, project });
        assert_eq!((chosen.name.as_str(), chosen.by.to_string().as_str()), (name, by));
    }
}

/// The value of a setting and where it comes from.
fn resolved(
    key: &str,
    person: &str,
    of_project: &str,
    profile: &str,
    flag: Option<&str>,
    variable: Option<&str>,
) -> String {
    let (person, of_project) = (config(person), project(of_project));
    let flags = Flags { server: flag.map(str::to_owned), ..Flags::default() };
    let env = |_: &str| variable.map(str::to_owned);
    let chosen = Chosen { name: profile.to_owned(), by: By::Default };
    let said = Said { person: &person, project: Some(&of_project) };
    let settings =
        Settings::resolve(said, &flags, &|name| env(name).filter(|_| name.contains(&key.to_uppercase())), chosen)
            .unwrap();
    let found = settings.get(key).unwrap();
    format!("{} from {}", found.value.as_ref().map(ToString::to_string).unwrap_or_default(), found.origin)
}

#[test]
fn a_value_comes_from_where_it_is_said_last() {
    let top = "capture = \"metadata\"\n";
    let mine = "capture = \"metadata\"\n[profiles.production]\ncapture = \"full\"\nhandlers.timeout = \"7s\"\n";
    let theirs = "[profiles.production]\nhandlers.timeout = \"3s\"\ncapture = \"full\"\n";
    for (key, person, of_project, profile, variable, expected) in [
        ("capture", "", "", "development", None, "full from default"),
        ("capture", "", "", "production", None, "inputs from default of profile production"),
        ("capture", top, "", "production", None, "metadata from config.toml:1"),
        ("capture", mine, "", "production", None, "full from config.toml:3 (profile production)"),
        ("capture", mine, "", "development", None, "metadata from config.toml:1"),
        ("capture", mine, "", "production", Some("inputs"), "inputs from HOOKRAIL_CAPTURE"),
        ("capture", "", theirs, "production", None, "inputs from default of profile production"),
        ("handlers.timeout", "", "", "nightly", None, "30s from default"),
        ("handlers.timeout", "", "", "testing", None, "2m from default of profile testing"),
        ("handlers.timeout", mine, "", "production", None, "7s from config.toml:4 (profile production)"),
        ("handlers.timeout", mine, theirs, "production", None, "3s from hookrail.toml:2 (profile production)"),
        ("server", "", "", "development", None, " from default"),
        ("server", "server = \"http://a/\"", "", "development", None, "http://a from config.toml:1"),
    ] {
        assert_eq!(resolved(key, person, of_project, profile, None, variable), expected, "{person} {profile}");
    }
    let server = "server = \"http://a\"";
    assert_eq!(resolved("server", server, "", "x", None, Some("http://b")), "http://b from HOOKRAIL_SERVER");
    assert_eq!(resolved("server", server, "", "x", Some("http://c"), Some("http://b")), "http://c from --server");
}

#[test]
fn only_config_toml_loosens_and_everybody_tightens() {
    let mild = "[profiles.production.guard]\nat_most = \"warn\"\n[profiles.development.guard]\nat_most = \"warn\"\n";
    let chosen = format!("profile = \"production\"\n{mild}");
    for (person, of_project, at_least, at_most, closed) in [
        ("", "", "observe", "enforce", false),
        ("profile = \"production\"", "", "ask", "enforce", true),
        // Its own file says so, of the profile it chooses, or of the default one.
        (chosen.as_str(), "", "ask", "warn", true),
        (mild, "", "observe", "warn", false),
        // A project only tightens.
        ("", "profile = \"production\"", "ask", "enforce", false),
        ("profile = \"production\"", "profile = \"development\"", "ask", "enforce", true),
        ("[profiles.lax.guard]\nat_most = \"observe\"", "profile = \"lax\"", "observe", "enforce", false),
        ("", "[profiles.development.guard]\nat_least = \"warn\"\nat_most = \"observe\"", "warn", "enforce", false),
        ("", "profile = \"strict\"\n[profiles.strict.guard]\nat_least = \"enforce\"", "enforce", "enforce", false),
    ] {
        let found = terms(&config(person), Some(&project(of_project)));
        let found = (found.at_least.as_str(), found.at_most.as_str(), found.on_failure == OnFailure::Closed);
        assert_eq!(found, (at_least, at_most, closed), "{person} | {of_project}");
    }
    let with_mistake = Document::read(&format!("{mild}[ship]\nx = 1"), Path::new("config.toml"), Form::Config);
    assert_eq!(terms(&with_mistake, None).at_most, RuleMode::Enforce, "a file with mistakes loosens nothing");
    let looser = "profile = \"production\"\nx = 1\n[guard]\nat_least = \"observe\"\non_failure = \"open\"";
    let found = terms(&Document::read(looser, Path::new("config.toml"), Form::Config), None);
    assert_eq!((found.at_least.as_str(), found.on_failure), ("ask", OnFailure::Closed), "nor what is built in");
}

fn guard_table() -> impl Strategy<Value = String> {
    let mode = || prop::option::of(prop::sample::select(vec!["observe", "warn", "ask", "enforce"]));
    let closed = prop::option::of(prop::sample::select(vec!["open", "closed"]));
    (mode(), mode(), closed).prop_map(|(least, most, closed)| {
        let line = |key: &str, word: Option<&str>| word.map_or(String::new(), |word| format!("{key} = \"{word}\"\n"));
        line("at_least", least) + &line("at_most", most) + &line("on_failure", closed)
    })
}

const NAMES: [&str; 4] = ["development", "production", "testing", "own"];

fn name() -> impl Strategy<Value = Option<&'static str>> {
    prop::option::of(prop::sample::select(NAMES.to_vec()))
}

/// A file that may choose a profile and says something of each.
fn file() -> impl Strategy<Value = String> {
    (name(), prop::collection::vec(guard_table(), NAMES.len())).prop_map(|(chosen, tables)| {
        let chosen = chosen.map_or(String::new(), |name| format!("profile = \"{name}\"\n"));
        let tables: String =
            NAMES.iter().zip(tables).map(|(name, table)| format!("[profiles.{name}.guard]\n{table}")).collect();
        chosen + &tables
    })
}

/// Every built-in rule, and some whose modes, layers and locks are others.
fn sheets() -> Vec<Sheet> {
    let rule = |id: &str, decision: &str, mode: &str, more: &str| {
        format!(
            "[[rule]]\nid = \"{id}\"\ndecision = \"{decision}\"\nmode = \"{mode}\"\nreason = \"r\"\nkeywords = [\"x\"]\n{more}"
        )
    };
    let organisation = format!(
        "lock = [\"git.*\"]\n{}{}",
        rule("org.strict", "deny", "warn", ""),
        rule("org.mild", "ask", "enforce", "yields = true\n")
    );
    let of_project = rule("shop.observed", "deny", "observe", "") + &rule("shop.allowed", "allow", "enforce", "");
    let person = rule("own.asked", "deny", "ask", "") + "[[adjust]]\nrule = \"filesystem.*\"\nmode = \"warn\"\n";
    let packs = PACKS.iter().map(|pack| (Layer::BuiltIn, pack.text.to_owned()));
    let own = [(Layer::Organisation, organisation), (Layer::Project, of_project), (Layer::Person, person)];
    let made = |(layer, text): (Layer, String)| Sheet { layer, name: String::new(), file: read(&text).unwrap() };
    packs.chain(own).map(made).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever a project chooses and says, no rule is carried out more mildly than without it.
    #[test]
    fn nothing_but_config_toml_loosens_a_rule(person in file(), of_project in file()) {
        let sheets = sheets();
        let person = config(&person);
        let of_project = project(&of_project);
        let without = terms(&person, None);
        let with = terms(&person, Some(&of_project));
        prop_assert_eq!(with.on_failure, without.on_failure);
        let (before, after) = (join(&sheets, NOW).within(&without, &sheets), join(&sheets, NOW).within(&with, &sheets));
        for (before, after) in before.rules.iter().zip(&after.rules) {
            prop_assert!(after.prepared().weight() >= before.prepared().weight(), "{}", before.rule.id.as_ref());
        }
    }

    /// What a person may not loosen, their profiles do not either; and a rule that allows stays what it is.
    #[test]
    fn a_profile_reaches_no_further_than_a_person(person in file()) {
        let sheets = sheets();
        let written = join(&sheets, NOW);
        let found = join(&sheets, NOW).within(&terms(&config(&person), None), &sheets);
        for (before, after) in written.rules.iter().zip(&found.rules) {
            let id = before.rule.id.as_ref().as_str();
            let is_fixed = id.starts_with("self-protection.") || id.starts_with("git.") || id == "org.strict";
            prop_assert!(!is_fixed || after.mode >= before.mode, "{}", id);
            prop_assert!(id != "shop.allowed" || after.mode == before.mode);
        }
    }
}
