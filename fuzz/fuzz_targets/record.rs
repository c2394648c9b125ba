//! A line that claims to be a record: never a panic, and what is read is written the same again.

#![no_main]

use hookrail_core::wire::{self, Record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(record) = serde_json::from_str::<Record<'_>>(text) else { return };
    let _ = (record.parsed(), record.malformed_bytes());
    let stored = record.stored_payload();
    assert!(serde_json::from_str::<&serde_json::value::RawValue>(stored.get()).is_ok());
    let line = serde_json::to_string(&record).unwrap();
    let again: Record<'_> = serde_json::from_str(&line).unwrap();
    assert_eq!(again.parsed(), record.parsed());
    assert_eq!(serde_json::to_string(&again).unwrap(), line);
    if stored.get().starts_with('{') {
        let fitted = wire::fit(stored.get(), 1024);
        assert!(fitted.len() <= 1024, "{}", fitted.len());
        assert!(serde_json::from_str::<&serde_json::value::RawValue>(&fitted).is_ok());
    }
});
