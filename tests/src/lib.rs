//! Nothing but a place for the two test binaries `gates` and `it`.
