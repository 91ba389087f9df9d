//! How far it is, on standard error: a bar for each input that is read, and one for all.

use super::args::When;
use crate::clean::clean;
use crate::progress::{Progress, Silent};
use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// A listener that shows bars, or none that hears.
pub(crate) fn listener(when: When) -> Box<dyn Progress> {
    let terminal = std::io::stderr().is_terminal();
    match when {
        When::Never => Box::new(Silent),
        When::Auto if !terminal => Box::new(Silent),
        // Nothing can be drawn over in a file or a pipe.
        When::Always if !terminal => Box::new(Lines),
        _ => Box::new(Bars::new(ProgressDrawTarget::stderr_with_hz(8))),
    }
}

/// A line for each input.
struct Lines;

impl Progress for Lines {
    fn begin(&self, _: usize, name: &str, total: Option<u64>) {
        let size = total.map_or_else(String::new, |total| format!(" ({})", HumanBytes(total)));
        let _ = writeln!(anstream::stderr(), "vmcoroner: reading {}{size}", clean(name));
    }

    fn advance(&self, _: usize, _: u64) {}

    fn end(&self, _: usize) {}
}

/// Lines that are drawn again and again, and wiped out at the end.
struct Bars {
    all: MultiProgress,
    state: Mutex<BarState>,
}

#[derive(Default)]
struct BarState {
    /// All inputs together, where there are several.
    total: Option<ProgressBar>,
    inputs: usize,
    finished: usize,
    running: BTreeMap<usize, ProgressBar>,
}

/// Characters of a name in front of a bar.
const NAME: usize = 48;

impl Bars {
    fn new(target: ProgressDrawTarget) -> Self {
        Self { all: MultiProgress::with_draw_target(target), state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, BarState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A bar above the one for all.
    fn bar(&self, state: &BarState, name: &str, total: Option<u64>) -> ProgressBar {
        let bar = total.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
        let bar = match &state.total {
            Some(below) => self.all.insert_before(below, bar),
            None => self.all.add(bar),
        };
        bar.set_style(style(match total {
            Some(_) => "{spinner} {msg}  {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}",
            None => "{spinner} {msg}  {bytes}  {elapsed}",
        }));
        bar.set_message(short(name));
        bar.enable_steady_tick(Duration::from_millis(125));
        bar
    }
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// A name that can be shown and leaves room for its bar.
fn short(name: &str) -> String {
    let shown = clean(name);
    if shown.chars().count() <= NAME {
        return shown.into_owned();
    }
    shown.chars().take(NAME - 1).chain(['\u{2026}']).collect()
}

impl Progress for Bars {
    fn inputs(&self, count: usize, bytes: u64) {
        let mut state = self.state();
        state.inputs = count;
        if count > 1 {
            let bar = self.all.add(ProgressBar::new(bytes));
            bar.set_style(style("{spinner} {msg}  {bar:24} {bytes}/{total_bytes}  {bytes_per_sec}  {eta}"));
            bar.set_message(format!("0 of {count} inputs"));
            bar.enable_steady_tick(Duration::from_millis(125));
            state.total = Some(bar);
        }
    }

    fn begin(&self, at: usize, name: &str, total: Option<u64>) {
        let mut state = self.state();
        let bar = self.bar(&state, name, total);
        state.running.insert(at, bar);
    }

    fn advance(&self, at: usize, bytes: u64) {
        let state = self.state();
        for bar in state.running.get(&at).into_iter().chain(&state.total) {
            bar.inc(bytes);
        }
    }

    fn end(&self, at: usize) {
        let mut state = self.state();
        if let Some(bar) = state.running.remove(&at) {
            bar.finish_and_clear();
            self.all.remove(&bar);
        }
        state.finished += 1;
        if let Some(total) = &state.total {
            total.set_message(format!("{} of {} inputs", state.finished, state.inputs));
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        let state = self.state();
        for bar in state.running.values().chain(&state.total) {
            bar.finish_and_clear();
        }
        let _ = self.all.clear();
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use indicatif::InMemoryTerm;

    #[test]
    fn a_bar_for_each_running_input_and_one_for_all() {
        let term = InMemoryTerm::new(10, 120);
        let bars = Bars::new(ProgressDrawTarget::term_like(Box::new(term.clone())));
        bars.inputs(3, 300);
        bars.begin(0, "esx-a\u{1b}[31m.tgz", Some(100));
        bars.begin(1, "esx-b.tgz", Some(100));
        bars.advance(0, 50);
        // Draws are limited to so many a second: what comes too soon is left out.
        let shows = |wanted: &dyn Fn(&str) -> bool| {
            (0..100).any(|_| {
                bars.state().total.as_ref().unwrap().tick();
                std::thread::sleep(Duration::from_millis(20));
                wanted(&term.contents())
            })
        };
        assert!(
            shows(&|text| text.contains("esx-a\\u{1b}[31m.tgz")
                && text.contains("esx-b.tgz")
                && text.contains("0 of 3 inputs")),
            "{}",
            term.contents()
        );
        bars.end(0);
        let ended = shows(&|text| !text.contains("esx-a") && text.contains("1 of 3 inputs"));
        assert!(ended, "{}", term.contents());
        drop(bars);
        assert_eq!(term.contents().trim(), "");
    }
}
