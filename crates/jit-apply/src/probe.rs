//! Calls that show what a session may do, for `jit doctor`. None of them changes anything, whatever AWS answers: a call reads,
//! or assumes a role whose session is dropped, or contains something that AWS cannot carry out once it has allowed it.

mod documents;

use std::rc::Rc;
use std::time::Duration;

use jit_wire::credentials::Credentials;
use jit_wire::http::HttpAnswer;
use jit_wire::secret::Secret;
use jit_wire::signed::{Addressing, Bucket, CallError, Caller, Endpoint, UnsignedRequest, list_buckets};
use jit_wire::timestamp::Timestamp;
use roxmltree::Document;

use crate::calls::AwsCalls;
use crate::iam::http::answers::{descendant, text_of};

pub use documents::RoleDocuments;

/// No call is waited for longer: there are many of them.
const WITHIN: Duration = Duration::from_secs(10);
/// The shortest session that STS issues, in seconds.
const SHORTEST: &str = "900";
/// The codes by which services say that a caller may not do something.
const REFUSALS: [&str; 4] =
    ["AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedAccess"];
/// What S3 and IAM answer to a request that is allowed and cannot be carried out.
const IMPOSSIBLE: [&str; 9] = [
    "BadDigest",
    "InvalidDigest",
    "NoSuchBucketPolicy",
    "NoSuchEntity",
    "NoSuchKey",
    "NoSuchUpload",
    "NoSuchVersion",
    "PreconditionFailed",
    "XAmzContentChecksumMismatch",
];
/// The role that is named where a call needs one that does not exist. The guard rail guards its name.
const NO_SUCH_ROLE: &str = "jit-doctor-no-such-role";

/// What a call showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProbeOutcome {
    /// AWS allows it.
    Allowed,
    /// AWS carried out a write that should have been impossible.
    Stored,
    /// AWS refuses it, with this text.
    Refused(String),
    /// Neither is certain, for this reason.
    Unclear(String),
}

impl ProbeOutcome {
    fn of<T>(answer: &Result<T, CallError>) -> Self {
        match answer {
            Ok(_) => Self::Allowed,
            Err(error) => match error.refusal() {
                Some(refusal) if REFUSALS.contains(&refusal.code.as_str()) => {
                    Self::Refused(refusal.message.clone())
                }
                Some(refusal) if IMPOSSIBLE.contains(&refusal.code.as_str()) => Self::Allowed,
                _ => Self::Unclear(error.to_string()),
            },
        }
    }

    /// The same, of a write that nobody can carry out.
    fn of_impossible<T>(answer: &Result<T, CallError>) -> Self {
        if answer.is_ok() { Self::Stored } else { Self::of(answer) }
    }
}

/// A call that reads something of no interest, to see whether a session may do anything in a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HarmlessCall {
    /// `s3:ListAllMyBuckets`
    ListBuckets,
    /// `iam:ListRoles`
    ListRoles,
    /// `ec2:DescribeRegions`
    DescribeRegions,
    /// `cloudtrail:LookupEvents`
    LookupEvents,
}

impl HarmlessCall {
    /// Each of them.
    pub const ALL: [Self; 4] =
        [Self::ListBuckets, Self::ListRoles, Self::DescribeRegions, Self::LookupEvents];

    /// Its action.
    pub fn action(self) -> &'static str {
        match self {
            Self::ListBuckets => "s3:ListAllMyBuckets",
            Self::ListRoles => "iam:ListRoles",
            Self::DescribeRegions => "ec2:DescribeRegions",
            Self::LookupEvents => "cloudtrail:LookupEvents",
        }
    }
}

/// A write to a bucket that cannot be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImpossibleWrite {
    /// A new object.
    Create,
    /// An object without the condition that it is new.
    Put,
    /// A part of a multipart upload.
    Part,
    /// The removal of a version.
    DeleteVersion,
}

/// How a role is asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct AskedRole<'a> {
    /// Its ARN.
    pub role: &'a str,
    /// The name of the session.
    pub name: &'a str,
    /// The source identity to set.
    pub source_identity: Option<&'a str>,
    /// A session tag to set.
    pub tag: Option<(&'a str, &'a str)>,
}

/// Where the services answer.
#[derive(Clone, Debug)]
pub struct ProbeEndpoints {
    /// STS.
    pub sts: Endpoint,
    /// IAM.
    pub iam: Endpoint,
    /// S3, in the region of the bucket.
    pub s3: Endpoint,
    /// EC2.
    pub ec2: Endpoint,
    /// CloudTrail.
    pub cloudtrail: Endpoint,
}

/// Makes the calls.
#[derive(Debug)]
pub struct ProbeCalls<'c> {
    calls: Rc<AwsCalls<'c>>,
    endpoints: ProbeEndpoints,
}

impl<'c> ProbeCalls<'c> {
    /// Calls to these endpoints.
    pub fn new(calls: Rc<AwsCalls<'c>>, endpoints: ProbeEndpoints) -> Self {
        Self { calls, endpoints }
    }

    fn call<T>(
        &self,
        endpoint: &Endpoint,
        by: &Credentials,
        call: impl AsyncFn(&Caller<'_>) -> Result<T, CallError>,
    ) -> Result<T, CallError> {
        let answer = self.calls.wait(async |now| {
            let caller = Caller { http: self.calls.http(), endpoint, credentials: by, now };
            match tokio::time::timeout(WITHIN, call(&caller)).await {
                Ok(answer) => answer.map(Some),
                Err(_) => Ok(None),
            }
        })?;
        let why = "it did not answer within 10 s";
        answer.ok_or(CallError::Answer { action: endpoint.url().authority().to_owned(), why })
    }

    fn query(
        &self,
        endpoint: &Endpoint,
        by: &Credentials,
        action: &str,
        parameters: &[(&str, &str)],
    ) -> Result<String, CallError> {
        text(action, self.call(endpoint, by, async |caller| caller.query(action, parameters).await)?)
    }

    fn bucket(
        &self,
        by: &Credentials,
        name: &str,
        request: impl Fn(&Bucket<'_>) -> Result<UnsignedRequest, CallError>,
    ) -> Result<HttpAnswer, CallError> {
        let bucket = Bucket::new(&self.endpoints.s3, name, Addressing::VirtualHost)?;
        self.call(&self.endpoints.s3, by, async |caller| caller.send(request(&bucket)?).await)
    }

    /// Whether `by` may make `call`.
    pub fn harmless(&self, by: &Credentials, call: HarmlessCall) -> ProbeOutcome {
        let ProbeEndpoints { iam, s3, ec2, cloudtrail, .. } = &self.endpoints;
        match call {
            HarmlessCall::ListBuckets => {
                ProbeOutcome::of(&self.call(s3, by, async |caller| list_buckets(caller).await))
            }
            HarmlessCall::ListRoles => {
                ProbeOutcome::of(&self.query(iam, by, "ListRoles", &[("MaxItems", "1")]))
            }
            HarmlessCall::DescribeRegions => ProbeOutcome::of(&self.query(ec2, by, "DescribeRegions", &[])),
            HarmlessCall::LookupEvents => {
                let input = serde_json::json!({ "MaxResults": 1 });
                let answer =
                    self.call(cloudtrail, by, async |caller| caller.json("LookupEvents", &input).await);
                ProbeOutcome::of(&answer)
            }
        }
    }

    /// Whether `by` may list what is in `bucket`.
    pub fn list(&self, by: &Credentials, bucket: &str) -> ProbeOutcome {
        ProbeOutcome::of(&self.bucket(by, bucket, |bucket| bucket.versions_request("policy/", None)))
    }

    /// Whether `by` may write `key` in `bucket` in this way.
    pub fn write(&self, by: &Credentials, bucket: &str, key: &str, how: ImpossibleWrite) -> ProbeOutcome {
        let answer = self.bucket(by, bucket, |bucket| match how {
            ImpossibleWrite::Create => bucket.impossible_put_request(key, true),
            ImpossibleWrite::Put => bucket.impossible_put_request(key, false),
            ImpossibleWrite::Part => bucket.impossible_part_request(key),
            ImpossibleWrite::DeleteVersion => bucket.impossible_delete_request(key),
        });
        match how {
            // Removing what does not exist succeeds.
            ImpossibleWrite::DeleteVersion => ProbeOutcome::of(&answer),
            _ => ProbeOutcome::of_impossible(&answer),
        }
    }

    /// Whether `by` may assume a role, and the session if so. It exists nowhere but here.
    pub fn assume(&self, by: &Credentials, asked: AskedRole<'_>) -> (ProbeOutcome, Option<Credentials>) {
        let mut parameters =
            vec![("RoleArn", asked.role), ("RoleSessionName", asked.name), ("DurationSeconds", SHORTEST)];
        parameters.extend(asked.source_identity.map(|value| ("SourceIdentity", value)));
        if let Some((key, value)) = asked.tag {
            parameters.extend([("Tags.member.1.Key", key), ("Tags.member.1.Value", value)]);
        }
        let answer = self.query(&self.endpoints.sts, by, "AssumeRole", &parameters).map(Secret::new);
        let session = answer.as_ref().ok().and_then(credentials_in);
        (ProbeOutcome::of(&answer), session)
    }

    /// Whether the guard rail keeps `by` from changing a role whose name it guards. There is no such role.
    pub fn change_missing_role(&self, by: &Credentials) -> ProbeOutcome {
        let parameters = [("RoleName", NO_SUCH_ROLE), ("TagKeys.member.1", "jit-doctor")];
        ProbeOutcome::of(&self.query(&self.endpoints.iam, by, "UntagRole", &parameters))
    }

    /// The account of a session, and its ARN.
    ///
    /// # Errors
    /// [`CallError`].
    pub fn identity(&self, by: &Credentials) -> Result<(String, String), CallError> {
        let answer = self.query(&self.endpoints.sts, by, "GetCallerIdentity", &[])?;
        let document = Document::parse(&answer).ok();
        let part = |name| {
            let node = document.as_ref().and_then(|document| descendant(document.root(), name));
            node.map(|node| text_of(node).to_owned())
        };
        part("Account")
            .zip(part("Arn"))
            .ok_or_else(|| unreadable("sts:GetCallerIdentity", "it does not say who the session belongs to"))
    }
}

fn unreadable(action: &str, why: &'static str) -> CallError {
    CallError::Answer { action: action.to_owned(), why }
}

fn text(action: &str, answer: HttpAnswer) -> Result<String, CallError> {
    String::from_utf8(answer.body.expose().clone()).map_err(|_| unreadable(action, "it is not text"))
}

/// The session in an answer of STS.
fn credentials_in(answer: &Secret<String>) -> Option<Credentials> {
    let document = Document::parse(answer.expose()).ok()?;
    let part = |name| descendant(document.root(), name).map(|node| text_of(node).to_owned());
    Credentials::new(
        part("AccessKeyId")?,
        Secret::new(part("SecretAccessKey")?),
        Secret::new(part("SessionToken")?),
        Timestamp::parse_rfc3339(&part("Expiration")?)?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use jit_wire::signed::Refusal;

    use super::*;

    #[test]
    fn only_a_refusal_is_one() {
        let of = |status, code: &str| {
            let (action, message) = ("s3:PutObject".to_owned(), "no".to_owned());
            let code = code.to_owned();
            let refusal = Refusal { action, status, code, message, request_id: None, region: None, at: None };
            ProbeOutcome::of_impossible::<()>(&Err(CallError::Refused(Box::new(refusal))))
        };
        for code in REFUSALS {
            assert_eq!(of(403, code), ProbeOutcome::Refused("no".to_owned()));
        }
        for code in IMPOSSIBLE {
            assert_eq!(of(400, code), ProbeOutcome::Allowed);
        }
        // Anything else says neither, and must not look like a refusal.
        for (status, code) in [
            (400, "ExpiredToken"),
            (403, "SignatureDoesNotMatch"),
            (403, "InvalidAccessKeyId"),
            (403, "RequestTimeTooSkewed"),
            (400, "InvalidRequest"),
            (403, "Unknown"),
            (503, "SlowDown"),
        ] {
            assert!(matches!(of(status, code), ProbeOutcome::Unclear(_)), "{code}");
        }
        assert_eq!(ProbeOutcome::of_impossible(&Ok(())), ProbeOutcome::Stored);
        assert_eq!(ProbeOutcome::of(&Ok(())), ProbeOutcome::Allowed);
    }
}
