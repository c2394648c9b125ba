//! Any text: JSON stays JSON, twice is once, and nothing grows but by a token for a secret.

#![no_main]

use hookrail_core::redact::{redact_json, redact_record, redact_text};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;

const LONGEST_TOKEN: usize = 40;

fuzz_target!(|text: &str| {
    let plain = redact_text(text);
    assert_eq!(redact_text(plain.text()).text(), plain.text());
    assert!(plain.text().len() <= text.len() + LONGEST_TOKEN * plain.replaced());

    let json = redact_json(text);
    assert_eq!(redact_json(json.text()).text(), json.text());
    if serde_json::from_str::<&RawValue>(text).is_ok() {
        assert!(serde_json::from_str::<&RawValue>(json.text()).is_ok());
        assert!(json.text().len() <= text.len() + LONGEST_TOKEN * json.replaced());
    }
    redact_record(text);
});
