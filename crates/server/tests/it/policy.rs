//! An organisation's rules: published by its admins, fetched by its keys, and by nobody else's.

use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};

use crate::harness::{Response, TestServer, key};

const DOOR: &str = "/api/v1/policy";

async fn ask(server: &TestServer, key: &str, method: &str, tag: Option<&str>, body: &str) -> Response {
    let bearer = format!("Bearer {key}");
    let mut headers = vec![("Authorization", bearer.as_str())];
    headers.extend(tag.map(|tag| ("If-None-Match", tag)));
    server.send(method, DOOR, &headers, body.as_bytes()).await
}

fn bytes(value: &Value) -> Vec<u8> {
    hookrail_core::policy::published::unhex(value.as_str().unwrap()).unwrap()
}

fn is_signed(published: &Value) -> bool {
    let text = |name: &str| published[name].as_str().unwrap();
    let signed = format!(
        "hookrail-policy-v1\n{} {}\n{}\n{}",
        text("organisation").len(),
        text("organisation"),
        published["version"],
        text("text")
    );
    let key = UnparsedPublicKey::new(&ED25519, bytes(&published["key"]));
    key.verify(signed.as_bytes(), &bytes(&published["signature"])).is_ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_are_published_signed_and_fetched_once() {
    let server = TestServer::guarded("operator-token").await;
    let make = |project: &'static str, scope: &'static str| {
        let server = &server;
        async move {
            let new = json!({"project": project, "scopes": [scope]}).to_string();
            let bearer = "Bearer operator-token";
            key(&server.send("POST", "/api/v1/keys", &[("Authorization", bearer)], new.as_bytes()).await).0
        }
    };
    let (admin, device, rival) =
        (make("acme/web", "admin").await, make("acme/shop", "ingest").await, make("rival/web", "admin").await);

    let before = ask(&server, &device, "GET", None, "").await;
    assert_eq!(before.status, 200, "{}", before.text());
    let before = before.json();
    assert_eq!((&before["version"], &before["text"], is_signed(&before)), (&json!(0), &json!(""), true));
    assert_eq!(ask(&server, &device, "PUT", None, "# mine").await.status, 403, "a device does not publish");

    let published = ask(&server, &admin, "PUT", None, "# acme's rules").await.json();
    assert_eq!((&published["version"], is_signed(&published)), (&json!(1), true));
    let fetched = ask(&server, &device, "GET", None, "").await;
    assert_eq!(fetched.json(), published, "another project of the organisation has the same");
    let tag = fetched.header("etag").unwrap().to_owned();
    let unchanged = ask(&server, &device, "GET", Some(&tag), "").await;
    assert_eq!((unchanged.status, unchanged.text().as_str()), (304, ""));
    let others = ask(&server, &rival, "GET", Some(&tag), "").await.json();
    assert_eq!((&others["organisation"], &others["version"]), (&json!("rival"), &json!(0)));

    assert_eq!(ask(&server, &admin, "PUT", None, "").await.json()["version"], 2);
    assert_eq!(ask(&server, &device, "GET", Some(&tag), "").await.json()["text"], "");
    assert_eq!(ask(&server, &admin, "PUT", None, &"#".repeat((256 << 10) + 1)).await.status, 413);
    assert_eq!(ask(&server, "none", "GET", None, "").await.status, 401);
}
