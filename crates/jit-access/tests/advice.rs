//! Every error of this crate, in each of its variants, and its advice: one clause that helps in that case.

use std::collections::BTreeMap;
use std::fmt::Debug;

use jit_access::cases;
use jit_access::id::{Id, NotAnId};
use jit_access::ledger::{BodyError, Hash, KeyError, LedgerError, WriteError};
use jit_access::people::{Nobody, NotAUserId, UserId};
use jit_access::policy::{
    Allow, AllowError, Hours, HoursError, Network, NetworkError, RequestRole, RequestRoleError,
};
use jit_access::render::{Fullness, GrantError, Limit, TooLong};
use jit_access::voting::NoVote;
use jit_wire::explain::{Explain, Kind, Next};
use jit_wire::timestamp::Timestamp;

#[derive(Default)]
struct Told {
    /// Each advice, with the error that gave it first.
    advice: BTreeMap<String, String>,
    count: usize,
}

impl Told {
    /// `is_own`: whether no other error gives the same advice.
    fn of(&mut self, error: &(impl Explain + Debug), kind: Kind) {
        let (name, next) = (format!("{error:?}"), error.next());
        assert_eq!(error.kind(), kind, "{name}");
        assert!(!error.to_string().ends_with('.'), "{name}: {error}");
        assert!(!next.is_empty(), "{name} says nothing of what to do next");
        for one in next {
            if let Next::Do(words) = one {
                let is_clause = !words.ends_with('.') && !words.contains('\n') && !words.contains(". ");
                assert!(is_clause && words.matches('`').count() % 2 == 0, "{name}: {words}");
                assert!(!words.starts_with(char::is_uppercase), "{name}: {words}");
                assert_ne!(error.to_string(), words, "{name}: advice that repeats what happened");
                self.advice.insert(words.into_owned(), name.clone());
            }
        }
        self.count += 1;
    }
}

fn text() -> String {
    "x".to_owned()
}

#[test]
fn every_error_says_what_to_do_next() {
    let mut told = Told::default();
    told.of(&LedgerError::Unreachable(text()), Kind::Failed);
    told.of(&LedgerError::Refused(text()), Kind::Refused);
    told.of(&LedgerError::Absent(text()), Kind::Failed);
    told.of(&LedgerError::Damaged(text()), Kind::Failed);
    let (what, next) = (text(), vec![Next::Clock]);
    told.of(&LedgerError::Unusable { kind: Kind::Usage, what, next }, Kind::Usage);
    told.of(&LedgerError::Full(text()), Kind::Failed);
    told.of(&WriteError::Ledger(LedgerError::Refused(text())), Kind::Refused);
    told.of(&WriteError::Other(text()), Kind::Failed);
    told.of(&NotAnId, Kind::Usage);
    for error in [KeyError::Prefix, KeyError::Segments, KeyError::Id, KeyError::Author, KeyError::Kind] {
        told.of(&error, Kind::Failed);
    }
    for error in [BodyError::Json(text()), BodyError::NotAnObject, BodyError::Large(2, 1)] {
        told.of(&error, Kind::Failed);
    }
    told.of(&NotAUserId, Kind::Failed);
    for error in [Nobody::Door, Nobody::Retired, Nobody::Unknown, Nobody::CaseTwin] {
        told.of(&error, Kind::Refused);
    }
    for error in [
        GrantError::Nobody,
        GrantError::Nothing,
        GrantError::Everything("*".into()),
        GrantError::Order,
        GrantError::Conflict { operator: "IpAddress", key: "aws:SourceIp" },
    ] {
        told.of(&error, Kind::Usage);
    }
    for limit in [
        Limit::Trust,
        Limit::Inline,
        Limit::Managed,
        Limit::ServiceControl,
        Limit::Bucket,
        Limit::PermissionSet,
    ] {
        let error: TooLong =
            Fullness::of(limit, ["x".repeat(limit.most() + 1).as_str()]).check().unwrap_err();
        told.of(&error, Kind::Usage);
    }
    for error in [
        NoVote::Nobody(Nobody::Unknown),
        NoVote::Own,
        NoVote::Robot,
        NoVote::Door(text()),
        NoVote::Access(text()),
        NoVote::Group(vec![text()]),
        NoVote::Group(Vec::new()),
        NoVote::NotYet(Timestamp(0)),
        NoVote::Channel(text()),
    ] {
        told.of(&error, Kind::Refused);
    }
    assert_eq!(told.count, 42);
    // Advice is specific: there are almost as many texts as errors.
    assert!(told.advice.len() >= 25, "{:#?}", told.advice);
}

/// Errors about input, made from such input.
#[test]
fn every_mistake_in_a_text_says_what_to_write() {
    let mut told = Told::default();
    let networks = [
        ("office", "write a block of addresses such as 203.0.113.0/24, or the id of a VPC"),
        ("203.0.113.7/24", "write 203.0.113.0/24"),
        ("0.0.0.0/0", "leave `networks` out"),
        ("10.0.0.0/8", "write the public addresses"),
    ];
    for (wrong, advice) in networks {
        let error: NetworkError = wrong.parse::<Network>().unwrap_err();
        told.of(&error, Kind::Usage);
        assert!(format!("{:?}", error.next()).contains(advice), "{wrong}: {:?}", error.next());
    }
    let hours =
        ["always", "Someday 08:00-18:00 UTC", "Mon 8-18 UTC", "Mon 08:00-08:00 UTC", "Mon 08:00-18:00 Mars"];
    for wrong in hours {
        let error: HoursError = wrong.parse::<Hours>().unwrap_err();
        told.of(&error, Kind::Usage);
    }
    let roles =
        ["engineer", "arn:aws:iam::111122223333:role/jit/*", "arn:aws:iam::111122223333:role/engineer"];
    for wrong in roles {
        let error: RequestRoleError = wrong.parse::<RequestRole>().unwrap_err();
        told.of(&error, Kind::Usage);
    }
    for wrong in ["{", "{}"] {
        let error: AllowError = Allow::parse(wrong).unwrap_err();
        told.of(&error, Kind::Usage);
    }
    for error in cases::parse("alice wants deploy\nalice asks deploy soon -> granted 1h\nx").unwrap_err() {
        told.of(&error, Kind::Usage);
    }
    assert!("x".parse::<Id>().is_err() && "bob".parse::<UserId>().is_err() && "x".parse::<Hash>().is_err());
    assert!(told.advice.len() >= 14, "{:#?}", told.advice);
}
