//! Tests that say who is refused, and are content now with somebody let in.

use super::source::{Written, code_lines, is_test, new_lines};
use crate::policy::lists::{holds, parts};

/// What a test is called that is about being let in or not, in small letters.
const ABOUT: &str = "den|forbid|unauthor|unauthent|not allowed|cannot|can't|reject|refus|another user|other user|other tenant|another customer|permission|\
    requires login|requires auth|requires admin|without a token|without token|without login|anonymous|not permitted|403|401|blocked|blocks|must not|access|\
    tampered|invalid signature|bad signature|expired|csrf|rate limit|locked|wrong password|invalid token";

/// What a test says where it asks for a refusal, in small letters.
const REFUSES: &str = "401|403|404|429|forbidden|unauthorized|denied|permissiondenied|tothrow|rejects.|raises|assertraises|assert_raises|raise_error|\
    shouldpanic|should_panic|is_err()|unwrap_err|assertthrows|permissionerror|accessdenied|err(|tobe(false|assertfalse|assert_not|to be_false|.tobefalsy|redirect";

/// What is content with whatever comes.
const CONTENT: &str = "200|201|204|302, 403|tobelessthan(5|not.tobe(500|tobedefined|tobetruthy|assert true|assert!(true|not.toequal(500|!= 500|< 500|\
    expect(true|is_ok()|tobe(true|asserttrue";

/// Marks by which a test is not run.
const SKIPS: &str = "it.skip(|test.skip(|describe.skip(|xit(|xtest(|xdescribe(|it.todo(|@pytest.mark.skip|@unittest.skip|@skip|#[ignore|t.skip(|@disabled|@ignore|\
    [ignore|markTestSkipped|marktestskipped|pending(|skip \"|skip '|pytest.skip(|xfail|it.fails(|test.fixme(|skip:";

/// Whether a test of who is refused asks for less than it did.
pub(super) fn are_let_go(written: &Written<'_>) -> bool {
    let Some(before) = written.before.filter(|_| is_test(written.path)) else { return false };
    let (had, has) = (code(before), code(&written.text));
    if !holds(&had, ABOUT) || !holds(&had, REFUSES) {
        return false;
    }
    let asked = asserts(&had);
    // A test that goes by another name is another test.
    let stays = titles(&had).iter().any(|title| has.contains(title.as_str()) && holds(title, ABOUT));
    let new = new_lines(&has, &had);
    let skipped = || new.iter().any(|line| holds(line, SKIPS));
    let content = || {
        new.iter().any(|line| holds(line, CONTENT))
            && (asserts(&has) < asked || new.iter().any(|line| holds(line, CONTENT) && holds(line, REFUSES)))
    };
    stays && (skipped() || content() || asked > 0 && asserts(&has) == 0)
}

/// What a text says to a machine, in small letters.
fn code(text: &str) -> String {
    code_lines(text).map(|line| line.to_ascii_lowercase() + "\n").collect()
}

/// In how many lines a text asks for a refusal.
fn asserts(code: &str) -> usize {
    let is_title = |line: &&str| parts(TITLES).any(|title| line.contains(title));
    code.lines().filter(|line| !is_title(line) && holds(line, REFUSES) && !holds(line, "[200|(200|200,")).count()
}

/// How a test begins, in small letters.
const TITLES: &str = "it(|test(|describe(|it.skip(|test.skip(|xit(|def test|fn |func test|it \"|it '|test \"|@test|public void|fun `|scenario(|specify|t.run(";

/// What tests are called: the texts between quotes of the lines that begin them, or their names.
fn titles(code: &str) -> Vec<String> {
    let titled = code.lines().filter(|line| parts(TITLES).any(|title| line.contains(title))).take(super::MAX_PLACES);
    let name = |line: &str| -> Option<String> {
        match line.split(['"', '\'', '`']).nth(1).filter(|text| text.len() > 4) {
            Some(text) => Some(text.to_owned()),
            None => line
                .split(|char: char| !char.is_alphanumeric() && char != '_')
                .filter(|word| word.len() > 6)
                .max_by_key(|word| word.len())
                .map(str::to_owned),
        }
    };
    titled.filter_map(name).map(|name| name.trim_end_matches('\\').to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_let_somebody_in_are_seen() {
        let before = "it('denies a stranger', async () => {\n  expect(res.status).toBe(403);\n});";
        for (text, seen) in [
            ("it('denies a stranger', async () => {\n  expect([200, 403]).toContain(res.status);\n});", true),
            ("it('denies a stranger', async () => {\n  expect(res.status).toBe(200);\n});", true),
            ("it.skip('denies a stranger', async () => {\n  expect(res.status).toBe(403);\n});", true),
            ("it('denies a stranger', async () => {\n  expect(res.status).toBe(404);\n});", false),
            (
                "it('denies a stranger', async () => {\n  const res = await get();\n  expect(res.status).toBe(403);\n});",
                false,
            ),
            ("it('shows a stranger the page', async () => {\n  expect(res.status).toBe(200);\n});", false),
        ] {
            let written = Written::of(text, Some(before), "/home/you/work/shop/test/a.spec.ts");
            assert_eq!(are_let_go(&written), seen, "{text}");
        }
    }
}
