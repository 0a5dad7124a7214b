#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| jit::fuzzing::aws_takeover(data));
