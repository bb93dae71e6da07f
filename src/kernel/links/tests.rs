//! Any sequence of starts, ends, failures, changing links and quotas, against a naive recomputation that
//! knows every transfer's bytes and shares everything out anew, link by link, each time.

use std::sync::Arc;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;
use crate::model::TimerKind;

/// Entities of each lane.
const ENTITIES: u32 = 12;

#[derive(Clone, Debug)]
enum Op {
    Start {
        lane: usize,
        bytes: u64,
        cap: Option<u64>,
    },
    /// Gives up one of those under way.
    Release(usize),
    Rate {
        link: usize,
        rate: u64,
    },
    /// A period begins for a link, if it has a quota.
    Renew {
        link: usize,
        period: Period,
    },
}

#[derive(Clone, Debug)]
struct Story {
    /// Each with what it may carry in an hour and on a day.
    links: Vec<(u64, [Option<u64>; 2])>,
    lanes: Vec<Vec<u32>>,
    /// Each so many microseconds after the one before.
    ops: Vec<(u64, Op)>,
}

#[derive(Clone, Debug)]
struct Running {
    lane: usize,
    entity: u32,
    order: u64,
    cap: Flow,
    left: Work,
    rate: Flow,
}

/// A link, and what is left of its budgets.
struct Link {
    rate: Flow,
    most: [Option<Work>; 2],
    left: [Option<Work>; 2],
}

struct Naive {
    links: Vec<Link>,
    lanes: Vec<Vec<u32>>,
    running: Vec<Running>,
    now: u64,
}

impl Link {
    fn capacity(&self) -> Flow {
        if self.left.contains(&Some(0)) { 0 } else { self.rate }
    }
}

impl Naive {
    /// What all transfers over a link get together.
    fn carried(&self, link: usize) -> Flow {
        let on = self.running.iter().filter(|r| self.lanes[r.lane].contains(&number(link)));
        on.map(|running| running.rate).sum()
    }

    /// When a link's budget is used up.
    fn used_up(&self, link: usize) -> u64 {
        let carried = self.carried(link);
        let left = self.links[link].left.iter().flatten().min();
        left.filter(|_| carried > 0).map_or(u64::MAX, |left| self.after(left.div_ceil(carried)))
    }

    fn after(&self, micros: u128) -> u64 {
        u64::try_from(micros).map_or(u64::MAX, |micros| self.now.saturating_add(micros))
    }

    /// The least level at which a link is full, if it ever is: through the caps, smallest first.
    fn full(&self, link: u32, fixed: &[Option<Flow>]) -> Option<Flow> {
        let mut spare = self.links[link as usize].capacity();
        let mut caps = Vec::new();
        for (running, fixed) in self.running.iter().zip(fixed) {
            if !self.lanes[running.lane].contains(&link) {
                continue;
            }
            match fixed {
                Some(rate) => spare = spare.saturating_sub(*rate),
                None => caps.push(running.cap),
            }
        }
        caps.sort_unstable();
        let mut rising = caps.len() as u128;
        for cap in caps {
            let level = spare.div_ceil(rising);
            if level <= cap {
                return Some(level);
            }
            spare -= cap;
            rising -= 1;
        }
        None
    }

    fn share(&mut self) {
        let mut fixed: Vec<Option<Flow>> = vec![None; self.running.len()];
        loop {
            let links = 0..number(self.links.len());
            let open = |link: u32| {
                let mut all = self.running.iter().zip(&fixed);
                all.any(|(r, fixed)| fixed.is_none() && self.lanes[r.lane].contains(&link))
            };
            let fulls: Vec<(u32, Flow)> = links
                .filter(|&link| open(link))
                .filter_map(|link| Some((link, self.full(link, &fixed)?)))
                .collect();
            let Some(level) = fulls.iter().map(|&(_, level)| level).min() else { break };
            for &(link, _) in fulls.iter().filter(|&&(_, full)| full == level) {
                for (running, fixed) in self.running.iter().zip(&mut fixed) {
                    if fixed.is_none() && self.lanes[running.lane].contains(&link) {
                        *fixed = Some(level.min(running.cap));
                    }
                }
            }
        }
        for (running, fixed) in self.running.iter_mut().zip(fixed) {
            running.rate = fixed.unwrap_or(running.cap);
        }
    }

    fn end(&self, running: &Running) -> u64 {
        if running.left == 0 {
            return self.now;
        }
        if running.rate == 0 {
            return u64::MAX;
        }
        self.after(running.left.div_ceil(running.rate))
    }

    /// Goes on to a time, and says who ends on the way.
    fn go(&mut self, to: u64, ends: &mut Vec<(u64, u64)>) {
        loop {
            self.share();
            let through = self.running.iter().map(|running| self.end(running));
            let closes = (0..self.links.len()).map(|link| self.used_up(link));
            let next = through.chain(closes).min();
            let until = next.unwrap_or(u64::MAX).min(to);
            if until == u64::MAX {
                return;
            }
            let ending: Vec<u64> =
                self.running.iter().filter(|r| self.end(r) == until).map(|r| r.order).collect();
            for link in 0..self.links.len() {
                let done = self.carried(link) * u128::from(until - self.now);
                let left = self.links[link].left.iter_mut().flatten();
                left.for_each(|left| *left = left.saturating_sub(done));
            }
            for running in &mut self.running {
                let done = running.rate * u128::from(until - self.now);
                running.left = running.left.saturating_sub(done);
            }
            self.now = until;
            self.running.retain(|running| !ending.contains(&running.order));
            ends.extend(ending.iter().map(|&order| (until, order)));
            if until == to && ending.is_empty() {
                return;
            }
        }
    }

    /// No transfer could have more without one that has no more than it having less, and no link
    /// carries more than its rate but for the rounding.
    fn assert_max_min(&self) {
        let on =
            |link: u32| self.running.iter().filter(move |r| self.lanes[r.lane].contains(&link));
        for (link, known) in self.links.iter().enumerate() {
            let rounding = on(number(link)).count() as u128;
            assert!(self.carried(link) <= known.capacity() + rounding, "link {link}");
        }
        for running in &self.running {
            let holds_back = |&link: &u32| {
                self.carried(link as usize) >= self.links[link as usize].capacity()
                    && on(link).all(|other| other.rate <= running.rate)
            };
            let bottleneck = self.lanes[running.lane].iter().any(holds_back);
            assert!(running.rate <= running.cap);
            assert!(running.rate == running.cap || bottleneck, "{running:?}");
        }
    }
}

/// Both side by side.
struct Pair {
    links: Links,
    naive: Naive,
    ends: Vec<(u64, u64)>,
    order: u64,
}

fn number(index: usize) -> u32 {
    u32::try_from(index).expect("few of everything")
}

fn timer(lane: usize, entity: u32) -> Timer {
    let which = u16::try_from(lane).expect("few lanes");
    Timer { kind: TimerKind::End, which, entity: Entity(entity), stamp: 0 }
}

impl Pair {
    fn new(story: &Story) -> Pair {
        let links = story.links.iter().map(|&(rate, most)| (Rate(rate), Quotas(most)));
        let links: Vec<(Rate, Quotas)> = links.collect();
        let roads = Arc::new(Roads::laid_out(&links, &story.lanes, ENTITIES));
        let links = story.links.iter().map(|&(rate, most)| {
            let most = most.map(|most| most.map(|most| work(Bytes(most))));
            Link { rate: flow(Rate(rate)), most, left: most }
        });
        let (links, lanes) = (links.collect(), story.lanes.clone());
        let naive = Naive { links, lanes, running: Vec::new(), now: 0 };
        Pair { links: Links::new(roads), naive, ends: Vec::new(), order: 0 }
    }

    fn apply(&mut self, op: &Op) {
        let now = Instant(self.naive.now);
        match *op {
            Op::Start { lane, bytes, cap } => {
                let lane = lane % self.naive.lanes.len();
                let taken = |entity| {
                    let mut running = self.naive.running.iter();
                    running.any(|r| (r.lane, r.entity) == (lane, entity))
                };
                let Some(entity) = (0..ENTITIES).find(|&entity| !taken(entity)) else { return };
                self.order += 1;
                let order = self.order;
                let (path, cap) = (timer(lane, entity).which, cap.map(Rate));
                let bytes = Bytes(bytes);
                let start =
                    Start { path, attempt: 1, bytes, cap, timer: timer(lane, entity), order };
                self.links.start(now, start);
                let (left, cap) = (work(bytes), cap.map_or(UNLIMITED, flow));
                self.naive.running.push(Running { lane, entity, order, cap, left, rate: 0 });
            }
            Op::Release(number) => {
                let count = self.naive.running.len();
                if count > 0 {
                    let gone = self.naive.running.remove(number % count);
                    let path = timer(gone.lane, 0).which;
                    self.links.release(now, path, Entity(gone.entity), 1);
                    // Once more does nothing.
                    self.links.release(now, path, Entity(gone.entity), 1);
                }
            }
            Op::Rate { link, rate } => {
                let link = link % self.naive.links.len();
                self.naive.links[link].rate = flow(Rate(rate));
                let number = u16::try_from(link).expect("few links");
                self.links.set_rate(now, number, 0, Rate(rate));
            }
            Op::Renew { link, period } => {
                let link = link % self.naive.links.len();
                let known = &mut self.naive.links[link];
                known.left[period as usize] = known.most[period as usize];
                self.links.renew(now, u16::try_from(link).expect("few links"), period);
            }
        }
    }

    /// The next operation is about to come at `to`.
    fn go(&mut self, to: u64) {
        let mut mine: Vec<(u64, u64)> = Vec::new();
        let quotas = self.naive.links.iter().any(|link| link.most != [None; 2]);
        while let Some(time) = self.links.next((to < u64::MAX).then_some(Instant(to))) {
            let first = mine.len();
            self.links.finish(time, &mut |entry| mine.push((entry.time.0, entry.order)));
            assert!(quotas || mine.len() > first, "somebody ends when it is said");
            mine[first..].sort_unstable();
        }
        let mut theirs = Vec::new();
        self.naive.go(to, &mut theirs);
        assert_eq!(mine, theirs);
        self.ends.extend(theirs);
    }

    /// After all changes of an instant.
    fn compare(&mut self) {
        self.naive.share();
        self.naive.assert_max_min();
        self.links.next(Some(Instant(self.naive.now + 1)));
        for running in &self.naive.running {
            let row = self.links.roads.row(timer(running.lane, 0).which, Entity(running.entity));
            let id = self.links.slots[row as usize];
            let lane = &self.links.lanes[self.links.roads.lane[row as usize] as usize];
            assert_eq!(lane.rate(id, &self.links.transfers), running.rate, "{running:?}");
        }
    }

    fn play(story: &Story) -> Pair {
        let mut pair = Pair::new(story);
        for (after, op) in &story.ops {
            if *after > 0 {
                pair.compare();
                pair.go(pair.naive.now + after);
            }
            pair.apply(op);
        }
        pair.compare();
        pair.go(u64::MAX);
        pair
    }
}

/// Small numbers that meet often, and large ones that do not divide.
fn rate() -> impl Strategy<Value = u64> {
    prop_oneof![1..20u64, 1..1u64 << 40]
}

fn op() -> impl Strategy<Value = Op> {
    let cap = proptest::option::weighted(0.7, rate());
    let bytes = prop_oneof![1..20u64, 1..1u64 << 30];
    let start =
        (0..8usize, bytes, cap).prop_map(|(lane, bytes, cap)| Op::Start { lane, bytes, cap });
    let release = (0..50usize).prop_map(Op::Release);
    let slow = (0..4usize, prop_oneof![1 => Just(0), 4 => rate()])
        .prop_map(|(link, rate)| Op::Rate { link, rate });
    let period = prop_oneof![Just(Period::Hour), Just(Period::Day)];
    let renew = (0..4usize, period).prop_map(|(link, period)| Op::Renew { link, period });
    prop_oneof![6 => start, 2 => release, 1 => slow, 2 => renew]
}

fn story() -> impl Strategy<Value = Story> {
    let lane = |links: u32| {
        proptest::collection::btree_set(0..links, 1..=links as usize)
            .prop_map(|lane| lane.into_iter().collect::<Vec<u32>>())
    };
    let after = prop_oneof![2 => Just(0u64), 1 => 1..10u64, 3 => 0..20_000_000_000u64];
    let ops = proptest::collection::vec((after, op()), 1..60).boxed();
    (1..5u32).prop_flat_map(move |links| {
        let quota = || proptest::option::weighted(0.3, prop_oneof![1..50u64, 1..1u64 << 31]);
        let link = (rate(), [quota(), quota()]);
        let all = proptest::collection::vec(link, links as usize);
        let lanes = proptest::collection::btree_set(lane(links), 1..5);
        (all, lanes, ops.clone()).prop_map(|(links, lanes, ops)| Story {
            links,
            lanes: lanes.into_iter().collect(),
            ops,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 3000,
        rng_seed: RngSeed::Fixed(1),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    /// Rates and ends are those of the naive recomputation; rates are max-min fair.
    #[test]
    fn links_share_as_a_naive_recomputation_does(story in story()) {
        Pair::play(&story);
    }

    /// A clone goes on as its original does.
    #[test]
    fn a_clone_is_a_snapshot(story in story(), at in 0..60usize) {
        let mut pair = Pair::new(&story);
        for (after, op) in story.ops.iter().take(at) {
            pair.go(pair.naive.now + after);
            pair.apply(op);
        }
        let rest = |mut links: Links| {
            let mut ends = Vec::new();
            while let Some(time) = links.next(None) {
                links.finish(time, &mut |entry| ends.push((entry.time, entry.order)));
            }
            ends
        };
        prop_assert_eq!(rest(pair.links.clone()), rest(pair.links));
    }
}

/// The stories must reach what they are for.
#[test]
fn the_stories_share_cap_fail_and_stall() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let (mut ends, mut together, mut several, mut stalled, mut used_up) = (0, 0, 0, 0, 0);
    for _ in 0..300 {
        let story = story().new_tree(&mut runner).expect("nothing is rejected").current();
        let pair = Pair::play(&story);
        ends += pair.ends.len();
        together += pair.ends.windows(2).filter(|pair| pair[0].0 == pair[1].0).count();
        several += usize::from(story.lanes.len() > 2 && story.links.len() > 2);
        stalled += usize::from(!pair.naive.running.is_empty());
        used_up += pair.naive.links.iter().filter(|link| link.left.contains(&Some(0))).count();
    }
    let reached = [ends > 1500, together > 40, several > 40, stalled > 10, used_up > 40];
    assert_eq!(reached, [true; 5], "{ends} {together} {several} {stalled} {used_up}");
}
