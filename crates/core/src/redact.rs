//! Secrets out of texts, one implementation for the device and the server.
//!
//! This is the seam with the detection of keys of well-known shape; the full redactor comes with the guard.
