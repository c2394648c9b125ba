#![allow(clippy::unwrap_used)]
use std::fs;

use hookrail_core::policy::Snapshot;
use hookrail_core::time::Timestamp;
use hookrail_hook::Home;

use super::*;

const NOW: Timestamp = Timestamp::from_nanos(1_800_000_000_000_000_000);

#[test]
fn every_built_in_rule_does_what_its_examples_say() {
    let home = tempfile::tempdir().unwrap();
    let home = Home::at(home.path());
    compile(&Site::device(&home), NOW).unwrap();
    let bytes = fs::read(home.policy()).unwrap();
    let gathered = gather(&Site::device(&home)).unwrap();
    let cases = examples(gathered.files());
    let wrong: Vec<String> = run(&cases, &Snapshot::read(&bytes).unwrap())
        .unwrap()
        .iter()
        .filter(|outcome| !outcome.is_right())
        .map(|outcome| {
            let decided = outcome.verdict.as_ref().map_or("nothing", |verdict| verdict.rule.as_str());
            format!("{}: {:?} is decided by {decided}", outcome.case.why, outcome.case.command)
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    for rule in gathered.files().flat_map(|file| &file.rules) {
        assert!(!rule.stops.is_empty() && !rule.passes.is_empty(), "{} has no examples", rule.id.as_ref());
    }
}

#[test]
fn an_example_that_stops_is_stopped_by_its_own_rule() {
    for pack in PACKS {
        let file = read(pack.text).unwrap();
        for rule in &file.rules {
            let text = Snapshot::write(&[rule.prepared(RuleMode::Enforce, None)]).unwrap();
            let snapshot = Snapshot::read(text.as_bytes()).unwrap();
            let one = PolicyFile { rules: vec![rule.clone()], ..PolicyFile::default() };
            for outcome in run(&examples([&one]), &snapshot).unwrap() {
                assert!(outcome.is_right(), "{}: {:?}", rule.id.as_ref(), outcome.case.command);
            }
        }
    }
}

/// The least share of dangerous cases that is stopped, and the greatest share of harmless ones.
const CAUGHT: f64 = 0.99;
const ANNOYED: f64 = 0.003;

/// What is known to be decided wrongly, with the reason. A case that is here and right, or wrong and not here, fails.
const KNOWN: &[(&str, &str)] = &[];

#[test]
fn what_is_dangerous_is_stopped_and_what_is_harmless_is_not() {
    let home = tempfile::tempdir().unwrap();
    let home = Home::at(home.path());
    compile(&Site::device(&home), NOW).unwrap();
    let bytes = fs::read(home.policy()).unwrap();
    let snapshot = Snapshot::read(&bytes).unwrap();
    let cases: Vec<Case> =
        CASES.iter().flat_map(|(_, text)| text.lines()).map(|line| serde_json::from_str(line).unwrap()).collect();
    let outcomes = run(&cases, &snapshot).unwrap();
    let wrong: Vec<&str> =
        outcomes.iter().filter(|outcome| !outcome.is_right()).map(|outcome| outcome.case.command.as_str()).collect();
    assert_eq!(wrong, KNOWN.iter().map(|(command, _)| *command).collect::<Vec<_>>());
    let share = |stops: bool| {
        let of: Vec<_> = outcomes.iter().filter(|outcome| outcome.case.stops == stops).collect();
        assert!(of.len() > 300, "{} cases", of.len());
        of.iter().filter(|outcome| outcome.is_right()).count() as f64 / of.len() as f64
    };
    assert!(share(true) >= CAUGHT && 1.0 - share(false) <= ANNOYED, "{} {}", share(true), share(false));
}

/// The least share of the cases written without a look at the analysis that is stopped, and the greatest of those that should
/// not be. They are what is reached, below what is wanted (0.97 and 0.005): they only rise and fall towards that.
const UNSEEN_CAUGHT: f64 = 0.97;
const UNSEEN_ANNOYED: f64 = 0.005;

#[test]
fn cases_written_without_a_look_at_the_analysis_are_decided_as_they_say() {
    let home = tempfile::tempdir().unwrap();
    let home = Home::at(home.path());
    compile(&Site::device(&home), NOW).unwrap();
    let bytes = fs::read(home.policy()).unwrap();
    let snapshot = Snapshot::read(&bytes).unwrap();
    let lines: Vec<&str> = UNSEEN.iter().flat_map(|(_, text)| text.lines()).collect();
    let cases: Vec<Case> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let open = |line: &&str| serde_json::from_str::<serde_json::Value>(line).unwrap().get("open").is_some();
    let outcomes = run(&cases, &snapshot).unwrap();
    let differs: Vec<&str> = outcomes
        .iter()
        .zip(&lines)
        .filter(|(outcome, line)| outcome.is_right() == open(line))
        .map(|(outcome, _)| outcome.case.command.as_str())
        .collect();
    assert!(differs.is_empty(), "wrong and not open, or open and right: {differs:#?}");
    let wrong = |stops: bool| {
        let of: Vec<_> = outcomes.iter().filter(|outcome| outcome.case.stops == stops).collect();
        assert!(of.len() > 200, "{} cases", of.len());
        of.iter().filter(|outcome| !outcome.is_right()).count() as f64 / of.len() as f64
    };
    assert!(1.0 - wrong(true) >= UNSEEN_CAUGHT && wrong(false) <= UNSEEN_ANNOYED, "{} {}", wrong(true), wrong(false));
}

#[test]
fn mistakes_are_told_with_their_place() {
    for (text, says) in [
        ("[[rule]]\nid = 7", "line 2, column 6: "),
        (
            "[[rule]]\nid = \"A\"\ndecision = \"deny\"\nreason = \"r\"\ntools = [\"Bash\"]",
            "line 2, column 6: an id is made of",
        ),
        ("[[rule]]\nid = \"a\"\ndecision = \"explode\"\nreason = \"r\"", "line 3, column 12: "),
        ("[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \" \"\ntools = [\"x\"]", "line 4, column 10: a reason"),
        ("[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \"r\"", "line 2, column 6: a rule needs"),
        (
            "[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \"r\"\neffects = [\"git.force-pull\"]",
            "did you mean \"git.force-push\"?",
        ),
        (
            "[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \"r\"\neffects = [\"git.*\"]\nplace = [\"hom\"]",
            "line 6, column 10: there is no place \"hom\"; did you mean \"home\"?",
        ),
        (
            "[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \"r\"\ncolour = 1",
            "line 5, column 1: unknown field `colour`",
        ),
        (
            "[[exception]]\nrule = \"a\"\nowner = \"dev\"\nreason = \"r\"\nuntil = \"soon\"",
            "line 5, column 9: \"soon\" is no time",
        ),
        (
            "[[rule]]\nid = \"a\"\ndecision = \"deny\"\nreason = \"r\"\ntools = [\"Bash\"]\nplace = [\"home\"]",
            "line 2, column 6: place is a condition on an effect",
        ),
        (
            "[[rule]]\nid = \"a\"\ndecision = \"allow\"\nmode = \"warn\"\nreason = \"r\"\ntools = [\"Bash\"]",
            "line 2, column 6: a rule that allows",
        ),
        (
            "[[exception]]\nrule = \"a\"\nowner = \" \"\nreason = \"r\"\nuntil = \"2027-01-01\"",
            "line 3, column 9: an exception has an owner",
        ),
        ("[[rule", "line 1, column "),
    ] {
        let mistakes = read(text).unwrap_err();
        assert!(mistakes[0].to_string().contains(says), "{text}\n{}", mistakes[0]);
    }
    let twice = "[[rule]]\nid = \"a\"\ndecision = \"ask\"\nreason = \"r\"\ntools = [\"x\"]\n".repeat(2);
    assert!(read(&twice).unwrap_err()[0].message.contains("two rules a"));
}

#[test]
fn a_persons_rules_come_on_top_and_their_exceptions_end() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path());
    let own = "[[rule]]\nid = \"mine.no-push\"\ndecision = \"deny\"\nreason = \"Not today.\"\nkeywords = [\"git push\"]\n\
        [[exception]]\nrule = \"git.hard-reset\"\nowner = \"dev\"\nreason = \"a rescue\"\nuntil = \"2027-06-01\"\n\
        [[exception]]\nrule = \"git.clean\"\nowner = \"dev\"\nreason = \"over\"\nuntil = \"2001-01-01\"\n";
    fs::write(folder.path().join(OWN_FILE), own).unwrap();
    assert_eq!(state(&Site::device(&home), NOW).unwrap(), None);
    let compiled = compile(&Site::device(&home), NOW).unwrap();
    assert_eq!((compiled.exceptions, compiled.notes.len()), (1, 1));
    assert!(compiled.notes[0].message.contains("git.clean is over"));
    assert_eq!(state(&Site::device(&home), NOW).unwrap(), Some((true, compiled)));
    let bytes = fs::read(home.policy()).unwrap();
    let snapshot = Snapshot::read(&bytes).unwrap();
    let case = |command: &str, stops| Case { command: command.to_owned(), stops, why: String::new() };
    let cases = [
        case("git push", true),
        case("git reset --hard", false),
        case("git clean -fd", true),
        case("git status", false),
    ];
    assert!(run(&cases, &snapshot).unwrap().iter().all(Outcome::is_right));
    fs::write(folder.path().join(OWN_FILE), "[[rule]]").unwrap();
    let compiled = compile(&Site::device(&home), NOW).unwrap();
    let [Wrong { mistakes, earlier: true, .. }] = compiled.mistakes.as_slice() else { panic!("{compiled:?}") };
    assert!(mistakes[0].to_string().starts_with("line 1"));
    let bytes = fs::read(home.policy()).unwrap();
    let snapshot = Snapshot::read(&bytes).unwrap();
    assert!(run(&cases, &snapshot).unwrap().iter().all(Outcome::is_right), "what it said before holds on");
}

#[test]
fn rules_that_are_nowhere_are_told_with_what_was_meant() {
    let text = "[[exception]]\nrule = \"git.force-pull\"\nowner = \"o\"\nreason = \"r\"\nuntil = \"2027-01-01\"\n\
        [[adjust]]\nrule = \"git.*\"\nmode = \"warn\"\n";
    let known = ["git.force-push".to_owned(), "git.clean".to_owned()];
    let found = strangers(text, &read(text).unwrap(), &known);
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].to_string(),
        "line 2, column 8: there is no rule \"git.force-pull\"; did you mean \"git.force-push\"?"
    );
}

#[test]
fn a_projects_rules_are_prepared_for_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    let home = Home::at(folder.path().join("state"));
    let root = folder.path().join("shop");
    fs::create_dir_all(root.join(".hookrail")).unwrap();
    let rule = "[[rule]]\nid = \"shop.no-push\"\ndecision = \"deny\"\nreason = \"No.\"\nkeywords = [\"git push\"]\n";
    fs::write(root.join(".hookrail/policy.toml"), rule).unwrap();
    let device = compile(&Site::device(&home), NOW).unwrap();
    let project = compile(&Site { home: &home, project: Some(&root) }, NOW).unwrap();
    assert_ne!(device.file, project.file);
    assert_eq!(project.denies, device.denies + 1);
    let bytes = fs::read(&project.file).unwrap();
    let sources = Snapshot::read(&bytes).unwrap().sources().to_vec();
    let is_there: Vec<bool> = sources.iter().map(|source| source.stamp.is_some()).collect();
    assert_eq!(
        is_there,
        [false, false, false, true, false],
        "the settings, the project's choice of a profile, rules of the organisation, the project and the person"
    );
}
