//! Writes sample bundles from scenario files.
