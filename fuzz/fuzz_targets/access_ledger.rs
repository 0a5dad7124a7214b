#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jit::fuzzing::access_ledger(data));
