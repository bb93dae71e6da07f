//! Which transfer runs over which links: laid out once, shared by all replications of a seed.

use std::collections::BTreeMap;

use crate::model::{Entity, World};
use crate::plan::Plan;
use crate::scenario::Quotas;
use crate::units::Rate;

/// The links of a population and who uses which of them.
#[derive(Clone, Debug, Default)]
pub(in crate::kernel) struct Roads {
    /// First instance of each link of the plan.
    bases: Vec<u32>,
    /// The rate of each instance.
    pub(super) rates: Vec<Rate>,
    /// Those with quotas, in order.
    pub(super) quotas: Vec<(u32, Quotas)>,
    /// The component of each instance.
    pub(super) component: Vec<u32>,
    pub(super) component_of_lane: Vec<u32>,
    pub(super) components: usize,
    /// Link instances of each lane. A lane is a set of link instances that some entity's transfer
    /// takes together: all transfers in it that have no narrower cap run at the same rate.
    pub(super) lanes: Vec<Vec<u32>>,
    /// First row of each path, for its first entity.
    rows: Vec<(u32, Entity)>,
    /// The lane of each row: of each entity that may run a transfer over a path.
    pub(super) lane: Vec<u32>,
}

impl Roads {
    pub(in crate::kernel) fn new(plan: &Plan, world: &World) -> Roads {
        let mut roads = Roads::default();
        for link in &plan.links {
            roads.bases.push(number(roads.rates.len()));
            let count = world.count(link.kind) as usize;
            if !link.quotas.none() {
                let first = number(roads.rates.len());
                let instances = first..first + world.count(link.kind);
                roads.quotas.extend(instances.map(|instance| (instance, link.quotas)));
            }
            roads.rates.extend(std::iter::repeat_n(link.rate, count));
        }
        let mut known: BTreeMap<Vec<u32>, u32> = BTreeMap::new();
        for path in &plan.paths {
            let first = world.all(path.kind).next().unwrap_or(Entity(0));
            roads.rows.push((number(roads.lane.len()), first));
            for entity in world.all(path.kind) {
                let instance = |&link: &u16| {
                    let kind = plan.links[usize::from(link)].kind;
                    let holder = world.ancestor(path.kind, entity, kind);
                    roads.bases[usize::from(link)] + world.index(kind, holder)
                };
                let mut links: Vec<u32> = path.links.iter().map(instance).collect();
                links.sort_unstable();
                let lane = *known.entry(links).or_insert_with_key(|links| {
                    roads.lanes.push(links.clone());
                    number(roads.lanes.len() - 1)
                });
                roads.lane.push(lane);
            }
        }
        roads.connect();
        roads
    }

    /// Single links with these rates and quotas, and lanes over them, each a path of so many
    /// entities.
    #[cfg(test)]
    pub(super) fn laid_out(links: &[(Rate, Quotas)], lanes: &[Vec<u32>], entities: u32) -> Roads {
        let quotas = (0..).zip(links).filter(|(_, (_, quotas))| !quotas.none());
        let mut roads = Roads {
            bases: (0..number(links.len())).collect(),
            rates: links.iter().map(|&(rate, _)| rate).collect(),
            quotas: quotas.map(|(instance, &(_, quotas))| (instance, quotas)).collect(),
            lanes: lanes.to_vec(),
            ..Roads::default()
        };
        for lane in 0..number(lanes.len()) {
            roads.rows.push((number(roads.lane.len()), Entity(0)));
            roads.lane.extend(std::iter::repeat_n(lane, entities as usize));
        }
        roads.connect();
        roads
    }

    /// Numbers the components: what shares a link, directly or through others.
    fn connect(&mut self) {
        let mut root: Vec<u32> = (0..number(self.rates.len())).collect();
        for lane in &self.lanes {
            for pair in lane.windows(2) {
                let (a, b) = (find(&mut root, pair[0]), find(&mut root, pair[1]));
                root[a.max(b) as usize] = a.min(b);
            }
        }
        let mut numbers = BTreeMap::new();
        for instance in 0..number(self.rates.len()) {
            let next = number(numbers.len());
            let top = find(&mut root, instance);
            self.component.push(*numbers.entry(top).or_insert(next));
        }
        self.components = numbers.len();
        // A lane has at least one link, and all of them are connected by it.
        let first = |lane: &Vec<u32>| self.component[lane[0] as usize];
        self.component_of_lane = self.lanes.iter().map(first).collect();
    }

    /// The row of an entity's transfer over a path.
    #[inline]
    pub(super) fn row(&self, path: u16, entity: Entity) -> u32 {
        let (base, first) = self.rows[usize::from(path)];
        base + (entity.0 - first.0)
    }

    /// All instances of a link.
    pub(super) fn instances(&self, link: u16) -> std::ops::Range<u32> {
        let first = self.bases[usize::from(link)];
        let next = self.bases.get(usize::from(link) + 1).copied();
        first..next.unwrap_or(number(self.rates.len()))
    }

    /// The instance of a link that an entity holds.
    pub(super) fn instance(&self, link: u16, index: u32) -> u32 {
        self.bases[usize::from(link)] + index
    }
}

fn find(root: &mut [u32], mut at: u32) -> u32 {
    while root[at as usize] != at {
        root[at as usize] = root[root[at as usize] as usize];
        at = root[at as usize];
    }
    at
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("fewer than 2^32 of everything")
}
