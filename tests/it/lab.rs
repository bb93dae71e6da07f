//! Runs small scenarios and answers questions about what happened, in whole seconds.

use std::sync::Arc;

use cutover::kernel::{Monitor, Schedule, Setup, Sim, Stop};
use cutover::model::{Choice, Entity, Failure, Happening, Outcome as End, Timer};
use cutover::monitor::{Outcome, StopReason, Watch};
use cutover::plan::Plan;
use cutover::scenario::{self, Loaded};
use cutover::units::Instant;

/// Microseconds of a second.
pub(crate) const SECOND: u64 = 1_000_000;

/// The times of what never happened.
pub(crate) const NEVER: [u64; 0] = [];

/// Loads a text that must be valid.
pub(crate) fn load(text: &str) -> Loaded {
    match scenario::load_str("test.toml", text) {
        Ok(loaded) => loaded,
        Err(failure) => panic!("{text}\n{:#?}", failure.diagnostics),
    }
}

/// True if the loader refuses the text.
pub(crate) fn refused(text: &str) -> bool {
    scenario::load_str("test.toml", text).is_err()
}

/// Loads, compiles and draws the population.
pub(crate) fn setup(text: &str, seed: u64) -> Setup {
    Setup::new(Arc::new(Plan::compile(&load(text).scenario)), seed)
}

/// A scenario with one tenant that has one mailbox.
pub(crate) fn one(text: &str) -> String {
    with_tenants(1, text)
}

/// A scenario with so many tenants of one mailbox each.
pub(crate) fn with_tenants(count: u32, text: &str) -> String {
    format!("name = \"test\"\n[tenants]\ncount = {count}\n{text}")
}

/// Runs replication 0 of seed 1, in which constants are all that matters.
pub(crate) fn run(text: &str) -> Run {
    run_with(&setup(text, 1), Schedule::sampled(0))
}

/// Runs a schedule to its end and keeps everything that happened.
pub(crate) fn run_with(setup: &Setup, schedule: Schedule) -> Run {
    let mut sim = Sim::new(setup, schedule);
    let mut recorder = Recorder { watch: Watch::new(&sim), log: Vec::new() };
    let stop = sim.run(&mut recorder);
    let outcome = recorder.watch.finish(&sim, stop);
    Run { sim, outcome, log: recorder.log }
}

/// A forced value at a site of an entity.
pub(crate) fn force(setup: &Setup, schedule: &mut Schedule, at: (&str, &str, u32), value: u64) {
    let (site, entity, occurrence) = at;
    let site = setup.plan().site(site).unwrap_or_else(|| panic!("no site {site}"));
    let entity = find(setup, entity);
    schedule.overrides.insert(Choice { site, entity, occurrence }, value);
}

fn find(setup: &Setup, entity: &str) -> Entity {
    let found = setup.world().find(setup.plan(), entity);
    found.unwrap_or_else(|| panic!("no entity {entity}"))
}

/// Whole seconds; a test that meets anything else has miscalculated.
pub(crate) fn seconds(instant: Instant) -> u64 {
    assert_eq!(instant.0 % SECOND, 0, "{instant:?} is no whole second");
    instant.0 / SECOND
}

struct Recorder {
    watch: Watch,
    log: Vec<(Instant, Happening)>,
}

impl Monitor for Recorder {
    fn event(&mut self, sim: &Sim, timer: Option<Timer>, happenings: &[Happening]) {
        self.watch.event(sim, timer, happenings);
        self.log.extend(happenings.iter().map(|&happening| (sim.now(), happening)));
    }
}

/// A run that is over.
pub(crate) struct Run {
    pub(crate) sim: Sim,
    pub(crate) outcome: Outcome,
    pub(crate) log: Vec<(Instant, Happening)>,
}

impl Run {
    fn plan(&self) -> &Plan {
        self.sim.setup().plan()
    }

    pub(crate) fn entity(&self, name: &str) -> Entity {
        find(self.sim.setup(), name)
    }

    pub(crate) fn step(&self, name: &str) -> u16 {
        let steps = self.plan().scenario.steps.iter().map(|step| step.name.as_str());
        position(steps, name)
    }

    fn fact(&self, name: &str) -> u16 {
        position(self.plan().scenario.facts.iter().map(|fact| fact.name.as_str()), name)
    }

    fn hazard(&self, name: &str) -> u16 {
        position(self.plan().scenario.hazards.iter().map(|hazard| hazard.name.as_str()), name)
    }

    /// All happenings that `pick` makes something of, each with its second.
    pub(crate) fn pick<T>(&self, pick: impl Fn(&Happening) -> Option<T>) -> Vec<(u64, T)> {
        let picked = self.log.iter().filter_map(|(at, what)| Some((*at, pick(what)?)));
        picked.map(|(at, what)| (seconds(at), what)).collect()
    }

    fn times(&self, pick: impl Fn(&Happening) -> bool) -> Vec<u64> {
        self.pick(|what| pick(what).then_some(())).into_iter().map(|(at, ())| at).collect()
    }

    /// Changes of a fact's visible value.
    pub(crate) fn changes(&self, name: &str, whose: &str) -> Vec<(u64, bool)> {
        let (wanted, holder) = (self.fact(name), self.entity(whose));
        self.pick(|what| match *what {
            Happening::Changed { fact, entity, on, .. } => {
                ((fact, entity) == (wanted, holder)).then_some(on)
            }
            _ => None,
        })
    }

    /// A fact's visible value at the end of the run.
    pub(crate) fn seen(&self, name: &str, whose: &str) -> bool {
        let bit = self.plan().facts[usize::from(self.fact(name))].bit;
        self.sim.state().facts_of(self.entity(whose)) >> bit & 1 == 1
    }

    /// When attempts of a step began.
    pub(crate) fn begun(&self, name: &str, whose: &str) -> Vec<u64> {
        let (wanted, who) = (self.step(name), self.entity(whose));
        self.times(|what| {
            matches!(*what, Happening::Attempt { step, entity, .. }
                if (step, entity) == (wanted, who))
        })
    }

    /// When and why attempts of a step failed.
    pub(crate) fn failed(&self, name: &str, whose: &str) -> Vec<(u64, Failure)> {
        let (wanted, who) = (self.step(name), self.entity(whose));
        self.pick(|what| match *what {
            Happening::AttemptFailed { step, entity, why, .. } => {
                ((step, entity) == (wanted, who)).then_some(why)
            }
            _ => None,
        })
    }

    /// When and how a step ended, if it did.
    pub(crate) fn ended(&self, name: &str, whose: &str) -> Option<(u64, End)> {
        let (wanted, who) = (self.step(name), self.entity(whose));
        let ends = self.pick(|what| match *what {
            Happening::StepEnded { step, entity, outcome } => {
                ((step, entity) == (wanted, who)).then_some(outcome)
            }
            _ => None,
        });
        assert!(ends.len() <= 1, "a step ends once");
        ends.first().copied()
    }

    /// When a step's requests left the queue without having entered.
    pub(crate) fn withdrawn(&self, name: &str, whose: &str) -> Vec<u64> {
        let (wanted, who) = (self.step(name), self.entity(whose));
        self.times(|what| {
            matches!(*what, Happening::Withdrawn { step, entity, .. }
                if (step, entity) == (wanted, who))
        })
    }

    /// When a reaction fired.
    pub(crate) fn reacted(&self, name: &str, whose: &str) -> Vec<u64> {
        let reactions = self.plan().scenario.reactions.iter();
        let (wanted, who) =
            (position(reactions.map(|r| r.name.as_str()), name), self.entity(whose));
        self.times(|what| {
            matches!(*what, Happening::Reacted { reaction, entity }
                if (reaction, entity) == (wanted, who))
        })
    }

    /// When faults struck.
    pub(crate) fn struck(&self) -> Vec<u64> {
        self.times(|what| matches!(what, Happening::Struck { .. }))
    }

    /// When tenants started.
    pub(crate) fn started(&self, whose: &str) -> Vec<u64> {
        let who = self.entity(whose);
        self.times(|what| *what == Happening::TenantStarted(who))
    }

    /// Sessions of the only user that has some: when they began and ended.
    pub(crate) fn sessions(&self, whose: &str) -> Vec<(u64, bool)> {
        let who = self.entity(whose);
        self.pick(|what| match *what {
            Happening::Session { entity, open, .. } => (entity == who).then_some(open),
            _ => None,
        })
    }

    /// Goals as they were judged.
    pub(crate) fn goals(&self) -> Vec<(u64, bool)> {
        self.pick(|what| match *what {
            Happening::Goal { met, .. } => Some(met),
            _ => None,
        })
    }

    /// Windows in which a hazard holds live.
    pub(crate) fn windows(&self, name: &str, whose: &str) -> Vec<(u64, u64)> {
        self.windows_of(name, whose, false)
    }

    /// Windows in which a hazard holds inside somebody's session.
    pub(crate) fn session_windows(&self, name: &str, whose: &str) -> Vec<(u64, u64)> {
        self.windows_of(name, whose, true)
    }

    fn windows_of(&self, name: &str, whose: &str, session: bool) -> Vec<(u64, u64)> {
        let (wanted, who) = (self.hazard(name), self.entity(whose));
        let mine = self.outcome.windows.iter().filter(|window| {
            window.cause.hazard == wanted
                && window.entity == who
                && window.user.is_some() == session
        });
        mine.map(|window| (seconds(window.from), seconds(window.to))).collect()
    }

    /// Who is stuck, at what, why.
    pub(crate) fn stuck(&self) -> Vec<(String, String, StopReason)> {
        let (plan, world) = (self.plan(), self.sim.setup().world());
        let name = |step: u16| plan.scenario.steps[usize::from(step)].name.clone();
        let stuck = self.outcome.stuck.iter();
        stuck.map(|s| (world.name(plan, s.entity), name(s.step), s.reason)).collect()
    }

    /// The end of the last step, for a run that has finished.
    pub(crate) fn makespan(&self) -> u64 {
        assert_eq!(self.outcome.stop, Stop::Finished);
        seconds(Instant(self.outcome.makespan.expect("a finished run has one").0))
    }
}

fn position<'a>(mut names: impl Iterator<Item = &'a str>, name: &str) -> u16 {
    let found = names.position(|known| known == name);
    u16::try_from(found.unwrap_or_else(|| panic!("nothing is called {name}"))).expect("short lists")
}

/// True if the entity's plan ended early.
pub(crate) fn stopped(run: &Run, whose: &str) -> bool {
    run.sim.rules().stopped(run.sim.state(), run.entity(whose))
}
