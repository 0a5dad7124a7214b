//! With a stored session: what SDKs, shells and prompts request many times a day.

use std::process::Command;
use std::time::Duration;

use crate::measure::{interleaved, runs};
use crate::support::Room;
use crate::table::{Table, ms, ratio};
use crate::{JIT, answer, cat, command, completion_of, is_shipped, jit};

/// The limit of an answer, in hundredths of the time of `cat` of as many bytes: for the static program, and
/// for what `cargo build` makes with the system's libraries.
const OF_CAT: [(u32, &str); 2] = [(115, "1.15 × `/bin/cat`"), (160, "1.6 × `/bin/cat`")];

/// An answer whose key is in gnome-keyring. That is needed only for the sign-in: from then on the kernel has
/// a copy.
fn from_keychain(room: &Room) -> Command {
    let line = "printf bench | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$0\" login admin";
    let login = room.program("dbus-run-session", &["--", "sh", "-c", line, &JIT]);
    let login = login.env("JIT_STORE", "keychain").run();
    assert_eq!(login.code(), 0, "{login}");
    let mut answer = answer(room);
    answer.env("JIT_STORE", "keychain");
    answer
}

pub(crate) fn paths() -> Table {
    let room = Room::signed_in("admin");
    let mut completion = completion_of(&room, "bash", "adm");
    let offered = completion.output().unwrap();
    assert!(String::from_utf8_lossy(&offered.stdout).contains("admin"), "no role was offered");

    let mut in_c = cat(&room);
    in_c.env("LANG", "C");
    let all = interleaved(
        runs(),
        &mut [
            command(&room, "/bin/true", &[]),
            cat(&room),
            answer(&room),
            from_keychain(&room),
            jit(&room, &["exec", "-q", "admin", "--", "/bin/true"]),
            jit(&room, &["env", "admin", "--shell", "bash"]),
            jit(&room, &["status", "--prompt"]),
            completion,
            jit(&room, &["--help"]),
            in_c,
        ],
    );
    let (empty, cat) = (all[0].median(), all[1].median());
    let five = (Duration::from_millis(5), "5 ms");
    let [shipped, plain] = OF_CAT.map(|(hundredths, rule)| (cat * hundredths / 100, rule));
    let (answers, execs) = if is_shipped() {
        (shipped, (empty + Duration::from_micros(500), "`/bin/true` + 0.5 ms"))
    } else {
        (plain, (empty + Duration::from_micros(1590), "`/bin/true` + 1.59 ms"))
    };
    let rows = [
        ("`/bin/true`, an empty program", None),
        ("`/bin/cat` of as many bytes", None),
        ("`jit credential-process admin`", Some(answers)),
        ("the same with the key in a keychain (gnome-keyring)", Some(answers)),
        ("`jit exec -q admin -- /bin/true`", Some(execs)),
        ("`jit env admin --shell bash`", None),
        ("`jit status --prompt`", None),
        ("completion of a role in bash", Some(five)),
        ("`jit --help`", Some(five)),
        ("`/bin/cat` as above with `LANG=C`, which loads no locale", None),
    ];
    let mut table =
        Table::new(&["what"], &["runs", "median", "p99", "÷ `/bin/cat`", "limit of the median"], &[""]);
    for ((what, limit), times) in rows.iter().zip(&all) {
        let (told, mark) = match limit {
            Some((limit, rule)) => (format!("{} ({rule})", ms(*limit)), table.mark(times.median() <= *limit)),
            None => (String::new(), ""),
        };
        let figures = [ms(times.median()), ms(times.p99()), ratio(times.median(), cat), told];
        table.row(
            [&[(*what).to_owned(), times.runs().to_string()], &figures[..], &[mark.to_owned()]].concat(),
        );
    }
    table
}
