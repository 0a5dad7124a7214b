//! Evaluates the same policies and requests here and with the third-party `@cloud-copilot/iam-simulate`, and
//! compares the results. The simulator runs as a separate process, in the folder that `JIT_TEST_TOOLS` names
//! (`scripts/lib/install-tools`); without it the test fails.
//!
//! `IAM_SIMULATE_CASES` sets the number of cases (5,000), `IAM_SIMULATE_SEED` selects other cases.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]
#![allow(
    clippy::disallowed_methods,
    reason = "starts the simulator, and is told by the environment where it is"
)]

mod differences;
mod generate;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use generate::{Case, Dice};
use iam_evaluate::{Decision, Outcome, evaluate};
use serde_json::Value;

/// Asks the simulator all `questions`, and passes each answer on as it comes.
fn ask(questions: impl Iterator<Item = Value> + Send + 'static, mut answer: impl FnMut(String)) {
    let tools =
        std::env::var("JIT_TEST_TOOLS").expect("JIT_TEST_TOOLS: run scripts/lib/install-tools FOLDER");
    let mut node = Command::new(format!("{tools}/venv/bin/node"))
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/simulate/ask.mjs"))
        .arg(format!("{tools}/iam-simulate"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node is installed by scripts/lib/install-tools");
    let mut input = BufWriter::new(node.stdin.take().unwrap());
    let asking = std::thread::spawn(move || {
        for question in questions {
            writeln!(input, "{question}").expect("the simulator listens");
        }
    });
    for line in BufReader::new(node.stdout.take().unwrap()).lines() {
        answer(line.unwrap());
    }
    asking.join().unwrap();
    assert!(node.wait().unwrap().success(), "the simulator ends well");
}

/// The answer in the simulator's words.
fn in_their_words(decision: &Decision<'_>) -> &'static str {
    match decision.outcome {
        Outcome::Allowed => "Allowed",
        Outcome::ExplicitDeny => "ExplicitlyDenied",
        Outcome::ImplicitDeny => "ImplicitlyDenied",
    }
}

#[test]
fn the_simulator_gives_the_same_answers() {
    let number = |name: &str, default: u64| std::env::var(name).map_or(default, |text| text.parse().unwrap());
    let (cases, seed) = (number("IAM_SIMULATE_CASES", 5_000), number("IAM_SIMULATE_SEED", 16));
    let mut asked = Dice(seed);
    let questions = (0..cases).map(move |_| Case::new(&mut asked).simulation());
    let mut dice = Dice(seed);
    let (mut answered, mut wrong, mut outcomes) = (0, Vec::new(), BTreeMap::new());
    ask(questions, |theirs| {
        let case = Case::new(&mut dice);
        answered += 1;
        let policies = case.policies().unwrap_or_else(|error| panic!("{error}: {}", case.simulation()));
        let request = case.request();
        let decision = evaluate(&policies, &request);
        let ours = in_their_words(&decision);
        *outcomes.entry(ours).or_insert(0) += 1;
        if ours != theirs {
            wrong.push(format!("ours {ours}, theirs {theirs}\n  {decision}\n  {}", case.simulation()));
        }
    });
    println!("{answered} compared: {outcomes:?}; {} differ", wrong.len());
    assert_eq!(answered, cases, "the simulator answers all");
    assert!(wrong.is_empty(), "{} of {answered}:\n{}", wrong.len(), wrong[..wrong.len().min(20)].join("\n"));
    // Cases that all get the same answer compare nothing.
    assert!(outcomes.len() == 3 && outcomes.values().all(|count| count * 20 > cases), "{outcomes:?}");
}
