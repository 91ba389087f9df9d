//! Every budget of a run in one place, with the names by which they can be changed.

use crate::input::Limits;
use crate::terms::words;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

words! {
    /// The budgets that can be changed.
    Budget {
        /// How deep containers may be nested.
        Depth = "depth",
        /// Bytes that all decompressors of one input may give out.
        Output = "output",
        /// Bytes of one member that are read.
        MemberOutput = "member-output",
        /// Bytes given out for each compressed byte.
        Ratio = "ratio",
        /// Bytes that may be given out above the ratio.
        RatioGrace = "ratio-grace",
        /// Members of one input.
        Members = "members",
        /// Bytes of long-name and pax records before one member.
        HeaderRecord = "header-record",
        /// Notes about one input.
        Notes = "notes",
        /// Bytes of a line.
        Line = "line",
        /// Files of a bundle whose fragments are waited for.
        Fragments = "fragments",
        /// Archives inside one input.
        Containers = "containers",
        /// Logs and small files of a bundle.
        Files = "files",
        /// VMs of a bundle.
        Vms = "vms",
        /// Bytes of the lines that rules match in one bundle.
        Findings = "findings",
        /// Crashes of a bundle.
        Crashes = "crashes",
        /// Lines of evidence kept for each rule and crash.
        Evidence = "evidence",
        /// Bytes of one small file that is kept whole.
        SmallFile = "small-file",
        /// Bytes of all such files of a bundle.
        SmallFiles = "small-files",
    }
}

/// The budgets of a run. Passing one never fails the run: the part concerned is left out, and a note says so.
#[derive(Debug, Clone)]
pub struct Budgets {
    /// Those of the walk over containers.
    pub input: Limits,
    /// Bytes of a line; longer ones are cut and counted. At most 1 MiB.
    pub line: usize,
    /// Files of a bundle whose fragments are waited for.
    pub fragments: usize,
    /// Logs of a bundle that are scanned, and as many small files that are kept.
    pub files: usize,
    /// VMs of a bundle.
    pub vms: usize,
    /// Bytes that the lines rules match in one bundle may take in memory; a quarter of it for one log.
    pub findings: usize,
    /// Crashes of a bundle; the last ones are kept.
    pub crashes: usize,
    /// Lines of evidence kept for each rule and crash.
    pub evidence: usize,
    /// Bytes of one small file that is kept whole.
    pub small_file: usize,
    /// Bytes of all such files of a bundle.
    pub small_files: usize,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            input: Limits::default(),
            line: 1 << 20,
            fragments: 20_000,
            files: 20_000,
            vms: 1_024,
            findings: 64 << 20,
            crashes: 1_000,
            evidence: 12,
            small_file: 4 << 20,
            small_files: 32 << 20,
        }
    }
}

impl Budgets {
    /// What a budget is.
    #[must_use]
    pub fn get(&self, budget: Budget) -> u64 {
        let of = |n: usize| n as u64;
        match budget {
            Budget::Depth => u64::from(self.input.depth),
            Budget::Output => self.input.output,
            Budget::MemberOutput => self.input.member_output,
            Budget::Ratio => self.input.ratio,
            Budget::RatioGrace => self.input.ratio_grace,
            Budget::Members => self.input.members,
            Budget::HeaderRecord => self.input.header_record,
            Budget::Notes => self.input.notes,
            Budget::Line => of(self.line),
            Budget::Fragments => of(self.fragments),
            Budget::Containers => self.input.containers,
            Budget::Files => of(self.files),
            Budget::Vms => of(self.vms),
            Budget::Findings => of(self.findings),
            Budget::Crashes => of(self.crashes),
            Budget::Evidence => of(self.evidence),
            Budget::SmallFile => of(self.small_file),
            Budget::SmallFiles => of(self.small_files),
        }
    }

    /// The least and the most a budget may be.
    #[must_use]
    pub const fn range(budget: Budget) -> (u64, u64) {
        match budget {
            // Each level has its own buffers and its own frames on the stack.
            Budget::Depth => (1, 64),
            Budget::Line => (256, 1 << 20),
            Budget::Evidence => (2, 10_000),
            Budget::HeaderRecord => (512, 16 << 20),
            Budget::Notes => (1, 100_000),
            Budget::Vms => (1, 100_000),
            Budget::Files | Budget::Fragments | Budget::Crashes => (1, 10_000_000),
            Budget::SmallFile | Budget::SmallFiles => (1 << 10, 1 << 30),
            Budget::Findings => (64 << 10, 64 << 30),
            Budget::Containers
            | Budget::Output
            | Budget::MemberOutput
            | Budget::Ratio
            | Budget::RatioGrace
            | Budget::Members => (1, u64::MAX),
        }
    }

    /// Changes one budget by its text: `NAME=VALUE`, where the value may end with `K`, `M`, `G` or `T` (or `KiB` …).
    ///
    /// # Errors
    /// What is wrong with the text, in a sentence.
    ///
    /// ```
    /// use vmcoroner::limits::{Budget, Budgets};
    /// let mut budgets = Budgets::default();
    /// budgets.set("member-output=512M").unwrap();
    /// assert_eq!(budgets.get(Budget::MemberOutput), 512 << 20);
    /// assert!(budgets.set("depth=0").is_err());
    /// ```
    pub fn set(&mut self, text: &str) -> Result<(), String> {
        let (name, value) =
            text.split_once('=').ok_or("write it as NAME=VALUE, such as depth=6 or output=2G")?;
        let Some(budget) = Budget::parse(name.trim()) else {
            let known: Vec<&str> = Budget::ALL.iter().map(|budget| budget.as_str()).collect();
            return Err(format!("\"{name}\" is none of {}", known.join(", ")));
        };
        let value = number(value.trim())
            .ok_or_else(|| format!("\"{value}\" is no number; write 500, 64K, 2G or 1TiB"))?;
        let (least, most) = Self::range(budget);
        if !(least..=most).contains(&value) {
            return Err(format!("{} takes {least} to {most}", budget.as_str()));
        }
        let small = usize::try_from(value).unwrap_or(usize::MAX);
        match budget {
            Budget::Depth => self.input.depth = u32::try_from(value).unwrap_or(u32::MAX),
            Budget::Output => self.input.output = value,
            Budget::MemberOutput => self.input.member_output = value,
            Budget::Ratio => self.input.ratio = value,
            Budget::RatioGrace => self.input.ratio_grace = value,
            Budget::Members => self.input.members = value,
            Budget::HeaderRecord => self.input.header_record = value,
            Budget::Notes => self.input.notes = value,
            Budget::Line => self.line = small,
            Budget::Fragments => self.fragments = small,
            Budget::Containers => self.input.containers = value,
            Budget::Files => self.files = small,
            Budget::Vms => self.vms = small,
            Budget::Findings => self.findings = small,
            Budget::Crashes => self.crashes = small,
            Budget::Evidence => self.evidence = small,
            Budget::SmallFile => self.small_file = small,
            Budget::SmallFiles => self.small_files = small,
        }
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
    fn every_budget_can_be_set_and_read() {
        for &budget in Budget::ALL {
            let mut budgets = Budgets::default();
            let (least, most) = Budgets::range(budget);
            let usual = budgets.get(budget);
            assert!((least..=most).contains(&usual), "{budget:?}");
            let other = if usual == least { least + 1 } else { least };
            budgets.set(&format!("{}={other}", budget.as_str())).unwrap();
            assert_eq!(budgets.get(budget), other, "{budget:?}");
        }
    }

    #[test]
    fn wrong_texts_are_answered() {
        let mut budgets = Budgets::default();
        for (text, words) in [
            ("depth", "NAME=VALUE"),
            ("dept=3", "is none of depth, output"),
            ("depth=x", "is no number"),
            ("depth=-1", "is no number"),
            ("output=1X", "is no number"),
            ("output=99999999999T", "is no number"),
            ("line=2M", "takes 256 to 1048576"),
        ] {
            let error = budgets.set(text).unwrap_err();
            assert!(error.contains(words), "{text}: {error}");
        }
        assert_eq!(number("2 GiB"), Some(2 << 30));
        assert_eq!(number("7m"), Some(7 << 20));
    }
}
