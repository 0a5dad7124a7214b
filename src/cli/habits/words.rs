//! What other programs call things, and what does the same here.

/// A command of `jit`, as it is typed, and what it does.
pub(super) type Instead = (&'static str, &'static str);

/// Words that are commands elsewhere, and what to type instead.
pub(super) const WORDS: &[(&[&str], &[Instead])] = &[
    (
        &["ls", "list", "l", "profiles", "list-profiles", "accounts", "list-roles"],
        &[("roles", "lists the roles that you can name"), ("status", "lists your sessions")],
    ),
    (
        &["sessions", "st", "info", "expiration", "ttl", "token", "tokens"],
        &[("status", "lists your sessions")],
    ),
    (
        &["use", "switch", "assume", "select", "set", "activate", "switch-role", "assume-role"],
        &[("login ROLE", "makes it the role of this terminal"), ("exec ROLE", "opens a shell with it")],
    ),
    (&["shell", "sh", "subshell", "spawn", "enter"], &[("exec ROLE", "opens your shell with the role")]),
    (&["run", "with", "do", "cmd", "command"], &[("exec ROLE -- CMD", "runs a command with the role")]),
    (
        &["add", "new", "create", "register"],
        &[
            ("configure add URL", "adds your company's shared file"),
            ("configure", "asks for an IdP and a role"),
            ("configure import aws-vault", "imports the profiles of another program"),
        ],
    ),
    (
        &["config", "init", "setup", "set-up", "settings", "populate", "generate"],
        &[("configure", "asks for an IdP and a role"), ("configure profiles", "writes ~/.aws/config")],
    ),
    (&["import", "migrate"], &[("configure import PROGRAM", "imports the profiles of another program")]),
    (
        &["rotate", "rotate-keys", "refresh", "renew"],
        &[
            ("login --force", "signs in again and gets new sessions"),
            ("roles --refresh", "asks the IdPs for their roles"),
        ],
    ),
    (
        &["clear", "rm", "remove", "delete", "del", "unset", "purge", "flush", "reset", "clean", "cache"],
        &[
            ("logout ROLE", "deletes its sign-in and sessions"),
            ("logout --all", "deletes everything that is stored"),
            ("env --unset", "unsets the variables of jit env"),
        ],
    ),
    (&["version", "ver"], &[("--version", "")]),
    (
        &["update", "upgrade", "self-update", "selfupdate"],
        &[("--version", "shows which one this is; jit is updated in the way that it was installed")],
    ),
    (
        &["who", "who-am-i", "identity", "id", "me", "user", "get-caller-identity", "caller-identity", "sts"],
        &[("whoami", "asks AWS who you are"), ("status", "lists your sessions")],
    ),
    (
        &["sso", "signin", "sign-in", "auth", "authenticate", "authorize", "connect", "start", "on"],
        &[("login", "signs in")],
    ),
    (
        &["signout", "sign-out", "log-out", "deauth", "disconnect", "stop", "end", "off"],
        &[("logout", "deletes sessions and signs out")],
    ),
    (
        &["open", "web", "browser", "browse", "ui", "url", "link", "dashboard", "federate"],
        &[("console ROLE", "opens the AWS console")],
    ),
    (
        &[
            "export",
            "eval",
            "environment",
            "variables",
            "print",
            "get",
            "show",
            "creds",
            "credentials",
            "export-credentials",
        ],
        &[("env ROLE", "prints shell statements"), ("credential-process ROLE", "prints JSON for AWS tools")],
    ),
    (
        &["server", "serve", "daemon", "agent", "ecs-server", "ec2-server", "proxy"],
        &[("exec --refresh ROLE -- CMD", "keeps the credentials of a command valid")],
    ),
    (
        &["check", "diagnose", "debug", "verify", "health", "test", "ping"],
        &[("doctor", "finds what is wrong")],
    ),
    (&["plan", "describe", "why", "inspect"], &[("explain ROLE", "shows where each value comes from")]),
    (&["completion", "complete", "autocomplete"], &[("completions SHELL", "prints the script of a shell")]),
];

/// Options of other programs, and what to do instead.
pub(super) const OPTIONS: &[(&[&str], &[&str])] = &[
    (
        &["--duration", "-d", "--ttl", "--session-ttl", "--assume-role-ttl", "--session-duration", "-t"],
        &[
            "`jit exec --max 1h` makes a session shorter",
            "`jit login ROLE --duration 2h` asks for another one, and `duration` in [role.NAME] sets it for good",
        ],
    ),
    (
        &["--region", "-r"],
        &[
            "`jit exec`, `jit env` and `jit console` take --region",
            "`region` in [role.NAME] sets it for good",
        ],
    ),
    (
        &["--json", "-j", "--output", "-o", "--format", "-f"],
        &[
            "`jit status`, `roles`, `whoami`, `explain` and `doctor` take --json",
            "`jit env --shell json` and `jit credential-process` print credentials as JSON",
        ],
    ),
    (
        &["--server", "-s", "--ecs-server", "--ec2-server", "--imds", "--daemon"],
        &["`jit exec --refresh` keeps the credentials of a command valid"],
    ),
    (&["--debug", "--verbose", "--log-level"], &["set JIT_LOG=debug"]),
    (
        &["--force", "--no-cache", "--ignore-cache", "--renew"],
        &["`jit login --force ROLE` starts over at the IdP"],
    ),
    (&["--mfa-token", "--mfa-code", "-m", "--otp", "--totp"], &["jit asks for the code on the terminal"]),
    (&["--backend", "--keyring", "--keychain"], &["set JIT_STORE to auto, keychain, kernel or file"]),
    (&["--config", "-c"], &["set JIT_CONFIG to the path of the configuration"]),
    (&["--stdout", "--url-only"], &["`jit console --print` and `jit login --no-browser` show the URL"]),
    (
        &["--role-name", "--role-arn", "--account", "--account-id", "-a", "-A", "-R"],
        &["name the role itself: ACCOUNT/ROLE or its ARN"],
    ),
];

/// Options of other programs whose value is the name of a role here.
pub(super) const NAMES: [&str; 5] = ["--profile", "-p", "--aws-profile", "--role-profile", "--name"];
