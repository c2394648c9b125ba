//! What is found and what is left alone: for every rule, keys made from their structure by a seeded generator, in the places
//! where keys are met, and texts that only resemble them; and everything that is tracked in this repository.
#![allow(clippy::unwrap_used)]

use std::path::Path;
use std::process::Command;

use hookrail_core::redact::{redact_json, redact_text};

const DIGITS: &str = "0123456789";
const HEX: &str = "0123456789abcdef";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const DASHED: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// How many examples there are of each rule.
const EXAMPLES: usize = 60;

/// SplitMix64: the same examples every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn some(&mut self, alphabet: &str, count: usize) -> String {
        let alphabet = alphabet.as_bytes();
        (0..count).map(|_| char::from(alphabet[self.next() as usize % alphabet.len()])).collect()
    }

    /// A pattern: `{A40}` stands for forty of the alphabet `A`.
    fn fill(&mut self, pattern: &str) -> String {
        let mut parts = pattern.split('{');
        let mut out = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let hole = part
                .split_once('}')
                .filter(|(hole, _)| hole.get(1..).is_some_and(|count| count.parse::<usize>().is_ok()));
            let Some((hole, rest)) = hole else {
                out = out + "{" + part;
                continue;
            };
            let alphabet = match &hole[..1] {
                "d" => DIGITS,
                "h" => HEX,
                "l" => LOWER,
                "U" => UPPER,
                "A" => ALL,
                _ => DASHED,
            };
            out += &self.some(alphabet, hole[1..].parse().unwrap());
            // No key ends in a dash, lest its end be a matter of taste.
            out = out.trim_end_matches(['-', '_']).to_owned() + if out.ends_with(['-', '_']) { "k" } else { "" };
            out += rest;
        }
        out
    }
}

/// The word of a kind and the pattern of its keys, split where a scanner would else take this file for a leak.
const KEYS: &[(&str, &[&str])] = &[
    ("aws-access-key", &["AK", "IA{U16}"]),
    ("aws-access-key", &["AS", "IA{U16}"]),
    ("github-token", &["gh", "p_{A36}"]),
    ("github-token", &["gh", "s_{A36}"]),
    ("github-token", &["github", "_pat_{A22}_{A59}"]),
    ("gitlab-token", &["gl", "pat-{w20}"]),
    ("gitlab-token", &["gl", "rt-{w20}"]),
    ("slack-token", &["xo", "xb-{d12}-{d13}-{A24}"]),
    ("slack-token", &["hooks.slack", ".com/services/T{U8}/B{U10}/{A24}"]),
    ("stripe-key", &["sk", "_live_{A24}"]),
    ("stripe-key", &["rk", "_test_{A99}"]),
    ("stripe-key", &["wh", "sec_{A32}"]),
    ("openai-key", &["sk", "-proj-{w64}T3BlbkFJ{w40}"]),
    ("openai-key", &["sk", "-{A48}"]),
    ("anthropic-key", &["sk", "-ant-api03-{w93}AA"]),
    ("google-api-key", &["AI", "za{w35}"]),
    ("google-oauth", &["GOC", "SPX-{w28}"]),
    ("google-oauth", &["ya", "29.{w68}"]),
    ("azure-secret", &["{A3}8", "Q~{A34}"]),
    ("huggingface-token", &["h", "f_{A34}"]),
    ("npm-token", &["np", "m_{A36}"]),
    ("pypi-token", &["py", "pi-AgEIcHlwaS5vcmc{w70}"]),
    ("docker-token", &["dckr", "_pat_{w27}"]),
    ("twilio-key", &["S", "K{h32}"]),
    ("sendgrid-key", &["S", "G.{w22}.{w43}"]),
    ("mailgun-key", &["ke", "y-{h32}"]),
    ("telegram-token", &["{d9}:", "AA{w33}"]),
    ("discord-token", &["MT", "{A24}.{A6}.{w38}"]),
    ("shopify-token", &["shp", "at_{h32}"]),
    ("square-token", &["EA", "AA{w60}"]),
    ("square-token", &["sq0", "csp-{w43}"]),
    ("digitalocean-token", &["do", "p_v1_{h64}"]),
    ("heroku-key", &["HR", "KU-{w58}"]),
    ("cloudflare-key", &["v1", ".0-{h24}-{h146}"]),
    ("newrelic-key", &["NR", "AK-{U27}"]),
    ("sentry-token", &["sn", "trys_{A120}"]),
    ("vault-token", &["hv", "s.{w90}"]),
    ("terraform-token", &["{A14}.atl", "asv1.{w67}"]),
    ("databricks-token", &["da", "pi{h32}"]),
    ("atlassian-token", &["ATA", "TT3{w180}"]),
    ("linear-key", &["lin", "_api_{A40}"]),
    ("notion-token", &["nt", "n_{A46}"]),
    ("notion-token", &["sec", "ret_{A43}"]),
    ("figma-token", &["fi", "gd_{w40}"]),
    ("airtable-token", &["pa", "t{A14}.{h64}"]),
    ("planetscale-token", &["psc", "ale_tkn_{w43}"]),
    ("supabase-key", &["sb", "p_{h40}"]),
    ("doppler-token", &["dp", ".pt.{A43}"]),
    ("onepassword-token", &["ops", "_eyJ{A250}"]),
    ("age-key", &["AGE-SEC", "RET-KEY-1{U58}"]),
    ("grafana-token", &["gl", "sa_{A32}_{h8}"]),
    ("postman-key", &["PM", "AK-{h24}-{h34}"]),
    ("hookrail-key", &["hk", "r_{h12}_{w43}"]),
    ("jwt", &["ey", "J{A30}.eyJ{A80}.{w43}"]),
    ("private-key", &["-----BEG", "IN RSA PRIVATE KEY-----\n{A64}\n{A64}\n-----END RSA PRIVATE KEY-----"]),
    (
        "private-key",
        &["-----BEG", "IN PGP PRIVATE KEY BLOCK-----\n\n{A64}\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----"],
    ),
];

/// Where a key is met; `@` stands for it.
const PLACES: &[&str] = &[
    "@",
    "export API=@ && deploy",
    "curl -H 'X-Auth: @' https://api.host/v1",
    "{\"value\": \"@\", \"n\": 1}",
    "env:\n  - name: A\n    value: @\n",
    "https://host/path?x=1&auth=@&y=2",
    "2026-01-02T03:04:05Z INFO calling with @ done",
    "let client = Client::new(\"@\");",
    "-  const t = '@';\n+  const t = process.env.T;",
    "first line\n@\nlast line",
];

/// What assigns a secret that has no shape of its own; `@` stands for it.
const ASSIGNMENTS: &[(&str, &str)] = &[
    ("{A40}", "AWS_SECRET_ACCESS_KEY=@"),
    ("{A40}", "aws_secret_access_key = @"),
    ("{h32}", "export DD_API_KEY=@"),
    ("{h32}", "{\"api_key\": \"@\"}"),
    ("{h32}", "X-Api-Key: @"),
    ("{A32}", "const apiKey = \"@\";"),
    ("{A32}", "client_secret: @"),
    ("{A32}", "clientSecret: '@',"),
    ("{A86}==", "AccountKey=@;EndpointSuffix=core.windows.net"),
    ("{l32}", "let auth_token: &str = \"@\";"),
    ("{A28}", "tool --token @ run"),
    ("{A28}", "tool --token=@"),
    ("{A28}", "setenv(\"ACCESS_TOKEN\", \"@\")"),
    ("{A28}", "os.environ[\"GH_TOKEN\"] = \"@\""),
    ("{A12}7a", "password=@"),
    ("{A12}7a", "password: \"@\""),
    ("{A12}7a", "{\"db\":{\"password\":\"@\"}}"),
    ("{A12}7a", "MYSQL_PWD=@ mysqldump"),
    ("{A12}7a", "--password @"),
    ("{A12}7a", "<password>@</password>"),
    ("{A12}7a", "postgres://app:@@db.host:5432/shop"),
    ("{A12}7a", "redis://:@@cache:6379/0"),
    ("{h32}", "https://0123abcd:@@o1.ingest.sentry.io/2"),
    ("{A44}", "Authorization: Basic @"),
    ("{A40}", "authorization: token @"),
    ("{A40}", "//registry.host/:_authToken=@"),
    ("{h8}-{h4}-{h4}-{h4}-{h12}", "HEROKU_API_KEY=@"),
];

/// What is no secret, however it looks.
const HARMLESS: &[&str] = &[
    "commit {h40}",
    "sha256:{h64}",
    "\"integrity\": \"sha512-{A86}==\"",
    "checksum = \"{h64}\"",
    "{h8}-{h4}-{h4}-{h4}-{h12}",
    "\"session_id\": \"{h8}-{h4}-{h4}-{h4}-{h12}\"",
    "\"tool_use_id\":\"toolu_{A24}\"",
    "src=\"data:image/png;base64,{A400}\"",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{A43} dev",
    "-----BEGIN PUBLIC KEY-----\n{A64}\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\n{A64}\n-----END CERTIFICATE-----",
    "grep -r 'BEGIN RSA PRIVATE KEY' src",
    "if text.contains(\"-----BEGIN PRIVATE KEY-----\") {}",
    "password=${DB_PASSWORD}",
    "password: <your-password>",
    "api_key = os.environ[\"API_KEY\"]",
    "API_KEY=your-api-key-here-{d4}",
    "token = get_token({d4})",
    "const token = await fetchToken{d2}(user);",
    "\"input_tokens\": {d6}, \"output_tokens\": {d6}",
    "next_page_token: {A32}",
    "primary_key: user_{h32}",
    "public_key: {A44}",
    "cache_key: deps-{h32}",
    "key: value-{d4}",
    "password: string; token: string",
    "fn password(&self) -> &str",
    "the password is required, and the token too",
    "git@github.com:org/repo.git",
    "https://example.com:8080/a?b={h32}",
    "postgres://postgres:postgres@localhost/db",
    "https://user:password@example.com/",
    "AKIAIOSFODNN7EXAMPLE",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk-your-key-here-{d4}",
    "task-{l24} risk-{l24} disk-{l30}",
    "!function(e,t){var n=e.key,r=t.token;return n===r?{key:n}:{token:r}}",
    "resolved \"https://registry.host/a/-/a-{d1}.{d1}.{d1}.tgz#{h40}\"",
    "image: repo/app@sha256:{h64}",
    "_key_{h16}: {h8}",
    "Bearer authentication is described in RFC {d4}",
    "token_type: bearer{d1}",
    "keyboard: qwerty{d2}, monkey={l20}",
    "etag: \"{h32}\"",
];

#[test]
fn keys_of_every_kind_are_found_wherever_they_stand() {
    let mut dice = Dice(1);
    for (word, pattern) in KEYS {
        let mut missed = Vec::new();
        for at in 0..EXAMPLES {
            let key = dice.fill(&pattern.concat());
            let place = PLACES[at % PLACES.len()];
            let text = place.replace('@', &key);
            let redacted = redact_text(&text).into_text();
            let json = serde_json::json!({"tool_input": {"command": &text}}).to_string();
            let in_json = redact_json(&json).into_text();
            let expected = place.replace('@', &format!("[redacted:{word}]"));
            if redacted != expected
                || serde_json::from_str::<serde_json::Value>(&in_json).unwrap()["tool_input"]["command"]
                    != expected.as_str()
            {
                missed.push(redacted);
            }
        }
        assert!(
            missed.len() * 50 <= EXAMPLES,
            "{word} {pattern:?}: {} of {EXAMPLES}: {:?}",
            missed.len(),
            missed.first()
        );
    }
}

#[test]
fn what_is_assigned_to_the_name_of_a_secret_is_found() {
    let mut dice = Dice(2);
    let mut failed = Vec::new();
    for (pattern, place) in ASSIGNMENTS {
        let mut missed = Vec::new();
        for _ in 0..EXAMPLES {
            let key = dice.fill(pattern);
            let text = place.replacen('@', &key, 1);
            let redacted = redact_text(&text).into_text();
            let json = serde_json::json!({"a": [&text]}).to_string();
            let nested = serde_json::json!({"text": &json}).to_string();
            if redacted.contains(&key)
                || redact_json(&json).text().contains(&key)
                || redact_json(&nested).text().contains(&key)
            {
                missed.push(text);
            }
        }
        if missed.len() * 50 > EXAMPLES {
            failed.push((place, missed.len(), missed.swap_remove(0)));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn what_only_resembles_a_secret_stays() {
    let mut dice = Dice(3);
    let mut failed = Vec::new();
    for pattern in HARMLESS {
        let wrong: Vec<_> = (0..EXAMPLES)
            .map(|_| dice.fill(pattern))
            .map(|text| redact_text(&text).into_text())
            .filter(|text| text.contains("[redacted:"))
            .collect();
        // The figure allows one in a hundred of all examples; here each pattern has to keep to it.
        if wrong.len() * 100 > EXAMPLES {
            failed.push((pattern, wrong.len(), wrong[0].clone()));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

/// Files whose examples are secrets on purpose.
const ON_PURPOSE: &[&str] = &[
    "crates/core/tests/secrets.rs",
    "crates/core/src/redact/tests.rs",
    "crates/core/src/policy/steering/tasks.jsonl",
    "crates/core/src/policy/suspicion/examples.jsonl",
    "crates/core/src/policy/suspicion/unseen.jsonl",
    "crates/device/src/policy/cases/unseen.jsonl",
    "crates/device/src/policy/cases/blind.jsonl",
    "crates/device/src/policy/cases/blind-calls.jsonl",
];

#[test]
fn nothing_in_this_repository_is_taken_for_a_secret() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(&root).output().unwrap();
    let mut failed = Vec::new();
    let mut files = 0;
    for name in String::from_utf8(listed.stdout).unwrap().split('\0').filter(|name| !name.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root.join(name)) else { continue };
        files += 1;
        if ON_PURPOSE.contains(&name) {
            continue;
        }
        for line in text.lines() {
            let found =
                if name.ends_with("json") || name.ends_with("jsonl") { redact_json(line) } else { redact_text(line) };
            if found.replaced() > 0 {
                failed.push(format!("{name}: {:?}: {}", found.found(), line.chars().take(160).collect::<String>()));
            }
        }
    }
    assert!(files > 100, "{files}");
    assert!(failed.is_empty(), "{}: {failed:#?}", failed.len());
}
