//! An input of the report: its id, and what was odd about it in sentences.

use super::text;
use crate::clean::clean_bytes;
use crate::input::Note;
use crate::inputs::{InputRead, Notice};
use crate::log::rfc3339;
use crate::report::model::Input;

/// The id of an input, of its number in the run.
#[must_use]
pub(crate) fn input_id(at: usize) -> String {
    format!("I{}", at + 1)
}

/// The input as the report shows it.
pub(crate) fn input(read: &InputRead) -> Input {
    Input {
        id: input_id(read.at),
        path: text(&read.path.to_string_lossy()),
        kind: read.kind,
        state: read.state,
        members: read.members,
        bytes: read.bytes,
        notes: read.notices.iter().map(sentence).collect(),
    }
}

fn sentence(notice: &Notice) -> String {
    match notice {
        Notice::Noted(Note { member: Some(member), text: said, .. }) => {
            format!("{}: {}", clean_bytes(member), text(said))
        }
        Notice::Noted(Note { member: None, text: said, .. }) => text(said),
        Notice::Refused(why) => text(why),
        Notice::NotBegun => "not read: the run was stopped before its turn".to_owned(),
        Notice::Failed => {
            "an internal error ended its analysis; the other inputs are not concerned".to_owned()
        }
        Notice::NoActionLog => {
            "action.log, which vm-support writes last, is not in it: the collection was not \
                                finished or the archive is not whole"
                .to_owned()
        }
        Notice::Vcenter => {
            "a support bundle of vCenter Server is in it: that holds no logs of hosts and VMs; give \
                            the bundles of the ESXi hosts"
                .to_owned()
        }
        Notice::NothingKnown => "nothing in it is a log or a file of an ESXi host or a VM".to_owned(),
        Notice::UncountedLine(what) | Notice::Clock(what) => what.clone(),
        Notice::Copy { host, of } => format!(
            "the bundle of host '{}' in it was made at the same moment as the one in {}, which holds at least as \
             much: it is shown once",
            text(host),
            input_id(*of)
        ),
        Notice::Unclaimed { member, line, time, title } => {
            let time = time.map_or_else(|| "an unknown time".to_owned(), rfc3339);
            text(&format!(
                "{member}:{line}: tells of a crash at {time} ({title}), but not of a VM that is known here"
            ))
        }
        Notice::MoreUnclaimed(count) => {
            format!("{count} further lines tell of crashes of no VM that is known here")
        }
        Notice::EarlierCrashes { count, most } => {
            format!("{count} earlier crashes were left out: a bundle may have {most}")
        }
    }
}
