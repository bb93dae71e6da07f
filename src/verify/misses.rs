//! Goals: deadlines at which they do not hold.
//!
//! The rules judge a goal, as they do in a simulation: its deadline is a timer that the success of its
//! step arms, which fires after all else at its instant (design, section 2). So a goal is missed on a
//! path if its last event is such a timer and the rules note that it was not met; whoever has stopped,
//! or waits for ever, is judged by the same timer.

use crate::model::{Happening, TimerKind};
use crate::verify::arrive::{Event, From};
use crate::verify::dbm::Dbm;
use crate::verify::explore::Explorer;
use crate::verify::faults::FaultSet;
use crate::verify::node::{Body, Measured, Node};
use crate::verify::prove::{Property, Question};
use crate::verify::witness::Aim;

impl Explorer<'_> {
    /// Goals that this event finds missed. What follows may be included in what is known already, so
    /// the path gets an end of its own.
    pub(super) fn look_for_misses(
        &mut self,
        from: &From,
        zone: &Dbm,
        event: &Event,
        faults: FaultSet,
        answers: &[u16],
    ) {
        let Question::Goal(asked) = self.scope.question else { return };
        for note in &event.notes {
            let Happening::Goal { goal, entity, met: false } = *note else { continue };
            if goal != asked || self.known(Property::Goal(goal), &faults) {
                continue;
            }
            let id = u32::try_from(self.nodes.len()).expect("fewer than 2^32 states");
            self.stored += size_of::<Node>() + 8 * zone.words();
            self.nodes.push(Node {
                parent: from.parent,
                depth: from.depth,
                fired: from.fired,
                answers: answers.into(),
                faults,
                measured: Measured::Nothing,
                zone: zone.clone(),
                group: 0,
                dropped: true,
                body: None,
            });
            self.confirm(
                id,
                faults,
                (Property::Goal(goal), None, entity),
                Aim::Missed(goal, entity),
            );
        }
    }

    /// True if the goal has no deadline any more: none is pending, and its step has ended for
    /// everybody, or never will. After a crash that nobody remembers a step may succeed once more.
    pub(super) fn nothing_is_due(&self, body: &Body) -> bool {
        let Question::Goal(goal) = self.scope.question else { return false };
        let (plan, world) = (&self.rules.plan, &self.rules.world);
        let due = |kind: TimerKind| kind == TimerKind::Goal;
        if body.timers.iter().any(|pending| due(pending.timer.kind)) || !plan.crash_kinds.is_empty()
        {
            return false;
        }
        let step = plan.goals[usize::from(goal)].of;
        let kind = plan.steps[usize::from(step)].kind;
        world.all(kind).all(|entity| self.rules.standing(&body.state, step, entity).phase.ended())
    }
}
