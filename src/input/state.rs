//! In what state an input is: the one place that decides it.

use super::sink::NoteKind;
use crate::terms::InputState;

impl InputState {
    /// What the walk through an input's members leaves it in: how many were met, and whether the input ended early or
    /// some of its bytes are wrong.
    pub(super) const fn of_walk(members: u64, truncated: bool, damaged: bool) -> Self {
        match (damaged, truncated) {
            (false, false) => Self::Complete,
            _ if members == 0 => Self::Unreadable,
            (true, _) => Self::Damaged,
            (false, true) => Self::Truncated,
        }
    }

    /// The state after something of this kind was noted. The order of the notes does not matter.
    #[must_use]
    pub const fn after(self, kind: NoteKind) -> Self {
        match (self, kind) {
            (Self::Unreadable, _) => Self::Unreadable,
            (_, NoteKind::Truncated) => Self::Truncated,
            (Self::Complete, NoteKind::Damaged | NoteKind::OverBudget) => Self::Damaged,
            (state, NoteKind::Damaged | NoteKind::OverBudget | NoteKind::Remark) => state,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walk_decides_first() {
        assert_eq!(InputState::of_walk(0, false, false), InputState::Complete);
        assert_eq!(InputState::of_walk(0, true, false), InputState::Unreadable);
        assert_eq!(InputState::of_walk(0, false, true), InputState::Unreadable);
        assert_eq!(InputState::of_walk(1, true, true), InputState::Damaged);
        assert_eq!(InputState::of_walk(1, true, false), InputState::Truncated);
    }

    #[test]
    fn notes_lower_it_in_any_order() {
        let kinds = [NoteKind::Truncated, NoteKind::Damaged, NoteKind::OverBudget, NoteKind::Remark];
        for &state in InputState::ALL {
            for a in kinds {
                for b in kinds {
                    assert_eq!(state.after(a).after(b), state.after(b).after(a), "{state} {a:?} {b:?}");
                }
            }
        }
        assert_eq!(InputState::Complete.after(NoteKind::Remark), InputState::Complete);
        assert_eq!(InputState::Complete.after(NoteKind::OverBudget), InputState::Damaged);
        assert_eq!(InputState::Damaged.after(NoteKind::Truncated), InputState::Truncated);
        assert_eq!(InputState::Truncated.after(NoteKind::Damaged), InputState::Truncated);
        assert_eq!(InputState::Unreadable.after(NoteKind::Truncated), InputState::Unreadable);
    }
}
