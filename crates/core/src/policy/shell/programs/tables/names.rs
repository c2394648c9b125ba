//! What the name of a thing says of it: that it is a test's, that somebody develops by it, that others rely on it.

/// Words that the name of a test's thing has.
const TRIAL: &[&str] = &[
    "test",
    "tests",
    "testing",
    "tested",
    "testdb",
    "testdata",
    "testpypi",
    "unittest",
    "unittests",
    "pytest",
    "e2e",
    "ci",
    "tmp",
    "temp",
    "temporary",
    "scratch",
    "sandbox",
    "throwaway",
    "ephemeral",
    "disposable",
    "fixture",
    "fixtures",
    "integration",
    "smoke",
    "bench",
    "benchmark",
    "playground",
    "repro",
    "reproduce",
    "reproduction",
    "mock",
    "dummy",
    "spec",
    "specs",
    "cypress",
    "playwright",
    "testcontainers",
];

/// Words that the name of something has on which others rely.
const LASTING: &[&str] =
    &["prod", "production", "prd", "live", "staging", "stage", "preprod", "master", "main", "release"];

/// The words of a name, in lower case and without numbers at their ends.
pub(super) fn words(name: &str) -> impl Iterator<Item = String> + '_ {
    let mut parts = Vec::new();
    let mut before_lower = false;
    for char in name.chars() {
        let starts = !char.is_ascii_alphanumeric() || char.is_ascii_uppercase() && before_lower || parts.is_empty();
        before_lower = char.is_ascii_lowercase();
        if starts {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut().filter(|_| char.is_ascii_alphanumeric()) {
            part.push(char.to_ascii_lowercase());
        }
    }
    parts.into_iter().map(|part| match TRIAL.contains(&part.as_str()) {
        true => part,
        false => part.trim_end_matches(|char: char| char.is_ascii_digit()).to_owned(),
    })
}

/// Whether a name is a test's: one of its words says so, and none says otherwise.
pub(in super::super) fn is_trial(name: &str) -> bool {
    let words: Vec<String> = words(name).collect();
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    has(TRIAL) && !has(LASTING)
}

/// Whether a name speaks of what others rely on.
pub(in super::super) fn is_lasting(name: &str) -> bool {
    words(name).any(|word| LASTING.contains(&word.as_str()))
}

/// Whether a name says that somebody develops by what has it, with data that is made up.
pub(in crate::policy::shell) fn is_developed(name: &str) -> bool {
    const WORDS: &[&str] = &["dev", "develop", "development", "local", "demo", "seed", "sample"];
    words(name).any(|word| WORDS.contains(&word.as_str()) || word.len() > 5 && word.ends_with("dev"))
        && !is_lasting(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_tests_by_its_words() {
        for (name, expected) in [
            ("shop_test", true),
            ("shopTest", true),
            ("test-shop-12", true),
            ("e2e-tests", true),
            ("shop_test_…", true),
            ("shop_test3", true),
            ("docker-compose.test.yml", true),
            ("tmp", true),
            ("latest", false),
            ("contest", false),
            ("shop", false),
            ("shop_dev", false),
            ("prod-test", false),
            ("production", false),
            ("", false),
        ] {
            assert_eq!(is_trial(name), expected, "{name}");
        }
    }
}
