//! Copies of a state. A copy into another one keeps that one's memory: a replication that begins where
//! another ended asks for no page anew, which costs more than the copy.

use crate::model::state::{Scratch, State};

/// Clones field by field, in both ways; a field that is not listed does not compile.
macro_rules! clone_by_field {
    ($type:ident: $($field:ident),+ $(,)?) => {
        impl Clone for $type {
            fn clone(&self) -> $type {
                $type { $($field: self.$field.clone()),+ }
            }

            fn clone_from(&mut self, source: &$type) {
                $(self.$field.clone_from(&source.$field);)+
            }
        }
    };
}

clone_by_field! {
    State:
    words, facts, instances, pools, lines, line_numbers, acts, users, hazards, counts,
    tenants, stopped, ended_as, flights, free_flights, forced, bent, slowed, rollbacks,
    undos, orphans, downs, issues, stamps, requests, ends, letting, withdrawn, passed,
    open_steps, in_flight, unsettled, background, outside, scratch
}

clone_by_field! {
    Scratch:
    changed, recounted, looks, ready, asked, waited, freed, lines, pools, line, targets
}
