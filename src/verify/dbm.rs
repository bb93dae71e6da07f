//! Difference-bound matrices over whole microseconds.
//!
//! A matrix bounds every difference of its variables, x(i) − x(j) ≤ m(i, j); variable 0 is the
//! reference. It is kept canonical: every bound is as tight as the others make it, so that equal sets
//! of points have equal matrices and one set includes another iff it does so bound by bound
//! (Bengtsson and Yi, "Timed Automata: Semantics, Algorithms and Tools", 2004). All bounds are closed
//! integers (design, T3), so a set that is not empty has integer points, and canonical bounds are met
//! by some of them.

/// No bound.
pub(super) const NONE: i64 = i64::MAX;
/// Beyond this an upper bound is none and a lower bound is weakened to it: 73,000 years. Both only
/// add points.
const FAR: i64 = 1 << 61;

/// The sum of two bounds.
#[inline]
pub(super) fn plus(a: i64, b: i64) -> i64 {
    if a == NONE || b == NONE {
        return NONE;
    }
    // Both lie in [-FAR, FAR], so the sum does not overflow.
    let sum = a + b;
    if sum > FAR { NONE } else { sum.max(-FAR) }
}

/// A canonical set of points that is not empty, unless a method says that it has become so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dbm {
    /// Variables, the reference included.
    len: usize,
    /// Row by row.
    bounds: Box<[i64]>,
}

impl Dbm {
    /// The reference alone.
    pub(super) fn new() -> Dbm {
        Dbm { len: 1, bounds: Box::new([0]) }
    }

    /// Variables, the reference included.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The least c with x(i) − x(j) ≤ c.
    #[inline]
    pub(super) fn bound(&self, i: usize, j: usize) -> i64 {
        self.bounds[i * self.len + j]
    }

    /// The greatest value of a variable, seen from the reference; [`NONE`] if there is none.
    pub(super) fn most(&self, i: usize) -> i64 {
        self.bound(i, 0)
    }

    /// The least value of a variable, seen from the reference; −[`NONE`] if there is none.
    pub(super) fn least(&self, i: usize) -> i64 {
        -self.bound(0, i)
    }

    /// Adds a variable that lies in [`low`, `high`] seen from the reference and is otherwise free.
    pub(super) fn push(&mut self, low: i64, high: i64) {
        debug_assert!(low <= high && low > -FAR);
        let (low, high) = (low.min(FAR), if high > FAR { NONE } else { high });
        let old = self.len;
        let len = old + 1;
        let mut bounds = Vec::with_capacity(len * len);
        for i in 0..old {
            bounds.extend_from_slice(&self.bounds[i * old..(i + 1) * old]);
            bounds.push(plus(self.bound(i, 0), -low));
        }
        for j in 0..old {
            bounds.push(plus(high, self.bound(0, j)));
        }
        bounds.push(0);
        *self = Dbm { len, bounds: bounds.into() };
    }

    /// Only the points with x(i) − x(j) ≤ c; false if there are none, and then the matrix is void.
    #[must_use]
    pub(super) fn and(&mut self, i: usize, j: usize, c: i64) -> bool {
        if c >= self.bound(i, j) {
            return true;
        }
        if plus(c, self.bound(j, i)) < 0 {
            return false;
        }
        let row: Vec<i64> = (0..self.len).map(|l| plus(c, self.bound(j, l))).collect();
        for k in 0..self.len {
            let to = self.bound(k, i);
            self.tighten(k, to, &row);
        }
        true
    }

    /// Only the points with x(i) − x(j) ≤ c(j) for every j: variable i comes first. False if there are
    /// none. One pass, because a shortest path uses only one of the new bounds, all of which leave i.
    #[must_use]
    pub(super) fn first(&mut self, i: usize, c: &[i64]) -> bool {
        debug_assert_eq!(c.len(), self.len);
        if (0..self.len).any(|j| plus(c[j], self.bound(j, i)) < 0) {
            return false;
        }
        let mut row = vec![NONE; self.len];
        for j in (0..self.len).filter(|&j| c[j] < self.bound(i, j)) {
            for (l, least) in row.iter_mut().enumerate() {
                *least = (*least).min(plus(c[j], self.bound(j, l)));
            }
        }
        for k in 0..self.len {
            let to = self.bound(k, i);
            self.tighten(k, to, &row);
        }
        true
    }

    /// m(k, l) = min(m(k, l), to + row(l)).
    #[inline]
    fn tighten(&mut self, k: usize, to: i64, row: &[i64]) {
        if to == NONE {
            return;
        }
        let bounds = &mut self.bounds[k * self.len..(k + 1) * self.len];
        for (bound, &more) in bounds.iter_mut().zip(row) {
            *bound = (*bound).min(plus(to, more));
        }
    }

    /// The same points seen in these variables alone, in this order: the first becomes the reference.
    /// Canonical bounds need no further work, because the others' bounds are already in them.
    #[must_use]
    pub(super) fn seen_in(&self, order: &[usize]) -> Dbm {
        let mut bounds = Vec::with_capacity(order.len() * order.len());
        for &i in order {
            bounds.extend(order.iter().map(|&j| self.bound(i, j)));
        }
        Dbm { len: order.len(), bounds: bounds.into() }
    }

    /// True if the same points are seen in this order of all variables.
    pub(super) fn is_the_same(&self, order: &[usize]) -> bool {
        let moved = |&(to, &from): &(usize, &usize)| to != from;
        order.iter().enumerate().filter(moved).all(|(to, &from)| {
            order.iter().enumerate().all(|(other, &before)| {
                self.bound(from, before) == self.bound(to, other)
                    && self.bound(before, from) == self.bound(other, to)
            })
        })
    }

    /// Lets time pass: the reference moves on, up to the first of the variables 1 to `timers`; what lies
    /// behind it falls back further. Bounds between the others stay as they are.
    pub(super) fn up(&mut self, timers: usize) {
        for i in 1..self.len {
            let first = (1..=timers).map(|j| self.bound(j, i)).min().unwrap_or(NONE);
            self.bounds[i] = if i <= timers { first.min(0) } else { first };
        }
    }

    /// True if every point of the other is one of these.
    pub(super) fn includes(&self, other: &Dbm) -> bool {
        debug_assert_eq!(self.len, other.len);
        self.bounds.iter().zip(&*other.bounds).all(|(mine, theirs)| mine >= theirs)
    }

    /// The least set of this form with the points of both. Each bound is the weaker of two canonical ones,
    /// and so canonical again.
    pub(super) fn join(&mut self, other: &Dbm) {
        debug_assert_eq!(self.len, other.len);
        for (mine, &theirs) in self.bounds.iter_mut().zip(&*other.bounds) {
            *mine = (*mine).max(theirs);
        }
    }

    /// How many bounds the points of the other would weaken.
    pub(super) fn weakened(&self, other: &Dbm) -> usize {
        self.bounds.iter().zip(&*other.bounds).filter(|(mine, theirs)| mine < theirs).count()
    }

    /// Forgets the lower bound of a variable seen from all others.
    pub(super) fn open_below(&mut self, i: usize) {
        for k in (0..self.len).filter(|&k| k != i) {
            self.bounds[k * self.len + i] = NONE;
        }
    }

    /// Words of memory.
    pub(super) fn words(&self) -> usize {
        self.bounds.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Values of each variable that are tried.
    const RANGE: std::ops::RangeInclusive<i64> = -6..=6;

    type Bounds = Vec<(usize, usize, i64)>;

    /// All points of the box that meet the bounds, the reference at 0.
    fn points(bounds: &Bounds) -> Vec<[i64; 4]> {
        let mut points = Vec::new();
        for a in RANGE {
            for b in RANGE {
                for c in RANGE {
                    let point = [0, a, b, c];
                    if bounds.iter().all(|&(i, j, most)| point[i] - point[j] <= most) {
                        points.push(point);
                    }
                }
            }
        }
        points
    }

    /// The box and these bounds as a matrix.
    fn matrix(bounds: &Bounds) -> Option<Dbm> {
        let mut dbm = Dbm::new();
        for _ in 0..3 {
            dbm.push(*RANGE.start(), *RANGE.end());
        }
        bounds.iter().all(|&(i, j, c)| dbm.and(i, j, c)).then_some(dbm)
    }

    /// The tightest bounds of a list of points.
    fn hull(points: &[[i64; 4]], i: usize, j: usize) -> i64 {
        points.iter().map(|point| point[i] - point[j]).max().expect("there are points")
    }

    fn bounds() -> impl Strategy<Value = Bounds> {
        prop::collection::vec((0usize..4, 0usize..4, -5i64..6), 0..6)
    }

    proptest! {
        #[test]
        fn bounds_are_those_of_the_points(bounds in bounds()) {
            let points = points(&bounds);
            let Some(dbm) = matrix(&bounds) else {
                prop_assert!(points.is_empty());
                return Ok(());
            };
            prop_assert!(!points.is_empty());
            for i in 0..4 {
                for j in 0..4 {
                    prop_assert_eq!(dbm.bound(i, j), hull(&points, i, j), "{} {}", i, j);
                }
            }
        }

        #[test]
        fn inclusion_is_that_of_the_points(one in bounds(), other in bounds()) {
            let (Some(a), Some(b)) = (matrix(&one), matrix(&other)) else { return Ok(()) };
            let (inside, all) = (points(&other), points(&one));
            prop_assert_eq!(a.includes(&b), inside.iter().all(|point| all.contains(point)));
            prop_assert_eq!(a.includes(&b) && b.includes(&a), a == b, "antisymmetric");
        }

        #[test]
        fn a_join_is_the_hull_of_both(one in bounds(), other in bounds()) {
            let (Some(mut a), Some(b)) = (matrix(&one), matrix(&other)) else { return Ok(()) };
            let included = a.includes(&b);
            prop_assert_eq!(a.weakened(&b) == 0, included);
            a.join(&b);
            let all = [points(&one), points(&other)].concat();
            for i in 0..4 {
                for j in 0..4 {
                    prop_assert_eq!(a.bound(i, j), hull(&all, i, j), "{} {}", i, j);
                }
            }
        }

        #[test]
        fn first_is_many_ands(bounds in bounds(), i in 0usize..4, c in prop::collection::vec(-1i64..2, 4)) {
            let Some(mut dbm) = matrix(&bounds) else { return Ok(()) };
            let mut c = c;
            c[i] = 0;
            let mut one_by_one = dbm.clone();
            let left = (0..4).all(|j| one_by_one.and(i, j, c[j]));
            prop_assert_eq!(dbm.first(i, &c), left);
            if left {
                prop_assert_eq!(dbm, one_by_one);
            }
        }

        #[test]
        fn another_view_has_the_projected_points(bounds in bounds(), order in Just([1usize, 2, 3, 0]).prop_shuffle(), keep in 1usize..5) {
            let Some(dbm) = matrix(&bounds) else { return Ok(()) };
            let order = &order[..keep];
            let seen = dbm.seen_in(order);
            let points = points(&bounds);
            for (a, &i) in order.iter().enumerate() {
                for (b, &j) in order.iter().enumerate() {
                    prop_assert_eq!(seen.bound(a, b), hull(&points, i, j));
                }
            }
        }

        #[test]
        fn what_an_exchange_changes_is_seen(bounds in bounds(), order in Just([0usize, 1, 2, 3]).prop_shuffle()) {
            let Some(dbm) = matrix(&bounds) else { return Ok(()) };
            prop_assert_eq!(dbm.is_the_same(&order), dbm.seen_in(&order) == dbm);
        }

        /// The points of which some earlier one is there, and which pass no variable of the first two.
        #[test]
        fn time_passes_up_to_the_first_timer(bounds in bounds()) {
            let mut bounds = bounds;
            bounds.extend([(0, 1, 0), (0, 2, 0)]);
            let Some(mut dbm) = matrix(&bounds) else { return Ok(()) };
            dbm.up(2);
            let mut later = Vec::new();
            for point in points(&bounds) {
                for passed in 0..=point[1].min(point[2]) {
                    later.push([0, point[1] - passed, point[2] - passed, point[3] - passed]);
                }
            }
            for i in 0..4 {
                for j in 0..4 {
                    prop_assert_eq!(dbm.bound(i, j), hull(&later, i, j), "{} {}", i, j);
                }
            }
        }

        /// A bound that is already there changes nothing: the form is canonical.
        #[test]
        fn canonical_is_idempotent(bounds in bounds()) {
            let Some(dbm) = matrix(&bounds) else { return Ok(()) };
            let mut again = dbm.clone();
            for i in 0..4 {
                for j in 0..4 {
                    prop_assert!(again.and(i, j, dbm.bound(i, j)));
                }
            }
            prop_assert_eq!(again, dbm);
        }
    }

    #[test]
    fn unbounded_variables_and_far_ends() {
        let mut dbm = Dbm::new();
        dbm.push(3, NONE);
        dbm.push(0, 5);
        assert_eq!(
            (dbm.least(1), dbm.most(1), dbm.bound(2, 1), dbm.bound(1, 2)),
            (3, NONE, 2, NONE)
        );
        assert!(dbm.clone().and(1, 2, 0) && !dbm.clone().and(1, 2, -3));
        assert!(dbm.first(1, &[NONE, 0, 0]));
        assert_eq!((dbm.least(1), dbm.most(1), dbm.least(2)), (3, 5, 3));
        assert_eq!((plus(FAR, 1), plus(-FAR, -1), plus(NONE, -5)), (NONE, -FAR, NONE));
    }
}
