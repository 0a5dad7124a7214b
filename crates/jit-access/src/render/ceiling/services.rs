//! What each ceiling lets people do, service by service, and why.

use super::Level;

/// A row: the actions of one service at each level. An empty list: that level may not use the service.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// As in `ec2:RunInstances`.
    pub prefix: &'static str,
    /// At [`Level::Read`].
    pub read: &'static [&'static str],
    /// At [`Level::Operate`].
    pub operate: &'static [&'static str],
    /// At [`Level::Admin`].
    pub admin: &'static [&'static str],
    /// Why the levels differ in this way.
    pub reason: &'static str,
}

impl Service {
    /// The actions at a level.
    pub fn actions(&self, level: Level) -> &'static [&'static str] {
        match level {
            Level::Read => self.read,
            Level::Operate => self.operate,
            Level::Admin => self.admin,
        }
    }
}

const fn row(
    prefix: &'static str,
    read: &'static [&'static str],
    operate: &'static [&'static str],
    admin: &'static [&'static str],
    reason: &'static str,
) -> Service {
    Service { prefix, read, operate, admin, reason }
}

const ALL: &[&str] = &["*"];
const SEEN: &[&str] = &["Describe*", "List*"];
const DESCRIBE: &[&str] = &["Describe*"];

/// Sorted by prefix. `Get*` is used only if none of its answers is content: objects, secrets, parameters,
/// code, log lines, messages, passwords, user data of instances.
pub const SERVICES: &[Service] = &[
    row("acm", SEEN, &["List*"], ALL, "certificates are metadata; exporting one gives a private key"),
    row("apigateway", &[], &[], ALL, "GET also reads the values of API keys, so it is not for `read`"),
    row("application-autoscaling", DESCRIBE, ALL, ALL, "operating includes scaling"),
    row("athena", &["List*"], ALL, ALL, "results of queries are content"),
    row(
        "autoscaling",
        &["DescribeAuto*", "DescribeScaling*"],
        ALL,
        ALL,
        "launch configurations hold user data",
    ),
    row("backup", SEEN, &[], ALL, "backups start and are restored under a role that has to be passed"),
    row("batch", &["List*"], ALL, ALL, "descriptions of jobs hold their environment"),
    row(
        "cloudformation",
        &["DescribeStack*", "List*"],
        &["Describe*", "List*"],
        ALL,
        "a stack with a service role does what that role may",
    ),
    row(
        "cloudfront",
        &[],
        &["CreateInvalidation"],
        ALL,
        "distributions, and lists of them, can hold secret headers",
    ),
    row(
        "cloudtrail",
        &["DescribeTrails", "GetTrailStatus", "LookupEvents"],
        &["LookupEvents"],
        &["Create*", "Describe*", "Get*", "List*", "LookupEvents", "Start*"],
        "nobody may stop or narrow the record",
    ),
    row("cloudwatch", &["Describe*", "Get*", "List*"], ALL, ALL, "metrics are numbers"),
    row("cognito-idp", &["DescribeUserPool", "ListUserPools"], &[], ALL, "users of the company's customers"),
    row("dynamodb", SEEN, ALL, ALL, "items are content"),
    row(
        "ec2",
        &[
            "DescribeA*",
            "DescribeH*",
            "DescribeImages",
            "DescribeInstanceStatus",
            "DescribeInstances",
            "DescribeN*",
            "DescribeR*",
            "DescribeSe*",
            "DescribeSn*",
            "DescribeSubnets",
            "DescribeT*",
            "DescribeVol*",
            "DescribeVpc*",
        ],
        &[
            "*Tags",
            "*Volume",
            "CreateSnapshot*",
            "Describe*",
            "Get*",
            "ModifyInstance*",
            "Reboot*",
            "RunInstances",
            "Start*",
            "Stop*",
            "Terminate*",
        ],
        ALL,
        "admins change networks; user data, launch templates and keys of VPN connections are content",
    ),
    row(
        "ecr",
        SEEN,
        &["*Image*", "*Layer*", "DescribeR*", "GetAuth*", "List*"],
        ALL,
        "pulling an image reads code; policies of repositories are for admins",
    ),
    row(
        "ecs",
        &["DescribeClusters", "DescribeServices", "List*"],
        ALL,
        ALL,
        "task definitions hold the environment",
    ),
    row(
        "eks",
        SEEN,
        &["AccessKubernetesApi", "Describe*", "List*", "Update*"],
        ALL,
        "new access entries are denied everywhere",
    ),
    row(
        "elasticache",
        DESCRIBE,
        &["Describe*", "Modify*", "Reboot*", "Test*"],
        ALL,
        "descriptions hold no data",
    ),
    row("elasticfilesystem", DESCRIBE, &["Client*", "Describe*"], ALL, "mounting reads files"),
    row("elasticloadbalancing", DESCRIBE, ALL, ALL, "people on call drain and register targets"),
    row("es", SEEN, &["Describe*", "ESHttp*", "List*"], ALL, "documents are content"),
    row(
        "events",
        &["Describe*", "List*"],
        &["Describe*", "DisableRule", "EnableRule", "List*", "PutEvents"],
        ALL,
        "rules are switched off in an incident",
    ),
    row("firehose", SEEN, &[], ALL, "destinations can hold access keys, which AWS hides"),
    row("glue", &["List*"], &["*JobRun*", "List*"], ALL, "connections hold passwords"),
    row("guardduty", &["Get*", "List*"], &[], &["Get*", "List*"], "nobody may silence the alarm"),
    row("health", DESCRIBE, &[], ALL, "the health of AWS's own services"),
    row(
        "iam",
        &["Get*", "List*"],
        &["Get*", "List*", "PassRole"],
        &["Get*", "List*", "PassRole", "Simulate*"],
        "no grant allows changing identities; PassRole only for the listed roles",
    ),
    row("kinesis", SEEN, ALL, ALL, "records are content"),
    row(
        "kms",
        &["Describe*", "GetKeyRotationStatus", "List*"],
        &["CreateGrant", "Decrypt", "Describe*", "Encrypt", "GenerateDataKey*", "List*", "ReEncrypt*"],
        ALL,
        "data keys only through a service; grants only for AWS's own use",
    ),
    row(
        "lambda",
        &["ListAliases", "ListEventSource*", "ListTags"],
        &["Get*", "Invoke*", "List*", "Publish*", "Update*"],
        ALL,
        "a list of functions holds their environment",
    ),
    row("logs", DESCRIBE, &["*Query*", "Describe*", "Filter*", "Get*"], ALL, "log lines are content"),
    row("organizations", SEEN, &[], SEEN, "accounts are changed elsewhere"),
    row("pi", &[], &[], ALL, "statements of a database can hold values"),
    row(
        "rds",
        &["DescribeDB*", "DescribeEvents"],
        &[
            "CreateDBSnapshot",
            "Describe*",
            "Failover*",
            "ListTags*",
            "ModifyDBInstance",
            "Reboot*",
            "Start*",
            "Stop*",
        ],
        ALL,
        "snapshots can be made but not shared",
    ),
    row("rds-db", &[], &["connect"], &["connect"], "signing in to a database with IAM"),
    row("redshift", &["DescribeClusters"], &[], ALL, "credentials of clusters are for admins"),
    row("resource-groups", &["List*"], &[], ALL, "finding things by tag"),
    row(
        "route53",
        &["Get*", "List*"],
        &["ChangeResourceRecordSets", "Get*", "List*"],
        ALL,
        "records are changed in an incident",
    ),
    row(
        "s3",
        &[
            "GetBucketLocation",
            "GetBucketTagging",
            "GetBucketVersioning",
            "GetLifecycleConfiguration",
            "ListAllMyBuckets",
            "ListBucket*",
        ],
        &["DeleteObject", "Get*", "List*", "PutObject"],
        ALL,
        "names of objects, but not their contents; admins change the policies of buckets",
    ),
    row(
        "secretsmanager",
        SEEN,
        &["Describe*", "GetSecretValue", "List*", "RotateSecret"],
        ALL,
        "values are not for `read`",
    ),
    row("servicequotas", &["Get*", "List*"], &[], ALL, "limits are numbers"),
    row("sns", &["Get*", "List*"], &["Get*", "List*", "Publish"], ALL, "subscribing somebody is for admins"),
    row(
        "sqs",
        &["GetQueue*", "ListQueue*"],
        &["*Message*", "Get*", "List*", "PurgeQueue"],
        ALL,
        "messages are content; policies of queues are for admins",
    ),
    row(
        "ssm",
        &["DescribeInstance*", "DescribeParameters", "ListAssociations"],
        &["*Command*", "*Session", "Describe*", "Get*", "PutParameter"],
        ALL,
        "values of parameters and outputs of commands are content",
    ),
    row("ssmmessages", &[], ALL, ALL, "the channel of a session"),
    row(
        "states",
        &["ListExecutions", "ListStateMachines"],
        &["Describe*", "List*", "Redrive*", "Start*", "Stop*"],
        ALL,
        "inputs of executions are content",
    ),
    row(
        "sts",
        &["GetCallerIdentity"],
        &["DecodeAuthorizationMessage", "GetCallerIdentity"],
        &["DecodeAuthorizationMessage", "GetCallerIdentity"],
        "the caller's own identity; assuming other roles is denied",
    ),
    row("tag", &["Get*"], &["Get*"], ALL, "tags are looked up everywhere"),
    row(
        "wafv2",
        &["List*"],
        &["Get*", "List*", "UpdateIPSet"],
        ALL,
        "IP addresses are blocked in an incident",
    ),
    row("xray", &["GetServiceGraph"], ALL, ALL, "traces can hold values"),
];
