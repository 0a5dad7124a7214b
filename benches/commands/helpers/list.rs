//! The helpers, each with the question whose answer is in its cache.

pub(super) const SECRET: &str = "made-up-for-the-bench/and+no+key+of+AWS+";
/// The role and the person, in the configuration and in the arguments.
pub(super) const ROLE: &str = "arn:aws:iam::222222222222:role/admin";
const APPLICATION: &str = "https://acme.okta.com/home/amazon_aws/1/272";

/// A program, by the package that contains it.
pub(super) struct Helper {
    pub(super) package: &'static str,
    pub(super) program: &'static str,
    pub(super) arguments: &'static [&'static str],
    /// Where its session is. The names of most files are the SHA-1 of the request: another version with
    /// another request finds nothing, and fails.
    pub(super) cache: &'static str,
    pub(super) session: Form,
    /// What it prints of the session.
    pub(super) prints: &'static str,
}

/// The format of a session; all have the same four values.
#[derive(Clone, Copy)]
pub(super) enum Form {
    /// The answer of STS, as botocore stores it.
    Answer,
    /// Only the credentials, with the expiry in a format of its own.
    Bare,
}

pub(super) const HELPERS: [Helper; 7] = [
    Helper {
        package: "awscli (v1)",
        program: "awscli/bin/aws",
        // It has no command that prints credentials; this one gets them all the same, and shows four letters.
        arguments: &["configure", "list", "--profile", "admin"],
        cache: ".aws/cli/cache/aa2de9414878accf9f2cb212233e4ab6bfc3ab15.json",
        session: Form::Answer,
        prints: "****************AWS+",
    },
    Helper {
        package: "awscli (v2, Debian)",
        program: "awscli2/aws",
        arguments: &["configure", "export-credentials", "--profile", "admin"],
        cache: ".aws/cli/cache/aa2de9414878accf9f2cb212233e4ab6bfc3ab15.json",
        session: Form::Answer,
        prints: SECRET,
    },
    Helper {
        package: "aws-sso-util",
        program: "aws-sso-util/bin/aws-sso-util",
        arguments: &["credential-process", "--profile", "center"],
        cache: ".aws/cli/cache/63f6b989c832b2df89143c7a77ed2211ec3cdae5.json",
        session: Form::Answer,
        prints: SECRET,
    },
    Helper {
        package: "aws-export-credentials",
        program: "aws-export-credentials/bin/aws-export-credentials",
        arguments: &["--profile", "admin", "--json", "--cache-file", "export-cache.json"],
        cache: "export-cache.json",
        session: Form::Answer,
        prints: SECRET,
    },
    Helper {
        package: "aws-okta-processor",
        program: "aws-okta-processor/bin/aws-okta-processor",
        arguments: &["authenticate", "--user", "alice", "--organization", "acme.okta.com", "--key", "admin"],
        cache: ".aws/boto/cache/88dd03ef46c222c7e8111f4612755504fb44ce20.json",
        session: Form::Answer,
        prints: SECRET,
    },
    Helper {
        package: "awsprocesscreds",
        program: "awsprocesscreds/bin/awsprocesscreds-saml",
        arguments: &["-e", APPLICATION, "-u", "alice", "-p", "okta", "-a", ROLE],
        cache: ".aws/cli/process-creds-cache/f8852bf8663cea770fa1dedc00bb165ace79307a.json",
        session: Form::Answer,
        prints: SECRET,
    },
    Helper {
        package: "awsume",
        program: "awsume/bin/awsumepy",
        // It stores the session of a user with MFA, and no role's.
        arguments: &["mfa", "--show-commands"],
        cache: ".awsume/cache/aws-credentials-AKIAMADEUPFORTHEBENCH",
        session: Form::Bare,
        prints: SECRET,
    },
];
