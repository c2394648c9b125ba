//! What of an event leaves a device and is stored.

use crate::redact::Redactor;

/// What is done with an event before it goes anywhere: the same on a device, in an import and at every door of a server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Privacy {
    /// Takes secrets out.
    pub redactor: Redactor,
}
