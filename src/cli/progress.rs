//! The progress line on standard error.

use super::args::When;
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write as _};
use std::time::Duration;
use vmcoroner::progress::{Progress, Silent};
use vmcoroner::report::clean::clean;

/// A listener that shows a line, or none that hears.
pub(crate) fn listener(when: When) -> Box<dyn Progress> {
    let terminal = std::io::stderr().is_terminal();
    match when {
        When::Never => Box::new(Silent),
        When::Auto if !terminal => Box::new(Silent),
        // Nothing can be drawn over in a file or a pipe.
        When::Always if !terminal => Box::new(Stages),
        _ => Box::new(Line::new()),
    }
}

/// A line for each stage.
struct Stages;

impl Progress for Stages {
    fn begin(&self, stage: &str, total: Option<u64>) {
        let size = total.map_or_else(String::new, |total| format!(" ({})", HumanBytes(total)));
        let _ = writeln!(anstream::stderr(), "vmcoroner: {}{size}", clean(stage));
    }

    fn advance(&self, _: u64) {}

    fn end(&self) {}
}

/// One line that is drawn again and again, and wiped out at the end.
struct Line {
    bar: ProgressBar,
}

impl Line {
    fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        bar.enable_steady_tick(Duration::from_millis(125));
        Self { bar }
    }

    fn style(template: &str) -> ProgressStyle {
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
    }
}

impl Progress for Line {
    fn begin(&self, stage: &str, total: Option<u64>) {
        match total {
            Some(total) => {
                self.bar.set_length(total);
                self.bar.set_style(Self::style(
                    "{spinner} {msg}  {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
                ));
            }
            None => {
                self.bar.unset_length();
                self.bar.set_style(Self::style("{spinner} {msg}  {bytes}  {elapsed}"));
            }
        }
        self.bar.set_position(0);
        self.bar.set_message(clean(stage).into_owned());
    }

    fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
    }

    fn end(&self) {
        self.bar.set_message("");
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
