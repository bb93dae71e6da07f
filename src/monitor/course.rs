//! The course of a rollout: its waves, its halts, and who was rolled back.

use crate::kernel::Sim;
use crate::model::{By, Entity, Happening};
use crate::units::Instant;

/// The course of one run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// By wave, those whom no wave takes last; empty without waves.
    pub waves: Vec<WaveTimes>,
    /// In order.
    pub halts: Vec<Halted>,
    /// Tenants that have not started when the run ends, because the rollout is halted.
    pub never_started: u32,
    /// Rollbacks that are done.
    pub rolled_back: u64,
}

/// When a wave came and went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaveTimes {
    /// When its turn came, if it did.
    pub started: Option<Instant>,
    /// When its last tenant was through, if it was.
    pub ended: Option<Instant>,
}

/// One halt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Halted {
    /// From when on no tenant started.
    pub at: Instant,
    /// Until when, if they started again.
    pub until: Option<Instant>,
    /// Why.
    pub by: By,
    /// Whose step, reaction or fault it was.
    pub entity: Entity,
}

impl Course {
    /// Of a run in which nothing has happened.
    pub(super) fn new(sim: &Sim) -> Course {
        let (plan, world) = (&sim.rules().plan, &sim.rules().world);
        let waves = plan.wave_kind().map_or(0, |_| world.waves());
        Course { waves: vec![WaveTimes::default(); waves], ..Course::default() }
    }

    pub(super) fn note(&mut self, sim: &Sim, happening: &Happening) {
        let at = sim.now();
        let place = |entity: Entity| {
            let (plan, world) = (&sim.rules().plan, &sim.rules().world);
            let kind = plan.wave_kind().expect("only waves start and end");
            world.index(kind, entity) as usize
        };
        match *happening {
            Happening::WaveStarted(wave) => self.waves[place(wave)].started = Some(at),
            Happening::WaveEnded(wave) => self.waves[place(wave)].ended = Some(at),
            Happening::Halted { by, entity } => {
                self.halts.push(Halted { at, until: None, by, entity });
            }
            Happening::Resumed { .. } => {
                self.halts.last_mut().expect("what resumes was halted").until = Some(at);
            }
            Happening::RolledBack(_) => self.rolled_back += 1,
            _ => {}
        }
    }

    /// The course when the run is over.
    pub(super) fn finish(mut self, sim: &Sim) -> Course {
        if sim.state().halted() {
            let all = u32::try_from(sim.rules().world.order().len()).expect("tenants fit 32 bits");
            self.never_started = all - sim.state().started();
        }
        self
    }
}
