//! What retention removes.

use std::time::Duration;

use hookrail_core::event::Kind;
use hookrail_core::time::Timestamp;
use hookrail_store::events::{Append, Order, Retention};
use hookrail_store::model::{EventFilter, SessionFilter};

use super::common::*;
use super::{Open, start};

pub(crate) async fn retention_by_age_removes_the_oldest_and_their_sessions(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let old = |n: u64| {
        let mut event =
            tool(n, if n.is_multiple_of(2) { "old" } else { "both" }, Kind::ToolRequested, 0, "Bash", &format!("c{n}"));
        event.received_at = Timestamp::from_nanos(NOON - 3600 * SECOND);
        event
    };
    writer.append((0..600).map(old).collect()).unwrap();
    writer.append((1000..1600).map(|n| event(n, "both", Kind::Notification, 5)).collect()).unwrap();
    let retention = Retention { max_age: Some(Duration::from_secs(1800)), ..Retention::default() };
    let now = Timestamp::from_nanos(NOON);
    let mut events = 0;
    loop {
        let removed = writer.retain(&retention, now).unwrap();
        events += removed.events;
        if !removed.more {
            break;
        }
    }
    // A block goes when its last event is too old.
    assert!((400..=600).contains(&events), "{events}");
    let left = all(&store.events, &EventFilter::default(), Order::Oldest, 500).await;
    assert_eq!(left.len() as u64, 1200 - events);
    let stats = store.events.stats().await.unwrap();
    assert_eq!(stats.events, left.len() as u64);
    let session = store.events.session("both", None).await.unwrap().unwrap();
    assert_eq!(session.events, left.iter().filter(|event| event.session_id.as_deref() == Some("both")).count() as u64);
    let of_old = left.iter().filter(|event| event.session_id.as_deref() == Some("old")).count();
    assert_eq!(store.events.session("old", None).await.unwrap().map_or(0, |session| session.events), of_old as u64);
    assert!(store.events.event(&id(0)).await.unwrap().is_none());
    // Everything may go, and the store goes on.
    let all_of_it = Retention { max_age: Some(Duration::ZERO), max_rollup_age: Some(Duration::ZERO), ..retention };
    while writer.retain(&all_of_it, Timestamp::from_nanos(NOON + 9999 * SECOND)).unwrap().more {}
    assert_eq!(store.events.stats().await.unwrap().events, 0);
    assert!(store.events.sessions(&SessionFilter::default(), 10, None).await.unwrap().items.is_empty());
    let again = writer.append(vec![event(1, "new", Kind::Notification, 1)]).unwrap().outcomes;
    assert_eq!(again, [Append::Stored(1201)], "positions are never used again");
}

pub(crate) async fn retention_by_bytes_ends_below_the_limit(open: Open) {
    let (_folder, store, mut writer) = start(open);
    let mut dice = Dice(9);
    for chunk in mixture(&mut dice, 6000).chunks(500) {
        writer.append(chunk.to_vec()).unwrap();
    }
    writer.checkpoint().unwrap();
    let before = store.events.stats().await.unwrap();
    let limit = before.stored_bytes / 2;
    let retention = Retention { max_bytes: Some(limit), ..Retention::default() };
    for _ in 0..100 {
        if !writer.retain(&retention, Timestamp::from_nanos(NOON)).unwrap().more {
            break;
        }
    }
    writer.checkpoint().unwrap();
    let after = store.events.stats().await.unwrap();
    assert!(after.stored_bytes <= limit, "{after:?}");
    assert!(after.events > 1000 && after.events < before.events, "{after:?}");
    let newest = all(&store.events, &EventFilter::default(), Order::Newest, 1000).await;
    assert_eq!(newest.len() as u64, after.events);
    assert_eq!(newest[0].seq, 6000);
}
