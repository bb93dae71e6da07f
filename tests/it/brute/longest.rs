//! Longest windows in the graph of everything that is possible: longest paths on which one hazard goes
//! on holding.
//!
//! A window that closes goes on if it opens again at that instant; so a state of a path is a vertex of
//! the graph and whether the window is closed there, and time passes only while it is open.

use std::collections::BTreeMap;

use crate::brute::oracle::{Edge, Graph, Opening};

/// A vertex, and whether the window is open.
type Place = (usize, bool);

impl Graph {
    /// The longest window of a hazard with these faults alone; `None`: it need not end.
    pub(crate) fn longest(&self, hazard: u16, faults: u64) -> Option<u64> {
        let allowed = |edge: &&Edge| self.vertices[edge.to].faults & !faults == 0;
        let inside = self.vertices.iter().filter(|vertex| vertex.faults & !faults == 0);
        let edges = inside.flat_map(|vertex| &vertex.events).chain(&self.begins).filter(allowed);
        let mut starts: BTreeMap<Opening, Vec<usize>> = BTreeMap::new();
        for edge in edges {
            for &opening in edge.opened.iter().filter(|opening| opening.0 == hazard) {
                starts.entry(opening).or_default().push(edge.to);
            }
        }
        let lengths = starts.iter().map(|(opening, starts)| {
            let paths = Paths { graph: self, faults, opening };
            paths.longest(starts)
        });
        lengths
            .collect::<Option<Vec<u64>>>()
            .map(|lengths| lengths.into_iter().max().expect("it is exposed"))
    }
}

struct Paths<'a> {
    graph: &'a Graph,
    faults: u64,
    opening: &'a Opening,
}

impl Paths<'_> {
    fn place(&self, vertex: usize) -> Place {
        (vertex, self.graph.vertices[vertex].open.contains(self.opening))
    }

    /// Where one goes from here, and how long that takes.
    fn next(&self, (vertex, open): Place) -> Vec<(Place, u64)> {
        let vertex = &self.graph.vertices[vertex];
        let within = |edge: &&Edge| self.graph.vertices[edge.to].faults & !self.faults == 0;
        let events = vertex.events.iter().filter(within);
        let mut next: Vec<(Place, u64)> = events.map(|edge| (self.place(edge.to), 0)).collect();
        next.extend(vertex.tick.filter(|_| open).map(|later| ((later, true), 1)));
        next
    }

    /// The longest way to a place where it is closed; `None` if there is no end to the ways.
    fn longest(&self, starts: &[usize]) -> Option<u64> {
        let order = self.order(starts);
        let component = self.components(&order);
        let mut most: BTreeMap<usize, u64> = BTreeMap::new();
        let mut longest = 0;
        for start in starts {
            most.insert(component[&self.place(*start)], 0);
        }
        // Components are numbered in an order in which ways lead on to higher numbers only.
        let mut places: Vec<Place> = component.keys().copied().collect();
        places.sort_by_key(|place| component[place]);
        for place in places {
            let here = component[&place];
            let so_far = most.get(&here).copied().unwrap_or(0);
            if !place.1 {
                longest = longest.max(so_far);
            }
            for (next, time) in self.next(place) {
                let there = component[&next];
                if there == here && time > 0 {
                    return None;
                }
                let known = most.entry(there).or_default();
                *known = (*known).max(so_far + time);
            }
        }
        Some(longest)
    }

    /// Places that can be reached, each behind all that it leads to but for circles.
    fn order(&self, starts: &[usize]) -> Vec<Place> {
        let mut seen = std::collections::BTreeSet::new();
        let mut order = Vec::new();
        for &start in starts {
            let mut stack = vec![(self.place(start), false)];
            while let Some((place, left)) = stack.pop() {
                if left {
                    order.push(place);
                } else if seen.insert(place) {
                    stack.push((place, true));
                    stack.extend(self.next(place).into_iter().map(|(next, _)| (next, false)));
                }
            }
        }
        order
    }

    /// Strongly connected components in topological order (Kosaraju's algorithm).
    fn components(&self, order: &[Place]) -> BTreeMap<Place, usize> {
        let mut back: BTreeMap<Place, Vec<Place>> = BTreeMap::new();
        for &place in order {
            for (next, _) in self.next(place) {
                back.entry(next).or_default().push(place);
            }
        }
        let mut component = BTreeMap::new();
        let mut number = 0;
        for &root in order.iter().rev() {
            let mut stack = vec![root];
            let before = component.len();
            while let Some(place) = stack.pop() {
                if let std::collections::btree_map::Entry::Vacant(entry) = component.entry(place) {
                    entry.insert(number);
                    stack.extend(back.get(&place).into_iter().flatten());
                }
            }
            number += usize::from(component.len() > before);
        }
        component
    }
}
