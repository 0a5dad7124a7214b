use std::collections::BTreeMap;

use super::super::{NoLists, SpokeAccount};
use super::*;
use crate::config::part;
use crate::config::shared;

const OWN: &str = "own.toml";
const MACHINE: &str = "machine.toml";

const IDP: &str = "[idp.acme]\ntype = \"oidc\"\nissuer = \"https://acme.example\"\nclient_id = \"x\"\n";
const HUB: &str = "[role.hub]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::111111111111:role/hub\"\n";

fn spoke(name: &str, account: &str) -> String {
    format!("[role.{name}]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::{account}:role/admin\"\n")
}

fn layers(own: &str, machine: &str) -> Result<File, Mistake> {
    let layer = |path, text| LayerText { path, text, lists: &NoLists };
    File::parse_layers(layer(OWN, own), Some(layer(MACHINE, machine)))
}

fn both(own: &str, machine: &str) -> File {
    layers(own, machine).unwrap_or_else(|mistake| panic!("{own}\n--\n{machine}\n{mistake}"))
}

/// The accounts of all roles by name.
fn accounts(file: &File) -> BTreeMap<&str, &str> {
    file.roles.iter().map(|(name, role)| (name.as_str(), role.target.account())).collect()
}

#[test]
fn settings_at_the_top_count_one_by_one() {
    let company = format!("{IDP}{HUB}{}", spoke("prod", "222222222222"));
    let file = both(
        "default_role = \"prod\"\n",
        &format!(
            "default_role = \"hub\"\nkey_cache = \"10m\"\naudit_log = \"syslog\"\n\
             console_browser = [\"x\", \"{{url}}\"]\n{company}"
        ),
    );
    assert_eq!(file.default_role.as_ref().map(|at| at.value.as_str()), Some("prod"));
    assert_eq!(file.key_cache.as_ref().map(|at| file.place_of(at.line)), Some((MACHINE, 2)));
    assert_eq!(file.audit_log.as_ref().map(|at| at.value.as_str()), Some("syslog"));
    assert_eq!(file.console_browser.as_ref().map(|at| at.value.len()), Some(2));
    let file = both(
        "key_cache = \"off\"\naudit_log = \"off\"\n",
        &format!("default_role = \"hub\"\nkey_cache = \"10m\"\naudit_log = \"syslog\"\n{company}"),
    );
    assert_eq!(file.key_cache, Some(At { value: KeyCache::Off, line: 1 }));
    assert_eq!(file.audit_log, Some(At { value: AuditLog::Off, line: 2 }), "off is a setting as well");
    assert_eq!(file.default_role.as_ref().map(|at| file.place_of(at.line)), Some((MACHINE, 1)));
    // What an IdP of the machine leaves out, the top of either file may set.
    for (own, machine, expected) in [
        ("", "", None),
        ("", "auto_login = true\n", Some(true)),
        ("auto_login = false\n", "auto_login = true\n", Some(false)),
        ("auto_login = true\n", "", Some(true)),
    ] {
        let file = both(own, &format!("{machine}{company}"));
        assert_eq!(file.idps["acme"].auto_login().map(|at| at.value), expected, "{own}{machine}");
    }
}

#[test]
fn a_table_replaces_the_machines_of_that_name_as_a_whole() {
    let company = format!(
        "{IDP}{HUB}duration = \"8h\"\n{}[spokes.admin]\nvia = \"hub\"\nrole_name = \"admin\"\n\
         accounts = {{ a = \"333333333333\", b = \"444444444444\" }}\n",
        spoke("prod", "222222222222")
    );
    let of_company = [("a/admin", "333333333333"), ("b/admin", "444444444444"), ("hub", "111111111111")];
    let with = |own: &str, more: &[(&str, &str)]| {
        let file = both(own, &company);
        let mut expected: BTreeMap<&str, &str> = of_company.into_iter().collect();
        expected.insert("prod", "222222222222");
        expected.extend(more.iter().copied());
        assert_eq!(accounts(&file), expected, "{own}");
    };
    with("", &[]);
    with("# nothing\n", &[]);
    with(&spoke("own", "555555555555"), &[("own", "555555555555")]);
    with(&spoke("prod", "555555555555"), &[("prod", "555555555555")]);
    with(&spoke("\"a/admin\"", "555555555555"), &[("a/admin", "555555555555")]);
    with(&HUB.replace("1111", "5555"), &[("hub", "555555555555")]);
    // Nothing of the machine's table is added to one's own.
    assert_eq!(both(HUB, &company).roles["hub"].duration, None);
    assert!(both("", &company).roles["hub"].duration.is_some());
    let own = "[spokes.admin]\nvia = \"hub\"\nrole_name = \"x\"\naccounts = { a = \"555555555555\" }\n";
    let file = both(own, &company);
    assert_eq!(accounts(&file).get("a/admin"), Some(&"555555555555"));
    assert!(!file.roles.contains_key("b/admin"), "a table counts as a whole");
    let prod = "[spokes.s]\nvia = \"hub\"\nrole_name = \"x\"\naccounts = { a = \"555555555555\" }\n";
    let machine = format!("{company}{}", spoke("\"a/s\"", "666666666666"));
    assert_eq!(accounts(&both(prod, &machine)).get("a/s"), Some(&"555555555555"));
    // The other way around, the person's role is what counts.
    let machine = format!("{IDP}{HUB}{prod}");
    assert_eq!(
        accounts(&both(&spoke("\"a/s\"", "666666666666"), &machine)).get("a/s"),
        Some(&"666666666666")
    );
    let broken = format!("{company}[role.bad]\nvia = 1\n");
    assert!(layers("", &broken).is_err());
    assert!(layers(&spoke("bad", "222222222222"), &broken).is_ok(), "what is replaced is not read");
    let ledger = "[access]\nledger = \"~/one\"\nentry = \"hub\"\n";
    let file = both(&ledger.replace("one", "two"), &format!("{company}{ledger}"));
    assert_eq!(file.access.map(|access| (access.ledger.value.to_string(), access.line)).unwrap().1, 1);
}

#[test]
fn values_know_the_file_that_they_are_in() {
    let file = both(&format!("\n{}", spoke("own", "222222222222")), &format!("# first\n{IDP}{HUB}"));
    let place = |name: &str| file.place_of(file.roles[name].target.line());
    assert_eq!((place("own"), place("hub")), ((OWN, 4), (MACHINE, 8)));
    assert!(file.is_own(4) && !file.is_own(file.roles["hub"].line));
    assert!(!file.is_of_profiles(), "two files, and still no profile");
}

#[test]
fn mistakes_have_their_place_in_their_own_file() {
    let company = format!("{IDP}{HUB}");
    let five = "\n".repeat(5);
    for (own, machine, said) in [
        ("x = 1\n", company.as_str(), "own.toml:1:1: unknown key `x`"),
        (&five, &format!("{company}x = 1\n"), "machine.toml:8:1: unknown key `x` in [role.hub]"),
        (&five, "default_role = \"hbu\"\n", "machine.toml:1:16: there is no [role.hbu]"),
        ("default_role = \"hbu\"\n", &company, "own.toml:1:16: there is no [role.hbu]"),
        (&five, "[role.a\n", "machine.toml:1:8: "),
        (&spoke("a", "1"), &company, "own.toml:3:12: "),
        (&five, &format!("{company}{}", spoke("a", "1")), "machine.toml:10:12: "),
        (&spoke("a", "222222222222"), IDP, "own.toml:1:7: [role.a] refers to [role.hub]"),
        (&five, &format!("{IDP}{}", spoke("a", "222222222222")), "machine.toml:5:7: [role.a] refers to"),
        (
            &five,
            &format!("{company}[access]\nledger = \"~/x\"\nentry = \"no\"\n"),
            "machine.toml:10:9: `entry`",
        ),
        (
            &five,
            "[role.hub]\nvia = \"hub\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n",
            "machine.toml:1:7: the",
        ),
        (&five, "key_cache = \"x\"\n", "machine.toml:1:13: `x` is neither"),
        ("key_cache = \"x\"\n", &company, "own.toml:1:13: `x` is neither"),
        (&five, &company.replace("https://acme.example", "ftp://x"), "machine.toml:3:10: "),
    ] {
        let mistake = layers(own, machine).unwrap_err().to_string();
        assert!(mistake.starts_with(said), "{own}--\n{machine}\n{mistake}");
    }
    // In one file, two tables of the same role are a mistake still.
    let twice = "[spokes.s]\nvia = \"hub\"\nrole_name = \"x\"\naccounts = { a = \"555555555555\" }\n";
    for (own, machine, path) in [
        (format!("{}{twice}", spoke("\"a/s\"", "666666666666")), company.clone(), OWN),
        (String::new(), format!("{company}{}{twice}", spoke("\"a/s\"", "666666666666")), MACHINE),
    ] {
        let mistake = layers(&own, &machine).unwrap_err();
        assert!(mistake.path == path && mistake.what.contains("both define"), "{mistake}");
    }
}

#[test]
fn a_shared_part_uses_nothing_of_the_machines() {
    let company = format!("{IDP}{HUB}");
    let of = |content: &str| shared::with("", "https://other.example/jit.toml", content);
    for content in [
        spoke("sneaky", "222222222222"),
        "[role.sneaky]\nidp = \"acme\"\nrole_arn = \"arn:aws:iam::222222222222:role/x\"\n".to_owned(),
        "[spokes.sneaky]\nvia = \"hub\"\nrole_name = \"x\"\naccounts = { a = \"222222222222\" }\n".to_owned(),
        "default_role = \"hub\"\n".to_owned(),
    ] {
        let mistake = layers(&of(&content), &company).unwrap_err();
        assert!(mistake.what.contains("a shared file can use only its own tables"), "{content}: {mistake}");
        assert_eq!(mistake.path, OWN);
    }
    let own = format!("{IDP}{HUB}{}", spoke("fine", "222222222222"));
    assert!(layers(&of(&own), &company).is_ok(), "its own tables, which count before the machine's");
    // The same holds for a shared part of the machine's own file.
    let part = shared::with("", "https://acme.example/jit.toml", &spoke("below", "222222222222"));
    assert!(layers(&own, &part).unwrap_err().what.contains("only its own tables"));
    // Own default role, that of a shared part, then those of the machine.
    let shared_default = of(&format!("default_role = \"fine\"\n{own}"));
    let file = both(&shared_default, &format!("default_role = \"hub\"\n{company}"));
    assert_eq!(file.default_role.map(|at| at.value).as_deref(), Some("fine"));
}

#[test]
fn lists_are_those_of_their_file() {
    struct Lists(&'static str);
    impl AccountLists for Lists {
        fn file(&self, path: &str) -> Option<Result<String, String>> {
            Some(Ok(format!("{}-{} = \"222222222222\"\n", self.0, path.trim_end_matches(".toml"))))
        }
        fn organization(&self, _: &str, _: &str) -> Vec<SpokeAccount> {
            Vec::new()
        }
    }
    let table =
        |name: &str| format!("[spokes.{name}]\nvia = \"hub\"\nrole_name = \"x\"\naccounts = \"list.toml\"\n");
    let (own, machine) = (table("one"), format!("{IDP}{HUB}{}", table("two")));
    let file = File::parse_layers(
        LayerText { path: OWN, text: &own, lists: &Lists("own") },
        Some(LayerText { path: MACHINE, text: &machine, lists: &Lists("machine") }),
    )
    .unwrap();
    let names: Vec<&str> = accounts(&file).into_keys().collect();
    assert_eq!(names, ["hub", "machine-list/two", "own-list/one"]);
}

#[test]
fn a_role_read_in_part_is_the_same_as_in_the_whole() {
    let own = format!("default_role = \"mine\"\n{}", spoke("mine", "222222222222"));
    let machine = format!("{IDP}{HUB}{}{}", spoke("prod", "333333333333"), spoke("other", "444444444444"));
    let whole = both(&own, &machine);
    for role in whole.roles.keys() {
        let [own_part, machine_part] = part::of_role_in_both(&own, &machine, role).unwrap();
        let part = both(&own_part, &machine_part);
        assert_eq!(format!("{:?}", part.roles[role]), format!("{:?}", whole.roles[role]), "{role}");
        assert!(role == "other" || !part.roles.contains_key("other"), "{role}");
    }
}
