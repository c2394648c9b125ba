//! What is told of artifacts.

use std::time::Duration;

use hookrail_core::event::{Event, Kind};
use hookrail_core::time::Timestamp;
use hookrail_store::StoreError;
use hookrail_store::events::Retention;
use hookrail_store::model::ArtifactFilter;
use serde_json::json;
use serde_json::value::to_raw_value;

use super::common::*;
use super::{Open, start};

fn sha256(n: u64) -> String {
    format!("{n:064x}")
}

fn artifact(n: u64, session: &str, seconds: i64, content: u64) -> Event {
    let payload = json!({"path": format!("out/{n}/a.tgz"), "sha256": sha256(content), "bytes": n, "run_id": "run"});
    Event { payload: to_raw_value(&payload).unwrap(), ..event(n, session, Kind::ArtifactCreated, seconds) }
}

pub(crate) async fn artifacts_are_listed_and_go_with_their_events(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let old = |mut event: Event| {
        event.received_at = Timestamp::from_nanos(NOON - 3600 * SECOND);
        event
    };
    writer.append((1..=600).map(|n| old(artifact(n, "old", 0, n % 3))).collect()).unwrap();
    writer.append((601..=606).map(|n| artifact(n, "new", 60, 2 + n % 2)).collect()).unwrap();
    // Told again, it is one; what names no content is none; another kind is none.
    writer.append(vec![artifact(606, "new", 60, 2)]).unwrap();
    writer.append(vec![event(700, "new", Kind::ArtifactCreated, 61), event(701, "new", Kind::Error, 61)]).unwrap();

    let list = async |filter: ArtifactFilter| {
        let (mut found, mut cursor) = (Vec::new(), None);
        loop {
            let page = store.events.artifacts(&filter, 250, cursor.as_deref()).await.unwrap();
            found.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return found;
            }
        }
    };
    let of = |session: &str| ArtifactFilter { session_id: Some(session.to_owned()), ..ArtifactFilter::default() };
    let all = list(ArtifactFilter::default()).await;
    let bytes: Vec<u64> = all.iter().map(|artifact| artifact.bytes).collect();
    assert_eq!(bytes, (1..=606).rev().collect::<Vec<_>>(), "the newest first, each once");
    assert_eq!((all[0].name.as_str(), all[0].path.as_str(), all[0].event_id), ("a.tgz", "out/606/a.tgz", id(606)));
    assert_eq!((all[0].session_id.as_deref(), all[0].run_id.as_deref()), (Some("new"), Some("run")));
    assert_eq!(list(of("new")).await.len(), 6);
    let since = Some(Timestamp::from_nanos(NOON + 30 * SECOND));
    assert_eq!(list(ArtifactFilter { since, ..ArtifactFilter::default() }).await.len(), 6);
    assert_eq!(list(ArtifactFilter { until: since, ..ArtifactFilter::default() }).await.len(), 600);
    assert_eq!(list(ArtifactFilter { sha256: Some(sha256(3)), ..ArtifactFilter::default() }).await.len(), 3);
    assert_eq!(list(ArtifactFilter { run_id: Some("other".to_owned()), ..ArtifactFilter::default() }).await.len(), 0);
    let bad = store.events.artifacts(&ArtifactFilter::default(), 10, Some("x")).await;
    assert!(matches!(bad, Err(StoreError::Invalid(_))));

    let contents: Vec<String> = (0..6).map(sha256).collect();
    assert_eq!(store.events.told(contents.clone()).await.unwrap().len(), 4);
    let retention = Retention { max_age: Some(Duration::from_secs(1800)), ..Retention::default() };
    while writer.retain(&retention, Timestamp::from_nanos(NOON)).unwrap().more {}
    let left = list(ArtifactFilter::default()).await.len() as u64;
    assert!((6..606).contains(&left), "{left}");
    let events = store.events.stats().await.unwrap().events;
    assert_eq!(left, events - 2, "as many as there are events that tell of one");
    let all_of_it = Retention { max_age: Some(Duration::ZERO), ..Retention::default() };
    while writer.retain(&all_of_it, Timestamp::from_nanos(NOON + 9999 * SECOND)).unwrap().more {}
    assert!(list(ArtifactFilter::default()).await.is_empty());
    assert!(store.events.told(contents).await.unwrap().is_empty());
}
