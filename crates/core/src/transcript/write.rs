//! Writing an object field by field, from values that are JSON already.

use std::fmt::Write as _;

use serde_json::value::RawValue;

/// An object being written.
pub(super) struct Object<'o>(&'o mut String);

impl<'o> Object<'o> {
    /// Opens an object at the end of `out`.
    pub(super) fn open(out: &'o mut String) -> Self {
        out.push('{');
        Self(out)
    }

    fn key(&mut self, key: &str) -> &mut String {
        if !self.0.ends_with('{') {
            self.0.push(',');
        }
        self.0.push('"');
        self.0.push_str(key);
        self.0.push_str("\":");
        self.0
    }

    /// A value as it came, where there is one that says something: not `null`, `false` or the empty string.
    pub(super) fn raw(&mut self, key: &str, value: Option<&RawValue>) -> &mut Self {
        if let Some(value) = value.filter(|value| !matches!(value.get(), "null" | "false" | "\"\"")) {
            self.key(key).push_str(value.get());
        }
        self
    }

    /// A value as it came, unless it is a nought.
    pub(super) fn count(&mut self, key: &str, value: Option<&RawValue>) -> &mut Self {
        self.raw(key, value.filter(|value| value.get() != "0"))
    }

    /// A yes or no, where it was said.
    pub(super) fn flag(&mut self, key: &str, value: Option<&RawValue>) -> &mut Self {
        if let Some(value) = value.filter(|value| matches!(value.get(), "true" | "false")) {
            self.key(key).push_str(value.get());
        }
        self
    }

    /// A text.
    pub(super) fn text(&mut self, key: &str, text: Option<&str>) -> &mut Self {
        let Some(text) = text else { return self };
        // Writing to a string does not fail, and a string is always JSON.
        if let Ok(json) = serde_json::to_string(text) {
            self.key(key).push_str(&json);
        }
        self
    }

    /// A whole number.
    pub(super) fn number(&mut self, key: &str, number: u64) -> &mut Self {
        let _ = write!(self.key(key), "{number}");
        self
    }

    /// What `with` writes.
    pub(super) fn with(&mut self, key: &str, with: impl FnOnce(&mut String)) -> &mut Self {
        with(self.key(key));
        self
    }

    /// Closes the object.
    pub(super) fn close(&mut self) {
        self.0.push('}');
    }
}

/// Writes a list, each element by `with`.
pub(super) fn list<T>(out: &mut String, elements: impl IntoIterator<Item = T>, mut with: impl FnMut(&mut String, T)) {
    out.push('[');
    for (index, element) in elements.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        with(out, element);
    }
    out.push(']');
}
