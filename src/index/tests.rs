//! Tests of the lists of roles, and of what is read back from files that others may have written.

use super::file::{FOLDER, FORMAT};
use super::*;
use crate::sys::state::Folder;

fn offer(account: &str, role: &str) -> SamlPair {
    SamlPair {
        role_arn: format!("arn:aws:iam::{account}:role/{role}"),
        provider_arn: format!("arn:aws:iam::{account}:saml-provider/idp"),
    }
}

#[test]
fn roles_are_found_by_account_and_name() {
    let folder = tempfile::tempdir().unwrap();
    let idp = "acme/eu";
    let roles = |pairs: &[SamlPair]| of_assertion(idp, pairs);
    let (one, two) = (offer("111111111111", "path/dev"), offer("222222222222", "ops"));
    learn(folder.path(), idp, roles(&[one.clone(), two.clone()])).unwrap();
    name_account(folder.path(), idp, "111111111111", "acme-dev").unwrap();
    let all = all(folder.path());
    let names: Vec<String> = all.iter().map(DiscoveredRole::name).collect();
    assert_eq!(names, ["111111111111/dev", "222222222222/ops"]);
    for (name, found) in
        [("111111111111/dev", true), ("acme-dev/dev", true), ("acme-dev/ops", false), ("dev", false)]
    {
        assert_eq!(all.iter().any(|role| role.is_called(name)), found, "{name}");
        assert_eq!(near(folder.path(), name).iter().any(|role| role.is_called(name)), found, "{name}");
    }
    assert_eq!(near(folder.path(), "acme-dev/other"), all[..1]);
    assert_eq!(near(folder.path(), "arn:aws:iam::222222222222:role/ops"), all[1..]);
    let dev = ["111111111111/dev", "acme-dev"];
    let cases: [(&str, &[[&str; 2]]); 8] = [
        ("", &[["acme-dev/dev", "111111111111"], ["222222222222/ops", ""]]),
        ("1111", &[dev]),
        ("111111111111", &[dev]),
        ("111111111111/d", &[dev]),
        ("111111111111/x", &[]),
        ("acme", &[["acme-dev/dev", "111111111111"]]),
        ("acme-dev/", &[["acme-dev/dev", "111111111111"]]),
        ("d", &[]),
    ];
    for (typed, wanted) in cases {
        let found = completions(folder.path(), typed);
        let found: Vec<[&str; 2]> = found.iter().map(|one| [&*one.name, &*one.about]).collect();
        assert_eq!(found, wanted, "{typed}");
    }
    // A role that is no longer offered is gone; the account's name is kept.
    assert_eq!(learn(folder.path(), idp, roles(&[one])).unwrap(), all);
    let after = super::all(folder.path());
    assert_eq!((after.len(), after[0].account_name.as_deref()), (1, Some("acme-dev")));
    learn(folder.path(), idp, Vec::new()).unwrap();
    assert_eq!(super::all(folder.path()), after);
}

#[test]
fn many_are_completed_account_by_account() {
    let folder = tempfile::tempdir().unwrap();
    let role = |n: usize| DiscoveredRole {
        idp: "acme".to_owned(),
        account: format!("{:012}", n / 60),
        role: format!("Role{}", n % 60),
        saml: None,
        account_name: Some(["one", "two", "two-more", "a b"][n / 60].to_owned()),
    };
    learn(folder.path(), "acme", (0..240).map(role).collect()).unwrap();
    let names =
        |typed: &str| completions(folder.path(), typed).into_iter().map(|one| one.name).collect::<Vec<_>>();
    let accounts = ["000000000000/", "000000000001/", "000000000002/", "000000000003/"];
    assert_eq!(names(""), ["one/", "two/", "two-more/", "000000000003/"]);
    assert_eq!(names("00"), accounts);
    assert_eq!(names("two"), ["two/", "two-more/"]);
    assert_eq!((names("one").len(), names("two/").len(), names("two-more/Role5").len()), (60, 60, 11));
    assert_eq!(names("a"), [""; 0], "no shell takes a space for a part of a name");
}

#[test]
fn an_unreadable_line_is_not_a_role() {
    let folder = tempfile::tempdir().unwrap();
    learn(folder.path(), "acme", of_assertion("acme", &[offer("111111111111", "dev")])).unwrap();
    for content in [&b"{"[..], b"jit roles 2\n111111111111\tdev\t-\t-\t-\n", b"", b"\xff"] {
        Folder::open(folder.path()).unwrap().folder(FOLDER).unwrap().write("acme", content).unwrap();
        assert_eq!(all(folder.path()), []);
    }
}

#[test]
fn names_from_outside_stay_on_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let role = DiscoveredRole {
        idp: "a/b%".to_owned(),
        account: "111111111111".to_owned(),
        role: "Admin".to_owned(),
        saml: None,
        account_name: Some("evil\n222222222222\tx \u{1b}[2J ✨".to_owned()),
    };
    learn(folder.path(), "a/b%", vec![role.clone()]).unwrap();
    let name = Some("evil 222222222222 x  [2J ✨".to_owned());
    assert_eq!(all(folder.path()), [DiscoveredRole { account_name: name, ..role }]);
}

/// Others can write to the state folder: what is read back is foreign text.
#[test]
fn impossible_account_and_role_names_are_not_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let good = "111111111111\tdev\tacme\t-\t-";
    let lines = [
        "111111111111\t$(touch pwned)\tacme\t-\t-",
        "11111111111$\tdev\tacme\t-\t-",
        "acme\tdev\t-\t-\t-",
        "111111111111\tdev\t-\tarn:aws:iam::222222222222:role/dev\tarn:aws:iam::222222222222:saml-provider/a",
        "111111111111\tdev\t-\tarn:aws:iam::111111111111:role/dev\t$(x)",
        "111111111111\tdev\t-\tarn:aws:iam::111111111111:role/ops\tarn:aws:iam::111111111111:saml-provider/a",
    ];
    for line in lines {
        let text = format!("{FORMAT}\n{line}\n{good}\n");
        let roles = Folder::open(folder.path()).unwrap().make_folder(FOLDER).unwrap();
        roles.write("acme", text.as_bytes()).unwrap();
        let names: Vec<_> = all(folder.path()).iter().map(DiscoveredRole::name).collect();
        assert_eq!(names, ["111111111111/dev"], "{line}");
        let offered = completions(folder.path(), "1");
        assert!(offered.iter().all(|one| one.name == "111111111111/dev"), "{line}: {offered:?}");
    }
    for name in crate::testing::hostile_names() {
        let role = DiscoveredRole {
            idp: "acme".to_owned(),
            account: "111111111111".to_owned(),
            role: "dev".to_owned(),
            saml: None,
            account_name: Some(name.clone()),
        };
        learn(folder.path(), "acme", vec![role]).unwrap();
        for typed in ["", "1", "p", "a", "$", "-", "~"] {
            let offered = completions(folder.path(), typed);
            assert!(offered.iter().all(|one| one.name == "111111111111/dev"), "{name:?}: {offered:?}");
        }
    }
}
