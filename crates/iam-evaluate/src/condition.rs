//! Conditions: an operator, a condition key, and the values to compare it with.

use std::net::IpAddr;

use crate::arn::ArnPattern;
use crate::pattern::{Pattern, Reading};
use crate::request::Request;
use crate::value::{Decimal, Network, is_base64, moment};

/// How several values of the request are combined.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Quantifier {
    One,
    All,
    Any,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Test {
    Text,
    TextIgnoringCase,
    TextLike,
    Number(Order),
    Date(Order),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Order {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    fn holds<T: Ord>(self, value: &T, limit: &T) -> bool {
        match self {
            Self::Equal => value == limit,
            Self::Less => value < limit,
            Self::LessOrEqual => value <= limit,
            Self::Greater => value > limit,
            Self::GreaterOrEqual => value >= limit,
        }
    }
}

/// The operators without prefix and suffix: name, test, whether it is negated.
const OPERATORS: [(&str, Test, bool); 27] = [
    ("StringEquals", Test::Text, false),
    ("StringNotEquals", Test::Text, true),
    ("StringEqualsIgnoreCase", Test::TextIgnoringCase, false),
    ("StringNotEqualsIgnoreCase", Test::TextIgnoringCase, true),
    ("StringLike", Test::TextLike, false),
    ("StringNotLike", Test::TextLike, true),
    ("NumericEquals", Test::Number(Order::Equal), false),
    ("NumericNotEquals", Test::Number(Order::Equal), true),
    ("NumericLessThan", Test::Number(Order::Less), false),
    ("NumericLessThanEquals", Test::Number(Order::LessOrEqual), false),
    ("NumericGreaterThan", Test::Number(Order::Greater), false),
    ("NumericGreaterThanEquals", Test::Number(Order::GreaterOrEqual), false),
    ("DateEquals", Test::Date(Order::Equal), false),
    ("DateNotEquals", Test::Date(Order::Equal), true),
    ("DateLessThan", Test::Date(Order::Less), false),
    ("DateLessThanEquals", Test::Date(Order::LessOrEqual), false),
    ("DateGreaterThan", Test::Date(Order::Greater), false),
    ("DateGreaterThanEquals", Test::Date(Order::GreaterOrEqual), false),
    ("Bool", Test::Bool, false),
    ("BinaryEquals", Test::Binary, false),
    ("IpAddress", Test::Ip, false),
    ("NotIpAddress", Test::Ip, true),
    ("ArnEquals", Test::Arn, false),
    ("ArnLike", Test::Arn, false),
    ("ArnNotEquals", Test::Arn, true),
    ("ArnNotLike", Test::Arn, true),
    ("Null", Test::Null, false),
];

/// A value as it is compared.
#[derive(Debug, Clone, PartialEq)]
enum Comparand {
    Text(Pattern),
    Number(Decimal),
    Date(i128),
    Bool(bool),
    Binary(String),
    Network(Network),
    Arn(ArnPattern),
}

/// One operator with one key and its values.
#[derive(Debug, Clone, PartialEq)]
pub struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
    lower_key: String,
    quantifier: Quantifier,
    test: Test,
    negated: bool,
    if_exists: bool,
    wanted: Vec<Comparand>,
}

impl Condition {
    /// Reads a condition; the error says what is wrong.
    pub(crate) fn parse(
        operator: &str,
        key: &str,
        values: Vec<String>,
        variables: bool,
    ) -> Result<Self, String> {
        let (quantifier, rest) = if let Some(rest) = operator.strip_prefix("ForAllValues:") {
            (Quantifier::All, rest)
        } else if let Some(rest) = operator.strip_prefix("ForAnyValue:") {
            (Quantifier::Any, rest)
        } else {
            (Quantifier::One, operator)
        };
        let (name, if_exists) = match rest.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (rest, false),
        };
        let known = OPERATORS.iter().find(|(known, ..)| *known == name);
        let Some(&(_, test, negated)) = known else { return Err("unknown condition operator".to_owned()) };
        if test == Test::Null && (if_exists || quantifier != Quantifier::One) {
            return Err("Null is neither quantified nor optional".to_owned());
        }
        if key.is_empty() || key.chars().any(char::is_control) {
            return Err("a condition key has no name".to_owned());
        }
        let wanted = values.iter().map(|value| {
            Comparand::parse(test, value, variables).map_err(|why| format!("{why}: {:?}", clip(value)))
        });
        Ok(Self {
            wanted: wanted.collect::<Result<_, _>>()?,
            operator: operator.to_owned(),
            lower_key: key.to_lowercase(),
            key: key.to_owned(),
            values,
            quantifier,
            test,
            negated,
            if_exists,
        })
    }

    /// The operator as written: `ForAllValues:StringLikeIfExists`.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// The condition key as written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The values as written.
    #[must_use]
    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The values that the request has for the key; none if it is absent.
    #[must_use]
    pub fn values_in<'r>(&self, request: &'r Request) -> &'r [String] {
        request.values(&self.lower_key).unwrap_or_default()
    }

    pub(crate) fn holds(&self, request: &Request) -> bool {
        let found = self.values_in(request);
        if self.test == Test::Null {
            return self.wanted.contains(&Comparand::Bool(found.is_empty()));
        }
        if found.is_empty() {
            return self.if_exists
                || match self.quantifier {
                    Quantifier::One => self.negated,
                    Quantifier::All => true,
                    Quantifier::Any => false,
                };
        }
        let mut answers = found.iter().map(|value| self.value_holds(value, request));
        match self.quantifier {
            Quantifier::All => answers.all(|holds| holds),
            // AWS does not specify what a plain operator means for a key with several values.
            Quantifier::Any | Quantifier::One => answers.any(|holds| holds),
        }
    }

    /// Whether one value of the request satisfies the operator: equal to one of those wanted, or, negated, to
    /// none. A malformed value of the request satisfies neither.
    fn value_holds(&self, value: &str, request: &Request) -> bool {
        let mut malformed = false;
        let mut equal = |test: &dyn Fn(&Comparand) -> Option<bool>| {
            self.wanted.iter().any(|wanted| {
                test(wanted).unwrap_or_else(|| {
                    malformed = true;
                    false
                })
            })
        };
        let found = match self.test {
            Test::Text | Test::TextLike => {
                equal(&|wanted| Some(matches!(wanted, Comparand::Text(text) if text.matches(value, request))))
            }
            Test::TextIgnoringCase => equal(&|wanted| {
                let Comparand::Text(text) = wanted else { return Some(false) };
                Some(text.resolve(request).is_some_and(|text| text.to_lowercase() == value.to_lowercase()))
            }),
            Test::Number(order) => {
                let value = Decimal::parse(value);
                equal(&|wanted| match (wanted, &value) {
                    (Comparand::Number(limit), Some(value)) => Some(order.holds(value, limit)),
                    _ => None,
                })
            }
            Test::Date(order) => {
                let value = moment(value);
                equal(&|wanted| match (wanted, &value) {
                    (Comparand::Date(limit), Some(value)) => Some(order.holds(value, limit)),
                    _ => None,
                })
            }
            Test::Bool => equal(&|wanted| match wanted {
                Comparand::Bool(wanted) => boolean(value).map(|value| value == *wanted),
                _ => None,
            }),
            Test::Binary => {
                equal(&|wanted| Some(matches!(wanted, Comparand::Binary(wanted) if wanted == value)))
            }
            Test::Ip => {
                let value: Option<IpAddr> = value.parse().ok();
                equal(&|wanted| match (wanted, value) {
                    (Comparand::Network(network), Some(value)) => Some(network.contains(value)),
                    _ => None,
                })
            }
            Test::Arn => {
                equal(&|wanted| Some(matches!(wanted, Comparand::Arn(arn) if arn.matches(value, request))))
            }
            Test::Null => false,
        };
        !malformed && found != self.negated
    }
}

impl Comparand {
    fn parse(test: Test, text: &str, variables: bool) -> Result<Self, &'static str> {
        Ok(match test {
            Test::Text | Test::TextIgnoringCase => {
                Self::Text(Pattern::parse(text, Reading { wildcards: false, variables })?)
            }
            Test::TextLike => Self::Text(Pattern::parse(text, Reading { wildcards: true, variables })?),
            Test::Number(_) => Self::Number(Decimal::parse(text).ok_or("not a number")?),
            Test::Date(_) => Self::Date(moment(text).ok_or("not a date")?),
            Test::Bool | Test::Null => Self::Bool(boolean(text).ok_or("neither true nor false")?),
            Test::Binary => {
                Self::Binary(Some(text.to_owned()).filter(|text| is_base64(text)).ok_or("not base64")?)
            }
            Test::Ip => Self::Network(Network::parse(text).ok_or("not an IP address range")?),
            Test::Arn => Self::Arn(ArnPattern::of_condition(text, variables)?),
        })
    }
}

fn boolean(text: &str) -> Option<bool> {
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// The beginning of a foreign text, for messages.
pub(crate) fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}
