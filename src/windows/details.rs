//! More about the bugchecks that matter on a virtual machine: what Windows says, what the arguments hold, where to
//! look outside the guest. The sentences are about reading a crash from the host's side.

use crate::terms::Origin;
use Origin::{
    AdminNmi, GuestOs, HostHardware as Hardware, Hypervisor, Operator, Resource, Storage, Stun,
    VirtualDevice as Device,
};

/// What the table adds to code and name.
pub(super) struct Detail {
    pub(super) code: u64,
    pub(super) meaning: &'static str,
    pub(super) parameters: &'static str,
    pub(super) points_to: &'static [Origin],
}

const fn detail(
    code: u64,
    points_to: &'static [Origin],
    meaning: &'static str,
    parameters: &'static str,
) -> Detail {
    Detail { code, meaning, parameters, points_to }
}

const EXCEPTION: &str = "1: exception code (0xc0000005 access violation, 0xc0000006 in-page I/O error), 2: address \
    where it happened, 3 and 4: exception and context record, or the exception's own arguments.";
const WATCHDOG: &str = "1: time since the watchdog was last reset, 2: interrupt time, 3: QPC time stamp, 4: index of \
    the clock processor.";

/// By code, rising.
pub(super) const DETAILS: &[Detail] = &[
    detail(
        0x01,
        &[GuestOs, Stun, Hypervisor],
        "A thread came back from a system call with asynchronous calls still disabled.",
        "1: address of the system call or worker routine, 2: APC state index, 3: both disable counts, 4: 0 system \
         call, 1 worker routine.",
    ),
    detail(
        0x0a,
        &[GuestOs, Hardware],
        "The kernel touched an address it may not touch at that interrupt level; nearly always a driver.",
        "1: address referenced, 2: IRQL, 3: 0 read, 1 write, 8 execute, 4: address of the instruction.",
    ),
    detail(
        0x19,
        &[GuestOs, Hardware],
        "The header of a pool block was damaged; a driver wrote past its memory, or memory is faulty.",
        "1: kind of damage, 2 to 4: the pool block and its neighbours, by kind.",
    ),
    detail(
        0x1a,
        &[GuestOs, Hardware, Storage],
        "Memory management found its own tables wrong.",
        "1: kind; 0x3f a page came back from the page file with a wrong checksum (2: offset, 3: checksum, 4: \
         expected), 0x403 and 0x41792 a page table entry is wrong, often by a single bit.",
    ),
    detail(
        0x1e,
        &[GuestOs, Hardware],
        "A kernel program raised an exception that was not handled.",
        EXCEPTION,
    ),
    detail(
        0x23,
        &[Storage, GuestOs],
        "The FAT file system could not go on.",
        "1: source file and line, 2 and 3: \
         exception and context record, where given.",
    ),
    detail(
        0x24,
        &[Storage, GuestOs],
        "NTFS could not go on: its structures are damaged or the disk below failed to deliver.",
        "1: source file and line, 2 and 3: exception and context record, where given.",
    ),
    detail(
        0x2e,
        &[Hardware],
        "A parity error on the system bus; on a VM this is the host's memory or a driver that \
         mapped memory which is not there.",
        "1: virtual address, 2: physical address, 3 and 4: processor status.",
    ),
    detail(
        0x3b,
        &[GuestOs, Hardware],
        "An exception in a system service on the way from user mode to the kernel.",
        "1: exception code, 2: address of the instruction, 3: context record, 4: 0.",
    ),
    detail(
        0x3e,
        &[Hypervisor],
        "The processors are not alike; on a VM a matter of CPU masks or of a migration.",
        "",
    ),
    detail(
        0x3f,
        &[GuestOs, Resource],
        "No page table entries are left for the system; leaks, or heavy I/O by backup \
         drivers.",
        "",
    ),
    detail(
        0x4e,
        &[GuestOs, Hardware],
        "The list of physical pages is damaged.",
        "1: kind of damage, 2 to 4: by kind; values that differ by one bit speak for faulty memory.",
    ),
    detail(
        0x50,
        &[GuestOs, Hardware],
        "The kernel touched memory that is not there.",
        "1: address referenced, 2: 0 read, 1 or 2 write, 3: address of the instruction, 4: kind of page fault.",
    ),
    detail(
        0x51,
        &[Storage, GuestOs],
        "The registry could not read or write its own files, or found them damaged.",
        "",
    ),
    detail(
        0x5c,
        &[Storage, Hypervisor],
        "The hardware layer failed to start; with 0x115 the boot-time timer calibration was disturbed because the \
         platform answered late.",
        "1: 0x115 for the late timer, 2 to 4: internal.",
    ),
    detail(
        0x5d,
        &[Hypervisor],
        "The processor lacks what this Windows needs; look at CPU masks, EVC and the virtual \
         hardware version.",
        "",
    ),
    detail(0x74, &[Storage, GuestOs], "The SYSTEM part of the registry is damaged or could not be read.", ""),
    detail(
        0x77,
        &[Storage, Hardware],
        "A page of kernel stack could not be read back from the page file.",
        "1: 0, 1 or 2, or an I/O status (0xc000009c, 0xc000016a bad blocks; 0xc0000185 path or device failed), 2: \
         I/O status, 3: page file, 4: offset.",
    ),
    detail(
        0x7a,
        &[Storage, Hardware],
        "A page of kernel data could not be read back from disk.",
        "1: kind of lock, or address of the page table entry, 2: I/O status (0xc000009c bad blocks, 0xc000009d and \
         0xc0000185 device or path failed, 0xc000000e device gone), 3: process or address, 4: virtual address.",
    ),
    detail(
        0x7b,
        &[Storage, Device],
        "Windows lost its system disk while booting: wrong controller, missing driver, or a disk that did not answer.",
        "1: name of the boot device or its device object, 2 to 4: in newer versions the status (0xc0000034 not \
         found).",
    ),
    detail(
        0x7c,
        &[GuestOs, Device],
        "A network driver broke the rules of NDIS.",
        "1: kind, 2 to 4: by kind.",
    ),
    detail(
        0x7e,
        &[GuestOs, Device],
        "A system thread raised an exception that was not handled; the driver is named \
         by the address.",
        EXCEPTION,
    ),
    detail(
        0x7f,
        &[GuestOs, Hypervisor, Hardware],
        "The processor raised a trap the kernel cannot take.",
        "1: trap (0x8 double fault, mostly a stack overflow by stacked filter drivers; 0xd protection fault; 0x12 \
         machine check), 2 to 4: processor state.",
    ),
    detail(
        0x80,
        &[AdminNmi, Hardware],
        "A non-maskable interrupt reached the guest; on a VM somebody sent it on purpose, or the host passed on a \
         hardware fault.",
        "1: 0x4f4454 when the NMI came in without a cause of its own, 2 to 4: internal.",
    ),
    detail(
        0x8e,
        &[GuestOs, Hardware],
        "A kernel program of 32-bit Windows raised an exception that was not handled.",
        "1: exception code, 2: address, 3: trap frame, 4: 0.",
    ),
    detail(
        0x9c,
        &[Hardware],
        "A machine check: the processor reported an error of itself, of memory or of a bus.",
        "1: number of the bank, 2: address of the record, 3: high half of MCi_STATUS, 4: low half.",
    ),
    detail(
        0x9e,
        &[Stun, Storage, GuestOs],
        "The failover cluster inside the guest found a process that did not answer in time and stopped the node.",
        "1: process, 2: time-out in seconds, 3: source of the watchdog, 4: internal.",
    ),
    detail(
        0x9f,
        &[Storage, GuestOs, Device],
        "A driver did not finish a change of power state.",
        "1: kind (0x3 a device held a request too long, 0x4 time-out waiting for Plug and Play), 2: device object, \
         3: triage block, 4: the request that is stuck.",
    ),
    detail(
        0xa5,
        &[Hypervisor, GuestOs],
        "The ACPI tables do not suit this Windows; on a VM the firmware of the \
         virtual hardware version.",
        "1: kind, 2 to 4: by kind.",
    ),
    detail(0xb9, &[Hardware], "The chipset reported an error.", ""),
    detail(0xc1, &[GuestOs], "A driver wrote outside its block of special pool.", ""),
    detail(
        0xc2,
        &[GuestOs],
        "A driver asked for or freed pool memory in a way that is not allowed.",
        "1: kind, 2 to 4: by kind.",
    ),
    detail(0xc4, &[GuestOs], "Driver Verifier caught a driver.", "1: which rule, 2 to 4: by rule."),
    detail(
        0xc5,
        &[GuestOs],
        "A driver damaged the pool.",
        "1: address, 2: IRQL, 3: 0 read, 1 write, 4: instruction.",
    ),
    detail(
        0xd1,
        &[GuestOs, Device],
        "A driver touched pageable or invalid memory at raised interrupt level; the address names the driver.",
        "1: address referenced, 2: IRQL, 3: 0 read, 1 write, 8 execute, 4: address of the instruction.",
    ),
    detail(
        0xe2,
        &[Operator, GuestOs],
        "The crash was ordered from inside the guest, at its keyboard or by a tool in it.",
        "",
    ),
    detail(
        0xea,
        &[Device, Stun],
        "A device driver, mostly for display, ran in circles waiting for its device.",
        "1: thread, 2: watchdog object, 3: driver name, 4: count.",
    ),
    detail(
        0xeb,
        &[Storage],
        "Too many changed pages wait to be written and none can be freed: the disks are not \
         taking writes.",
        "1: pages in all, 2: nonwritable ones, 3 and 4: internal.",
    ),
    detail(
        0xed,
        &[Storage],
        "The boot volume could not be mounted.",
        "1: device object, 2: status of the file system (0xc000014f, 0xc0000032 damaged), 3 and 4: internal.",
    ),
    detail(
        0xef,
        &[Storage, GuestOs],
        "A process Windows cannot live without died; with a lost system disk it dies because its pages cannot be \
         read.",
        "1: process object, 2: 0 process, 1 thread, 3 and 4: internal.",
    ),
    detail(
        0xf0,
        &[Storage, Device],
        "The disk controller's driver did not finish a request even after a reset.",
        "1: kind (1 request not finished after reset), 2: driver name, 3: request, 4: unit.",
    ),
    detail(
        0xf2,
        &[Device],
        "A device raised interrupts without end.",
        "1: service routine, 2: its context, 3: interrupt object, 4: 1 alone, 2 chained.",
    ),
    detail(
        0xf4,
        &[Storage, GuestOs],
        "A process or thread Windows cannot live without ended; typical when the system disk is gone.",
        "1: 3 process, 6 thread, 2: object, 3: image name, 4: explaining text.",
    ),
    detail(
        0xf7,
        &[GuestOs, Hardware],
        "A driver overran a buffer on its stack.",
        "1: cookie found, 2: cookie expected, 3: its complement, 4: 0.",
    ),
    detail(0xfc, &[GuestOs], "The kernel tried to run memory that is marked as data.", ""),
    detail(
        0xfd,
        &[Storage],
        "Changed pages cannot be written and none is left: the disks are not taking writes.",
        "",
    ),
    detail(
        0xfe,
        &[Device],
        "The USB stack met an error it cannot take.",
        "1: kind (0x3 and 0x5 the controller failed), 2 to 4: by kind.",
    ),
    detail(
        0x101,
        &[Stun, Hypervisor, Hardware],
        "A virtual CPU did not take the clock interrupt in time: it was not run, or it is stuck with interrupts off.",
        "1: time-out in clock ticks, 2: 0, 3: control block of the CPU, 4: index of the CPU that hung.",
    ),
    detail(
        0x109,
        &[GuestOs, Hypervisor, Hardware],
        "Kernel code or data is not as it was: a rootkit or driver, faulty memory, or a CPU register shown wrongly.",
        "1 to 3: internal, 4: kind of what changed (0x7 a critical MSR).",
    ),
    detail(0x111, &[AdminNmi, Hardware], "An NMI came while another was being handled.", ""),
    detail(0x113, &[Device, GuestOs], "The display subsystem met a fatal error.", ""),
    detail(
        0x116,
        &[Device],
        "The display driver did not come back after a reset.",
        "1: recovery context, 2: pointer into the driver, 3: last error, 4: internal.",
    ),
    detail(
        0x117,
        &[Device, Stun],
        "The display driver did not answer in time; Windows only wrote a live dump.",
        "1: recovery context, 2: pointer into the driver, 3 and 4: internal.",
    ),
    detail(0x119, &[Device], "The display scheduler found the driver in error.", "1: which error."),
    detail(0x122, &[Hardware, Hypervisor], "The guest's hardware error handling itself failed.", ""),
    detail(
        0x124,
        &[Hardware],
        "A hardware error was reported to the guest and could not be corrected.",
        "1: source (0 machine check, 3 NMI, 4 PCI Express, 5 generic), 2: address of the record, 3: high half of \
         MCi_STATUS, 4: low half.",
    ),
    detail(
        0x127,
        &[Hardware, GuestOs],
        "A page that should be all zero was not.",
        "1: virtual address, 2: physical page, 3 and 4: 0.",
    ),
    detail(
        0x12b,
        &[Hardware],
        "A page was damaged: a single bit in a page of zeros, or a compressed page that \
         cannot be unpacked.",
        "1: virtual address or kind of failure, 2: physical page or size, 3 and 4: 0, or source and target buffer.",
    ),
    detail(
        0x130,
        &[Hypervisor],
        "A processor that was added to the running guest does not match the others.",
        "",
    ),
    detail(
        0x133,
        &[Stun, Hypervisor, GuestOs, Storage],
        "The guest spent too long at raised interrupt level: it was not run, or a driver kept it there.",
        "1: 0 a single deferred call, 1 all together, 2: time spent or period, 3: time allowed or triage block, 4: \
         triage block or 0.",
    ),
    detail(
        0x139,
        &[GuestOs, Hypervisor],
        "A kernel structure was found damaged; mostly a driver, next to a monitor panic the monitor.",
        "1: kind (0x2 stack cookie, 0x3 linked list), 2: trap frame, 3: exception record, 4: internal.",
    ),
    detail(0x13a, &[GuestOs], "The kernel's heap is damaged.", "1: kind, 2: heap, 3: address, 4: internal."),
    detail(0x140, &[Storage], "A storage device behaves in a way that is not allowed.", ""),
    detail(0x144, &[Device], "The USB 3 stack met an error it cannot take.", "1: kind, 2 to 4: by kind."),
    detail(
        0x149,
        &[Storage, GuestOs],
        "ReFS could not go on: its structures are damaged or the disk failed.",
        "1: source line, 2 and 3: exception and context record, 4: address.",
    ),
    detail(
        0x154,
        &[Storage, Hardware, GuestOs],
        "The store of compressed memory met an exception, as when a page cannot be read back.",
        "1: store, 2: exception information, 3 and 4: internal.",
    ),
    detail(
        0x170,
        &[Stun, Storage],
        "The cluster service in the guest did not handle the loss of its peers in time.",
        "1: thread, 2: time-out in milliseconds, 3 and 4: internal.",
    ),
    detail(
        0x17e,
        &[Hypervisor],
        "Processors run different microcode; on a VM after a migration or on a changed host.",
        "",
    ),
    detail(
        0x18b,
        &[GuestOs, Hypervisor],
        "The secure kernel (virtualization-based security) met a fatal error.",
        "",
    ),
    detail(
        0x1ca,
        &[Stun, Hypervisor, Hardware],
        "No timer tick was handled for so long that the guest counts as hung.",
        WATCHDOG,
    ),
    detail(
        0x1cf,
        &[Stun, Hypervisor, Hardware],
        "The hardware watchdog expired: no timer tick was handled.",
        WATCHDOG,
    ),
    detail(
        0x1db,
        &[Stun, Hypervisor],
        "A CPU did not answer an interrupt from another CPU in time.",
        "1: QPC frequency, 2: QPC now, 3: QPC at the start, 4: internal.",
    ),
    detail(0x1df, &[Hypervisor, Stun], "A processor did not start in time.", ""),
    detail(
        0x20001,
        &[Hypervisor, Hardware],
        "The hypervisor that runs inside the guest (Hyper-V, virtualization-based security) met a fatal error.",
        "1 to 4: internal to it.",
    ),
    detail(
        0xc000_0218,
        &[Storage, GuestOs],
        "A registry file could not be loaded: damaged, or the disk failed.",
        "",
    ),
    detail(
        0xc000_021a,
        &[GuestOs, Storage],
        "Winlogon or the Windows subsystem ended; an update, a filter, or lost \
         files.",
        "1: text that names the process, 2: its exit status, 3 and 4: internal.",
    ),
    detail(0xdead_dead, &[Operator, GuestOs], "A debugger crashed the guest on purpose.", ""),
];
