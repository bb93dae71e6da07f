//! Where a run stands, as a number: two runs of one plan with the same number go on alike.

use super::Run;
use crate::model::Timer;

/// FNV-1a, word by word.
struct Hash(u64);

impl Hash {
    fn add(&mut self, word: u64) {
        self.0 = (self.0 ^ word).wrapping_mul(0x0000_0100_0000_01b3);
        self.0 ^= self.0 >> 32;
    }
}

impl Run<'_> {
    /// The state without its history, its pending timers in the order in which they would fire, the
    /// costly faults that have struck (they are part of what a finding is) and the hazards that hold;
    /// `None`: something is pending of which the end is open.
    ///
    /// Times are counted from now, unless the plan has calendars, dates or profiles, which know the
    /// time of day. Runs that end at the horizon are not compared, so that does not matter.
    pub(super) fn digest(&self) -> Option<u64> {
        let desk = &self.desk;
        let open =
            desk.pending.iter().any(|pending| pending.earliest.max(desk.now) < pending.latest);
        if open || !desk.moving.is_empty() || !desk.links.idle() {
            return None;
        }
        let rules = &desk.setup.rules;
        let mut pending: Vec<_> = desk
            .pending
            .iter()
            .filter(|pending| rules.live(&self.state, pending.timer))
            .map(|pending| (pending.latest, pending.place, pending.id, pending.timer))
            .collect();
        pending.sort_unstable_by_key(|&(at, place, id, _)| (at, place, id));
        let timers: Vec<Timer> = pending.iter().map(|&(.., timer)| timer).collect();
        let portrait = rules.portrait(&self.state, &timers);
        let plan = desk.setup.plan();
        let clock =
            !plan.calendars.is_empty() || !plan.profiles.is_empty() || !plan.waves.is_empty();
        let mut hash = Hash(0xcbf2_9ce4_8422_2325);
        hash.add(if clock { desk.now } else { 0 });
        for part in std::iter::once(&portrait.shared).chain(&portrait.tenants) {
            hash.add(part.words.len() as u64);
            part.words.iter().for_each(|&word| hash.add(u64::from(word)));
            part.timers.iter().for_each(|&place| hash.add(place as u64));
        }
        for &(at, place, _, timer) in &pending {
            let what = (timer.kind as u64) << 48 | u64::from(timer.which) << 32;
            hash.add(what | u64::from(timer.entity.0));
            hash.add(at - desk.now);
            hash.add(place);
        }
        self.struck.iter().for_each(|&fault| hash.add(1 << 32 | u64::from(fault)));
        for open in &self.open {
            let user = open.found.user.map_or(u64::MAX, u64::from);
            hash.add(u64::from(open.found.hazard) << 32 | u64::from(open.found.entity.0));
            hash.add(user);
        }
        Some(hash.0)
    }
}
