//! Reading only what is needed of a JSON text: the top level of an object, borrowed, without building a tree.
//!
//! Everything here is lenient, because agents are not ours: a field of another type than expected reads as absent,
//! a key given twice takes its last value (as JavaScript does), half of a surrogate pair becomes U+FFFD.
//! Values are skipped without recursion, so that depth of nesting is no limit.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

/// The fields that somebody wants of an object. Declared by [`fields!`].
pub(crate) trait Fields<'a>: Default {
    /// Where the value of `key` belongs; `None` for a key nobody wants.
    fn slot(&mut self, key: &str) -> Option<&mut Option<&'a RawValue>>;
}

/// Declares a struct of optional raw values and the keys they are read from.
macro_rules! fields {
    ($name:ident { $($field:ident = $key:literal),+ $(,)? }) => {
        #[derive(Default)]
        struct $name<'a> {
            $($field: Option<&'a serde_json::value::RawValue>,)+
        }

        impl<'a> $crate::json::Fields<'a> for $name<'a> {
            fn slot(&mut self, key: &str) -> Option<&mut Option<&'a serde_json::value::RawValue>> {
                match key {
                    $($key => Some(&mut self.$field),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use fields;

struct Object<F>(F);

impl<'de, F: Fields<'de>> Deserialize<'de> for Object<F> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scan<F>(PhantomData<F>);

        impl<'de, F: Fields<'de>> Visitor<'de> for Scan<F> {
            type Value = F;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<F, A::Error> {
                let mut fields = F::default();
                while let Some(key) = map.next_key::<&'de RawValue>()? {
                    let key = inside(key.get()).unwrap_or_default();
                    // Hardly any name is written with an escape.
                    let is_plain = key.bytes().all(|byte| byte != b'\\');
                    let slot = if is_plain { fields.slot(key) } else { fields.slot(&unescape(key)) };
                    match slot {
                        Some(slot) => *slot = Some(map.next_value()?),
                        None => {
                            map.next_value::<IgnoredAny>()?;
                        }
                    }
                }
                Ok(fields)
            }
        }

        deserializer.deserialize_map(Scan(PhantomData)).map(Self)
    }
}

/// A text that is borrowed where nothing in it is escaped: serde borrows a `Cow` only where it stands alone.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

/// For `deserialize_with`: a list of texts, borrowed where possible.
pub(crate) fn borrowed_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Cow<'de, str>>, D::Error> {
    let texts = Vec::<Text<'de>>::deserialize(deserializer)?;
    Ok(texts.into_iter().map(|text| text.0).collect())
}

/// For `deserialize_with`: a text or nothing, borrowed where possible.
pub(crate) fn borrowed_option<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    Ok(Option::<Text<'de>>::deserialize(deserializer)?.map(|text| text.0))
}

/// The wanted fields of an object; `None` where the text is not one whole JSON object.
pub(crate) fn object<'a, F: Fields<'a>>(text: &'a str) -> Option<F> {
    serde_json::from_str::<Object<F>>(text).ok().map(|object| object.0)
}

/// Calls `with` for every field of an object, the key as it is written with its quotes. Stops where the text is no object.
pub(crate) fn each<'a>(text: &'a str, mut with: impl FnMut(&'a str, &'a RawValue)) {
    struct Each<'f, F>(&'f mut F);

    impl<'de, F: FnMut(&'de str, &'de RawValue)> Visitor<'de> for Each<'_, F> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some((key, value)) = map.next_entry::<&'de RawValue, &'de RawValue>()? {
                (self.0)(key.get(), value);
            }
            Ok(())
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(text);
    // What came before an error has been seen; there is nobody to tell of it.
    let _ = deserializer.deserialize_map(Each(&mut with));
}

/// The wanted fields of a value inside an object; all absent where it is no object.
pub(crate) fn nested<'a, F: Fields<'a>>(raw: Option<&'a RawValue>) -> F {
    raw.filter(|raw| raw.get().starts_with('{')).and_then(|raw| object(raw.get())).unwrap_or_default()
}

/// The text of a string value; `None` for another type and for the empty string, which says as little.
pub(crate) fn text(raw: Option<&RawValue>) -> Option<Cow<'_, str>> {
    inside(raw?.get()).filter(|inside| !inside.is_empty()).map(unescape)
}

/// Whether a value is a text that says something.
pub(crate) fn is_text(raw: Option<&RawValue>) -> bool {
    raw.and_then(|raw| inside(raw.get())).is_some_and(|inside| !inside.is_empty())
}

/// [`text`], owned.
pub(crate) fn owned(raw: Option<&RawValue>) -> Option<String> {
    text(raw).map(Cow::into_owned)
}

/// A number rounded to a whole one that is not negative; `None` for anything else.
pub(crate) fn whole(raw: Option<&RawValue>) -> Option<u64> {
    let raw = raw?.get();
    raw.parse().ok().or_else(|| {
        let number: f64 = raw.parse().ok()?;
        (number >= 0.0 && number < u64::MAX as f64).then(|| number.round() as u64)
    })
}

/// The elements of an array, raw; empty for anything else.
pub(crate) fn elements(raw: Option<&RawValue>) -> Vec<&RawValue> {
    raw.filter(|raw| raw.get().starts_with('['))
        .and_then(|raw| serde_json::from_str(raw.get()).ok())
        .unwrap_or_default()
}

/// Whether a value is there and says something: not `null`, not the empty string, not `false`.
pub(crate) fn is_set(raw: Option<&RawValue>) -> bool {
    raw.is_some_and(|raw| !matches!(raw.get(), "null" | "\"\"" | "false"))
}

/// What stands between the quotes of each string of a JSON text, keys and values, in order.
pub(crate) fn strings(text: &str) -> impl Iterator<Item = Range<usize>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let from = at + bytes.get(at..)?.iter().position(|byte| *byte == b'"')? + 1;
        let end = closing_quote(bytes, from);
        at = end + 1;
        Some(from..end)
    })
}

/// Where the string whose inside starts at `from` ends: at its closing quote, or at the end of the text.
pub(crate) fn closing_quote(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}

/// What stands between the quotes of a raw JSON string; `None` for another value.
pub(crate) fn inside(raw: &str) -> Option<&str> {
    raw.strip_prefix('"')?.strip_suffix('"')
}

/// What the inside of a raw JSON string means. Borrows where nothing is escaped.
pub(crate) fn unescape(inside: &str) -> Cow<'_, str> {
    let Some(first) = inside.find('\\') else {
        return Cow::Borrowed(inside);
    };
    let mut out = String::with_capacity(inside.len());
    out.push_str(&inside[..first]);
    let mut rest = &inside[first..];
    while let Some((char, length)) = escape(rest) {
        out.push(char);
        rest = &rest[length..];
        let plain = rest.find('\\').unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
    }
    Cow::Owned(out)
}

/// The character that the escape sequence at the start of `text` stands for, and the sequence's length in bytes.
///
/// `None` where no escape sequence starts. A sequence that JSON does not know stands for U+FFFD.
pub(crate) fn escape(text: &str) -> Option<(char, usize)> {
    let bytes = text.as_bytes();
    if bytes.first() != Some(&b'\\') {
        return None;
    }
    let plain = match bytes.get(1)? {
        b'"' => '"',
        b'\\' => '\\',
        b'/' => '/',
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return Some(unicode(bytes)),
        _ => return Some((char::REPLACEMENT_CHARACTER, 1)),
    };
    Some((plain, 2))
}

/// A `\uXXXX`, with its other half where it is the first half of a surrogate pair.
fn unicode(bytes: &[u8]) -> (char, usize) {
    let unit = |at: usize| -> Option<u32> {
        (bytes.get(at..at + 2)? == b"\\u").then_some(())?;
        let hex = bytes.get(at + 2..at + 6)?;
        hex.iter().try_fold(0, |sum, byte| Some(sum << 4 | (*byte as char).to_digit(16)?))
    };
    let Some(first) = unit(0) else {
        return (char::REPLACEMENT_CHARACTER, 2);
    };
    if let (0xd800..=0xdbff, Some(second @ 0xdc00..=0xdfff)) = (first, unit(6)) {
        let code = 0x10000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return (char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER), 12);
    }
    (char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    fields!(Some3 { a = "a", b = "b", c = "c" });

    fn read(text: &str) -> Option<[Option<&str>; 3]> {
        object::<Some3<'_>>(text).map(|fields| [fields.a, fields.b, fields.c].map(|raw| raw.map(RawValue::get)))
    }

    #[test]
    fn the_wanted_fields_are_read_and_the_others_skipped() {
        assert_eq!(read(r#"{"x":{"a":1},"a":[1, 2],"b":null}"#), Some([Some("[1, 2]"), Some("null"), None]));
        assert_eq!(read(r#"{"a":1,"\u0061":2}"#), Some([Some("2"), None, None]), "the last of equal keys wins");
        for text in ["", "[]", "1", "{", "{}x", "{\"a\"}", "{\"a\":}"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn depth_is_no_limit() {
        let deep = format!("{{\"a\":1,\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(read(&deep), Some([Some("1"), None, None]));
    }

    #[test]
    fn a_field_of_another_type_reads_as_absent() {
        fn raw(text: &str) -> Option<&RawValue> {
            serde_json::from_str(text).ok()
        }
        assert_eq!(text(raw("\"x\"")).as_deref(), Some("x"));
        for other in ["\"\"", "1", "null", "true", "[\"x\"]", "{\"x\":1}"] {
            assert_eq!(text(raw(other)), None, "{other}");
        }
        for (number, expected) in
            [("7", Some(7)), ("7.6", Some(8)), ("1e3", Some(1000)), ("-1", None), ("\"7\"", None), ("1e300", None)]
        {
            assert_eq!(whole(raw(number)), expected, "{number}");
        }
    }

    #[test]
    fn escapes_mean_what_json_says_and_half_a_pair_is_a_replacement() {
        for (inside, meant) in [
            ("plain", "plain"),
            (r#"a\"b\\c\/d\n\r\t\b\f"#, "a\"b\\c/d\n\r\t\u{8}\u{c}"),
            (r"\u0041\u00e9\u20ac", "Aé€"),
            (r"\ud83d\ude00", "😀"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"\ude00\ud83d", "\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(unescape(inside), meant, "{inside}");
        }
    }
}
