//! A host of the report.

use super::{dated, opt, text};
use crate::evidence::HostModel;
use crate::log::{Coverage, LogKind};
use crate::report::model::{Gap, Host, HostLog, Volume};

/// The host as the report shows it.
pub(super) fn host(model: &HostModel, id: String, input: String) -> Host {
    let mut volumes: Vec<Volume> = model
        .volumes
        .iter()
        .map(|volume| Volume {
            label: opt(volume.label.as_ref()),
            uuid: Some(text(&volume.key)),
            kind: opt(volume.kind.as_ref()),
            devices: volume.devices.iter().map(|device| text(device)).collect(),
        })
        .collect();
    volumes.sort_by(|a, b| (&a.label, &a.uuid).cmp(&(&b.label, &b.uuid)));
    Host {
        id,
        input,
        name: opt(model.name.as_ref()),
        product: opt(model.product.as_ref()),
        version: opt(model.version.as_ref()),
        build: opt(model.build.as_ref()),
        captured_at: model.captured_at.and_then(dated),
        logs: {
            let mut logs: Vec<HostLog> =
                model.logs.iter().map(|(kind, coverage)| host_log(*kind, coverage)).collect();
            logs.sort_by(|a, b| a.log.cmp(&b.log));
            logs
        },
        volumes,
    }
}

fn host_log(kind: LogKind, coverage: &Coverage) -> HostLog {
    HostLog {
        log: kind.as_str().to_owned(),
        first: coverage.first().and_then(dated),
        last: coverage.last().and_then(dated),
        members: coverage.members,
        lines: coverage.lines,
        understood: coverage.share_understood(),
        gaps: coverage.gaps.iter().map(|gap| Gap { from: dated(gap.from), to: dated(gap.to) }).collect(),
    }
}
