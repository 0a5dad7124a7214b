//! Exit codes, variables and files: what no option describes. jit(1) has all of them, the page of a command those that it
//! depends on.

/// The pages that an entry is on, besides jit(1).
pub(super) enum Pages {
    /// The page of every command.
    Every,
    /// The pages of commands that take a role.
    WithRole,
    /// The pages of these commands and of their subcommands.
    Of(&'static [&'static str]),
    /// No other page.
    Main,
}

/// An entry of a section.
pub(super) struct Entry {
    pub(super) term: &'static str,
    pub(super) meaning: &'static str,
    pub(super) pages: Pages,
}

/// Every section: its title and its entries.
pub(super) const SECTIONS: [(&str, &[Entry]); 3] =
    [("EXIT STATUS", EXIT_STATUS), ("ENVIRONMENT", ENVIRONMENT), ("FILES", FILES)];

const EXIT_STATUS: &[Entry] = &[
    Entry { term: "0", meaning: "Done.", pages: Pages::Every },
    Entry { term: "1", meaning: "Failed.", pages: Pages::Every },
    Entry { term: "2", meaning: "Wrong usage or configuration.", pages: Pages::Every },
    Entry {
        term: "3",
        meaning: "You need to sign in, and this command cannot start a sign-in.",
        pages: Pages::Every,
    },
    Entry { term: "4", meaning: "AWS or the identity provider refused.", pages: Pages::Every },
    Entry { term: "5", meaning: "The secret store is not usable.", pages: Pages::Every },
    Entry {
        term: "6",
        meaning: "A request for access is pending or has lapsed.",
        pages: Pages::Of(&["request", "requests"]),
    },
    Entry { term: "130", meaning: "Interrupted, by Ctrl-C or at a question.", pages: Pages::Every },
    Entry {
        term: "126, 127",
        meaning: "exec: the command cannot be run (126) or does not exist (127). Otherwise exec exits with the command's own code or signal.",
        pages: Pages::Of(&["exec"]),
    },
];

const ENVIRONMENT: &[Entry] = &[
    Entry {
        term: "JIT_CONFIG",
        meaning: "The configuration file, instead of jit/config.toml in the user's configuration folder.",
        pages: Pages::Every,
    },
    Entry { term: "JIT_ROLE", meaning: "The role to use when none is given.", pages: Pages::WithRole },
    Entry {
        term: "AWS_PROFILE",
        meaning: "The role to use when neither an argument nor JIT_ROLE gives one.",
        pages: Pages::WithRole,
    },
    Entry {
        term: "JIT_ACCOUNT_ID",
        meaning: "With JIT_ROLE, how doctor recognizes a session set by exec or env.",
        pages: Pages::Of(&["doctor"]),
    },
    Entry {
        term: "JIT_STORE",
        meaning: "auto, keychain, kernel or file: where to keep the key that seals sessions.",
        pages: Pages::Every,
    },
    Entry {
        term: "JIT_LOG",
        meaning: "error, warn, info or debug: the level of the log on stderr. -v is debug.",
        pages: Pages::Every,
    },
    Entry {
        term: "BROWSER",
        meaning: "The command that opens sign-in pages, instead of the default browser.",
        pages: Pages::Of(&["console", "login", "logout", "configure"]),
    },
    Entry {
        term: "NO_COLOR, TERM",
        meaning: "Any value of the first, or dumb in the second, turns colors off.",
        pages: Pages::Every,
    },
    Entry {
        term: "SHELL, PSModulePath",
        meaning: "The shell that exec opens without a command, and that env prints statements for without --shell.",
        pages: Pages::Of(&["env", "exec"]),
    },
    Entry {
        term: "AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE",
        meaning: "The paths of AWS's files, instead of ~/.aws/config and ~/.aws/credentials.",
        pages: Pages::Every,
    },
    Entry {
        term: "AWS_REGION, AWS_DEFAULT_REGION",
        meaning: "The region, if the configuration sets none.",
        pages: Pages::WithRole,
    },
    Entry {
        term: "AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_STS, AWS_ENDPOINT_URL_IAM, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL_SSO, AWS_ENDPOINT_URL_SSO_OIDC, AWS_ENDPOINT_URL_SIGNIN, AWS_ENDPOINT_URL_ORGANIZATIONS",
        meaning: "The endpoints of STS, of IAM for the names of accounts, of S3 for the ledger, of Identity Center, of the console's sign-in, and of Organizations; https, or http on this machine.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, AWS_CONTAINER_CREDENTIALS_FULL_URI, AWS_CONTAINER_AUTHORIZATION_TOKEN, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        meaning: "Only for profiles of ~/.aws/config with credential_source.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_EC2_METADATA_SERVICE_ENDPOINT, AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE, AWS_IMDS_USE_IPV6, AWS_METADATA_SERVICE_TIMEOUT, AWS_METADATA_SERVICE_NUM_ATTEMPTS",
        meaning: "How to reach the instance metadata service, for profiles with credential_source = Ec2InstanceMetadata.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_EC2_METADATA_DISABLED, AWS_EC2_METADATA_V1_DISABLED",
        meaning: "true in the first: jit does not use the service at all. It never uses version 1 of the service, which the second turns off.",
        pages: Pages::Main,
    },
    Entry {
        term: "JIT_WITHIN",
        meaning: "Set for the credential_process of a profile, to detect loops.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_CREDENTIAL_EXPIRATION, JIT_RESTRICTED_BY",
        meaning: "With JIT_ROLE, what status --prompt shows in a command run by exec.",
        pages: Pages::Of(&["status"]),
    },
    Entry {
        term: "AWS_USE_FIPS_ENDPOINT, AWS_USE_DUALSTACK_ENDPOINT",
        meaning: "true: use those endpoints.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
        meaning: "true: ignore AWS_ENDPOINT_URL and its variants, endpoint_url and services.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_MAX_ATTEMPTS",
        meaning: "Attempts for each call to AWS, at most 10.",
        pages: Pages::Main,
    },
    Entry {
        term: "AWS_CA_BUNDLE, HTTPS_PROXY, NO_PROXY",
        meaning: "Certificates to trust, and the proxy, as for the AWS CLI.",
        pages: Pages::Main,
    },
];

const FILES: &[Entry] = &[
    Entry {
        term: "~/.config/jit/config.toml",
        meaning: "Identity providers and roles, on Linux. On macOS the folder is ~/Library/Application Support/jit, on Windows %APPDATA%\\jit.",
        pages: Pages::Every,
    },
    Entry {
        term: "/etc/jit/config.toml, /etc/jit/enforced.toml",
        meaning: "The same for everybody on this machine, below the file of each person, and the settings that nobody can change. On macOS the folder is /Library/Application Support/jit, on Windows C:\\ProgramData\\jit.",
        pages: Pages::Every,
    },
    Entry {
        term: "~/.local/state/jit",
        meaning: "Sealed sign-ins and sessions, and locks, on Linux. On macOS the folder is ~/Library/Application Support/jit, on Windows %LOCALAPPDATA%\\jit.",
        pages: Pages::Every,
    },
    Entry {
        term: "~/.aws/config, ~/.aws/credentials",
        meaning: "Profiles, which are roles too.",
        pages: Pages::Every,
    },
];
