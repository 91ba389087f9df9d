//! An NMI that somebody sends to a guest.

use crate::error::Error;
use crate::event::Event;
use crate::grammar::Sev;
use crate::grammar::writer::{by, syslog};
use crate::stage::Stage;
use crate::time::Millis;

/// `text` as a query writes it: everything but letters, digits and `-._~` as `%XX`.
fn percent(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

impl Stage<'_> {
    pub(super) fn nmi_manifest(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, path) = self.vms.get(vm).map(|v| (v.host, v.vmx_path())).unwrap_or_default();
        let manifest = "HungVM:Send_NMI_To_Guest";
        let query = if event.style == "encoded" {
            format!("manifests={}&vm={}", percent(manifest), percent(&path))
        } else {
            format!("manifests={manifest}&vm={path}")
        };
        let who = self.who(event);
        let session = format!(
            "52{}-{}-{}-{}-{}",
            self.rng.hex(6),
            self.rng.hex(4),
            self.rng.hex(4),
            self.rng.hex(4),
            self.rng.hex(12)
        );
        let text = format!("Ticket issued for CGI service vm-support, session {session}");
        self.hostd(host, at - 1_900, Sev::Debug, by("Vimsvc.Ticket", &who), &text);
        let text = format!("Request GET /cgi-bin/vm-support.cgi?{query} from 192.0.2.17");
        self.hostd(host, at, Sev::Info, by("HTTP server /cgi-bin", &who), &text);
        let text = format!("New proxy client <TCP '192.0.2.17 : {}'>", self.rng.between(49_152, 65_000));
        self.hostd(host, at - 40, Sev::Debug, by("Proxy Req 00291", "").of("rhttpproxy"), &text);
        let text = format!("GET /cgi-bin/vm-support.cgi?{query}");
        self.plain(host, at + 12, syslog("hostdCgiServer", "In(14)", "hostdCgiServer"), &text);
        Ok(())
    }

    pub(super) fn nmi_shell(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let vm = self.vm_of(event)?;
        let (host, path) = self.vms.get(vm).map(|v| (v.host, v.vmx_path())).unwrap_or_default();
        let command = format!("vm-support -a HungVM:Send_NMI_To_Guest --vm={path}");
        self.shell(host, at, &event.user, &command);
        Ok(())
    }

    pub(super) fn vmdumper_nmi(&mut self, event: &Event, at: Millis) -> Result<(), Error> {
        let world = match event.world {
            Some(world) => world,
            None => {
                let vm = self.vm_of(event)?;
                self.vms.get(vm).map_or(0, |v| v.world)
            }
        };
        let host = self.host_of(event);
        self.shell(host, at, &event.user, &format!("vmdumper {world} nmi"));
        Ok(())
    }
}
