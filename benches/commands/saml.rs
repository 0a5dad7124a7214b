//! Sign-ins with SAML while the IdP's session lasts.

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use jit_emulator::{Approval, Edit, Settings};

use crate::measure::{Times, interleaved, wall};
use crate::support::Room;
use crate::table::Table;
use crate::{command, jit};

/// Sign-ins whose median is taken.
const LOGINS: usize = 40;
/// Sign-ins with a separate browser profile.
const CAPTURES: usize = 7;
/// Assertions with less than ten seconds left are not used, so these expire after this long.
const MOMENT: Duration = Duration::from_secs(2);
/// The minimum that a browser does: it requests the page, and posts its form.
const BROWSER: &str = r#"#!/bin/sh
page=$(curl -s "$1")
field() { printf %s "$page" | sed -n "s/.*name=\"$1\" value=\"\([^\"]*\)\".*/\1/p"; }
acs=$(printf %s "$page" | sed -n 's/.*<form[^>]* action="\([^"]*\)".*/\1/p')
exec curl -sL -o /dev/null --data-urlencode "SAMLResponse=$(field SAMLResponse)" --data-urlencode "RelayState=$(field RelayState)" "${2:-$acs}"
"#;

pub(crate) fn logins() -> Table {
    let mut table = Table::timed();
    loopback(&mut table);
    capture(&mut table);
    table
}

/// With the loopback ACS, and a browser that takes no time of its own.
fn loopback(table: &mut Table) {
    let room = Room::by_saml(Settings::default());
    room.write("browser", BROWSER);
    let browser = room.path("browser").display().to_string();
    let mut login = jit(&room, &["login", "--force", "--quiet", "hub"]);
    login.env("BROWSER", &browser);
    // The same visit without `jit`: the form goes to a server that discards it.
    let start = format!("{}/saml/start", room.servers().issuer());
    let visit = command(&room, &browser, &[&start, room.servers().sts_url()]);
    let [visit, login] = &interleaved(LOGINS, &mut [visit, login])[..] else { unreachable!("two commands") };
    table.fact("a visit of the IdP by curl, form posted", visit);
    let limit = visit.median() + Duration::from_millis(50);
    table.limit("SAML sign-in by the loopback ACS, hub session stored", login, limit, "the visit + 50 ms");
}

/// With a Chromium without a window, whose cookies the IdP knows.
fn capture(table: &mut Table) {
    let what = "SAML sign-in in a browser of its own, no window";
    let Ok(mut display) = Command::new("Xvfb")
        .args(["-displayfd", "1", "-nolisten", "tcp"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
    else {
        return table.note(what, "no Xvfb on PATH");
    };
    let mut number = String::new();
    BufReader::new(display.stdout.take().unwrap()).read_line(&mut number).unwrap();
    let room = Room::with(Settings { approval: Approval::AtOnce, ..Settings::default() });
    room.servers().faults(|faults| {
        faults.hub_lifetime = Some(MOMENT);
        faults.edit_assertion = Some(Edit::ending_in(MOMENT + Duration::from_secs(10)));
    });
    let config = room.usual_config();
    let (_, roles) = config.split_once("\n\n").unwrap();
    let start = format!("{}/saml/start", room.servers().issuer());
    room.write_config(&format!(
        "[idp.demo]\ntype = \"saml\"\nstart_url = \"{start}\"\nbrowser = \"chromium\"\n\n{roles}"
    ));
    let mut login = jit(&room, &["login", "--quiet", "hub"]);
    let first = login.env("DISPLAY", format!(":{}", number.trim())).output().unwrap();
    display.kill().unwrap();
    display.wait().unwrap();
    if !first.status.success() {
        return table.note(what, "no Chromium that opens a window");
    }
    let times = (0..CAPTURES).map(|_| {
        std::thread::sleep(MOMENT + Duration::from_millis(100));
        wall(jit(&room, &["login", "--quiet", "hub"]).stderr(Stdio::null()))
    });
    table.limit(what, &Times::of(times), Duration::from_secs(3), "3 s");
}
