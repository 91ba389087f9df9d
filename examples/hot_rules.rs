#![allow(missing_docs, clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::print_stdout, clippy::indexing_slicing, clippy::string_slice)]
use vmcoroner::{log::LogKind, rules::{Filter, RuleSet}, scan::Scanner};
use std::time::Instant;
fn cpu() -> f64 { std::fs::read_to_string("/proc/thread-self/schedstat").unwrap().split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9 }
fn main() {
    let rules = RuleSet::builtin().unwrap();
    for (kind, file) in [(LogKind::Vmware, "vmware"), (LogKind::Vmkernel, "vmkernel"), (LogKind::Hostd, "hostd")] {
        let text = std::fs::read(format!("/work/target-perf/load/{file}.txt")).unwrap();
        let filter = Filter::new(&rules, kind).unwrap();
        let s = Scanner { rules: &rules, filter: Some(&filter), kind, reference: 4_102_444_800_000, line_limit: 1 << 20 };
        let t = cpu();
        let (mut hits, mut tried, mut lines) = (0, 0, 0);
        let mut by: std::collections::BTreeMap<usize, usize> = Default::default();
        let mut at = 0;
        while at < text.len() { let end = (at + (1 << 20)).min(text.len()); let end = memchr::memrchr(b'\n', &text[at..end]).map_or(end, |n| at + n + 1);
            let out = s.scan(&text[at..], end - at); hits += out.hits.len(); tried += out.tried; lines += out.lines;
            for h in &out.hits { *by.entry(h.rule).or_default() += 1; } at = end; }
        let el = cpu() - t;
        println!("{file}: {:.2} GB/s lines {lines} tried {tried} hits {hits}", text.len() as f64 / el / 1e9);
        let mut cost: Vec<(f64, usize, usize, usize)> = rules.rules().iter().map(|_| (0.0, 0, 0, 0)).collect();
        let mut c = Vec::new(); let mut m2 = Vec::new();
        for line in text.split(|b| *b == b'\n') {
            filter.marks(line, &mut m2); filter.rules_of(&m2, &mut c);
            for &r in &c { let t = Instant::now(); let m = rules.rules()[r].matches(line).is_some(); let e = &mut cost[r]; e.0 += t.elapsed().as_secs_f64(); e.1 += 1; e.2 += usize::from(m); e.3 = r; }
        }
        cost.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (s, n, m, r) in cost.iter().take(14) { println!("   {:6.1} ms {n:7} tried {m:7} matched {:7} kept  {:5.0} ns each {}", s * 1e3, by.get(r).unwrap_or(&0), s * 1e9 / *n as f64, rules.rules()[*r].rule.id); }
    }
}
