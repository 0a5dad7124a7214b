//! Random policies and requests, similar enough that conditions matter, without what the simulator is known
//! to evaluate differently (`differences.rs`).

use iam_evaluate::{Kind, ParseError, Policies, Policy, Principal, Request};
use serde_json::{Map, Value, json};

/// Random numbers, the same ones for the same seed (splitmix64).
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    fn number(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
    fn percent(&mut self, chance: u64) -> bool {
        self.number(100) < chance
    }
    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[usize::try_from(self.number(from.len() as u64)).unwrap()]
    }
    /// Between one and `most` of them.
    fn some(&mut self, from: &[&str], most: u64) -> Vec<String> {
        (0..=self.number(most)).map(|_| self.pick(from).to_owned()).collect()
    }
}

const HERE: &str = "111122223333";
const THERE: &str = "444455556666";
const ROLE: &str = "arn:aws:iam::111122223333:role/admin";
const USER: &str = "arn:aws:iam::111122223333:user/bob";

/// A condition key: its operators, typical values in policies, typical values in requests, whether it can
/// have several.
type Key = (&'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str], bool);

const KEYS: [Key; 9] = [
    (
        "aws:userid",
        &[
            "StringEquals",
            "StringNotEquals",
            "StringLike",
            "StringNotLike",
            "StringEqualsIgnoreCase",
            "StringNotEqualsIgnoreCase",
        ],
        &[
            "AROA:alice",
            "aroa:ALICE",
            "*:alice",
            "AROA:?????",
            "*:${aws:PrincipalTag/name}",
            "*:${aws:PrincipalTag/none, 'bob'}",
        ],
        &["AROA:alice", "AROA:bob", "AROA:ALICE", "A*"],
        false,
    ),
    (
        "aws:PrincipalTag/team",
        &["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase"],
        &["pay", "Pay", "p*", "p?y", "*", "${aws:PrincipalTag/name}"],
        &["pay", "PAY", "pay-admin", "alice"],
        false,
    ),
    (
        "aws:MultiFactorAuthAge",
        &[
            "NumericEquals",
            "NumericNotEquals",
            "NumericLessThan",
            "NumericLessThanEquals",
            "NumericGreaterThan",
            "NumericGreaterThanEquals",
        ],
        &["10", "9", "300", "0"],
        &["10", "100", "9", "0"],
        false,
    ),
    (
        "aws:CurrentTime",
        &[
            "DateEquals",
            "DateNotEquals",
            "DateLessThan",
            "DateLessThanEquals",
            "DateGreaterThan",
            "DateGreaterThanEquals",
        ],
        &["2026-11-28T12:00:00Z", "2026-11-28T11:59:59Z", "2026-11-29T00:00:00Z"],
        &["2026-11-28T12:00:00Z", "2026-11-28T11:59:59Z", "2026-11-30T00:00:00Z"],
        false,
    ),
    ("aws:SecureTransport", &["Bool"], &["true", "false"], &["true", "false"], false),
    (
        "aws:SourceIp",
        &["IpAddress", "NotIpAddress"],
        &["203.0.113.0/24", "203.0.113.7/32", "10.0.0.0/8", "2001:db8::/32", "2001:db8:0:1::/64"],
        &["203.0.113.7", "10.1.2.3", "2001:db8::1", "2001:db8:0:1::5", "8.8.8.8"],
        false,
    ),
    (
        "aws:SourceArn",
        &["ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike"],
        &[
            "arn:aws:sns:*:111122223333:topic",
            "arn:aws:sns:eu-west-1:111122223333:t*",
            "arn:aws:s3:::bucket",
            "arn:aws:*:*:*:*",
        ],
        &[
            "arn:aws:sns:eu-west-1:111122223333:topic",
            "arn:aws:sns:us-east-1:444455556666:topic",
            "arn:aws:s3:::bucket",
        ],
        false,
    ),
    (
        "aws:TagKeys",
        &["StringEquals", "StringLike", "StringNotEquals", "StringNotLike"],
        &["team", "cost", "t*", "name"],
        &["team", "cost", "name", "Team"],
        true,
    ),
    (
        "aws:PrincipalTag/name",
        &["StringEquals", "StringNotEquals", "StringLike"],
        &["alice", "bob", "a*"],
        &["alice", "bob"],
        false,
    ),
];

pub(crate) struct Case {
    caller: &'static str,
    action: &'static str,
    resource: &'static str,
    owner: &'static str,
    context: Vec<(&'static str, Vec<String>)>,
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Value>,
    resource_policy: Option<Value>,
    service_control: Vec<Value>,
}

impl Case {
    pub(crate) fn new(dice: &mut Dice) -> Self {
        let mut context = Vec::new();
        for (key, _, _, values, several) in KEYS {
            if dice.percent(75) || key == "aws:PrincipalTag/name" {
                let most = if several { 3 } else { 1 };
                let mut values: Vec<String> = dice.some(values, most);
                values.dedup();
                context.push((key, values));
            }
        }
        let caller = dice.pick(&["alice", "bob"]);
        let resource_policy = dice.percent(50).then(|| document(dice, true, 75));
        let names_session = resource_policy.as_ref().is_some_and(|policy| {
            let text = policy.to_string();
            [r#""Principal":"*""#, r#""AWS":"*""#, ":assumed-role/"].iter().any(|name| text.contains(name))
        });
        Self {
            caller,
            action: dice.pick(&["s3:GetObject", "s3:PutObject", "s3:getobject"]),
            resource: dice.pick(&[
                "arn:aws:s3:::bucket/a/b",
                "arn:aws:s3:::bucket/alice/x",
                "arn:aws:s3:::other/a",
            ]),
            owner: if dice.percent(75) { HERE } else { THERE },
            context,
            identity: (0..dice.number(3)).map(|_| document(dice, false, 70)).collect(),
            boundary: dice.percent(30).then(|| document(dice, false, 85)),
            session: (caller == "alice" && !names_session && dice.percent(25))
                .then(|| document(dice, false, 85)),
            resource_policy,
            service_control: (0..dice.number(3)).map(|_| document(dice, false, 92)).collect(),
        }
    }

    pub(crate) fn simulation(&self) -> Value {
        let principal = match self.caller {
            "alice" => "arn:aws:sts::111122223333:assumed-role/admin/alice",
            _ => USER,
        };
        let mut context = Map::new();
        for (key, values) in &self.context {
            let value = if *key == "aws:TagKeys" { json!(values) } else { json!(values[0]) };
            context.insert((*key).to_owned(), value);
        }
        let named = |policies: &mut dyn Iterator<Item = &Value>| -> Vec<Value> {
            policies
                .enumerate()
                .map(|(at, policy)| json!({"name": format!("p{at}"), "policy": policy}))
                .collect()
        };
        let levels = self.service_control.iter().enumerate().map(|(at, policy)| {
            json!({"orgIdentifier": format!("ou-{at}"), "policies": [{"name": "p", "policy": policy}]})
        });
        let mut simulation = json!({
            "request": {
                "principal": principal,
                "action": self.action,
                "resource": {"resource": self.resource, "accountId": self.owner},
                "contextVariables": context,
            },
            "identityPolicies": named(&mut self.identity.iter()),
            "serviceControlPolicies": levels.collect::<Vec<_>>(),
            "resourceControlPolicies": [],
        });
        if let Some(policy) = &self.boundary {
            simulation["permissionBoundaryPolicies"] = json!(named(&mut std::iter::once(policy)));
        }
        if let Some(policy) = &self.session {
            simulation["sessionPolicy"] = policy.clone();
        }
        if let Some(policy) = &self.resource_policy {
            simulation["resourcePolicy"] = policy.clone();
        }
        simulation
    }

    pub(crate) fn policies(&self) -> Result<Policies, ParseError> {
        let read = |kind, policy: &Value| Policy::parse("p", kind, policy.to_string().as_bytes());
        Ok(Policies {
            identity: self
                .identity
                .iter()
                .map(|policy| read(Kind::Identity, policy))
                .collect::<Result<_, _>>()?,
            boundary: self.boundary.iter().map(|policy| read(Kind::Boundary, policy)).next().transpose()?,
            session: match &self.session {
                Some(policy) => Some(vec![read(Kind::Session, policy)?]),
                None => None,
            },
            resource: self
                .resource_policy
                .iter()
                .map(|policy| read(Kind::Resource, policy))
                .next()
                .transpose()?,
            service_control: self
                .service_control
                .iter()
                .map(|policy| read(Kind::ServiceControl, policy).map(|policy| vec![policy]))
                .collect::<Result<_, _>>()?,
            ..Policies::default()
        })
    }

    pub(crate) fn request(&self) -> Request {
        let caller = match self.caller {
            "alice" => Principal::session(ROLE, "alice").unwrap(),
            _ => Principal::from_arn(USER).unwrap(),
        };
        let mut request = Request::new(caller, self.action, self.resource).in_account(self.owner);
        for (key, values) in &self.context {
            request = request.with(key, values.iter().cloned());
        }
        request
    }
}

/// A document whose statements mostly have the wanted effect.
fn document(dice: &mut Dice, principals: bool, allow: u64) -> Value {
    let statements: Vec<Value> = (0..=dice.number(3)).map(|_| statement(dice, principals, allow)).collect();
    let old = dice.percent(10) && statements.iter().all(|statement| !statement.to_string().contains("${"));
    json!({"Version": if old { "2008-10-17" } else { "2012-10-17" }, "Statement": statements})
}

fn statement(dice: &mut Dice, principals: bool, allow: u64) -> Value {
    let mut statement = json!({"Effect": if dice.percent(allow) { "Allow" } else { "Deny" }});
    if principals {
        let names: [Value; 8] = [
            json!("*"),
            json!({"AWS": "*"}),
            json!({"AWS": HERE}),
            json!({"AWS": [format!("arn:aws:iam::{HERE}:root")]}),
            json!({"AWS": ROLE}),
            json!({"AWS": "arn:aws:sts::111122223333:assumed-role/admin/alice"}),
            json!({"AWS": [USER, THERE]}),
            json!({"Service": "lambda.amazonaws.com"}),
        ];
        statement["Principal"] = names[usize::try_from(dice.number(8)).unwrap()].clone();
        if dice.percent(8) {
            // AWS advises against it with Allow, and names a session in full.
            let session = "arn:aws:sts::111122223333:assumed-role/admin/alice";
            let root = format!("arn:aws:iam::{HERE}:root");
            statement["Effect"] = json!("Deny");
            statement["NotPrincipal"] = json!({"AWS": [root.as_str(), ROLE, session, USER]});
            statement.as_object_mut().unwrap().remove("Principal");
        }
    }
    let not =
        |dice: &mut Dice, name: &str| if dice.percent(88) { name.to_owned() } else { format!("Not{name}") };
    let action = not(dice, "Action");
    statement[action] =
        json!(dice.some(&["s3:*", "*", "s3:Get*", "S3:PutObject", "s3:?etObject", "iam:*", "s3:Get*"], 2));
    let resource = not(dice, "Resource");
    let resources = [
        "*",
        "*",
        "arn:aws:s3:::bucket/*",
        "arn:aws:s3:::bucket/?/b",
        "arn:aws:s3:::*",
        "arn:aws:s3:::bucket/${aws:PrincipalTag/name}/*",
        "arn:aws:s3:::bucket/${aws:PrincipalTag/name, 'a'}/*",
        "arn:*:s3:::other/*",
    ];
    statement[resource] = json!(dice.some(&resources, 2));
    if dice.percent(50) {
        let mut operators = Map::new();
        for _ in 0..=dice.number(2) {
            let (key, known, values, _, several) = dice.pick(&KEYS);
            let mut operator = dice.pick(known).to_owned();
            if several {
                operator = format!("{}{operator}", dice.pick(&["ForAllValues:", "ForAnyValue:"]));
            }
            if dice.percent(20) && !operator.starts_with("ForAny") {
                operator += "IfExists";
            }
            let mut values = json!(dice.some(values, 2));
            if dice.percent(10) {
                operator = "Null".to_owned();
                values = json!(dice.pick(&["true", "false"]));
            }
            let key = if dice.percent(10) { key.to_uppercase() } else { key.to_owned() };
            operators.entry(operator).or_insert_with(|| json!({}))[key] = values;
        }
        statement["Condition"] = Value::Object(operators);
    }
    statement
}
