use std::sync::Arc;
use cutover::{kernel::*, simulate::*, plan::Plan, scenario};
fn main() {
    for path in std::env::args().skip(1) {
    let loaded = match scenario::load(std::path::Path::new(&path), &|p| std::fs::read(p)) { Ok(l) => l, Err(f) => { println!("{path} {:#?}", f.diagnostics); continue } };
    let Some(e) = &loaded.scenario.expect.simulate else { continue };
    let plan = Arc::new(Plan::compile(&loaded.scenario));
    let setup = Setup::new(plan.clone(), e.seed);
    let t = std::time::Instant::now();
    let reps = e.replications;
    let c = simulate(&setup, Options { stopping: Stopping::Replications(reps), alpha: 0.05 }, &|_| {});
    println!("== {path} {:?} ms ends {:?} events {} digest {:x}", t.elapsed().as_millis(), c.summary.ends, c.summary.events, c.summary.digest);
    for m in &e.measures {
        let got = c.summary.measure(m.measure);
        let ok = got.is_some_and(|g| g >= m.low && g <= m.high);
        println!("  {} {:?} {} .. {} got {:?}", if ok {"ok  "} else {"MISS"}, m.measure, m.low, m.high, got);
    }
    for c in c.summary.causes.iter().take(3) { println!("   cause {:?} tenants {} longest {} in {}", c.cause, c.tenants, c.longest, c.share.hits); }
    for (h, r) in &c.summary.halts { println!("   halt {h:?} {r}"); }
    }
}
