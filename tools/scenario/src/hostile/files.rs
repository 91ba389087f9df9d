//! The files of the hostile set.

use std::io::{self, Read, Write};

use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::raw::{BLOCK, end, header, long_member, member, pad, repeated};
use super::{Hostile, Make};
use crate::{parse, render};

/// The bundle that is damaged in many ways.
const BASE: &str = r#"
about = "a bundle to be damaged"
base = "2025-05-12T20:00:00Z"
[[hosts]]
name = "esx-h.lab.example"
generation = "8.0"
[[volumes]]
label = "gold-01"
[[vms]]
name = "APP01"
[[events]]
at = 0
kind = "bugcheck"
vm = "APP01"
code = "0x50"
args = ["0x0", "0x1", "0x2", "0x3"]
"#;

const TOP: &str = "esx-h.lab.example-2025-05-12--20.55-2102233";
const MIB: usize = 1 << 20;

type Body = Box<dyn Fn(&mut dyn Write) -> io::Result<()>>;

/// A gzip of what a body writes.
fn gz(body: impl Fn(&mut dyn Write) -> io::Result<()> + 'static) -> Make {
    Box::new(move |out| {
        let mut writer = GzEncoder::new(out, Compression::fast());
        body(&mut writer)?;
        writer.finish().map(drop)
    })
}

/// A gzipped tar: a good log first, then what a body writes, then the end.
fn tgz(body: impl Fn(&mut dyn Write) -> io::Result<()> + 'static) -> Make {
    gz(move |out| {
        member(out, at("var/run/log/vobd.log").as_bytes(), b'0', &lines("vobd", 100))?;
        body(out)?;
        end(out)
    })
}

fn at(path: &str) -> String {
    format!("{TOP}/{path}")
}

/// Lines of a log that mean nothing.
fn lines(who: &str, count: usize) -> Vec<u8> {
    let line = |n: usize| {
        format!(
            "2025-05-12T{:02}:{:02}:{:02}.000Z In(14) {who}[2098001]: line {n}\n",
            n / 3600 % 24,
            n / 60 % 60,
            n % 60
        )
    };
    (0..count).flat_map(|n| line(n).into_bytes()).collect()
}

/// A small generator, so that cuts and flips fall on the same places every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % (most.max(1) as u64)).unwrap_or(0)
    }
}

pub(super) fn all(scale: u64) -> Result<Vec<Hostile>, crate::Error> {
    let base =
        render(&parse("hostile", BASE)?)?.into_iter().next().map(|bundle| bundle.bytes).unwrap_or_default();
    let mut set = bombs(scale);
    set.extend(floods(scale));
    set.extend(names());
    set.extend(damage(&base)?);
    Ok(set)
}

fn file(name: &str, status: &'static [i32], words: &'static str, make: Make) -> Hostile {
    Hostile { name: name.to_owned(), status, words, make }
}

fn bombs(scale: u64) -> Vec<Hostile> {
    let gib = (1024 / scale).max(1);
    let zeros = move |times: u64| -> Body {
        Box::new(move |out| {
            repeated(out, at("var/core/huge.bin").as_bytes(), b'0', &vec![0; MIB], times)
                .and_then(|()| end(out))
        })
    };
    vec![
        file(
            "long-name-bomb.tgz",
            &[4],
            "header record",
            tgz(move |out| {
                repeated(out, b"././@LongLink", b'L', &vec![b'a'; MIB], gib)?;
                member(out, at("README").as_bytes(), b'0', b"after\n")
            }),
        ),
        file(
            "pax-bomb.tgz",
            &[4],
            "header record",
            tgz(move |out| {
                let record = format!("{} comment={}\n", 3_000, "x".repeat(2_986));
                for _ in 0..100_000 / scale {
                    member(out, b"PaxHeaders/x", b'x', record.as_bytes())?;
                }
                member(out, at("README").as_bytes(), b'0', b"after\n")
            }),
        ),
        file("ratio-bomb.tgz", &[0, 4], "", {
            let packed = packed(&zeros(16 * gib), 2);
            tgz(move |out| member(out, b"w/bomb.tgz", b'0', &packed))
        }),
        file("ratio-bomb-in-log.tgz", &[4], "times its size", {
            let packed = packed(
                &(Box::new(move |out: &mut dyn Write| {
                    (0..2 * gib).try_for_each(|_| out.write_all(&vec![b'\n'; MIB]))
                }) as Body),
                1,
            );
            tgz(move |out| member(out, at("var/run/log/vmkernel.0.gz").as_bytes(), b'0', &packed))
        }),
        file("nested-bomb.tgz", &[3], "nested", {
            let mut inner = packed(
                &(Box::new(|out: &mut dyn Write| {
                    member(out, b"x/deep.log", b'0', b"1").and_then(|()| end(out))
                }) as Body),
                1,
            );
            for level in 0..8 {
                let own = std::mem::take(&mut inner);
                let body: Body = Box::new(move |out| {
                    for n in 0..16 {
                        member(out, format!("w/{level}-{n}.tgz").as_bytes(), b'0', &own)?;
                    }
                    end(out)
                });
                inner = packed(&body, 1);
            }
            Box::new(move |out| out.write_all(&inner))
        }),
        file("many-archives.tgz", &[4], "not opened", {
            let inner = packed(
                &(Box::new(|out: &mut dyn Write| member(out, b"x/a.txt", b'0', b"1").and_then(|()| end(out)))
                    as Body),
                1,
            );
            let count = 100_000 / scale.min(4);
            tgz(move |out| {
                (0..count).try_for_each(|n| member(out, format!("w/{n}.tgz").as_bytes(), b'0', &inner))
            })
        }),
    ]
}

/// A body, gzipped so many times.
fn packed(body: &Body, times: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = GzEncoder::new(&mut out, Compression::fast());
    let made = body(&mut writer).and_then(|()| writer.finish().map(drop));
    debug_assert!(made.is_ok());
    for _ in 1..times {
        let mut again = GzEncoder::new(Vec::new(), Compression::best());
        let _ = again.write_all(&out);
        out = again.finish().unwrap_or_default();
    }
    out
}

fn floods(scale: u64) -> Vec<Hostile> {
    let million = 1_000_000 / scale;
    let bugchecks = move |out: &mut dyn Write, spread: bool| -> io::Result<()> {
        let mut text = Vec::new();
        for n in 0..million {
            let second = if spread { n * 40 } else { n / 1000 };
            let (day, hour, minute) = (1 + second / 86_400 % 28, second / 3600 % 24, second / 60 % 60);
            let month = 1 + second / 86_400 / 28 % 12;
            let year = 2015 + second / 86_400 / 28 / 12;
            writeln!(
                text,
                "{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{:02}.000Z Wa(03) vcpu-0 - WinBSOD: Synthetic MSR[0x40000100] 0x50",
                second % 60
            )?;
        }
        member(out, at("vmfs/volumes/5f3a/APP01/vmware.log").as_bytes(), b'0', &text)
    };
    vec![
        file(
            "million-members.tgz",
            &[0],
            "",
            tgz(move |out| {
                (0..million)
                    .try_for_each(|n| out.write_all(&header(at(&format!("proc/{n}")).as_bytes(), 0, b'0')))
            }),
        ),
        file(
            "million-vms.tgz",
            &[4],
            "more VMs than",
            tgz(move |out| {
                let log = lines("vmx", 3);
                (0..million).try_for_each(|n| {
                    member(out, at(&format!("vmfs/volumes/d/v{n}/vmware.log")).as_bytes(), b'0', &log)
                })
            }),
        ),
        file(
            "million-fragments.tgz",
            &[4],
            "",
            tgz(move |out| {
                let name = |n: u64| {
                    at(&format!("commands/localcli_vm-process-list.txt.FRAG-{:05}", n * 7 % 1_000_000))
                };
                (0..million).try_for_each(|n| member(out, name(n).as_bytes(), b'0', b"x"))
            }),
        ),
        file(
            "many-listed-vms.tgz",
            &[4],
            "entries of VMs",
            tgz(move |out| {
                let mut text = String::from("<ConfigRoot>\n");
                for n in 0..40_000 {
                    text.push_str(&format!("<ConfigEntry id=\"{n}\"><objID>{n}</objID><vmxCfgPath>/vmfs/volumes/d/v{n}/v{n}.vmx</vmxCfgPath></ConfigEntry>\n"));
                }
                member(out, at("etc/vmware/hostd/vmInventory.xml").as_bytes(), b'0', text.as_bytes())
            }),
        ),
        file(
            "long-line.tgz",
            &[4],
            "longer than",
            tgz(move |out| {
                let mib = (100 / scale).max(3);
                repeated(out, at("var/run/log/vmkernel.log").as_bytes(), b'0', &vec![b'y'; MIB], mib)?;
                member(out, at("var/run/log/hostd.log").as_bytes(), b'0', &lines("Hostd", 50))
            }),
        ),
        file("hit-flood.tgz", &[0, 4], "", tgz(move |out| bugchecks(out, false))),
        file("crash-flood.tgz", &[4], "", tgz(move |out| bugchecks(out, true))),
        file(
            "host-flood.tgz",
            &[0, 4],
            "",
            tgz(move |out| {
                for vm in 0..800 {
                    let text = format!("displayName = \"VM{vm}\"\n");
                    member(
                        out,
                        at(&format!("vmfs/volumes/d/VM{vm}/VM{vm}.vmx")).as_bytes(),
                        b'0',
                        text.as_bytes(),
                    )?;
                    let log =
                        "2025-05-12T00:00:00.000Z In(05) vmx - x\n2025-05-13T00:00:00.000Z In(05) vmx - x\n";
                    member(
                        out,
                        at(&format!("vmfs/volumes/d/VM{vm}/vmware.log")).as_bytes(),
                        b'0',
                        log.as_bytes(),
                    )?;
                }
                let mut text = Vec::new();
                for n in 0..million / 4 {
                    let (hour, minute, second) = (n / 3600 % 24, n / 60 % 60, n % 60);
                    writeln!(
                        text,
                        "2025-05-12T{hour:02}:{minute:02}:{second:02}.000Z In(166) Hostd[2100000]: [Originator@6876 sub=Vimsvc.ha-eventmgr] Event {n} : The guest OS has crashed on VM{} on esx-h in ha-datacenter.",
                        n % 800
                    )?;
                }
                member(out, at("var/run/log/hostd.log").as_bytes(), b'0', &text)
            }),
        ),
    ]
}

fn names() -> Vec<Hostile> {
    vec![
        file(
            "names.tgz",
            &[0],
            "",
            tgz(|out| {
                let bad: [&[u8]; 12] = [
                    b"/etc/cron.d/x",
                    b"../../../../tmp/vmcoroner-was-here",
                    b"esx-h/../../../vmcoroner-was-here",
                    b"C:\\Windows\\vmcoroner-was-here",
                    b"\\\\server\\share\\x",
                    b"a\0b/vmware.log",
                    b"vmfs/volumes/d/caf\xe9 \xff/vmware.log",
                    b"vmfs/volumes/d/<script>alert(1)<|script>/vmware.log",
                    b"vmfs/volumes/d/\x1b]0;owned\x07\x1b[2J/vmware.log",
                    b"vmfs/volumes/d/\xe2\x80\xaegpj.exe/vmware.log",
                    b"vmfs/volumes/d/=cmd|' |C calc'!A0/vmware.log",
                    b"vmfs/volumes/d/../../x/vmware.log",
                ];
                let log = "2025-05-12T20:00:00.000Z In(05) vmx - Log for VMware ESX pid=1\n\
                       2025-05-12T20:00:01.000Z Wa(03) vcpu-0 - WinBSOD: Synthetic MSR[0x40000100] 0x50\u{1b}[31m\u{202e}<script>\n\
                       2025-05-12T20:00:02.000Z In(05) vmx - x\n";
                bad.iter().try_for_each(|name| {
                    long_member(out, &[TOP.as_bytes(), b"/", name].concat(), log.as_bytes())
                })?;
                let other = b"2025-05-12T20:00:00.000Z In(05) vmx - x\n";
                bad.iter().try_for_each(|name| long_member(out, name, other))
            }),
        ),
        file(
            "display-names.tgz",
            &[0],
            "",
            tgz(|out| {
                for (n, name) in [
                    "<script>alert(1)</script>",
                    "../../x",
                    "=1+1",
                    "a\u{1b}[2Jb",
                    "|22|2C|0A",
                    "\u{202e}fdp",
                ]
                .iter()
                .enumerate()
                {
                    let folder = at(&format!("vmfs/volumes/d/v{n}"));
                    let vmx = format!("displayName = \"{name}\"\nguestOS = \"windows2019srv-64\"\n");
                    long_member(out, format!("{folder}/v{n}.vmx").as_bytes(), vmx.as_bytes())?;
                    let log =
                        "2025-05-12T20:00:01.000Z Wa(03) vcpu-0 - WinBSOD: Synthetic MSR[0x40000100] 0x50\n";
                    long_member(out, format!("{folder}/vmware.log").as_bytes(), log.as_bytes())?;
                }
                Ok(())
            }),
        ),
        file(
            "links-and-devices.tgz",
            &[0],
            "not followed",
            tgz(|out| {
                for (n, kind) in (b'1'..=b'6').enumerate() {
                    let mut block = header(at(&format!("var/run/log/link{n}")).as_bytes(), 0, kind);
                    if let Some(room) = block.get_mut(157..168) {
                        room.copy_from_slice(b"/etc/passwd");
                    }
                    let fixed = resum(block);
                    out.write_all(&fixed)?;
                }
                Ok(())
            }),
        ),
        file(
            "duplicate-names.tgz",
            &[0, 4],
            "",
            tgz(|out| {
                for _ in 0..3 {
                    member(out, at("var/run/log/hostd.log").as_bytes(), b'0', &lines("Hostd", 200))?;
                    member(
                        out,
                        at("commands/uname_-a.txt").as_bytes(),
                        b'0',
                        b"VMkernel esx-h 8.0.2 #1 SMP Release build-22380479 x86_64 ESXi\n",
                    )?;
                }
                Ok(())
            }),
        ),
    ]
}

/// A header's checksum set right again.
fn resum(mut block: [u8; BLOCK]) -> [u8; BLOCK] {
    let sum: u32 = block
        .iter()
        .enumerate()
        .map(|(at, byte)| if (148..156).contains(&at) { 32 } else { u32::from(*byte) })
        .sum();
    if let Some(room) = block.get_mut(148..156) {
        room.copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    block
}

fn damage(base: &[u8]) -> Result<Vec<Hostile>, crate::Error> {
    let mut tar = Vec::new();
    MultiGzDecoder::new(base)
        .read_to_end(&mut tar)
        .map_err(|source| crate::Error::Io { path: "base".into(), source })?;
    let mut set = vec![
        file(
            "swallowed-header.tgz",
            &[4],
            "changed while it was collected",
            tgz(|out| {
                let data = lines("hostd", 20);
                out.write_all(&header(at("var/run/log/hostd.log").as_bytes(), 50_000_000, b'0'))?;
                out.write_all(&data)?;
                pad(out, data.len() as u64)?;
                member(out, at("var/run/log/vmkernel.log").as_bytes(), b'0', &lines("vmkernel", 50))
            }),
        ),
        file(
            "size-beyond-all.tgz",
            &[4],
            "",
            tgz(|out| {
                out.write_all(&header(at("var/run/log/hostd.log").as_bytes(), u64::MAX / 2, b'0'))?;
                out.write_all(&lines("hostd", 20))
            }),
        ),
        file("zeros.tgz", &[3, 4], "", Box::new(|out| out.write_all(&vec![0; MIB]))),
        file("junk-behind.tgz", &[0], "passed over", {
            let whole = [base, &[0; 20_000], b"junk that is not wanted"].concat();
            Box::new(move |out| out.write_all(&whole))
        }),
    ];
    let mut dice = Dice(7);
    for n in 0..12 {
        let cut = base.get(..100 + dice.below(base.len().saturating_sub(200))).unwrap_or(base).to_vec();
        set.push(file(&format!("cut-{n:02}.tgz"), &[3, 4], "", Box::new(move |out| out.write_all(&cut))));
    }
    for n in 0..10 {
        let mut flipped = tar.clone();
        flip(&mut flipped, 1_000, &mut dice);
        set.push(file(
            &format!("flips-in-tar-{n:02}.tgz"),
            &[0, 4],
            "",
            gz(move |out| out.write_all(&flipped)),
        ));
        let mut flipped = base.to_vec();
        flip(&mut flipped, if n == 0 { 1_000 } else { n * n }, &mut dice);
        set.push(file(
            &format!("flips-in-gzip-{n:02}.tgz"),
            &[3, 4],
            "",
            Box::new(move |out| out.write_all(&flipped)),
        ));
    }
    Ok(set)
}

fn flip(bytes: &mut [u8], times: usize, dice: &mut Dice) {
    for _ in 0..times {
        let at = 20 + dice.below(bytes.len().saturating_sub(20));
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= 1 << dice.below(8);
        }
    }
}
