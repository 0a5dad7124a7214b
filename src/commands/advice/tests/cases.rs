//! Advice depends on the role, the IdP and the command that failed.

use super::super::{Case, Typed};
use super::text;
use jit_wire::explain::Next;

/// Each piece of advice, in each case.
#[test]
fn advice_is_about_the_case() {
    type MakeCase = fn() -> Case<'static>;
    let cases: [(&str, MakeCase); 5] = [
        ("role", || Case {
            whom: Some(text("a")),
            role: Some(text("a")),
            proof: None,
            typed: Typed::Another,
        }),
        ("IdP", || Case { whom: Some(text("--idp x")), role: None, proof: None, typed: Typed::Another }),
        ("nobody", Case::of_nobody),
        ("configure", || Case { whom: Some(text("a")), role: None, proof: None, typed: Typed::Configure }),
        ("--force", || {
            let typed = Typed::Login { force: true };
            Case { whom: Some(text("a")), role: Some(text("a")), proof: None, typed }
        }),
    ];
    let table: [(Next, [&str; 5]); 12] = [
        (
            Next::SignIn,
            ["jit login a", "jit login --idp x", "jit login", "", "run `jit login a` on a terminal"],
        ),
        (Next::SignInAnew, ["jit login --force a", "jit login --force --idp x", "jit login --force", "", ""]),
        (
            Next::SignInAgain,
            [
                "run `jit login a` again",
                "run `jit login --idp x` again",
                "run `jit login` again",
                "",
                "run `jit login a` again",
            ],
        ),
        (
            Next::ThenSignInAnew("w".into()),
            [
                "w, then: `jit login --force a`",
                "w, then: `jit login --force --idp x`",
                "w, then: `jit login --force`",
                "w",
                "w, then: `jit login --force a`",
            ],
        ),
        (
            Next::ThenSignIn("w".into()),
            [
                "w, then: `jit login a`",
                "w, then: `jit login --idp x`",
                "w, then: `jit login`",
                "w",
                "w, then: `jit login a`",
            ],
        ),
        (
            Next::SignInWith { flags: "--device".into(), when: "w".into() },
            [
                "w: `jit login --device a`",
                "w: `jit login --device --idp x`",
                "w: `jit login --device`",
                "",
                "w: `jit login --device a`",
            ],
        ),
        (
            Next::SignInAt("a terminal".into()),
            [
                "run `jit login a` on a terminal",
                "run `jit login --idp x` on a terminal",
                "run `jit login` on a terminal",
                "",
                "run `jit login a` on a terminal",
            ],
        ),
        (Next::Explain("w".into()), ["w: `jit explain a`", "w", "w", "w", "w: `jit explain a`"]),
        (
            Next::EveryValue,
            [
                "jit explain a  shows every value of the request",
                "",
                "",
                "",
                "jit explain a  shows every value of the request",
            ],
        ),
        (Next::Doctor, ["run `jit doctor`", "run `jit doctor`", "", "", "run `jit doctor`"]),
        (
            Next::Clock,
            [
                "check this machine's clock: `jit doctor`",
                "check this machine's clock",
                "check this machine's clock",
                "check this machine's clock",
                "check this machine's clock: `jit doctor`",
            ],
        ),
        (
            Next::Unlock,
            [
                "unlock your keychain, or run `jit login a` on your desktop, where the keychain can ask you",
                "unlock your keychain, or run `jit login --idp x` on your desktop, where the keychain can ask you",
                "unlock your keychain, or run `jit login` on your desktop, where the keychain can ask you",
                "unlock your keychain",
                "unlock your keychain, or run `jit login a` on your desktop, where the keychain can ask you",
            ],
        ),
    ];
    for (next, expected) in table {
        for ((name, case), expected) in cases.iter().zip(expected) {
            assert_eq!(case().say(&next).join("; "), expected, "{next:?}, {name}");
        }
    }
}
