//! Entries in the folder that jit did not write.

use super::*;

/// Other entries in the place of an object; `make` creates one at the path of a vote.
#[cfg(unix)]
#[test]
fn what_somebody_could_have_put_there_is_doubted() {
    use std::os::unix::fs::symlink;
    type Make = fn(&Place, &Path);
    let is_root = platform::own_user() == 0;
    let file = |path: &Path| fs::write(path, b"{}").unwrap();
    let cases: [(&str, bool, Option<&str>, Make); 9] = [
        ("a file", true, None, |_, path| fs::write(path, b"{}").unwrap()),
        ("a link to a file", true, Some("it is a symbolic link, which is not followed"), |place, path| {
            place.force("elsewhere", b"{}");
            symlink(place.path("elsewhere"), path).unwrap();
        }),
        ("a link to nowhere", true, Some("it is a symbolic link, which is not followed"), |_, path| {
            symlink("/nowhere", path).unwrap();
        }),
        ("a folder", true, Some("it is a folder and not a file"), |_, path| fs::create_dir(path).unwrap()),
        ("a pipe", true, Some("it is not a regular file"), |_, path| {
            use rustix::fs::{CWD, FileType, Mode, mknodat};
            mknodat(CWD, path, FileType::Fifo, Mode::RWXU, 0).unwrap();
        }),
        ("a file that others can write", true, Some("other users can change it"), |_, path| {
            fs::write(path, b"{}").unwrap();
            set_mode(path, 0o666);
        }),
        ("a folder around it that others can write", true, Some("other users can change it"), |_, path| {
            fs::write(path, b"{}").unwrap();
            set_mode(path.parent().unwrap(), 0o1777);
        }),
        (
            "another user's file",
            is_root,
            Some("its file was put into a folder of another user"),
            |_, path| {
                fs::write(path, b"{}").unwrap();
                std::os::unix::fs::lchown(path, Some(12_345), None).unwrap();
            },
        ),
        (
            "a file in another user's folder",
            is_root,
            Some("its file was put into a folder of another user"),
            |_, path| {
                fs::write(path, b"{}").unwrap();
                std::os::unix::fs::lchown(path.parent().unwrap(), Some(12_345), None).unwrap();
            },
        ),
    ];
    for (name, can_be_made, doubt, make) in cases {
        if !can_be_made {
            continue;
        }
        for place in [Place::private(), Place::shared()] {
            let (vote, other) = (fact(1, &bob(), FactKind::Vote), fact(2, &bob(), FactKind::Vote));
            let path = place.path(&vote.to_string());
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            make(&place, &path);
            assert_eq!(place.ledger.put_new(&other, b"{}"), Ok(Put::Created), "{name}");
            let entry = place.entry(&format!("f/{}/", id(1)));
            assert_eq!((entry.key.as_str(), entry.doubt.as_deref()), (&*vote.to_string(), doubt), "{name}");
            let got = place.ledger.get(&entry.key);
            assert_eq!(matches!(got, Err(LedgerError::Damaged(_))), doubt.is_some(), "{name}: {got:?}");
            // It is never overwritten or written through.
            let written = write(&place.ledger, &vote, b"other");
            assert!(written.is_err(), "{name}");
            if let Ok(bytes) = fs::read(place.path("elsewhere")) {
                assert_eq!(bytes, b"{}");
            }
            assert_eq!(place.entry(&other.to_string()).doubt, None, "{name}: the one beside it counts");
        }
    }
    // A link in the place of a folder.
    for below in [format!("f/{}", id(1)), format!("f/{}/{}", id(1), bob())] {
        let place = Place::private();
        place.force(&format!("f/{}/{}/vote.json", id(2), bob()), b"{}");
        let target = place.path(&below.replacen(&id(1).to_string(), &id(2).to_string(), 1));
        fs::create_dir_all(place.path(&below).parent().unwrap()).unwrap();
        symlink(target, place.path(&below)).unwrap();
        let entry = place.entry(&below);
        assert_eq!(entry.doubt.as_deref(), Some("it is a symbolic link, which is not followed"), "{below}");
        let key = fact(1, &bob(), FactKind::Vote);
        assert!(matches!(place.ledger.get(&key.to_string()), Err(LedgerError::Damaged(_))), "{below}");
        assert!(matches!(place.ledger.put_new(&key, b"{}"), Err(LedgerError::Damaged(_))), "{below}");
    }
    let place = Place::private();
    file(&place.path(&format!("f/{}", id(1))));
    assert_eq!(place.entry("f/").doubt.as_deref(), Some("it is a file"));
    assert!(matches!(
        place.ledger.put_new(&fact(1, &bob(), FactKind::Vote), b""),
        Err(LedgerError::Damaged(_))
    ));
}

#[cfg(unix)]
#[test]
fn a_time_that_its_owner_sets_is_not_believed() {
    let place = Place::private();
    let vote = fact(1, &bob(), FactKind::Vote);
    assert_eq!(place.ledger.put_new(&vote, b"{}"), Ok(Put::Created));
    let written = place.entry(&vote.to_string()).written;
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_600_000_000);
    let file = File::options().write(true).open(place.path(&vote.to_string())).unwrap();
    file.set_modified(long_ago).unwrap();
    assert!(place.entry(&vote.to_string()).written >= written);
    // A file that is copied into the folder has the time of the copy.
    let copy = fact(2, &bob(), FactKind::Vote).to_string();
    place.force(&copy, b"{}");
    File::options().write(true).open(place.path(&copy)).unwrap().set_modified(long_ago).unwrap();
    assert!(place.entry(&copy).written >= written);
}

#[cfg(unix)]
#[test]
fn names_that_the_layout_does_not_have_are_shown_and_do_nothing() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::private();
    let vote = format!("f/{}/{}/vote.json", id(1), bob());
    place.force(&vote, b"{}");
    let foreign = [
        "f/README".to_owned(),
        "f/\u{202e}gnp.exe".to_owned(),
        format!("f/{}/\u{1b}[31m/vote.json", id(2)),
        format!("f/{}/{}/vote.json\n", id(2), bob()),
        format!("f/{}/{}/deeper/vote.json", id(2), bob()),
        format!("f/{}/{}/.vote.json", id(2), bob()),
        format!("f/{}/bob/vote.json", id(2)),
        format!("f/{}/{}/vote.json", id(2).to_string().to_uppercase(), bob()),
        "s/x/sweep.json".to_owned(),
        "a/x".to_owned(),
    ];
    foreign.iter().for_each(|name| place.force(name, b"{}"));
    let not_text = place.path("f").join(std::ffi::OsStr::from_bytes(b"\xff\xfe"));
    fs::write(not_text, b"{}").unwrap();
    // Files next to the ledger's folders are ignored.
    place.force("README.txt", b"hello");

    let entries = place.ledger.list("", "").unwrap();
    assert!(entries.is_sorted_by(|one, other| one.key <= other.key));
    assert_eq!(entries.len(), foreign.len() + 2, "{entries:#?}");
    let mut records = Records::default();
    for entry in &entries {
        assert!(entry.key.chars().all(jit_wire::name::is_visible), "{entry:?}");
        records.take(entry, &place.ledger.get(&entry.key).unwrap_or_default());
    }
    let anomalies = records.anomalies();
    let found = |kind: AnomalyKind| anomalies.iter().filter(|anomaly| anomaly.kind == kind).count();
    // All except the vote, which refers to nothing.
    assert_eq!(found(AnomalyKind::Key) + found(AnomalyKind::Doubt), foreign.len() + 1, "{anomalies:#?}");
    for name in &foreign {
        assert!(place.ledger.get(name).is_err(), "{name:?}");
    }
    assert_eq!(place.ledger.get(&vote), Ok(b"{}".to_vec()));
    for outside in ["../x", "f/../../x", "/etc/passwd", "tmp/x", "README.txt", ""] {
        assert!(matches!(place.ledger.get(outside), Err(LedgerError::Absent(_))), "{outside}");
    }
}

#[test]
fn a_torn_or_oversized_file_is_a_finding() {
    let place = Place::private();
    let at = place.ledger.time().unwrap();
    let key =
        |number: u8| Key::Fact { id: Id::new(at, [number; 10]), author: bob(), kind: FactKind::Request };
    let whole = br#"{"access":"read","accounts":["111122223333"],"duration":3600}"#;
    for length in 0..=whole.len() {
        place.force(&key(u8::try_from(length).unwrap()).to_string(), &whole[..length]);
    }
    place.force(&key(200).to_string(), &vec![b'x'; 16 * 1024 + 1]);
    // It claims to be this large, and nothing of it is read.
    let huge = place.path(&key(201).to_string());
    place.force(&key(201).to_string(), b"");
    File::options().write(true).open(huge).unwrap().set_len(1 << 40).unwrap();
    let mut records = Records::default();
    for entry in place.ledger.list("f/", "").unwrap() {
        match place.ledger.get(&entry.key) {
            Ok(bytes) => records.take(&entry, &bytes),
            Err(LedgerError::Damaged(why)) => {
                assert!(why.contains("the limit is 16384"), "{why}");
                records.unreadable(&entry, why);
            }
            Err(error) => panic!("{error}"),
        }
    }
    let anomalies = records.anomalies();
    let found = |kind: AnomalyKind| anomalies.iter().filter(|anomaly| anomaly.kind == kind).count();
    assert_eq!(
        (found(AnomalyKind::Body), found(AnomalyKind::Unreadable)),
        (whole.len(), 2),
        "{anomalies:#?}"
    );
    assert_eq!(records.ids().count(), 1);
    let refused = place.ledger.put_new(&key(202), &vec![b'x'; 16 * 1024 + 1]);
    assert!(matches!(refused, Err(LedgerError::Refused(_))));
    assert_eq!(place.ledger.put_new(&key(202), &vec![b'x'; 16 * 1024]), Ok(Put::Created));
}
