//! What stands before each line of a log that was pasted or grepped: blanks, the marks of a mail, file names and line
//! numbers. It is recognised for the whole file, and taken off before the lines are read.

/// First lines that are looked at.
const LOOK_LINES: usize = 400;

/// Prefixes within prefixes: `> vmware.log:12:`, and one to spare.
const MAX_LAYERS: usize = 4;

/// Bytes in which a file name before a line ends.
const MAX_NAME_BYTES: usize = 256;

/// Endings of the names that grep writes.
const NAME_ENDINGS: [&[u8]; 3] = [b".log", b".gz", b".txt"];

/// One prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Layer {
    /// So many blanks.
    Blanks(usize),
    /// `>` or `|`, and a blank.
    Mark,
    /// The name of a file, and `:` or `-`.
    File,
    /// The number of the line, and `:` or `-`.
    Number,
}

/// What stands before the lines of a text, from the outside in; nothing for most.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quoting(Vec<Layer>);

impl Quoting {
    /// What stands before at least nine of ten of the first lines of a text.
    #[must_use]
    pub fn of(head: &[u8]) -> Self {
        let lines = head.split(|byte| *byte == b'\n').take(LOOK_LINES);
        let mut lines: Vec<&[u8]> =
            lines.filter(|line| !line.trim_ascii().is_empty() && *line != b"--").collect();
        let mut layers = Vec::new();
        while let Some(layer) = outermost(&lines).filter(|_| layers.len() < MAX_LAYERS) {
            layers.push(layer);
            lines = lines.iter().map(|line| line.get(layer.length(line)..).unwrap_or_default()).collect();
        }
        Self(layers)
    }

    /// Whether nothing stands before the lines.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines without it; their number stays. A line that does not have it is left as it is.
    #[must_use]
    pub fn strip(&self, text: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(text.len());
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            let bare =
                self.0.iter().fold(line, |line, layer| line.get(layer.length(line)..).unwrap_or_default());
            out.extend_from_slice(bare);
        }
        out
    }
}

/// What stands before nearly all of these lines.
fn outermost(lines: &[&[u8]]) -> Option<Layer> {
    let nearly_all = |count: usize| count > 0 && count * 10 >= lines.len() * 9;
    let having = |layer: Layer| lines.iter().filter(|line| layer.length(line) > 0).count();
    let blanks = lines.iter().map(|line| blanks(line)).filter(|count| *count > 0);
    if nearly_all(blanks.clone().count()) {
        return blanks.min().map(Layer::Blanks);
    }
    if let Some(layer) = [Layer::Mark, Layer::File].into_iter().find(|layer| nearly_all(having(*layer))) {
        return Some(layer);
    }
    // The year of a stamp stands still, the number of a line grows.
    let numbers: Vec<u64> = lines.iter().filter_map(|line| number(line).map(|(number, _)| number)).collect();
    let grows = numbers.windows(2).filter(|pair| matches!(pair, [a, b] if a < b)).count();
    let counts = nearly_all(numbers.len()) && numbers.len() > 1 && grows * 10 >= (numbers.len() - 1) * 9;
    counts.then_some(Layer::Number)
}

impl Layer {
    /// Bytes of it before a line; 0 if it is not there.
    fn length(self, line: &[u8]) -> usize {
        match self {
            Self::Blanks(most) => blanks(line).min(most),
            Self::Mark => match line {
                [b'>' | b'|', b' ', ..] => 2,
                [b'>' | b'|', ..] => 1,
                _ => 0,
            },
            Self::File => file(line),
            Self::Number => number(line).map_or(0, |(_, length)| length),
        }
    }
}

fn blanks(line: &[u8]) -> usize {
    line.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count()
}

/// The bytes of a file name and its mark before a line.
fn file(line: &[u8]) -> usize {
    let head = line.get(..MAX_NAME_BYTES.min(line.len())).unwrap_or_default();
    let after = |ending: &[u8]| {
        let ends = head.windows(ending.len() + 1);
        let found = ends.enumerate().find(|(_, part)| {
            part.split_last().is_some_and(|(last, name)| name == ending && matches!(last, b':' | b'-'))
        });
        found.map(|(at, _)| at + ending.len() + 1)
    };
    NAME_ENDINGS.iter().filter_map(|ending| after(ending)).min().unwrap_or(0)
}

/// The number before a line, and its bytes with the mark.
fn number(line: &[u8]) -> Option<(u64, usize)> {
    let digits = line.iter().take(10).take_while(|byte| byte.is_ascii_digit()).count();
    let number = std::str::from_utf8(line.get(..digits)?).ok()?.parse().ok()?;
    matches!(line.get(digits), Some(b':' | b'-')).then_some((number, digits + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOG: &str = "2016-09-28T19:09:02.712Z| vmx| I120: one\n2016-09-28T19:09:03.000Z| vmx| I120: two\n\n2016-09-28T19:09:04.000Z| vmx| I120: three\n";

    fn bare(text: &str) -> String {
        let quoting = Quoting::of(text.as_bytes());
        String::from_utf8_lossy(&quoting.strip(text.as_bytes())).into_owned()
    }

    fn with(prefix: impl Fn(usize) -> String) -> String {
        let line = |(at, line): (usize, &str)| match line {
            "\n" => line.to_owned(),
            _ => format!("{}{line}", prefix(at + 1)),
        };
        LOG.split_inclusive('\n').enumerate().map(line).collect()
    }

    #[test]
    fn what_stands_before_each_line_is_taken_off() {
        for form in [
            with(|_| "    ".into()),
            with(|_| "\t".into()),
            with(|_| "> ".into()),
            with(|_| "| ".into()),
            with(|_| "> > ".into()),
            with(|at| format!("{at}:")),
            with(|at| format!("{}-", at * 7)),
            with(|_| "vmware.log:".into()),
            with(|_| "DB 01/vmware-12.log-".into()),
            with(|at| format!("> vmware.log:{at}:")),
        ] {
            assert_eq!(bare(&form), LOG, "{form}");
        }
    }

    #[test]
    fn a_log_as_it_was_written_stays_as_it_is() {
        let uptime = "0:00:00:04.220 cpu0:0)one\n0:00:00:04.221 cpu0:0)two\n0:00:00:05.000 cpu0:0)three\n";
        let syslog = "Mar 14 03:00:00 esx-a vmkernel: 12:03:44:55.123 cpu3:4108)one\n";
        let continued = "2016-09-28T19:09:02.712Z one\n   two\n   three\n";
        for text in [LOG, uptime, syslog, continued, "", "one\n"] {
            assert!(Quoting::of(text.as_bytes()).is_empty(), "{text}");
        }
        let grouped = format!("1:{}--\n9:b\n12:c\n", "2016-09-28T19:09:02.712Z a\n");
        assert_eq!(bare(&grouped), "2016-09-28T19:09:02.712Z a\n--\nb\nc\n", "the mark between groups stays");
    }
}
