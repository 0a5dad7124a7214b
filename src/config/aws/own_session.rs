//! Credentials in the environment that `jit exec` or `jit env` put there: what the person asked for, and no rival of `jit`.

use jit_wire::env::{
    AWS_ACCESS_KEY_ID, AWS_CREDENTIAL_EXPIRATION, AWS_SESSION_TOKEN, Env, JIT_ACCOUNT_ID, JIT_ROLE,
};

/// Whether the credentials in the environment are a session of `jit`. Anything less than all of it may be anybody's: a
/// person may set `JIT_ROLE` themselves.
pub fn has_session_of_jit(env: &Env) -> bool {
    [JIT_ROLE, JIT_ACCOUNT_ID, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION]
        .iter()
        .all(|name| env.get(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_all_of_it_is_a_session_of_jit() {
        let of_exec =
            [JIT_ROLE, JIT_ACCOUNT_ID, AWS_ACCESS_KEY_ID, AWS_SESSION_TOKEN, AWS_CREDENTIAL_EXPIRATION];
        assert!(has_session_of_jit(&Env::of(of_exec.map(|name| (name, "x")))));
        for missing in of_exec {
            let rest = of_exec.map(|name| (name, if name == missing { "" } else { "x" }));
            assert!(!has_session_of_jit(&Env::of(rest)), "{missing}");
        }
    }
}
