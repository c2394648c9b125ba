use super::*;

/// Keys of every shape, made so that no scanner takes this file for a leak: the parts meet only at run time.
fn keys() -> Vec<(Secret, String)> {
    let body = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF3hI6";
    let upper = "Q7W2E9R4T1Y6U3I8";
    let cases = [
        (Secret::AwsAccessKey, "AK", format!("IA{upper}")),
        (Secret::AwsAccessKey, "AS", format!("IA{upper}")),
        (Secret::GithubToken, "gh", format!("p_{body}")),
        (Secret::GithubToken, "github", format!("_pat_{body}_{body}")),
        (Secret::AnthropicKey, "sk", format!("-ant-api03-{body}-{body}")),
        (Secret::OpenaiKey, "sk", format!("-proj-{body}_{body}")),
        (Secret::OpenaiKey, "sk", format!("-{body}")),
        (Secret::StripeKey, "sk", format!("_live_{body}")),
        (Secret::SlackToken, "xo", format!("xb-123456789012-{body}")),
        (Secret::GoogleApiKey, "AI", format!("za{}", &body[..35])),
        (Secret::GitlabToken, "gl", format!("pat-{}", &body[..20])),
        (Secret::NpmToken, "np", format!("m_{body}")),
        (Secret::HookrailKey, "hk", format!("r_0123456789ab_{body}")),
        (Secret::Jwt, "ey", format!("J{body}.eyJ{body}.{body}-_")),
        (
            Secret::PrivateKey,
            "-----BEG",
            format!("IN OPENSSH PRIVATE KEY-----\n{body}\n{body}/+=\n-----END OPENSSH PRIVATE KEY-----"),
        ),
        (Secret::SupabaseKey, "ey", format!("J{body}.eyJpc3MiOiJzIiwicm9sZSI6InNlcnZpY2Vfcm9sZSJ9.{body}")),
        (Secret::KubernetesToken, "ey", format!("J{body}.eyJpc3MiOiJrdWJlcm5ldGVzL3NlcnZpY2VhY2NvdW50In0.{body}")),
        (Secret::AzureSecret, "Account", format!("Key={body}{body}{}==", &body[..14])),
    ];
    cases.map(|(secret, head, tail)| (secret, format!("{head}{tail}"))).into()
}

fn json(text: &str) -> String {
    serde_json::json!({"tool_input": {"command": text}, "n": 1}).to_string()
}

#[test]
fn a_key_of_every_shape_is_replaced_wherever_it_stands() {
    for (secret, key) in keys() {
        let token = format!("[redacted:{}]", secret.as_str());
        for (before, after) in [("", ""), ("export K=", " && run"), ("line\n", "\nline"), ("\"", "\""), ("ü:", ",")] {
            let text = format!("{before}{key}{after}");
            let expected = format!("{before}{token}{after}");
            let redacted = redact_text(&text);
            assert_eq!((redacted.text(), redacted.found()), (expected.as_str(), &[secret][..]), "{text}");
            let in_json = json(&text);
            assert_eq!(redact_json(&in_json).into_text(), json(&expected), "{in_json}");
            let in_json_in_json = json(&json(&text));
            assert_eq!(redact_json(&in_json_in_json).replaced(), 1, "{in_json_in_json}");
        }
    }
}

#[test]
fn two_keys_are_two_findings_and_everything_between_stays() {
    let keys = keys();
    let text = json(&format!("a {} b {} c", keys[0].1, keys[2].1));
    let redacted = redact_json(&text);
    assert_eq!(redacted.found(), [Secret::AwsAccessKey, Secret::GithubToken]);
    assert_eq!(redacted.text(), json("a [redacted:aws-access-key] b [redacted:github-token] c"));
}

#[test]
fn a_header_keeps_its_words() {
    for word in ["Bearer", "bearer", "BEARER"] {
        let text = format!("curl -H 'Authorization: {word} abcdef0123456789ABCDEF=='");
        assert_eq!(redact_text(&text).into_text(), format!("curl -H 'Authorization: {word} [redacted:bearer-token]'"));
    }
}

#[test]
fn escapes_hide_nothing() {
    let (_, key) = &keys()[0];
    let hidden: String = key.chars().map(|char| format!("\\u{:04x}", u32::from(char))).collect();
    assert_eq!(redact_json(&format!("{{\"a\":\"{hidden}\"}}")).into_text(), "{\"a\":\"[redacted:aws-access-key]\"}");
    let slashed = json(&keys()[14].1).replace('/', "\\/");
    assert_eq!(redact_json(&slashed).into_text(), json("[redacted:private-key]"));
}

#[test]
fn a_private_key_without_an_end_is_taken_to_the_end() {
    let text = format!("{}IN RSA PRIVATE KEY-----\nMIIEow", "-----BEG");
    assert_eq!(redact_text(&text).into_text(), "[redacted:private-key]");
}

#[test]
fn a_private_key_is_seen_in_a_file_whose_lines_are_numbered() {
    let [begin, body, end] = [
        ["-----BEG", "IN OPENSSH PRIVATE KEY-----"].concat(),
        "b3BlbnNzaC1rZXktdjEAAAA".into(),
        ["-----E", "ND OPENSSH PRIVATE KEY-----"].concat(),
    ];
    for mark in ["\t", "\u{2192}"] {
        let text = format!("     1{mark}{begin}\n     2{mark}{body}\n     3{mark}{end}\n");
        assert_eq!(redact_text(&text).into_text(), format!("     1{mark}[redacted:private-key]\n"));
        assert!(redact_json(&json(&text)).text().contains("[redacted:private-key]"), "{mark:?}");
    }
    let told = format!("     1\tlooks for {begin}\n     2\tin the file\n");
    assert_eq!(redact_text(&told).replaced(), 0);
}

#[test]
fn what_only_resembles_a_key_stays() {
    for text in [
        "risk-aB3dE6gH9jK2mN5pQ8sT1vW4yZ7",
        "sk-circle-fade-dot",
        "The Bearer authentication-mechanism-of-http",
        "AKIA is a prefix",
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "AccountKey=Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==",
        "AKIAQ7W2E9R4T1Y6U3I8aa",
        "ghp_short",
        "eyJhbGciOiJIUzI1NiJ9.only-two-parts",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "npm_config_registry",
        "toolu_030b53812e6d452d912d",
        "[redacted:github-token]",
    ] {
        let redacted = redact_text(text);
        assert_eq!((redacted.text(), redacted.replaced()), (text, 0));
        assert_eq!(redact_json(&json(text)).into_text(), json(text));
    }
}

#[test]
fn what_the_scheme_basic_takes_is_found_in_a_member_and_in_a_header() {
    for credentials in ["ZGV2OnMzY3I3", "ZGV2OmgwbGExOkx2MyE=", "YTpiN2MhOQ=="] {
        let member = format!(r#"{{"headers":{{"Authorization":"Basic {credentials}","n":1}}}}"#);
        let expected = r#"{"headers":{"Authorization":"Basic [redacted:secret]","n":1}}"#;
        assert_eq!(redact_json(&member).into_text(), expected);
        let nested = serde_json::json!({ "body": member }).to_string();
        assert_eq!(redact_json(&nested).replaced(), 1, "{nested}");
        let header = format!("curl -H 'Authorization: Basic {credentials}' host");
        assert_eq!(redact_text(&header).into_text(), "curl -H 'Authorization: Basic [redacted:secret]' host");
    }
    for harmless in
        ["Basic auth", "Basic realm", "Basic dXNlcjo=", "Basic authentication is described elsewhere", "none"]
    {
        let member = serde_json::json!({ "Authorization": harmless }).to_string();
        assert_eq!(redact_json(&member).into_text(), member);
    }
}

#[test]
fn of_an_assignment_within_an_assignment_the_inner_one_counts() {
    let text = "token=token=token=a1B2c3D4e5F6g7H8i9J0 x";
    assert_eq!(redact_text(text).into_text(), "token=token=token=[redacted:secret] x");
}

#[test]
fn a_clean_text_is_borrowed() {
    let text = json("echo hello && ls -la # nothing to see\n");
    assert!(matches!(redact_json(&text).into_cow(), Cow::Borrowed(_)));
}

#[test]
fn counts_of_tokens_are_clean_and_what_a_member_is_named_for_is_not() {
    for text in [
        r#"{"usage":{"input_tokens":10,"output_tokens" : 120,"tokens":[1],"token":null,"password":true}}"#,
        r#"["password","token"]"#,
    ] {
        assert!(is_clean(text), "{text}");
    }
    for text in [r#"{"password" : "a1B2c3D4e5F6"}"#, r#"{"x":"\u0074oken"}"#, r#"{"x":"\"token\":1"}"#] {
        assert!(!is_clean(text), "{text}");
    }
}

proptest::proptest! {
    /// The quick look calls nothing clean in which the long one finds a secret.
    #[test]
    fn what_is_clean_holds_no_secret(parts in proptest::collection::vec((0..12usize, 0..keys().len()), 1..12)) {
        let keys = keys();
        let fragment = |(kind, key): &(usize, usize)| match kind {
            0 => keys[*key].1.clone(),
            1 => "password".to_owned(),
            2 => "a1B2c3D4e5F6g7H8i9J0".to_owned(),
            3 => "\":\"".to_owned(),
            4 => "\" : ".to_owned(),
            5 => "\",\"".to_owned(),
            6 => "=".to_owned(),
            7 => "--token ".to_owned(),
            8 => "\\\"".to_owned(),
            9 => "\\u0041".to_owned(),
            10 => " x ".to_owned(),
            _ => "\\n".to_owned(),
        };
        let text = format!("{{\"{}\"}}", parts.iter().map(fragment).collect::<String>());
        if is_clean(&text) {
            proptest::prop_assert!(Redactor::default().strings(&text).found().is_empty(), "{}", text);
        }
    }
}

#[test]
fn bytes_that_were_no_json_are_redacted_too() {
    let (_, key) = &keys()[2];
    let bytes = [b"\xff not json ", key.as_bytes()].concat();
    let line = format!("{{\"v\":1,\"agent\":\"codex\",\"malformed\":\"{}\"}}", base64::encode(&bytes));
    let redacted = redact_record(&line);
    assert_eq!(redacted.found(), [Secret::GithubToken]);
    let record: Record<'_> = serde_json::from_str(redacted.text()).unwrap();
    let kept = record.malformed_bytes().unwrap();
    assert_eq!(String::from_utf8(kept).unwrap(), "\u{fffd} not json [redacted:github-token]");
}

#[test]
fn hostile_texts_take_linear_time() {
    // A quadratic search would take minutes over these.
    for unit in [
        "-eyJ",
        "-eyJa.",
        "-----BEGIN ",
        "sk-",
        "Bearer ",
        "-----BEGIN PRIVATE KEY",
        "\\u0041",
        "AKIA",
        ".eyJ-",
        "token=",
        "xtoken=",
        "token=a/",
        "Authorization: Basic ",
        "password: \"a1",
        "--secret_key=xx",
        "://u:p",
        " 123456789:AA",
        "MT",
        "sk-ant-xxxx-",
        "api_key=\\\"",
        "<password>",
        "[redacted:",
        "Bearer xxxx",
    ] {
        let text = json(&unit.repeat((1 << 20) / unit.len()));
        assert!(redact_json(&text).text().len() <= 8 * text.len());
    }
}
