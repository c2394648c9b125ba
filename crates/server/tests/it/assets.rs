//! The dashboard's files.

use crate::harness::TestServer;

#[tokio::test]
async fn pages_are_asked_for_again_and_files_are_tagged() {
    let server = TestServer::start().await;
    let index = server.get("/").await;
    assert_eq!((index.status, index.header("cache-control")), (200, Some("no-cache")));
    assert_eq!(index.header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(server.get("/sessions/some-id").await.text(), index.text(), "the page knows its own paths");
    for (path, kind) in [("/vendor/preact.js", "text/javascript; charset=utf-8"), ("/icon.svg", "image/svg+xml")] {
        let file = server.get(path).await;
        assert_eq!((file.status, file.header("content-type")), (200, Some(kind)), "{path}");
        let tag = file.header("etag").unwrap();
        let again = server.send("GET", path, &[("If-None-Match", tag)], b"").await;
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    for path in ["/../Cargo.toml", "/vendor/../../Cargo.toml", "/%2e%2e/Cargo.toml", "/package.json", "/tsconfig.json"]
    {
        assert_eq!(server.get(path).await.status, 404, "{path}");
    }
    assert_eq!(server.post("/", "{}").await.status, 404);
}
