//! Bytes are read as they were written, and every text that is read is the one that would be written.

#![no_main]

use hookrail_core::base64;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    assert_eq!(base64::decode(&base64::encode(bytes)).as_deref(), Some(bytes));
    if let Some(text) = std::str::from_utf8(bytes).ok()
        && let Some(read) = base64::decode(text)
    {
        assert_eq!(base64::encode(&read), text);
    }
});
