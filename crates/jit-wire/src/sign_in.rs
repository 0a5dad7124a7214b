//! When and how a person signed in, as the IdP reports it, and what a role requires of that.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::timestamp::{Timestamp, duration};

/// How many values of `acr` or `amr` are kept from an IdP, and how many characters of each.
const MOST_VALUES: usize = 20;
const LONGEST_VALUE: usize = 200;
/// A sign-in further in the future than this is not trusted: one of the two clocks is wrong.
const AHEAD: Duration = Duration::from_secs(10 * 60);

/// When and how the person behind a login or a session signed in, as far as the IdP reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignIn {
    /// `auth_time` of an ID token, `AuthnInstant` of an assertion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// `acr` of an ID token, with Entra's `acrs`; `AuthnContextClassRef` of an assertion.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub acr: Vec<String>,
    /// `amr` of an ID token (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
}

impl SignIn {
    /// A sign-in with the values that an IdP sent. Values that are too long for any configuration are left
    /// out.
    pub fn new(
        at: Option<Timestamp>,
        acr: impl IntoIterator<Item = String>,
        amr: impl IntoIterator<Item = String>,
    ) -> Self {
        fn kept(values: impl IntoIterator<Item = String>) -> Vec<String> {
            let fits = |value: &String| (1..=LONGEST_VALUE).contains(&value.len());
            values.into_iter().filter(fits).take(MOST_VALUES).collect()
        }
        Self { at, acr: kept(acr), amr: kept(amr) }
    }

    /// Whether the IdP reported nothing.
    pub fn is_unknown(&self) -> bool {
        *self == Self::default()
    }

    /// What is known after a renewal without the person, which reported `renewed`. It is still the same
    /// sign-in, so it cannot become newer, whatever the IdP says.
    #[must_use]
    pub fn followed_by(&self, renewed: Self) -> Self {
        let at = self.at.map(|before| renewed.at.map_or(before, |after| after.min(before)));
        let or = |after: Vec<String>, before: &Vec<String>| {
            if after.is_empty() { before.clone() } else { after }
        };
        Self { at, acr: or(renewed.acr, &self.acr), amr: or(renewed.amr, &self.amr) }
    }

    /// `signed in 14:05 (mfa, hwk; acr phr)`, in the IdP's own words, which the caller escapes before
    /// printing. `None` if nothing is known.
    pub fn in_words(&self, clock_time: impl Fn(Timestamp) -> String) -> Option<String> {
        let acr = (!self.acr.is_empty()).then(|| format!("acr {}", self.acr.join(", ")));
        let amr = (!self.amr.is_empty()).then(|| self.amr.join(", "));
        let how: Vec<String> = amr.into_iter().chain(acr).collect();
        let when = self.at.map(|at| format!("signed in {}", clock_time(at)));
        match (when, how.is_empty()) {
            (None, true) => None,
            (Some(when), true) => Some(when),
            (when, false) => Some(format!("{} ({})", when.as_deref().unwrap_or("signed in"), how.join("; "))),
        }
    }

    /// For `--json`.
    pub fn to_json(&self) -> serde_json::Value {
        json!({ "at": self.at.map(Timestamp::to_rfc3339), "acr": self.acr, "amr": self.amr })
    }
}

/// The requirements of a role, and of every role on the way to it, for the sign-in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requirement {
    /// Its maximum age.
    pub max_age: Option<Duration>,
    /// Lists; one value of each is required.
    pub acr: Vec<Vec<String>>,
    /// Methods that are all required.
    pub amr: BTreeSet<String>,
}

/// What a sign-in lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shortfall {
    /// It was too long ago.
    Old {
        /// The required maximum.
        max_age: Duration,
        /// The time of the sign-in.
        at: Timestamp,
    },
    /// By this machine's clock, it was in the future.
    Ahead {
        /// The time of the sign-in.
        at: Timestamp,
    },
    /// The IdP does not report its time.
    NoTime {
        /// The required maximum.
        max_age: Duration,
    },
    /// Its `acr` is not a required one.
    Acr {
        /// One of these is required.
        wanted: Vec<String>,
        /// The actual ones.
        got: Vec<String>,
    },
    /// Some required methods were not used.
    Amr {
        /// The missing methods.
        missing: Vec<String>,
        /// The actual methods.
        got: Vec<String>,
    },
}

impl Requirement {
    /// Whether nothing is required.
    pub fn is_empty(&self) -> bool {
        self.max_age.is_none() && self.acr.is_empty() && self.amr.is_empty()
    }

    /// Adds these requirements.
    pub fn add(&mut self, max_age: Option<Duration>, acr: Option<&[String]>, amr: Option<&[String]>) {
        self.max_age = self.max_age.into_iter().chain(max_age).min();
        if let Some(list) = acr
            && !self.acr.iter().any(|known| known == list)
        {
            self.acr.push(list.to_vec());
        }
        self.amr.extend(amr.into_iter().flatten().cloned());
    }

    /// Whether `sign_in` is sufficient `now`.
    ///
    /// # Errors
    /// The first [`Shortfall`].
    pub fn allows(&self, sign_in: &SignIn, now: Timestamp) -> Result<(), Shortfall> {
        if let Some(max_age) = self.max_age {
            let at = sign_in.at.ok_or(Shortfall::NoTime { max_age })?;
            if at.since(now) > AHEAD {
                return Err(Shortfall::Ahead { at });
            }
            if now.since(at) > max_age {
                return Err(Shortfall::Old { max_age, at });
            }
        }
        if let Some(wanted) = self.acr.iter().find(|list| !list.iter().any(|one| sign_in.acr.contains(one))) {
            return Err(Shortfall::Acr { wanted: wanted.clone(), got: sign_in.acr.clone() });
        }
        let missing: Vec<_> = self.amr.iter().filter(|one| !sign_in.amr.contains(one)).cloned().collect();
        match missing.is_empty() {
            true => Ok(()),
            false => Err(Shortfall::Amr { missing, got: sign_in.amr.clone() }),
        }
    }

    /// The values of `acr` to request from an IdP: those in every list, or else all of them.
    pub fn acr_to_ask_for(&self) -> Vec<String> {
        let of_every = |value: &&String| self.acr.iter().all(|list| list.contains(value));
        let common: Vec<String> = self.acr.first().into_iter().flatten().filter(of_every).cloned().collect();
        let all = || {
            self.acr.iter().flatten().fold(Vec::new(), |mut seen: Vec<String>, one| {
                if !seen.contains(one) {
                    seen.push(one.clone());
                }
                seen
            })
        };
        if common.is_empty() { all() } else { common }
    }
}

impl Shortfall {
    /// What is required and what there is, to continue a sentence that ends with `needs`. Escape it before
    /// printing.
    pub fn in_words(&self, clock_time: impl Fn(Timestamp) -> String) -> String {
        let listed = |got: &[String]| if got.is_empty() { "none".to_owned() } else { got.join(", ") };
        match self {
            Self::Old { max_age, at } => {
                format!("a sign-in within the last {}; yours is from {}", duration(*max_age), clock_time(*at))
            }
            Self::Ahead { at } => format!(
                "a recent sign-in; yours is from {}, which is in the future by this machine's clock",
                clock_time(*at)
            ),
            Self::NoTime { max_age } => format!(
                "a sign-in within the last {}, and the IdP does not say when you signed in",
                duration(*max_age)
            ),
            Self::Acr { wanted, got } => {
                format!("a sign-in with acr {}; yours has {}", wanted.join(" or "), listed(got))
            }
            Self::Amr { missing, got } => {
                format!("a sign-in with amr {}; yours has {}", missing.join(", "), listed(got))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp(1_795_176_000);

    fn words(list: &str) -> Vec<String> {
        list.split_whitespace().map(str::to_owned).collect()
    }

    fn sign_in(age: Option<i64>, acr: &str, amr: &str) -> SignIn {
        SignIn::new(age.map(|age| Timestamp(NOW.0 - age)), words(acr), words(amr))
    }

    fn requirement(max_age: Option<u64>, acr: &[&str], amr: &str) -> Requirement {
        let acr = acr.iter().map(|list| words(list)).collect();
        Requirement { max_age: max_age.map(Duration::from_secs), acr, amr: words(amr).into_iter().collect() }
    }

    #[test]
    fn an_insufficient_sign_in_reports_what_it_lacks() {
        let clock = |at: Timestamp| format!("{} s ago", NOW.0 - at.0);
        // The age in seconds, acr and amr of the sign-in; the required ones; what it lacks.
        let cases = [
            (None, "", "", requirement(None, &[], ""), ""),
            (Some(900), "", "", requirement(Some(900), &[], ""), ""),
            (Some(-60), "", "", requirement(Some(900), &[], ""), ""),
            (
                Some(901),
                "",
                "",
                requirement(Some(900), &[], ""),
                "a sign-in within the last 15 min; yours is from 901 s ago",
            ),
            (
                Some(-601),
                "",
                "",
                requirement(Some(900), &[], ""),
                "a recent sign-in; yours is from -601 s ago, which is in the future by this machine's clock",
            ),
            (
                None,
                "phr",
                "hwk",
                requirement(Some(900), &[], ""),
                "a sign-in within the last 15 min, and the IdP does not say when you signed in",
            ),
            (None, "phr", "", requirement(None, &["phr phrh"], ""), ""),
            (None, "c1 c2", "", requirement(None, &["c1", "c2 c3"], ""), ""),
            (
                None,
                "c1",
                "",
                requirement(None, &["c1", "c2 c3"], ""),
                "a sign-in with acr c2 or c3; yours has c1",
            ),
            (None, "PHR", "", requirement(None, &["phr"], ""), "a sign-in with acr phr; yours has PHR"),
            (None, "", "", requirement(None, &["phr"], ""), "a sign-in with acr phr; yours has none"),
            (None, "", "pwd hwk mfa", requirement(None, &[], "mfa hwk"), ""),
            (
                None,
                "",
                "pwd",
                requirement(None, &[], "pwd mfa hwk"),
                "a sign-in with amr hwk, mfa; yours has pwd",
            ),
        ];
        for (age, acr, amr, wanted, expected) in cases {
            let outcome = wanted.allows(&sign_in(age, acr, amr), NOW);
            let lacks = outcome.err().map(|shortfall| shortfall.in_words(clock)).unwrap_or_default();
            assert_eq!(lacks, expected, "{age:?} {acr} {amr} {wanted:?}");
        }
    }

    #[test]
    fn a_sign_in_is_shown_as_far_as_it_is_known() {
        let cases = [
            (sign_in(None, "", ""), None),
            (sign_in(Some(0), "", ""), Some("signed in 14:05")),
            (sign_in(Some(0), "phr", "mfa hwk"), Some("signed in 14:05 (mfa, hwk; acr phr)")),
            (sign_in(None, "phr", ""), Some("signed in (acr phr)")),
            (sign_in(None, "", "pwd"), Some("signed in (pwd)")),
        ];
        for (sign_in, expected) in cases {
            assert_eq!(sign_in.in_words(|_| "14:05".to_owned()).as_deref(), expected, "{sign_in:?}");
        }
    }

    /// What was known, what a renewal reports, and what is known then.
    #[test]
    fn a_renewal_does_not_make_a_sign_in_newer() {
        let cases = [
            (sign_in(Some(500), "phr", "hwk"), sign_in(Some(0), "", ""), sign_in(Some(500), "phr", "hwk")),
            (sign_in(Some(500), "phr", "hwk"), sign_in(Some(900), "", ""), sign_in(Some(900), "phr", "hwk")),
            (sign_in(Some(500), "phr", ""), sign_in(None, "low", "pwd"), sign_in(Some(500), "low", "pwd")),
            (sign_in(None, "", ""), sign_in(Some(0), "", ""), sign_in(None, "", "")),
        ];
        for (before, renewed, expected) in cases {
            assert_eq!(before.followed_by(renewed.clone()), expected, "{before:?} {renewed:?}");
        }
    }

    #[test]
    fn an_idp_is_asked_for_what_satisfies_all_roles() {
        let cases = [
            (&[][..], ""),
            (&["a b"], "a b"),
            (&["a b", "b c"], "b"),
            (&["a", "b"], "a b"),
            (&["a b", "c a", "a"], "a"),
        ];
        for (lists, expected) in cases {
            assert_eq!(requirement(None, lists, "").acr_to_ask_for(), words(expected), "{lists:?}");
        }
    }

    #[test]
    fn the_values_kept_from_an_idp_are_limited() {
        let many = (0..1000).map(|number| number.to_string());
        let long = ["x".repeat(201), "x".repeat(200), String::new()];
        let kept = SignIn::new(None, many, long);
        assert_eq!((kept.acr.len(), kept.amr.len()), (MOST_VALUES, 1));
    }

    fn some_sign_in() -> impl Strategy<Value = SignIn> {
        let values = || proptest::collection::vec("[a-d]", 0..4);
        (proptest::option::of(-1000..4000i64), values(), values())
            .prop_map(|(age, acr, amr)| SignIn::new(age.map(|age| Timestamp(NOW.0 - age)), acr, amr))
    }

    fn some_requirement() -> impl Strategy<Value = Requirement> {
        let acr = proptest::collection::vec(proptest::collection::vec("[a-d]", 1..3), 0..3);
        let amr = proptest::collection::btree_set("[a-d]", 0..3);
        (proptest::option::of(0..4000u64), acr, amr).prop_map(|(age, acr, amr)| Requirement {
            max_age: age.map(Duration::from_secs),
            acr,
            amr,
        })
    }

    proptest! {
        /// Two requirements together allow what both of them allow, and nothing else.
        #[test]
        fn requirements_combine(one in some_requirement(), other in some_requirement(), sign_in in some_sign_in()) {
            let mut both = one.clone();
            both.add(other.max_age, None, Some(&other.amr.iter().cloned().collect::<Vec<_>>()));
            other.acr.iter().for_each(|list| both.add(None, Some(list), None));
            let each = one.allows(&sign_in, NOW).is_ok() && other.allows(&sign_in, NOW).is_ok();
            prop_assert_eq!(both.allows(&sign_in, NOW).is_ok(), each);
        }

        /// A sign-in that is too old stays too old, and a renewal never changes that.
        #[test]
        fn waiting_never_makes_a_sign_in_sufficient(demand in some_requirement(), sign_in in some_sign_in(), later in 0..5000i64) {
            let demand = Requirement { acr: Vec::new(), amr: BTreeSet::new(), ..demand };
            let then = Timestamp(NOW.0 + later);
            let old = matches!(demand.allows(&sign_in, NOW), Err(Shortfall::Old { .. } | Shortfall::NoTime { .. }));
            if old {
                prop_assert!(demand.allows(&sign_in, then).is_err());
                let renewed = sign_in.followed_by(SignIn { at: Some(then), ..SignIn::default() });
                prop_assert!(demand.allows(&renewed, then).is_err());
            }
        }

        /// The stored form is read as it was written.
        #[test]
        fn it_reads_back(sign_in in some_sign_in()) {
            let text = serde_json::to_string(&sign_in).unwrap();
            prop_assert_eq!(serde_json::from_str::<SignIn>(&text).unwrap(), sign_in);
        }
    }
}
