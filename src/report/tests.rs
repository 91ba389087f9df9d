//! What the formats make of reports, as people see them.

#![allow(clippy::unwrap_used)]

use super::text::layout::width;
use super::text::{TextOptions, write};
use super::{Format, View, fixtures, json, model};
use crate::clean::is_hidden;

fn plain(bytes: Vec<u8>) -> String {
    anstream::adapter::strip_str(&String::from_utf8(bytes).unwrap()).to_string()
}

fn text(report: &model::Report, columns: Option<usize>) -> String {
    let mut out = Vec::new();
    write(report, TextOptions { width: columns, ..TextOptions::default() }, &mut out).unwrap();
    plain(out)
}

#[test]
fn text_of_a_confirmed_crash() {
    insta::assert_snapshot!(text(&fixtures::confirmed(), Some(100)));
}

#[test]
fn text_of_an_undetermined_crash() {
    insta::assert_snapshot!(text(&fixtures::undetermined(), Some(100)));
}

#[test]
fn text_without_a_crash() {
    insta::assert_snapshot!(text(&fixtures::healthy(), Some(100)));
}

#[test]
fn text_of_an_inventory() {
    let mut out = Vec::new();
    let report = fixtures::healthy();
    Format::Text
        .write(View::Inventory(&report), TextOptions { width: Some(100), ..TextOptions::default() }, &mut out)
        .unwrap();
    insta::assert_snapshot!(plain(out));
}

#[test]
fn text_in_a_narrow_terminal() {
    insta::assert_snapshot!(text(&fixtures::confirmed(), Some(80)));
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    for report in [fixtures::confirmed(), fixtures::undetermined(), fixtures::healthy()] {
        for columns in [72, 80, 100, 120] {
            for line in text(&report, Some(columns)).lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
    }
}

#[test]
fn where_it_is_no_terminal_lines_of_logs_are_whole() {
    let report = fixtures::confirmed();
    let shown = text(&report, None);
    let line = &report.vms[0].crashes[0].evidence[0];
    assert!(shown.contains(&line.text), "{shown}");
    assert!(shown.contains(&format!("{}:4711", line.member)));
}

#[test]
fn nothing_hidden_gets_through() {
    for report in [fixtures::confirmed(), fixtures::undetermined(), fixtures::healthy()] {
        for columns in [None, Some(80)] {
            let shown = text(&report, columns);
            let hidden: Vec<char> = shown.chars().filter(|&c| c != '\n' && is_hidden(c)).collect();
            assert!(hidden.is_empty(), "{hidden:?}");
        }
    }
}

#[test]
fn the_only_escapes_are_the_styles() {
    let mut out = Vec::new();
    write(&fixtures::confirmed(), TextOptions { width: Some(100), ..TextOptions::default() }, &mut out)
        .unwrap();
    let raw = String::from_utf8(out).unwrap();
    assert!(raw.contains('\u{1b}'));
    for after in raw.split('\u{1b}').skip(1) {
        let code = after.split_once('m').and_then(|(code, _)| code.strip_prefix('[')).unwrap();
        assert!(code.bytes().all(|b| b.is_ascii_digit() || b == b';'), "{code:?}");
    }
}

#[test]
fn json_is_the_model_and_ends_its_line() {
    for report in [fixtures::confirmed(), fixtures::undetermined(), fixtures::healthy()] {
        let mut out = Vec::new();
        json::write(&report, &mut out).unwrap();
        assert!(out.ends_with(b"}\n"));
        assert_eq!(serde_json::from_slice::<model::Report>(&out).unwrap(), report);
    }
}

#[test]
fn the_inventory_holds_no_verdict() {
    let mut out = Vec::new();
    let report = fixtures::confirmed();
    Format::Json.write(View::Inventory(&report), TextOptions::default(), &mut out).unwrap();
    let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
    assert_eq!(value["schema"], super::inventory::SCHEMA);
    assert!(value["vms"][0].get("crashes").is_none());
    assert_eq!(value["vms"][0]["logs"]["members"], 7);
}
