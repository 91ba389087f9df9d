//! What a rule refers to by name: captures of its own patterns, and other rules. A name that leads nowhere would not
//! fail: the threshold, the exception or the end would just never apply.

use super::compiled::{Compiled, template_names};
use super::fact::Fact;
use super::model::{Decoder, TieBy};
use crate::hints::Hints;
use crate::log_table::Belongs;

/// What is wrong with a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field.
    pub field: String,
    /// What is wrong with it.
    pub message: String,
    /// What to do about it.
    pub help: Option<Help>,
}

/// What to do about a refused rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Help {
    /// This.
    Says(String),
    /// Look into the list of built-in rules.
    BuiltinRules,
    /// Look up the fields of a rule.
    RuleFields,
}

impl Help {
    /// In the words of whatever shows it.
    #[must_use]
    pub fn words<'a>(&'a self, hints: &'a Hints) -> &'a str {
        match self {
            Self::Says(text) => text,
            Self::BuiltinRules => hints.builtin_rules,
            Self::RuleFields => hints.rule_fields,
        }
    }
}

fn says(text: &str) -> Help {
    Help::Says(text.to_owned())
}

/// Every capture that a rule names is one that a pattern of it, or its decoder, captures.
///
/// # Errors
/// The first name that nothing captures, with the field it is in.
pub(super) fn check_captures(compiled: &Compiled) -> Result<(), Fault> {
    let rule = &compiled.rule;
    let names = compiled.capture_names();
    let mut wanted: Vec<(&str, String, &str)> = Vec::new();
    for name in rule.message.iter().flat_map(|message| template_names(message)) {
        wanted.push(("message", name, "the message"));
    }
    wanted.extend(rule.only_if.keys().map(|name| ("only_if", name.clone(), "a condition")));
    wanted.extend(rule.not_if.keys().map(|name| ("not_if", name.clone(), "a condition")));
    wanted.extend(rule.grade.iter().map(|grade| ("grade", grade.capture.clone(), "the grade")));
    for name in rule.count.iter().flat_map(|count| &count.same) {
        wanted.push(("count", name.clone(), "the count"));
    }
    for tie in &compiled.ties {
        if !matches!(tie, TieBy::OwnLog | TieBy::Host | TieBy::Moment | TieBy::Vsan) {
            wanted.push(("tie", tie.as_str().to_owned(), "the tie"));
        }
    }
    for name in rule.decode.map_or(&[][..], reads) {
        wanted.push(("decode", (*name).to_owned(), "the decoder"));
    }
    for name in rule.fact.map_or(&[][..], states) {
        wanted.push(("fact", (*name).to_owned(), "the fact"));
    }
    match wanted.into_iter().find(|(_, name, _)| !names.contains(name)) {
        Some((field, name, who)) => {
            let shown = if field == "message" { format!("{{{name}}}") } else { format!("\"{name}\"") };
            let verb = if matches!(field, "decode" | "fact") { "needs" } else { "names" };
            let help = match names.as_slice() {
                [] => "the patterns capture nothing".to_owned(),
                names => format!("the patterns capture {}", names.join(", ")),
            };
            let message = format!("rule \"{}\": {who} {verb} {shown}, which no pattern captures", rule.id);
            Err(Fault { field: field.to_owned(), message, help: Some(Help::Says(help)) })
        }
        None => Ok(()),
    }
}

/// Every rule that a rule names is there, and can do what it is named for.
///
/// # Errors
/// The first id that leads nowhere, with the field it is in.
pub(super) fn check_rules<'a>(
    compiled: &Compiled,
    find: impl Fn(&str) -> Option<&'a Compiled>,
) -> Result<(), Fault> {
    let rule = &compiled.rule;
    let fault = |field: &str, message: String, help: Help| {
        let message = format!("rule \"{}\": {message}", rule.id);
        Err(Fault { field: field.to_owned(), message, help: Some(help) })
    };
    for id in &rule.excluded_by {
        if *id == rule.id {
            return fault(
                "excluded_by",
                "it excludes itself, and would never match".into(),
                says("name other rules"),
            );
        }
        if find(id).is_none() {
            return fault(
                "excluded_by",
                format!("it is excluded by the rule \"{id}\", which does not exist"),
                Help::BuiltinRules,
            );
        }
    }
    let Some(interval) = &rule.interval else { return Ok(()) };
    if interval.end.is_empty() {
        return fault(
            "interval",
            "its state is never closed".into(),
            says("name the rules whose lines close it"),
        );
    }
    let own = compiled.capture_names();
    for id in &interval.end {
        let Some(end) = find(id) else {
            return fault(
                "interval",
                format!("its state is closed by the rule \"{id}\", which does not exist"),
                Help::BuiltinRules,
            );
        };
        let theirs = end.capture_names();
        let has = |names: &[String], tie: TieBy| names.iter().any(|name| name == tie.as_str());
        // A volume and the device under it are one outage.
        let storage = |names: &[String]| has(names, TieBy::Device) || has(names, TieBy::Volume);
        let shared = TieBy::ALL.iter().any(|tie| has(&own, *tie) && has(&theirs, *tie));
        let related = shared || (storage(&own) && storage(&theirs)) || (names_vm(compiled) && names_vm(end));
        if !related {
            return fault(
                "interval",
                format!(
                    "its state is closed by the rule \"{id}\", which captures no tie that it captures too"
                ),
                says("the lines must agree in what they are about: a device, a volume, a path"),
            );
        }
    }
    Ok(())
}

/// The captures without which a decoder adds nothing.
const fn reads(decoder: Decoder) -> &'static [&'static str] {
    match decoder {
        Decoder::McaStatus => &["status"],
        Decoder::ScsiStatus => &["h", "d"],
    }
}

/// The captures without which a fact says nothing.
const fn states(fact: Fact) -> &'static [&'static str] {
    match fact {
        Fact::WorldName => &["world", "vm"],
        Fact::WorldCartel => &["world", "cartel"],
        Fact::HandleWorld => &["handle", "world"],
        Fact::OpidUser => &["opid", "user"],
        Fact::MigrationVm => &["migration"],
        Fact::VmxHost => &["value"],
        Fact::ConfigEntry => &["key", "value"],
        Fact::ConfigFile => &["vmx"],
        Fact::DiskOpen => &["path"],
        _ => &[],
    }
}

/// Whether the lines of a rule say which VM they are about: by where they stand, or by what they name.
fn names_vm(compiled: &Compiled) -> bool {
    let own_log = compiled.rule.logs.iter().all(|log| log.log().belongs == Belongs::ToVm);
    let by = [TieBy::Vm, TieBy::Vmid, TieBy::Vmx, TieBy::World, TieBy::Cartel, TieBy::File];
    own_log || compiled.ties.iter().any(|tie| by.contains(tie))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)]
    use super::super::{LoadError, RuleError, RuleSet};

    /// A file with one rule and these lines in it.
    fn file(id: &str, lines: &str) -> String {
        format!(
            "topic = \"t\"\n\n[[rule]]\nid = \"{id}\"\ntitle = \"x\"\nlogs = [\"vmkernel\"]\nliterals = [\"abc\"]\n\
             pattern = 'abc (?P<device>naa\\.\\w+) (?P<n>\\d+)'\ncheck = \"storage\"\ntie = [\"device\"]\n{lines}\n"
        )
    }

    fn refused(lines: &str) -> RuleError {
        match RuleSet::from_texts(&[("own.toml", &file("own.a", lines))]) {
            Err(LoadError::Rule(error)) => *error,
            other => panic!("{lines}: {other:?}"),
        }
    }

    /// Line 11 of the file is the first of the lines given.
    #[test]
    fn a_name_that_leads_nowhere_is_refused_where_it_stands() {
        for (lines, line, says) in [
            (
                "count = { at_least = 3, within = \"5m\", same = [\"channel\"] }",
                11,
                "the count names \"channel\", which no",
            ),
            ("message = \"{who}\"", 11, "the message names {who}, which no pattern captures"),
            ("\nnot_if = { who = [\"x\"] }", 12, "a condition names \"who\""),
            ("only_if = { who = [\"x\"] }", 11, "a condition names \"who\""),
            ("decode = \"scsi-status\"", 11, "the decoder needs \"h\""),
            ("fact = \"world-name\"", 11, "the fact needs \"world\""),
            ("excluded_by = [\"own.gone\"]", 11, "excluded by the rule \"own.gone\", which does not exist"),
            ("excluded_by = [\"own.a\"]", 11, "it excludes itself"),
            (
                "interval = { end = [\"own.gone\"] }",
                11,
                "closed by the rule \"own.gone\", which does not exist",
            ),
            ("interval = { end = [] }", 11, "its state is never closed"),
            ("[rule.interval]\nend = [\"own.gone\"]", 11, "which does not exist"),
        ] {
            let error = refused(lines);
            assert!(error.message.contains(says), "{lines}: {}", error.message);
            assert!(error.message.starts_with("rule \"own.a\": "), "{}", error.message);
            assert_eq!(error.line(), line, "{lines}: {}", error.message);
            assert_eq!(error.file.to_str(), Some("own.toml"));
            assert!(error.help.is_some(), "{lines}");
        }
    }

    #[test]
    fn what_closes_a_state_must_name_what_it_is_about() {
        let open = file("own.open", "interval = { end = [\"own.end\"] }");
        let end = file("own.end", "fact = \"interval-end\"");
        assert!(RuleSet::from_texts(&[("a.toml", &open), ("b.toml", &end)]).is_ok());
        let end = end.replace("(?P<device>naa\\.\\w+)", "naa\\.\\w+").replace("\"device\"", "\"host\"");
        // The fault is that of the rule that names the other, whichever file comes first.
        for texts in [[("a.toml", &open), ("b.toml", &end)], [("b.toml", &end), ("a.toml", &open)]] {
            let texts = texts.map(|(name, text)| (name, text.as_str()));
            match RuleSet::from_texts(&texts) {
                Err(LoadError::Rule(error)) => {
                    assert!(
                        error.message.contains("captures no tie that it captures too"),
                        "{}",
                        error.message
                    );
                    assert_eq!((error.file.to_str(), error.line()), (Some("a.toml"), 11));
                }
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_folder_may_name_its_own_rules_and_the_built_in_ones() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| std::fs::write(dir.path().join(name), text).unwrap();
        write("a.toml", file("own.a", "excluded_by = [\"own.b\", \"storage.apd-start\"]"));
        write("b.toml", file("own.b", "interval = { end = [\"storage.apd-exit\"] }"));
        assert_eq!(RuleSet::only_dir(dir.path()).unwrap().rules().len(), 2);
        assert!(RuleSet::with_dir(dir.path()).unwrap().get("own.b").is_some());

        write("b.toml", file("own.b", "interval = { end = [\"storage.apd-exti\"] }"));
        for load in [RuleSet::only_dir, RuleSet::with_dir] {
            let error = load(dir.path()).unwrap_err().to_string();
            assert!(error.ends_with(
                "b.toml:11: rule \"own.b\": its state is closed by the rule \"storage.apd-exti\", which does not exist"
            ), "{error}");
        }
    }
}
