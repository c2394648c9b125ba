//! What of an event leaves a device and is stored: the same on a device, in an import and at every door of a server.

use std::borrow::Cow;

use serde::Serialize;
use serde_json::value::RawValue;

use crate::base64;
use crate::capture::Capture;
use crate::redact::{Redaction, Redactor, merged, redactions, redactions_in};
use crate::wire::Record;

/// The place of what was no JSON.
const MALFORMED: &str = "/malformed";

/// What is done with an event before it goes anywhere.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Takes secrets out.
    pub redactor: Redactor,
    /// How much of what is left is captured.
    pub capture: Capture,
}

/// What is kept of a payload.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The payload as it is stored.
    pub payload: Box<RawValue>,
    /// What was taken out of it, by whomever, and where.
    pub redactions: Vec<Redaction>,
    /// How many secrets were replaced just now.
    pub replaced: usize,
}

impl Privacy {
    /// One line of the spool or of a batch as it may leave the device. A line that is no record is treated as JSON.
    pub fn record<'a>(&self, line: &'a str) -> Cow<'a, str> {
        // Whose event it is, is no part of what it says: personal data is taken out of the payload alone.
        let redacted = Redactor { personal: false, ..self.redactor }.record(line);
        if redacted.replaced() == 0 && self.capture == Capture::Full && !self.redactor.personal {
            return redacted.into_cow();
        }
        self.told(redacted.text()).map_or_else(|| redacted.into_cow(), Cow::Owned)
    }

    /// The record of what is captured, with the list of what was taken out of it before; `None` for what is no record.
    fn told(&self, line: &str) -> Option<String> {
        let mut record: Record<'_> = serde_json::from_str(line).ok()?;
        if record.payload.is_none() {
            let kept = record.malformed.as_deref().map(|encoded| self.bytes(encoded, &record.redactions));
            if let Some((malformed, redactions, _)) = kept {
                (record.malformed, record.redactions) = (Some(Cow::Owned(malformed)), redactions);
            }
            return serde_json::to_string(&record).ok();
        }
        let kept = record.payload.map(|payload| self.payload(payload, &record.redactions));
        if let Some(kept) = &kept {
            record.redactions.clone_from(&kept.redactions);
            record.payload = Some(&kept.payload);
        }
        serde_json::to_string(&record).ok()
    }

    fn captured<'a>(&self, payload: &'a RawValue) -> Cow<'a, RawValue> {
        match self.capture.of(payload.get()) {
            Cow::Borrowed(_) => Cow::Borrowed(payload),
            // JSON stays JSON; were that ever wrong, a payload that is lost is better than one that is not wanted.
            Cow::Owned(text) => Cow::Owned(RawValue::from_string(text).unwrap_or_default()),
        }
    }

    /// What is kept of a payload whose sender took out what `told` says.
    pub fn payload(&self, payload: &RawValue, told: &[Redaction]) -> Kept {
        let (payload, replaced) = self.redactor.payload(payload);
        let redactions = merged(told, redactions(payload.get()));
        Kept { payload: self.captured(&payload).into_owned(), redactions, replaced }
    }

    /// What is kept of bytes that were no JSON, given in Base64: the payload `{"malformed":"<Base64>"}`, less the secrets that
    /// can be read in the bytes.
    pub fn malformed(&self, encoded: &str, told: &[Redaction]) -> Kept {
        #[derive(Serialize)]
        struct Malformed<'a> {
            malformed: &'a str,
        }
        let (malformed, redactions, replaced) = self.bytes(encoded, told);
        let payload = serde_json::value::to_raw_value(&Malformed { malformed: &malformed }).unwrap_or_default();
        Kept { payload, redactions, replaced }
    }

    /// What is kept of bytes in Base64, what was taken out of them, and how much of that just now.
    fn bytes(&self, encoded: &str, told: &[Redaction]) -> (String, Vec<Redaction>, usize) {
        let bytes = base64::decode(encoded);
        let text = bytes.as_deref().map(String::from_utf8_lossy);
        let redacted = self.redactor.text(text.as_deref().unwrap_or(encoded));
        let kept = match self.capture.of_malformed(redacted.text()) {
            Cow::Borrowed(_) if redacted.replaced() == 0 => encoded.to_owned(),
            text => base64::encode(text.as_bytes()),
        };
        (kept, merged(told, redactions_in(redacted.text(), MALFORMED)), redacted.replaced())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn key() -> String {
        format!("npm_{}", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    #[test]
    fn a_record_says_what_was_taken_out_and_saying_it_twice_is_saying_it_once() {
        let privacy = Privacy::default();
        let line = format!(r#"{{"v":1,"payload":{{"tool_input":{{"command":"a {0} b {0}"}}}}}}"#, key());
        let sent = privacy.record(&line).into_owned();
        let record: Record<'_> = serde_json::from_str(&sent).unwrap();
        let expected = [Redaction { kind: "npm-token".into(), at: "/tool_input/command".into(), count: 2 }];
        assert_eq!(record.redactions, expected);
        assert_eq!(privacy.record(&sent), sent);
        let kept = privacy.payload(record.payload.unwrap(), &record.redactions);
        assert_eq!((kept.redactions.as_slice(), kept.replaced), (&expected[..], 0));
        // What an older device does not say, its tokens do.
        assert_eq!(privacy.payload(record.payload.unwrap(), &[]).redactions, expected);
    }

    #[test]
    fn bytes_that_were_no_json_say_it_too() {
        let privacy = Privacy::default();
        let encoded = base64::encode(format!("\u{1}oops {}", key()).as_bytes());
        let sent = privacy.record(&format!(r#"{{"v":1,"malformed":"{encoded}"}}"#)).into_owned();
        let record: Record<'_> = serde_json::from_str(&sent).unwrap();
        let expected = [Redaction { kind: "npm-token".into(), at: "/malformed".into(), count: 1 }];
        assert_eq!(record.redactions, expected);
        let kept = privacy.malformed(record.malformed.as_deref().unwrap(), &[]);
        assert_eq!((kept.redactions.as_slice(), kept.replaced), (&expected[..], 0));
        assert_eq!(privacy.malformed(&encoded, &[]).replaced, 1);
    }

    #[test]
    fn what_was_taken_out_is_told_although_its_text_is_not_captured() {
        let privacy = Privacy { capture: Capture::Metadata, ..Privacy::default() };
        let line = format!(r#"{{"v":1,"payload":{{"session_id":"s","prompt":"use {}"}}}}"#, key());
        let sent = privacy.record(&line).into_owned();
        let record: Record<'_> = serde_json::from_str(&sent).unwrap();
        assert_eq!(record.redactions, [Redaction { kind: "npm-token".into(), at: "/prompt".into(), count: 1 }]);
        let payload = record.payload.unwrap();
        assert_eq!(payload.get(), r#"{"session_id":"s","prompt":"[hookrail: 24 bytes not captured]"}"#);
        for server in [Privacy::default(), privacy] {
            let kept = server.payload(payload, &record.redactions);
            assert_eq!((kept.payload.get(), &kept.redactions), (payload.get(), &record.redactions));
        }
        assert_eq!(privacy.record(&sent), sent);
        let bytes = privacy.record(r#"{"v":1,"malformed":"b29wcw=="}"#).into_owned();
        let record: Record<'_> = serde_json::from_str(&bytes).unwrap();
        assert_eq!(record.malformed_bytes().unwrap(), b"[hookrail: 4 bytes not captured]");
        assert_eq!(privacy.record(&bytes), bytes);
    }

    #[test]
    fn personal_data_goes_from_what_an_event_says_and_not_from_whose_it_is() {
        let redactor = Redactor { personal: true, ..Redactor::default() };
        let privacy = Privacy { redactor, ..Privacy::default() };
        let line = r#"{"v":1,"user":"ann@shop.dev","payload":{"prompt":"write to bob@shop.dev"}}"#;
        let sent = privacy.record(line).into_owned();
        let record: Record<'_> = serde_json::from_str(&sent).unwrap();
        assert_eq!(record.user.as_deref(), Some("ann@shop.dev"));
        assert_eq!(record.payload.unwrap().get(), r#"{"prompt":"write to [redacted:email]"}"#);
        assert_eq!(record.redactions, [Redaction { kind: "email".into(), at: "/prompt".into(), count: 1 }]);
        assert_eq!(privacy.record(&sent), sent);
    }

    #[test]
    fn a_clean_record_is_borrowed() {
        let line = r#"{"v":1,"payload":{"a":"b"}}"#;
        assert!(matches!(Privacy::default().record(line), Cow::Borrowed(_)));
    }
}
