//! Waiting until a request is decided.

use super::*;

#[test]
fn waiting_ends_when_it_is_decided_and_says_how() {
    let trial = Trial::new();
    let wait = [&ASK[..], &["--wait"]].concat();
    let running = trial.room.jit(&wait).start();
    running.says("Waiting for owners: bob or carol@example.com");
    let (id, hash) = trial.requests()[0];
    trial.votes("bob@example.com", (id, hash), Vouch::Approve, "");
    trial.apply(id, &trial.iam);
    insta::assert_snapshot!(trial.told(&running.wait()), @"
    exit 0
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for pay-admin
    Waiting. Ctrl-C stops waiting, and the request stays.
    Waiting for owners: bob or carol@example.com
    ✓ pay-admin: granted until HH:MM (TIME left)
    ");

    let running = trial.room.jit(&["request", "pay-two", "--ticket", "INC-1", "--wait"]).start();
    running.says("Waiting for 2 of owners");
    let denied = trial.requests()[1];
    trial.votes("dan@example.com", denied, Vouch::Deny, "not today");
    trial.apply(denied.0, &trial.iam);
    insta::assert_snapshot!(trial.told(&running.wait()), @"
    exit 4
    --- stdout
    id         id-002
    access     pay-two
    account    222222222222
    for        30 min
    state      pending, lapses at HH:MM
    waits for  2 of owners: bob or carol@example.com
    waits for  security: dan@example.com
    they type  jit approve id-002
    --- stderr
    ✓ Asked for pay-two
    Waiting. Ctrl-C stops waiting, and the request stays.
    Waiting for 2 of owners: bob or carol@example.com; security: dan@example.com
    error: request id-002 was denied: dan@example.com denied it
      next: jit requests id-002  shows it
    ");

    insta::assert_snapshot!(trial.jit(&["request", "pay-two", "--ticket", "INC-2", "--wait=0s"]), @"
    exit 6
    --- stdout
    id         id-003
    access     pay-two
    account    222222222222
    for        30 min
    state      pending, lapses at HH:MM
    waits for  2 of owners: bob or carol@example.com
    waits for  security: dan@example.com
    they type  jit approve id-003
    --- stderr
    ✓ Asked for pay-two
    Waiting. Ctrl-C stops waiting, and the request stays.
    error: request id-003 is still pending
      because: it waits for 2 of owners: bob or carol@example.com
      because: it waits for security: dan@example.com
      next: jit approve id-003  is what an approver types
      next: jit requests id-003  shows it
    ");

    let running = trial.room.jit(&["request", "pay-two", "--ticket", "INC-3", "--wait"]).start();
    running.says("Waiting for 2 of owners");
    running.signal(Signal::INT);
    let stopped = running.wait();
    assert_ne!(stopped.code(), 0, "{stopped}");
    assert_eq!(trial.requests().len(), 4, "the request stays");
    assert!(trial.jit(&["requests"]).contains("id-004"));
}

#[test]
fn what_aws_refuses_is_said_to_whoever_waits() {
    let trial = Trial::new();
    let running = trial.room.jit(&[&ASK[..], &["--wait"]].concat()).start();
    running.says("Waiting for owners");
    let asked = trial.requests()[0];
    trial.votes("bob@example.com", asked, Vouch::Approve, "");
    trial.iam.refuse(Some(IamError::Refused { role: PAY.to_owned(), why: "LimitExceeded".to_owned() }));
    trial.apply(asked.0, &trial.iam);
    insta::assert_snapshot!(trial.told(&running.wait()), @"
    exit 1
    --- stdout
    id         id-001
    access     pay-admin
    account    222222222222
    for        1 h
    state      pending, lapses at HH:MM
    waits for  owners: bob or carol@example.com
    they type  jit approve id-001
    --- stderr
    ✓ Asked for pay-admin
    Waiting. Ctrl-C stops waiting, and the request stays.
    Waiting for owners: bob or carol@example.com
    error: request id-001 was granted, but not applied
      because: LimitExceeded
      next: jit requests id-001  shows it
    ");
}
