//! From paths to hosts, the step all drivers share: everything is planned, read side by side, and VMs are followed
//! between the hosts.

use crate::batch::{self, Planned, Request, Run};
use crate::error::Error;
use crate::evidence::{self, HostModel};
use crate::input::FoundFile;
use crate::inputs::{InputRead, Notice};
use crate::options::Options;
use crate::read_input::Done;
use std::collections::BTreeMap;

/// Everything that was read, before it is judged.
pub(crate) struct Gathered {
    /// The inputs, in their order.
    pub(crate) inputs: Vec<InputRead>,
    /// Their hosts.
    pub(crate) hosts: Vec<HostModel>,
    /// The files that were given or found.
    pub(crate) files: Vec<FoundFile>,
}

impl Gathered {
    /// One input alone.
    pub(crate) fn alone(input: InputRead, mut hosts: Vec<HostModel>) -> Self {
        evidence::follow(&mut hosts);
        Self { inputs: vec![input], hosts, files: Vec::new() }
    }
}

/// Reads every input once.
///
/// # Errors
/// There is no host in any input, and at least one input could not be read.
pub(crate) fn gather(request: Request<'_>) -> Result<Gathered, Error> {
    let read = |at: usize, one: &Planned, run: &Run<'_>| ((), Some(run.read(at, one)));
    gather_each(request, usize::MAX, &read, &mut |()| {}).finish(request.options)
}

/// What is done with each input: something to give on, and what the gathering keeps.
pub(crate) type Work<'a, T> = dyn Fn(usize, &Planned, &Run<'_>) -> (T, Option<Done>) + Sync + 'a;

/// Reads every input once. On the thread that read it, `work` makes of each what `each` is given in the order of the
/// inputs; what it hands back besides is gathered. No more than `ahead` inputs are begun before the first of them is
/// given on.
pub(crate) fn gather_each<T: Send>(
    request: Request<'_>,
    ahead: usize,
    work: &Work<'_, T>,
    each: &mut dyn FnMut(T),
) -> Collected {
    let plan = batch::plan(request.given);
    let mut all = Collected { files: plan.files, ..Collected::default() };
    batch::run(request, &plan.inputs, ahead, work, &mut |(made, done)| {
        each(made);
        if let Some(done) = done {
            all.add(done);
        }
    });
    all
}

/// Inputs and hosts as they come in, in their order.
#[derive(Default)]
pub(crate) struct Collected {
    inputs: Vec<InputRead>,
    hosts: Vec<HostModel>,
    first_error: Option<Error>,
    /// The files that were given or found.
    pub(crate) files: Vec<FoundFile>,
}

impl Collected {
    /// Takes the next input.
    fn add(&mut self, done: Done) {
        self.first_error = self.first_error.take().or(done.error);
        self.hosts.extend(done.hosts);
        self.inputs.push(done.input);
    }

    /// All there is.
    ///
    /// # Errors
    /// There is no host in any input, and at least one input could not be read.
    pub(crate) fn finish(mut self, options: &Options) -> Result<Gathered, Error> {
        if self.hosts.is_empty()
            && !options.limits.stop.is_set()
            && let Some(error) = self.first_error
        {
            return Err(error);
        }
        leave_out_copies(&mut self.inputs, &mut self.hosts);
        evidence::follow(&mut self.hosts);
        Ok(Gathered { inputs: self.inputs, hosts: self.hosts, files: self.files })
    }
}

/// Two inputs may hold the same bundle: the same host, captured at the same second. What the fuller one shows is
/// shown once.
fn leave_out_copies(inputs: &mut [InputRead], hosts: &mut Vec<HostModel>) {
    let mut best: BTreeMap<(String, i64), usize> = BTreeMap::new();
    let mut copies: Vec<(usize, usize)> = Vec::new();
    let weight = |hosts: &[HostModel], at: usize| {
        hosts.get(at).map(|host| {
            let lines: u64 =
                host.logs.values().chain(host.vms.iter().map(|vm| &vm.coverage)).map(|log| log.lines).sum();
            (lines, host.findings.len())
        })
    };
    for at in 0..hosts.len() {
        let Some(host) = hosts.get(at).filter(|host| host.is_host) else { continue };
        let (Some(name), Some(captured)) = (&host.name, host.captured_at) else { continue };
        let key = (name.clone(), captured);
        match best.get(&key).copied() {
            Some(own) if weight(hosts, at) > weight(hosts, own) => {
                copies.push((own, at));
                best.insert(key, at);
            }
            Some(own) => copies.push((at, own)),
            None => {
                best.insert(key, at);
            }
        }
    }
    for &(copy, original) in &copies {
        let of = |at: usize| hosts.get(at).map_or(usize::MAX, |host| host.input);
        let original = of(original);
        let host = hosts.get(copy).and_then(|host| host.name.clone()).unwrap_or_default();
        let copy = of(copy);
        if let Some(input) = inputs.iter_mut().find(|input| input.at == copy) {
            input.note(Notice::Copy { host, of: original });
        }
    }
    let mut at = 0;
    hosts.retain(|_| {
        at += 1;
        !copies.iter().any(|(copy, _)| *copy == at - 1)
    });
}
