//! Checks that are taken out of what is there: who has to review, and what a program verifies before it believes.

use std::collections::HashSet;

use super::arguments::words;
use super::rights;
use super::source::{
    Written, code_lines, dense_code, form, is_comment, is_prose, is_test, is_tried, name, new_lines, without_remark,
};
use crate::policy::lists::{holds, is, parts};

/// Calls by which a program verifies what it is told, and by whom.
const VERIFIES: &str = "constructEvent(|construct_event(|ConstructEvent(|ValidatePayload(|verifySignature(|verify_signature(|timingSafeEqual(|compare_digest(|verifyWebhook(|\
    webhooks.verify(|jwt.verify(|jwtVerify(|argon2.verify(|bcrypt.compare(|check_password_hash(|password_verify(|hmac.Equal(|hash_equals(|\
    crypto_sign_verify|ed25519_verify|mbedtls_pk_verify(|RSA_verify(|EVP_DigestVerify|verify_image(|bootutil_img_validate|verifyPayload(|\
    FixedTimeEquals(|MessageDigest.isEqual(|\
    openssl_verify(|sign.detached.verify(|VerifySignature(|checkSignature(|check_signature(|validateSignature(|validate_signature(|.VerifyData(|\
    .VerifyHash(|verifyToken(|verifyIdToken(|verifyChecksum(|verify_checksum(|verify_hash(|cosign verify|gpg --verify|sha256sum -c|minisign -V|\
    validateRequest(|verify_strict(|.verify(|verifyHmac(|verify_hmac(|verifyPassword(|verify_password(|safe_str_cmp(|secure_compare(";

/// Calls that believe a token without asking who signed it, without blanks: those of other languages' libraries by the same names verify.
const BELIEVES: &[(&str, &str)] = &[
    (
        "js|mjs|cjs|ts|tsx|jsx|mts|cts|vue|svelte",
        "jwt.decode(|JWT.decode(|jsonwebtoken.decode(|jwtDecode(|jwt_decode(|decodeJwt(|decodeJWT(|jws.decode(|UnsecuredJWT.decode(|\
            oken.split('.')[1]|oken.split(\".\")[1]|arts[1],'base64|atob(",
    ),
    ("py", "oken.split('.')[1]|oken.split(\".\")[1]|get_unverified_claims("),
    ("java|kt|kts|scala", "JWT.decode(|parseUnsecuredClaims(|parseClaimsJwt(|JWTParser.parse(|PlainJWT.parse("),
    ("cs", "ReadJwtToken(|ReadJsonWebToken(|ReadToken("),
    ("go", "ParseUnverified(|strings.Split(token,\".\")[1]|UnsafeClaimsWithoutVerification("),
    ("php", "explode('.',$token)|explode('.',$jwt)"),
];

/// What verifies a token, without blanks.
const VERIFIES_TOKEN: &str = "erify(|erifyToken(|erifyJwt(|erifyIdToken(|erifyAccessToken(|erifySession(|\
    parseClaimsJws(|parseSignedClaims(|ValidateToken(|ValidateTokenAsync(|ParseWithClaims(|jwt.Parse(|JWT::decode(";

/// What code says, in small letters, that has its check in another form or at another place.
const STILL: &str = "verif|auth|check|valid|compare|signature|equal|protect|require|guard";

/// What a line says, in small letters, that names a check to have none.
const NO_MORE: &str = "skip|disable|bypass|insecure|ignore|= false|: false";

/// Forms of files that are no code.
const DATA: &str = "json|lock|css|scss|less|html|svg|csv|tsv|xml|map|snap|toml|po|pot|sum";

/// Whether a text checks no more what the one before it did.
pub(super) fn are_removed(written: &Written<'_>) -> bool {
    let is_code = !written.is_form(DATA) && !is_prose(written.name()) && !is_test(written.path);
    if is_code && written.holds(SAID) && !written.is_tried() && written.gains(says_so) {
        return true;
    }
    let text = &*written.text;
    if written.name() == "CODEOWNERS" {
        return written.before.map_or_else(
            // What is taken away as a whole may stand elsewhere.
            || !text.trim().is_empty() && lets_in_unreviewed(written.path, Some(text)),
            |before| loses_owner(text, before) || is_left_to_machine(text, before),
        );
    }
    let Some(before) = written.before else { return false };
    // What holds data checks nothing.
    is_code
        && (believes(text, before)
            || uses_as_given(text, before)
            || believes_token(text, before, form(written.path))
            || rights::are_given_up(text, before))
}

/// A part of whatever [`says_so`] tells.
const SAID: &str = "ignature|hmac|HMAC|erification|Stripe.Event|construct_from|constructFrom";

/// Whether code that is asked something says of itself that nobody proves who asks, or takes what a service tells as it comes.
fn says_so(text: &str) -> bool {
    const PROOF: &str = "signature|hmac|verification";
    const GONE: &str = "removed|dropped|disabled|skipped|skipping|skip |bypass|turned off|switched off|not checked|not verified|unverified|commented out|\
        left out|taken out|without signature|no signature|no hmac|no verification|ignore signature|ignore the signature";
    const ELSE: &str = " moved|middleware|gateway|proxy|upstream|handled|elsewhere|already|instead|test|unless|should|must|never|don't|do not|fails|email|\
        returns|throw|reject|http 4|if no signature|if the|when |raise|invalid|e-mail|phone|function|type ";
    const ASKED: &str = ".body|request.json|req.json|getcontent|request.data|request.get_json|io.readall(r.|@requestbody|webhook|params[:";
    /// What a service that signs is taken to have said, without blanks.
    const AS_GIVEN: &str = "req.bodyasstripe.event|request.bodyasstripe.event|req.json())asstripe.event|req.body)asstripe.event|\
        stripe.event.construct_from(json.loads(|stripe.event.construct_from(request|stripe::event.construct_from(json.parse|\
        stripe::event.construct_from(params|event::constructfrom(json_decode(";
    let lower = text.to_ascii_lowercase();
    let says = |line: &str| is_comment(line) && holds(line, PROOF) && holds(line, GONE) && !holds(line, ELSE);
    let is_asked = || code_lines(&lower).any(|line| holds(line, ASKED));
    let verifies = || code_lines(&lower).any(|line| holds(line, "verif|constructevent|construct_event|hmac"));
    (lower.lines().any(says) && is_asked() || holds(&dense_code(&lower), AS_GIVEN)) && !verifies()
}

/// Whether something has no owner any more that had one.
fn loses_owner(text: &str, before: &str) -> bool {
    let pattern = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
    let now: Vec<String> = text.lines().filter(|line| is_owned(line)).map(pattern).collect();
    before.lines().filter(|line| is_owned(line)).any(|line| !now.contains(&pattern(line)))
}

/// Whether programs alone have to review what people had to.
fn is_left_to_machine(text: &str, before: &str) -> bool {
    let by_people = || before.lines().any(|line| is_owned(line) && !of_machine(line));
    let had = |line: &str| {
        let pattern = line.split_whitespace().next();
        before.lines().any(|it| it.split_whitespace().next() == pattern && is_owned(it) && !of_machine(it))
    };
    by_people() && text.lines().filter(|line| is_owned(line) && of_machine(line)).take(super::MAX_PLACES).any(had)
}

/// Whether code that verified something goes on without, by something else that does not. What is gone as a whole does nothing either.
fn believes(text: &str, before: &str) -> bool {
    let verifies = |text: &str| code_lines(text).any(|line| holds(line, VERIFIES) || asks_for_proof(line));
    if !verifies(before) || verifies(text) {
        return false;
    }
    let had: HashSet<&str> = before.lines().map(str::trim).collect();
    let new = code_lines(text).filter(|line| !had.contains(line.trim()));
    let new: Vec<String> = new.map(str::to_ascii_lowercase).collect();
    let still = |line: &String| holds(line, STILL) && !holds(line, NO_MORE);
    // What is gone as a whole is done without; a line of what stands there is missed.
    let stays = |line: &str| had.contains(line.trim()) && line.trim().len() > 2;
    let goes_on = || code_lines(text).any(stays) && !new_lines(before, text).into_iter().any(rights::defines);
    let is_anything = new.iter().any(|line| !line.trim().is_empty());
    (is_anything || goes_on()) && !new.iter().any(still)
}

/// Whether a condition asks a function of one's own whether something is signed, or what it claims to be: `if (!sig_ok(image))`.
fn asks_for_proof(line: &str) -> bool {
    const PROVES: &str = "verify|verifies|verified|verifier|sig|signature|signatures|checksum|checksums|hmac|minisign|cosign|attest|attestation|authenticode|\
        signed|integrity|authentic";
    const ELSE: &str = "send|resend|render|show|create|make|compute|generate|email|page|step|handle|needs|use|on|is_email|phone|test|sign";
    let start = line.trim_start();
    if start.starts_with("before_action :verify_") {
        return true;
    }
    if !["if ", "if(", "unless ", "guard ", "assert"].iter().any(|it| start.starts_with(it)) {
        return false;
    }
    // What is computed of what came is compared with what the sender said of it.
    if start.contains("!=") {
        let lower = start.to_ascii_lowercase();
        let of_secret = || lower.contains("secret") && holds(&lower, "header|req.get(|request.get(");
        if holds(&lower, "hmac|signature|x-hub-|sig_header|sigheader") || of_secret() {
            return true;
        }
    }
    start.match_indices('(').take(super::MAX_PLACES).any(|(at, _)| {
        let called = start[..at].rsplit(|char: char| !char.is_alphanumeric() && char != '_').next().unwrap_or_default();
        let named = words(called);
        named.iter().any(|word| is(word, PROVES)) && !named.iter().any(|word| is(word, ELSE))
    })
}

/// What makes a text from somebody harmless, or a password unreadable, by how it is called; and words, in small letters, of a line that
/// does so in another way.
const CLEANS: &[(&str, &str)] = &[
    (
        "DOMPurify.sanitize(|sanitizeHtml(|sanitize_html(|htmlspecialchars(|htmlentities(|escapeHtml(|escape_html(|html.escape(|bleach.clean(|\
            Jsoup.clean(|xss(|filterXSS(|esc_html(|esc_attr(|wp_kses(|HtmlSanitizer|strip_tags(",
        "sanit|escap|clean|purif|encode|textcontent|innertext|strip|kses|xss|markdown",
    ),
    (
        "escape_filter_chars(|escape_dn_chars(|filter_format(|ldap_escape(|EscapeFilter(|real_escape_string(|pg_escape_literal(|quote_literal(",
        "escap|filter_format|quote|prepare|bind",
    ),
    (
        "shlex.quote(|escapeshellarg(|escapeshellcmd(|shellescape|shell_escape(",
        "quote|escap|list|argv|execfile|spawn|run([|subprocess.run([",
    ),
    (
        "bcrypt.hash|argon2.hash|argon2.using|password_hash(|generate_password_hash(|make_password(|scrypt(|pbkdf2|BCrypt.hashpw|\
            passwordEncoder.encode(|hash_password(|hashPassword(|HashPassword(|PasswordHasher",
        "bcrypt|argon|scrypt|pbkdf|password_hash|make_password|hashpw|encoder.encode(|hash_password|hashpassword|hasher|password_digest|\
            passworddigest|set_password|gensalt",
    ),
    ("kms.encrypt(|.encrypt(|Encrypt(|encryptField(|createCipheriv(|seal(", "encrypt|cipher|seal|kms|vault|tokeniz"),
];

/// Whether what somebody gave is no longer cleaned, or what is secret no longer made unreadable, and is used all the same.
fn uses_as_given(text: &str, before: &str) -> bool {
    let has = |text: &str, list: &str| code_lines(text).any(|line| holds(line, list));
    let lines = |text| code_lines(text).filter(|line| !line.trim().is_empty()).count();
    // A line that is gone as a whole used nothing.
    let same_lines = || lines(text) > 0 && lines(text) + 1 >= lines(before);
    CLEANS.iter().any(|(cleans, still)| {
        has(before, cleans)
            && !has(text, cleans)
            && same_lines()
            && !text.lines().any(|line| holds(&without_remark(line).to_ascii_lowercase(), still))
    })
}

/// Whether code reads a token where it verified one.
fn believes_token(text: &str, before: &str, form: &str) -> bool {
    let Some((_, believes)) = BELIEVES.iter().find(|(forms, _)| is(form, forms)) else { return false };
    let now = dense_code(text);
    let verifies = |text: &str| parts(VERIFIES_TOKEN).any(|call| text.contains(call) && !holds(call, believes));
    holds(&now, believes) && !verifies(&now) && {
        let was = dense_code(before);
        !holds(&was, believes) && verifies(&was)
    }
}

/// Whether a file is one that guards a project, or what it runs on, as long as it is there: who has to review, what looks for holes on a build
/// server, what protects branches, logs and networks.
pub(super) fn guards(path: &str) -> bool {
    protects(path) || is_backup(path) && !is_tried(path)
}

/// The same without what is kept in case something is lost.
pub(in crate::policy) fn protects(path: &str) -> bool {
    const SCANS: &str = "codeql|security|sast|gitleaks|trufflehog|trivy|semgrep|snyk|secret|secrets|scorecard|sbom|grype|checkov|tfsec|zizmor|\
        brakeman|bandit|gosec|zap|vulnerability|vulnerabilities";
    const PROTECTS: &str = "protection|guardduty|cloudtrail|waf|securityhub|firewall|networkpolicy|ruleset|rulesets|scp|audit|backup|backups|kyverno|\
        gatekeeper|falco|detector";
    let name = name(path);
    let has = |list: &str| words(name).iter().any(|word| is(word, list));
    let of_builds =
        || path.contains(".github/workflows/") || path.contains(".gitlab/ci/") || path.contains(".circleci/");
    let of_branches = || path.contains(".github/rulesets/") || name.contains("network-policy");
    !is_tried(path)
        && (lets_in_unreviewed(path, None)
            || of_builds() && (has(SCANS) || name.contains("dependency-review"))
            || is(form(path), "tf|bicep|pulumi") && has(PROTECTS)
            || is(form(path), "yaml|yml|json") && (has("networkpolicy|kyverno|gatekeeper") || of_branches()))
}

/// Whether a file is a copy of data that is kept in case the data is lost: by its folder or its name, and by its form.
fn is_backup(path: &str) -> bool {
    const KEPT: &str = "backup|backups|dump|dumps|snapshot|snapshots|bak|pgdump|mysqldump|wal|archive";
    const FORMS: &str = "dump|sql|gz|zst|tar|tgz|zip|bson|rdb|sqlite|sqlite3|db|xz|bz2|7z|dmp|bak|age|gpg|parquet|enc|backup|pgdump|lz4|borg|mdb|aof|xbstream|csv";
    let is_kept = |word: &str| is(word, KEPT);
    is(&form(path).to_ascii_lowercase(), FORMS)
        && !holds(path, "node_modules|/target/|__snapshots__|/migrations/|/seeds/")
        && path
            .rsplit('/')
            .take(3)
            .flat_map(|part| part.split(['.', '-', '_']))
            .any(|word| is_kept(&word.to_ascii_lowercase()))
}

/// Whether reviews are no longer asked for when a file of a repository somewhere is deleted, or written as this text.
pub(super) fn lets_in_unreviewed(path: &str, text: Option<&str>) -> bool {
    const ASK: &str = "CODEOWNERS|OWNERS|.mergify.yml|mergify.yml|branch-protection.yml|branch_protection.yml|approvals.yml|.pullapprove.yml|\
        pullapprove.yml|.policy.yml|REVIEWERS|rulesets.yml";
    let asks = is(name(path), ASK);
    let is_open = |text: &str| !text.lines().any(|line| is_owned(line) && !of_machine(line)) || gives_up_review(text);
    asks && text.is_none_or(|text| path.ends_with("CODEOWNERS") && is_open(text))
}

/// Whether all who have to review are programs: a review of theirs is nobody's.
fn of_machine(line: &str) -> bool {
    let is_machine = |owner: &str| {
        words(owner).iter().any(|word| {
            is(word, "bot|bots|robot|ci|automation|renovate|dependabot|autobot|agent|svc|claude|codex|copilot")
        })
    };
    line.split_whitespace().filter(|word| word.contains('@')).all(is_machine)
}

/// Whether a remark says that nobody has to review any more.
fn gives_up_review(text: &str) -> bool {
    const NO_MORE: &str = "no longer required|not required|no longer needed|not needed|disabled|no review|without review|reviews off|skip review";
    let mut remarks = text.lines().filter_map(|line| line.trim_start().strip_prefix('#')).map(str::to_ascii_lowercase);
    remarks.any(|remark| remark.contains("review") && holds(&remark, NO_MORE))
}

/// Whether a line names somebody who has to review.
fn is_owned(line: &str) -> bool {
    line.contains('@') && !line.trim_start().starts_with('#')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn removed(text: &str, before: Option<&str>, path: &str) -> bool {
        are_removed(&Written::of(text, before, path))
    }

    #[test]
    fn what_goes_on_without_its_check_is_seen() {
        let before = "sig = request.headers['stripe-signature']\nevent = stripe.Webhook.construct_event(payload, sig, secret)\nmark_paid(event)";
        for (text, is_removed) in [
            ("# the signature check was flaky\nevent = json.loads(payload)\nmark_paid(event)", true),
            ("event = verified(request)\nmark_paid(event)", false),
            ("", false),
        ] {
            assert_eq!(removed(text, Some(before), "/home/dev/shop/webhook.py"), is_removed, "{text}");
        }
        assert!(!removed("event = json.loads(payload)", None, "/home/dev/shop/webhook.py"));
        assert!(!removed("event = json.loads(payload)", Some(before), "/home/dev/shop/tests/test_webhook.py"));
    }

    #[test]
    fn what_nobody_owns_any_more_is_seen() {
        let path = "/home/dev/shop/.github/CODEOWNERS";
        assert!(removed("/web/ @shop/web\n", Some("/web/ @shop/web\n/pay/ @shop/pay\n"), path));
        assert!(!removed("/pay/ @shop/payments\n", Some("/pay/ @shop/pay\n"), path));
        for (text, is_open) in [
            ("* @shop-bot\n", true),
            ("# security review no longer required\n* @shop/web\n", true),
            ("*.lock @renovate-bot\n* @shop/web\n", false),
        ] {
            assert_eq!(lets_in_unreviewed(path, Some(text)), is_open, "{text}");
        }
    }
}
