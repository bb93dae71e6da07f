//! The names of the draw sites of a scenario.
//!
//! A draw is addressed by the number of its site (design, section 4). Sites are numbered by name,
//! those of an extended base first, so that plans that extend one base share their dice.

use std::collections::BTreeSet;

use super::types::{Act, Bend, Effect, FaultForm, Order, Scenario, Step, User, Work, present_site};

/// Where it is decided which prefix of a cut attempt's at-end, or of a cut undo, has landed.
pub const CUTS: [&str; 2] = ["cut", "undo cut"];

/// What the environment of a focal run decides (design, section 3): sites that no full run has.
pub mod environment {
    /// Of a step with pools: how long its request waits for others.
    pub const WAIT: &str = "wait";
    /// Of a step of a group or of the rollout: how long after the focal part of its join it is
    /// ready, because of the others' part.
    pub const STARTS: &str = "starts";
    /// Of a step of a group or of the rollout: when a member outside blocks it for good.
    pub const BLOCKED: &str = "blocked";
    /// Of a step that transfers: how long that takes.
    pub const TRANSFER: &str = "transfer";
    /// When the tenant starts.
    pub const TENANT_STARTS: &str = "rollout / tenant starts";
    /// Of a step with windows, in a coarse focal run: how long it waits for them.
    pub const WINDOW: &str = "window";
    /// Of a step with many retries, in a coarse focal run: whether it is not tried again.
    pub const GIVES_UP: &str = "gives up";
    /// Of a fact or of a count: how long after the last time others change it.
    pub const FLIP: &str = "flip";
    /// Of a count: what it is before anything happens.
    pub const AT_FIRST: &str = "at first";
    /// Of a counter: how long after the last time others add to it.
    pub const ADD: &str = "add";
    /// Of a fact: how long after the last time others force it, or release it.
    pub const FORCE: &str = "force";
    /// All by which others change something.
    pub const CHANGES: [&str; 4] = [FLIP, ADD, FORCE, BLOCKED];
    /// Of a fact: whether others' change comes behind an effect in flight.
    pub const PASSES: &str = "flip passes";
}

/// The base's sites in its order, then every site of the plan that is not among them, in plan order.
#[must_use]
pub fn sites(scenario: &Scenario) -> Vec<String> {
    let mut sites = Sites { names: Vec::new(), known: BTreeSet::new() };
    for name in &scenario.base_sites {
        // A renamed site keeps its number.
        sites.add(present_site(&scenario.renames, name));
    }
    if scenario.rollout.pace.is_some() {
        sites.add("rollout / pace".to_owned());
    }
    if scenario.rollout.order == Order::Shuffled {
        sites.add("rollout / order".to_owned());
    }
    sites.add("tenants / mailboxes".to_owned());
    if scenario.tenants.mailbox_size.is_some()
        || scenario.classes.iter().any(|class| class.mailbox_size.is_some())
    {
        sites.add("tenants / mailbox-size".to_owned());
    }
    if scenario.classes.iter().any(|class| class.share.is_some()) {
        sites.add("tenants / class".to_owned());
    }
    for wave in &scenario.waves {
        let owner = format!("wave {}", wave.name);
        sites.add_if(wave.pace.is_some(), &owner, "pace");
        sites.add_if(wave.soak.is_some(), &owner, "soak");
    }
    for step in &scenario.steps {
        sites.step(step);
    }
    for fault in &scenario.faults {
        let owner = format!("fault {}", fault.name);
        if let FaultForm::Attempt { bend, .. } | FaultForm::Undo { bend, .. } = &fault.form {
            sites.add(format!("{owner} / chance"));
            sites.add_if(matches!(bend, Bend::Slow(_)), &owner, "slow");
            sites.add_if(matches!(bend, Bend::Fails { after: Some(_) }), &owner, "after");
        }
    }
    for reaction in &scenario.reactions {
        sites.act(&format!("reaction {}", reaction.name), &reaction.act);
    }
    for fault in &scenario.faults {
        let owner = format!("fault {}", fault.name);
        if let FaultForm::Free { act, .. } = &fault.form {
            sites.add(format!("{owner} / chance"));
            sites.act(&owner, act);
        }
    }
    for user in &scenario.users {
        sites.user(user);
    }
    if scenario.crashes() {
        for step in &scenario.steps {
            sites.cuts(step);
        }
    }
    sites.names
}

struct Sites {
    names: Vec<String>,
    known: BTreeSet<String>,
}

impl Sites {
    fn add(&mut self, name: String) {
        if self.known.insert(name.clone()) {
            self.names.push(name);
        }
    }

    fn add_if(&mut self, exists: bool, owner: &str, what: &str) {
        if exists {
            self.add(format!("{owner} / {what}"));
        }
    }

    fn step(&mut self, step: &Step) {
        let owner = step.name.as_str();
        match step.work {
            Work::Instant => {}
            Work::Lasts(_) | Work::LastsByClass(_) => self.add(format!("{owner} / duration")),
            Work::Transfer { ref rate, .. } => self.add_if(rate.is_some(), owner, "rate"),
            Work::TransferByClass { .. } => self.add(format!("{owner} / rate")),
        }
        self.add_if(step.retry.is_some(), owner, "retry wait");
        self.add_if(step.undo_duration.is_some(), owner, "undo duration");
        self.effects(owner, "at-start", &step.at_start);
        self.effects(owner, "at-end", &step.at_end);
        self.effects(owner, "at-fail", &step.at_fail);
        self.effects(owner, "undo", &step.undo);
    }

    fn effects(&mut self, owner: &str, list: &str, effects: &[Effect]) {
        for (i, effect) in effects.iter().enumerate() {
            let owner = format!("{owner} / {list} {}", i + 1);
            self.add_if(effect.after.is_some(), &owner, "after");
            self.add_if(effect.lasts.is_some(), &owner, "for");
            self.add_if(effect.chance.is_some(), &owner, "chance");
        }
    }

    fn act(&mut self, owner: &str, act: &Act) {
        self.add(format!("{owner} / trigger"));
        self.effects(owner, "does", &act.does);
        self.add_if(act.forces.is_some(), owner, "forces for");
        self.add_if(act.takes.is_some(), owner, "takes for");
        self.add_if(act.slows.is_some(), owner, "slows for");
        self.add_if(act.crashes.is_some(), owner, "restart");
    }

    /// Only where something crashes, so that no other scenario's draws move.
    fn cuts(&mut self, step: &Step) {
        let [cut, undo_cut] = CUTS;
        self.add_if(!step.remote && !step.at_end.is_empty(), &step.name, cut);
        self.add_if(!step.undo.is_empty(), &step.name, undo_cut);
    }

    fn user(&mut self, user: &User) {
        let owner = format!("user {}", user.name);
        for what in ["connects", "lasts", "connected", "residual"] {
            self.add_if(user.session.is_some(), &owner, what);
        }
        self.add_if(user.read_gap.is_some(), &owner, "reads");
        self.add_if(user.session.is_some(), &owner, "gap");
    }
}
