//! Any bytes: parse, compile, and run for a bounded number of events. The answer is a run or
//! messages, never a panic.

#![no_main]

#[path = "../../tests/it/bounded.rs"]
mod bounded;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Ok(text) = std::str::from_utf8(data) {
        bounded::answer(text);
    }
});
