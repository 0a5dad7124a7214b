//! The list to pick a role from, on a terminal: typing, order, and what is left behind.

use jit_emulator::Settings;

use crate::session::without_colour;
use crate::support::{Output, Room};

/// A room with Identity Center where `dev` has tags, a description and a colour.
fn room() -> Room {
    let room = Room::by_center(Settings::default());
    let described = "[role.dev]\ndescription = \"Sandbox of Team Ä\"\ncolor = \"red\"\n";
    let tags = "tags = { CostCenter = \"4711\" }\n";
    let config = room.center_config("").replace("[role.dev]\n", described);
    let config = config.replace("[role.admin]\n", &format!("[role.admin]\n{tags}"));
    room.write_config(&config);
    assert_eq!(room.jit(&["login", "audit"]).run().code(), 0);
    assert_eq!(room.jit(&["roles", "--refresh"]).run().code(), 0);
    room
}

/// The result of a login if this is typed into the list.
fn picked(room: &Room, typed: &str) -> Output {
    let mut login = room.jit(&["login"]).somebody_types().start();
    login.says("❯");
    login.types(typed);
    login.types("\r");
    login.wait()
}

#[test]
fn a_role_is_found_by_any_of_its_properties() {
    let room = room();
    let admin = jit_emulator::Servers::assigned_role("444444444444", "ReadOnly");
    let session = admin
        .replace("arn:aws:iam::", "arn:aws:sts::")
        .replace("role/aws-reserved/sso.amazonaws.com/", "assumed-role/")
        + "/alice@example.com";
    let cases = [
        ("dev", "dev"),
        ("team ä sand", "dev"),
        ("4711", "admin"),
        ("costcenter=", "admin"),
        ("555555555555", "admin"),
        ("arn:aws:iam::555555555555:role/center-admin", "admin"),
        ("acme-dev reado", "acme-dev/ReadOnly"),
        ("333333333333 ro", "acme-dev/ReadOnly"),
        ("333333333333/read", "acme-dev/ReadOnly"),
        ("adimn", "admin"),
        ("acme-dve/readonly", "acme-dev/ReadOnly"),
        ("audt", "audit"),
        (&admin, "audit"),
        (&session, "audit"),
        ("zzz\x15sandbox", "dev"),
    ];
    for (typed, wanted) in cases {
        let login = picked(&room, typed);
        assert_eq!(login.code(), 0, "{typed}: {login}");
        let plain = without_colour(&login.stdout);
        assert!(plain.contains(&format!("✓ Role  {wanted}\r\n")), "{typed}: {plain}");
    }
}

#[test]
fn used_roles_come_first_in_their_accounts_colour() {
    let room = room();
    for _ in 0..3 {
        assert_eq!(room.jit(&["login", "dev"]).run().code(), 0);
    }
    assert_eq!(room.jit(&["login", "audit"]).run().code(), 0);
    let run = |room: &Room| {
        // Another terminal, where nothing was chosen yet.
        let mut exec = room.jit(&["exec", "--", "true"]).somebody_types().start();
        exec.says("acme-dev/ReadOnly");
        exec.types("\x1b");
        let exec = exec.wait();
        assert!(exec.code() == 1 && exec.stdout.contains("chosen"), "{exec}");
        exec.stdout
    };
    let shown = run(&room);
    assert!(
        shown.contains("\x1b[31mdev\x1b[0m") && shown.contains("\x1b[31macme-dev (333333333333)\x1b[0m"),
        "{shown}"
    );
    let plain = without_colour(&shown);
    let order = ["❯ dev ", "  audit ", "  admin ", "  acme-dev/ReadOnly "];
    let places = order.map(|line| plain.find(line).unwrap_or_else(|| panic!("{line}: {plain}")));
    assert!(places.is_sorted(), "{plain}");
    assert!(plain.contains(" left"), "{plain}");
    let plain = room.jit(&["exec", "--", "true"]).env("NO_COLOR", "1").somebody_types();
    let mut plain = plain.start();
    plain.says("ReadOnly");
    plain.types("\x1b");
    assert!(!plain.wait().stdout.contains("\x1b[31m"));
}

#[test]
fn nothing_is_left_behind_on_a_narrow_terminal_and_after_ctrl_c() {
    let room = room();
    let jit = env!("CARGO_BIN_EXE_jit");
    for (size, most) in [("rows 4 cols 24", 24), ("rows 2 cols 3", 3), ("rows 50 cols 200", 200)] {
        let script = format!("stty {size}; {jit} login; echo ended with $?; stty -a");
        let mut login = room.program("sh", &["-c", &script]).somebody_types().start();
        login.says("❯");
        login.types("a");
        login.says("\x1b[0J");
        login.types("\x03");
        let login = login.wait();
        assert!(login.stdout.contains("ended with 130\r\n"), "{login}");
        assert!(!login.stdout.contains("\x1b[?25l"), "the cursor was hidden: {login}");
        // The last thing that the list does is clear itself, and the terminal echoes again.
        let frames: Vec<&str> = login.stdout.split("\r\x1b[0J").collect();
        assert!(frames.last().unwrap().contains("chosen"), "{login}");
        assert!(!login.stdout.contains("-echo ") && !login.stdout.contains("-icanon"), "{login}");
        for line in frames[1..frames.len() - 1].iter().flat_map(|frame| frame.split("\r\n")) {
            let line = without_colour(line.split("\x1b[1A").next().unwrap());
            let line = line.split('\x1b').next().unwrap().trim_end_matches('\r');
            assert!(line.chars().count() <= most, "{size}: {line:?}");
        }
    }
}
