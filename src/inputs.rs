//! What was read of the inputs of a run, as plain values: sentences are made of them by the report.

use crate::input::{Note, NoteKind};
use crate::log::Millis;
use crate::terms::{InputKind, InputState};
use std::path::PathBuf;

/// One input, as far as it could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputRead {
    /// Its number in the run, from 0.
    pub at: usize,
    /// Path as it was given or found.
    pub path: PathBuf,
    /// Its form.
    pub kind: InputKind,
    /// Its state.
    pub state: InputState,
    /// Members read.
    pub members: u64,
    /// Bytes after decompression.
    pub bytes: u64,
    /// What was odd about it.
    pub notices: Vec<Notice>,
}

/// Something that is to be said about an input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// What was noted while it was looked for and read.
    Noted(Note),
    /// Why nothing of it could be read.
    Refused(String),
    /// The run was stopped before its turn.
    NotBegun,
    /// An internal error ended its analysis.
    Failed,
    /// `action.log`, which vm-support writes last, is not in it.
    NoActionLog,
    /// A support bundle of vCenter Server is in it.
    Vcenter,
    /// Nothing in it is a log or a file of a host or a VM.
    NothingKnown,
    /// Something of a host was left out for a budget.
    UncountedLine(String),
    /// Something about the clock by which its logs were written.
    Clock(String),
    /// A host's bundle in it is a copy of one in another input.
    Copy {
        /// The host's name.
        host: String,
        /// The number of the other input, from 0.
        of: usize,
    },
    /// A line tells a crash of a VM that is not known.
    Unclaimed {
        /// The member.
        member: String,
        /// Line in the member, from 1.
        line: u64,
        /// When.
        time: Option<Millis>,
        /// The title of the rule that read it.
        title: String,
    },
    /// So many further lines tell such crashes.
    MoreUnclaimed(usize),
    /// So many earlier crashes of a host were left out.
    EarlierCrashes {
        /// How many.
        count: usize,
        /// How many a bundle may have.
        most: usize,
    },
}

impl Notice {
    /// What it makes of the state of the input.
    const fn kind(&self) -> NoteKind {
        match self {
            Self::Noted(note) => note.kind,
            Self::UncountedLine(_) | Self::EarlierCrashes { .. } => NoteKind::OverBudget,
            Self::Refused(_)
            | Self::NotBegun
            | Self::Failed
            | Self::NoActionLog
            | Self::Vcenter
            | Self::NothingKnown
            | Self::Clock(_)
            | Self::Copy { .. }
            | Self::Unclaimed { .. }
            | Self::MoreUnclaimed(_) => NoteKind::Remark,
        }
    }
}

impl InputRead {
    /// One of which nothing could be read.
    #[must_use]
    pub fn unreadable(at: usize, path: PathBuf, why: Notice) -> Self {
        Self {
            at,
            path,
            kind: InputKind::VmSupport,
            state: InputState::Unreadable,
            members: 0,
            bytes: 0,
            notices: vec![why],
        }
    }

    /// Adds something that is to be said, and lowers the state accordingly.
    pub fn note(&mut self, notice: Notice) {
        self.state = self.state.after(notice.kind());
        self.notices.push(notice);
    }
}
