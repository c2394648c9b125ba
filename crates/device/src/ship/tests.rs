//! Tests of the shipper.
