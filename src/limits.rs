//! Every limit of a run in one table: a new limit is one row.

use crate::terms::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const KIB: u64 = 1 << 10;
const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// Makes all there is of a limit out of its row: name, field, type, default, the least and the most it may be.
macro_rules! limits {
    ($($(#[$doc:meta])* $variant:ident $name:literal $field:ident: $kind:ty = $default:expr, $least:expr, $most:expr;)+) => {
        words! {
            /// The limits that can be changed.
            Limit { $($(#[$doc])* $variant = $name),+ }
        }

        /// The limits of a run. Passing one never fails the run: the part concerned is left out, and a note says so.
        #[derive(Debug, Clone)]
        #[non_exhaustive]
        pub struct Limits {
            $($(#[$doc])* pub $field: $kind,)+
            /// Ends the run early when set from another thread.
            pub stop: Stop,
        }

        impl Default for Limits {
            fn default() -> Self {
                #[allow(clippy::cast_possible_truncation)]
                Self { $($field: $default as $kind,)+ stop: Stop::default() }
            }
        }

        impl Limits {
            /// What a limit is.
            #[must_use]
            #[allow(clippy::useless_conversion)]
            pub fn get(&self, limit: Limit) -> u64 {
                match limit { $(Limit::$variant => u64::try_from(self.$field).unwrap_or(u64::MAX)),+ }
            }

            /// The least and the most a limit may be.
            #[must_use]
            pub const fn range(limit: Limit) -> (u64, u64) {
                match limit { $(Limit::$variant => ($least, $most)),+ }
            }

            #[allow(clippy::useless_conversion)]
            fn put(&mut self, limit: Limit, value: u64) {
                match limit {
                    $(Limit::$variant => self.$field = <$kind>::try_from(value).unwrap_or(<$kind>::MAX)),+
                }
            }
        }
    };
}

limits! {
    /// How deep containers may be nested; the outermost is depth 1. Each level costs about 0.5 MiB of memory and some
    /// stack. Four are a zip, a tgz, a tgz in it, and one to spare.
    Depth "depth" depth: u32 = 4, 1, 64;
    /// Bytes that all decompressors of one input may give out together.
    Output "output" output: u64 = TIB, 1, u64::MAX;
    /// Bytes of one member that are read. The default is above the largest host core.
    MemberOutput "member-output" member_output: u64 = 64 * GIB, 1, u64::MAX;
    /// Bytes a decompressor may give out for each compressed byte of the outermost input read meanwhile, so that the
    /// ratios of nested containers multiply. One layer of deflate cannot pass 1032.
    Ratio "ratio" ratio: u64 = 1100, 1, u64::MAX;
    /// Bytes a decompressor may give out above the ratio: the zeros of a sparse dump inside a deflated wrapper are
    /// legitimate and may pass any ratio, and inflating zeros is cheap.
    RatioGrace "ratio-grace" ratio_grace: u64 = 8 * GIB, 1, u64::MAX;
    /// Bytes of window or dictionary that a decoder of xz or zstd may take; a stream that asks for more is not read.
    Window "window" window: u64 = 64 * MIB, 64 * KIB, 4 * GIB;
    /// Members in all containers of one input together. A large host has about 10,000.
    Members "members" members: u64 = 4_000_000, 1, u64::MAX;
    /// Bytes of header records (GNU long name, pax) before one tar member; they are held in memory.
    HeaderRecord "header-record" header_record: u64 = 256 * KIB, 512, 16 * MIB;
    /// Notes about one input; the rest is only counted.
    Notes "notes" notes: u64 = 500, 1, 100_000;
    /// Bytes of a line; longer ones are cut and counted.
    Line "line" line: usize = MIB, 256, MIB;
    /// Files of a bundle whose fragments are waited for.
    Fragments "fragments" fragments: usize = 20_000, 1, 10_000_000;
    /// Containers inside the outermost one. Each costs some 50 µs however small it is.
    Containers "containers" containers: u64 = 20_000, 1, u64::MAX;
    /// Logs of a bundle that are scanned, and as many small files that are kept.
    Files "files" files: usize = 20_000, 1, 10_000_000;
    /// VMs of a bundle.
    Vms "vms" vms: usize = 1_024, 1, 100_000;
    /// Bytes that the lines rules match in one bundle may take in memory; a quarter of it for one log.
    Findings "findings" findings: usize = 64 * MIB, 64 * KIB, 64 * GIB;
    /// Crashes of a bundle; the last ones are kept.
    Crashes "crashes" crashes: usize = 1_000, 1, 10_000_000;
    /// Lines of evidence kept for each rule and crash.
    Evidence "evidence" evidence: usize = 12, 2, 10_000;
    /// Bytes of one small file that is kept whole.
    SmallFile "small-file" small_file: usize = 4 * MIB, KIB, GIB;
    /// Bytes of all such files of a bundle.
    SmallFiles "small-files" small_files: usize = 32 * MIB, KIB, GIB;
}

/// A flag that ends a walk at the next block of about 256 KiB; clones share it. Made for an interrupt handler.
#[derive(Debug, Clone, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// A flag that is not set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks every walk that holds a clone of this flag to end.
    pub fn set(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether [`Stop::set`] was called.
    pub fn is_set(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Limits {
    /// Changes one limit by its text: `NAME=VALUE`, where the value may end with `K`, `M`, `G` or `T` (or `KiB` …).
    ///
    /// # Errors
    /// What is wrong with the text, in a sentence.
    ///
    /// ```
    /// let mut options = vmcoroner::Options::builtin().unwrap();
    /// options.limits.set("member-output=512M").unwrap();
    /// assert!(options.limits.set("depth=0").is_err());
    /// ```
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let (name, value) =
            text.split_once('=').ok_or("write it as NAME=VALUE, such as depth=6 or output=2G")?;
        let Some(limit) = Limit::parse(name.trim()) else {
            let known: Vec<&str> = Limit::ALL.iter().map(|limit| limit.as_str()).collect();
            return Err(format!("\"{name}\" is not one of {}", known.join(", ")));
        };
        let value = number(value.trim())
            .ok_or_else(|| format!("\"{value}\" is no number; write 500, 64K, 2G or 1TiB"))?;
        let (least, most) = Self::range(limit);
        if !(least..=most).contains(&value) {
            return Err(format!("{} takes {least} to {most}", limit.as_str()));
        }
        self.put(limit, value);
        Ok(())
    }
}

/// `500`, `64K`, `2G`, `1TiB`.
fn number(text: &str) -> Option<u64> {
    let lower = text.to_ascii_lowercase();
    let digits = lower.trim_end_matches("ib").trim_end_matches(['k', 'm', 'g', 't']);
    let factor: u64 = match lower.get(digits.len()..)? {
        "" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        _ => return None,
    };
    digits.trim_end().parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_limit_can_be_set_and_read() {
        for &limit in Limit::ALL {
            let mut limits = Limits::default();
            let (least, most) = Limits::range(limit);
            let usual = limits.get(limit);
            assert!((least..=most).contains(&usual), "{limit:?}");
            let other = if usual == least { least + 1 } else { least };
            limits.set(&format!("{}={other}", limit.as_str())).unwrap();
            assert_eq!(limits.get(limit), other, "{limit:?}");
        }
    }

    #[test]
    fn wrong_texts_are_answered() {
        let mut limits = Limits::default();
        for (text, words) in [
            ("depth", "NAME=VALUE"),
            ("dept=3", "is not one of depth, output"),
            ("depth=x", "is no number"),
            ("depth=-1", "is no number"),
            ("output=1X", "is no number"),
            ("output=99999999999T", "is no number"),
            ("line=2M", "takes 256 to 1048576"),
        ] {
            let error = limits.set(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert_eq!(number("2 GiB"), Some(2 << 30));
        assert_eq!(number("7m"), Some(7 << 20));
    }
}
