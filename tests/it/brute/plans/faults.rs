//! Faults and reactions of random small plans.

use std::fmt::Write as _;

use crate::brute::plans::{Fault, Small, between, condition, twice, written};

/// A fault on a step, or a free-standing one.
pub(super) fn push_fault(text: &mut String, index: usize, fault: &Fault, plan: &Small) {
    let _ = write!(text, "[[fault]]\nname = 'fault {index}'\nchance = 0.3\n");
    if fault.costs > 0 {
        text.push_str("cost = 0\n");
    }
    let inner = plan.steps.len();
    let target = usize::from(fault.step) % (inner + 1);
    let step = (target < inner).then(|| &plan.steps[target]);
    let name = match step {
        Some(_) => format!("s{target}"),
        None if twice(&plan.frame) && fault.lasts.1 == 0 => "restore again".to_owned(),
        None if plan.frame.gate > 0 && !fault.step.is_multiple_of(2) => "restore".to_owned(),
        None if plan.frame.gate > 0 => "close".to_owned(),
        None => return push_free(text, fault, "tenant"),
    };
    let lost = step
        .and_then(|step| step.at_end.first())
        .map_or(if name == "close" { "access" } else { "p" }, |effect| {
            written("mailbox", effect).1
        });
    let lasts = between(fault.lasts);
    let way = match fault.way {
        0 => format!("slow = {lasts}"),
        1 => format!("fails = {{ after = {lasts} }}"),
        2 => "fails = true".to_owned(),
        3 => "hangs = true".to_owned(),
        4 | 5 => format!("loses = '{lost}'"),
        6 => "repeats = true".to_owned(),
        7 => "skips = true".to_owned(),
        8 if step.is_some_and(|step| step.undo > 0) => {
            format!(
                "of = 'undo'\n{}",
                ["fails = true", "hangs = true", "slow = '2us'"][usize::from(fault.free % 3)]
            )
        }
        9 | 10 => {
            let each = ["rollout", "tenant"][usize::from(fault.free % 2)];
            let _ = write!(
                text,
                "each = '{each}'\nafter = {lasts}\ncrashes = {{ restart = {{ uniform = ['0us', '2us'] }} }}\n"
            );
            return;
        }
        _ => return push_free(text, fault, "tenant"),
    };
    let _ = write!(text, "step = '{name}'\n{way}\n");
}

/// A reaction or a free-standing fault.
pub(super) fn push_free(text: &mut String, fault: &Fault, each: &str) {
    let lasts = between(fault.lasts);
    let trigger = if fault.free == 5 { "every = '2us'" } else { "" };
    let after = format!("after = {lasts}");
    let trigger = if trigger.is_empty() { after.as_str() } else { trigger };
    let each = if fault.free == 3 { "rollout" } else { each };
    let _ = write!(
        text,
        "each = '{each}'\nwhile = '{}'\n{trigger}\n",
        condition(each, fault.condition)
    );
    text.push_str(match (fault.free, fault.step) {
        (0, _) => "forces = { on = 'access', for = '2us' }\n",
        (1, _) => "forces = { off = 'p', for = { uniform = ['1us', '2us'] } }\n",
        (2, _) => "does = [{ on = 'access' }]\n",
        (3, 0..3) => "takes = { pool = 'q', for = '2us' }\n",
        (3, 3) => "halts = true\n",
        (3, _) => "rolls-back = 'in-progress'\n",
        (4, _) => "does = [{ off = 'p', for = '1us' }]\n",
        _ => "does = [{ on = 'p', after = '1us' }]\n",
    });
}
