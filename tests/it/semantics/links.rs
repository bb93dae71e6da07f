use cutover::kernel::Schedule;

use crate::lab::{force, run_with, setup};

/// An unbounded family may draw a rate of 0; the transfer then runs at 1 B/h.
#[test]
fn a_rate_of_nothing_counts_as_one_byte_an_hour() {
    let setup = setup(
        "
        name = 'slow'
        [tenants]
        count = 1
        mailbox-size = '2 B'
        [[step]]
        name = 'move'
        transfer = { size = 'mailbox-size', rate = { exponential = '1 GiB/h' } }",
        1,
    );
    let mut schedule = Schedule::nominal();
    force(&setup, &mut schedule, ("move / rate", "tenant 1", 1), 0);
    assert_eq!(run_with(&setup, schedule).makespan(), 2 * 3600);
}
