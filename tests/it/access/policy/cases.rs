//! `jit policy test`.

use super::*;

#[test]
fn cases_hold_or_show_what_came_instead() {
    let room = room();
    room.write(
        "cases",
        "# payments\n\
         alice@corp.com asks pay-admin 1h -> waits: payments-owners,security\n\
         alice@corp.com asks pay-admin 1h approved by bob, dan -> granted 1h # both\n\
         alice@corp.com asks read 8h in 444455556666 → granted 8h\n\
         \n\
         bob asks pay-admin 1h -> denied: not-eligible\n\
         alice@corp.com asks prod-db 1h at 2026-11-28T12:00:00+01:00 approved by bob -> denied: hours\n",
    );
    let known = ["policy", "test", "policy", "cases", "--directory", "directory.json"];
    let output = room.jit(&known).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 0
    --- stdout
    ok   cases:2: alice@corp.com asks pay-admin 1h -> waits: payments-owners,security
    ok   cases:3: alice@corp.com asks pay-admin 1h approved by bob, dan -> granted 1h
    ok   cases:4: alice@corp.com asks read 8h in 444455556666 → granted 8h
    ok   cases:6: bob asks pay-admin 1h -> denied: not-eligible
    ok   cases:7: alice@corp.com asks prod-db 1h at 2026-11-28T12:HH:MM+HH:MM approved by bob -> denied: hours
    --- stderr
    ✓ cases: all 5 cases hold
    ");
    room.write(
        "cases",
        "alice@corp.com asks pay-admin 1h approved by bob -> granted 1h\n\
         alice@corp.com asks pay-admin 9h -> granted 9h\n\
         alice@corp.com asks read 1h in 444455556666 -> granted 1h\n\
         alice@corp.com asks read 1h in 444455556666 approved by nobody-known -> granted 1h\n",
    );
    let output = room.jit(&known).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 1
    --- stdout
    FAIL cases:1: alice@corp.com asks pay-admin 1h approved by bob -> granted 1h
         got waits: security
    FAIL cases:2: alice@corp.com asks pay-admin 9h -> granted 9h
         got denied: max, because it asks for more than 2 h
    ok   cases:3: alice@corp.com asks read 1h in 444455556666 -> granted 1h
    ok   cases:4: alice@corp.com asks read 1h in 444455556666 approved by nobody-known -> granted 1h
    --- stderr
    error: cases: 2 of 4 cases failed
    ");
    let output = room.jit(&[&known[..], &["--json"]].concat()).run();
    insta::assert_snapshot!(room.told(&output), @r#"
    exit 1
    --- stdout
    {
      "version": 1,
      "cases": [
        {
          "case": "alice@corp.com asks pay-admin 1h approved by bob -> granted 1h",
          "got": "waits: security",
          "line": 1,
          "passed": false,
          "wanted": "granted 1h",
          "why": null
        },
        {
          "case": "alice@corp.com asks pay-admin 9h -> granted 9h",
          "got": "denied: max",
          "line": 2,
          "passed": false,
          "wanted": "granted 9h",
          "why": "it asks for more than 2 h"
        },
        {
          "case": "alice@corp.com asks read 1h in 444455556666 -> granted 1h",
          "got": "granted 1h",
          "line": 3,
          "passed": true,
          "wanted": "granted 1h",
          "why": null
        },
        {
          "case": "alice@corp.com asks read 1h in 444455556666 approved by nobody-known -> granted 1h",
          "got": "granted 1h",
          "line": 4,
          "passed": true,
          "wanted": "granted 1h",
          "why": null
        }
      ],
      "failed": 2,
      "passed": 2,
      "path": "cases"
    }
    --- stderr
    {"version":1,"error":{"causes":[],"excerpt":null,"hints":[],"kind":"failed","message":"cases: 2 of 4 cases failed"}}
    "#);
}

#[test]
fn lines_that_are_no_cases_are_all_named() {
    let room = room();
    room.write(
        "cases",
        "alice asks\n\nalice asks read 1h -> granted 1h\nalice asks read 1h -> denied: our\n",
    );
    let output = room.jit(&["policy", "test", "policy", "cases"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: 2 lines of cases are not cases
      because: cases:1: the case has no `->` and no expected result
      because: cases:4: there is no code `our`
      next: write: alice asks deploy 1h in 111122223333 approved by bob,carol -> granted 1h
      next: did you mean `hours`?
    ");
    room.write("cases", "# nothing\n");
    let output = room.jit(&["policy", "test", "policy", "cases"]).run();
    insta::assert_snapshot!(room.told(&output), @"
    exit 2
    --- stderr
    error: cases has no cases
    ");
}
