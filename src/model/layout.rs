//! Where each table of the state keeps its rows.

use crate::model::world::{Entity, World};
use crate::plan::{KindId, Plan};

/// Rows of a table that holds several rows for each entity of a kind: entity by entity, so that what
/// belongs to one entity lies together.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Rows {
    stride: u32,
    offset: u32,
}

impl Rows {
    /// The rows at `slot` of each entity, for a table part that begins at `base` with `first`.
    fn new(base: u32, stride: u32, slot: u32, first: Entity) -> Rows {
        Rows { stride, offset: (base + slot).wrapping_sub(first.0.wrapping_mul(stride)) }
    }

    #[inline]
    pub(super) fn of(self, entity: Entity) -> usize {
        entity.0.wrapping_mul(self.stride).wrapping_add(self.offset) as usize
    }
}

/// Where each table's rows begin, by kind or owner.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    /// Per fact and per step: where its rows are in `State::facts` and `State::instances`.
    pub(super) facts: Vec<Rows>,
    pub(super) instances: Vec<Rows>,
    /// First row of each pool, act, user, hazard, quantifier.
    pub(super) pools: Vec<u32>,
    pub(super) acts: Vec<u32>,
    pub(super) users: Vec<u32>,
    pub(super) hazards: Vec<u32>,
    pub(super) quantifiers: Vec<u32>,
    /// Sizes of the tables.
    pub(super) totals: [usize; 7],
}

impl Layout {
    pub(super) fn new(plan: &Plan, world: &World) -> Layout {
        let mut layout = Layout::default();
        let (mut facts, mut instances) = (0, 0);
        layout.facts = vec![Rows::default(); plan.facts.len()];
        layout.instances = vec![Rows::default(); plan.steps.len()];
        for (kind, id) in plan.kinds.iter().zip((0..).map(KindId)) {
            let first = world.first(id);
            let place = |table: &mut [Rows], base: u32, list: &[u16]| {
                let stride = u32::try_from(list.len()).expect("few facts and steps");
                for (slot, &index) in (0..).zip(list) {
                    table[usize::from(index)] = Rows::new(base, stride, slot, first);
                }
                add(base, world.count(id), stride)
            };
            facts = place(&mut layout.facts, facts, &kind.facts);
            instances = place(&mut layout.instances, instances, &kind.steps);
        }
        let mut sizes = [facts, instances, 0, 0, 0, 0, 0];
        let mut rows = |list: &mut Vec<u32>, table: usize, kinds: Vec<KindId>| {
            for kind in kinds {
                list.push(sizes[table]);
                sizes[table] = add(sizes[table], world.count(kind), 1);
            }
        };
        rows(&mut layout.pools, 2, plan.pools.iter().map(|pool| pool.kind).collect());
        rows(&mut layout.acts, 3, plan.acts.iter().map(|act| act.kind).collect());
        rows(&mut layout.users, 4, plan.users.iter().map(|user| user.kind).collect());
        rows(&mut layout.hazards, 5, plan.hazards.iter().map(|hazard| hazard.kind).collect());
        rows(&mut layout.quantifiers, 6, plan.quantifiers.iter().map(|each| each.at).collect());
        layout.totals = sizes.map(|size| size as usize);
        layout
    }
}

fn add(base: u32, count: u32, each: u32) -> u32 {
    let rows = count.checked_mul(each).and_then(|rows| base.checked_add(rows));
    rows.expect("tables have fewer than 2^32 rows")
}
