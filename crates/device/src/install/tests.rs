//! Tests of the installers.
