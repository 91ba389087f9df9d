//! Ctrl-C: the first asks the run to end with what is finished, the second ends it at once.

use crate::input::Stop;
use std::io::Write as _;

/// The exit status of a run that was stopped, as shells have it for SIGINT.
pub(crate) const STOPPED: u8 = 130;

/// Lets Ctrl-C (and a request to terminate) set `stop`. Where no handler can be installed, Ctrl-C ends the program
/// as it always does.
pub(crate) fn on_interrupt(stop: &Stop) {
    let stop = stop.clone();
    let _ = ctrlc::set_handler(move || {
        if stop.is_set() {
            // What was written so far is whole: lines of a finished input are written in one go.
            #[allow(clippy::exit)]
            std::process::exit(i32::from(STOPPED));
        }
        stop.set();
        let _ = anstream::stderr()
            .write_all(b"\nvmcoroner: ending with what is finished; Ctrl-C again ends it at once\n");
    });
}
