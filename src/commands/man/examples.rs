//! Examples for each command: what to type, and what it does. A test parses each of them.

/// The examples of one command.
pub(super) struct Examples {
    /// The words of the command, without `jit`.
    pub(super) command: &'static str,
    /// Command lines, with what they do.
    pub(super) lines: &'static [(&'static str, &'static str)],
}

/// The examples of every command that does something by itself. `jit` itself has the first steps.
pub(super) const EXAMPLES: &[Examples] = &[
    Examples {
        command: "",
        lines: &[
            ("jit demo", "See how it works. Changes nothing on this machine."),
            ("jit configure", "Set up your IdP and the first role."),
            ("jit login prod", "Sign in and get the sessions of prod."),
            ("jit exec prod -- aws s3 ls", "Run a command with prod's credentials."),
            ("jit configure profiles", "Let every AWS tool get credentials from jit by itself."),
        ],
    },
    Examples {
        command: "login",
        lines: &[
            ("jit login", "Pick a role from a list, and sign in for it."),
            ("jit login prod", "Sign in for one role."),
            ("jit login --all", "Sign in once at each IdP, and get the sessions of every configured role."),
            ("jit login --device prod", "Sign in with a browser on another device."),
        ],
    },
    Examples {
        command: "exec",
        lines: &[
            ("jit exec prod -- aws s3 ls", "Run one command. Everything after -- belongs to the command."),
            ("jit exec --read-only prod -- aws s3 ls", "The same with a session that can only read."),
            ("jit exec --refresh prod -- ./backup.sh", "Renew the credentials while the command runs."),
            ("jit exec prod", "Open a shell with prod's credentials."),
            ("jit exec --each 'acme-*/ReadOnly' -- aws s3 ls", "Run it for every role that matches."),
        ],
    },
    Examples {
        command: "approve",
        lines: &[
            ("jit approve 4f2a9c", "Show the request 4f2a9c, ask, and approve it."),
            ("jit approve 4f2a9c -m 'Go ahead'", "The same, with a message."),
        ],
    },
    Examples {
        command: "deny",
        lines: &[("jit deny 4f2a9c -m 'Use staging'", "Deny the request, and say why.")],
    },
    Examples {
        command: "revoke",
        lines: &[
            ("jit revoke 4f2a9c -m 'The incident has ended'", "End one grant now."),
            ("jit revoke --user alice -m 'Lost laptop'", "End everything that one person has."),
        ],
    },
    Examples {
        command: "policy show",
        lines: &[("jit policy show", "Print the policy that is in force, and its history.")],
    },
    Examples {
        command: "policy publish",
        lines: &[
            ("jit policy publish policy.toml --dry-run", "Show what would change."),
            ("jit policy publish policy.toml", "Check it, show what changes, ask, and publish it."),
        ],
    },
    Examples {
        command: "configure remove",
        lines: &[("jit configure remove", "Remove the shared file from config.toml.")],
    },
    Examples {
        command: "credential-process",
        lines: &[(
            "jit credential-process prod",
            "Print what an AWS tool reads. jit configure profiles writes this line.",
        )],
    },
    Examples {
        command: "env",
        lines: &[
            ("eval \"$(jit env prod)\"", "Set the credentials in bash or zsh."),
            ("jit env prod --shell fish | source", "Set them in fish."),
            ("jit env prod --shell dotenv > .env", "Write them for docker run --env-file."),
        ],
    },
    Examples {
        command: "status",
        lines: &[
            ("jit status", "Show the sessions and the time left."),
            ("jit status --check || jit login", "In a script: sign in if no session is valid."),
            ("jit status --prompt", "One line for a shell's prompt."),
        ],
    },
    Examples {
        command: "roles",
        lines: &[
            ("jit roles", "List every known role."),
            ("jit roles prod", "List the roles with prod in their name, account or description."),
            ("jit roles --refresh", "Ask the IdPs first."),
            ("jit roles --json | jq -r '.roles[].name'", "In a script: print the names."),
        ],
    },
    Examples {
        command: "console",
        lines: &[
            ("jit console prod", "Open the start page of the AWS console."),
            ("jit console prod --service s3 --region eu-west-1", "Open a service in a region."),
            ("jit console prod --print", "Print the URL instead."),
        ],
    },
    Examples {
        command: "whoami",
        lines: &[
            ("jit whoami prod", "Ask AWS who this session is."),
            ("jit whoami --tags prod", "Print the session tags too."),
        ],
    },
    Examples {
        command: "explain",
        lines: &[
            ("jit explain prod", "Show each step, where its values come from, and what is stored."),
            ("jit explain --read-only prod", "The same for a restricted session."),
            (
                "jit explain deploy",
                "Show who may ask for an access, who approves, and until when you have it.",
            ),
            (
                "jit explain deploy --action ec2:DescribeInstances --at +2h",
                "Whether and why AWS would allow a call then.",
            ),
            ("jit explain deploy --action s3:GetObject --as bob@corp.com", "The same for somebody else."),
        ],
    },
    Examples {
        command: "logout",
        lines: &[
            ("jit logout prod", "End the sign-in that prod depends on."),
            ("jit logout --all", "Delete every sign-in, session and key."),
        ],
    },
    Examples { command: "lock", lines: &[("jit lock", "Ask the keychain again for the next command.")] },
    Examples {
        command: "configure",
        lines: &[("jit configure", "Answer questions, and write what works to config.toml.")],
    },
    Examples {
        command: "configure profiles",
        lines: &[
            ("jit configure profiles --dry-run", "Show what would change in ~/.aws/config."),
            ("jit configure profiles", "Write a profile for each configured role."),
            ("jit configure profiles '*/ReadOnly'", "Write profiles for every role with this name."),
            ("jit configure profiles --prune", "Remove the profiles of roles that no longer exist."),
        ],
    },
    Examples {
        command: "configure add",
        lines: &[
            ("jit configure add https://acme.example/jit.toml", "Add your company's shared file."),
            ("jit configure add", "Fetch every shared file again."),
        ],
    },
    Examples {
        command: "configure import",
        lines: &[
            ("jit configure import saml2aws --dry-run", "Show what would be imported."),
            ("jit configure import granted", "Import it."),
        ],
    },
    Examples {
        command: "request",
        lines: &[
            ("jit request deploy -d 1h -m 'release 4.2'", "Ask for an access for one hour."),
            ("jit request deploy --start 14:30 --wait", "Ask for it for later, and wait for the answer."),
        ],
    },
    Examples {
        command: "requests",
        lines: &[
            ("jit requests", "List the open requests."),
            ("jit requests --for-me", "List those that wait for your approval."),
            ("jit requests --live", "List what is granted now."),
        ],
    },
    Examples {
        command: "drop",
        lines: &[("jit drop deploy", "Withdraw your requests for an access, or give it back.")],
    },
    Examples {
        command: "policy",
        lines: &[("jit policy check policy/", "Check the policy of access on request.")],
    },
    Examples {
        command: "policy check",
        lines: &[
            ("jit policy check policy/", "Find mistakes, and what cannot work or should not be."),
            ("jit policy check --strict policy/", "The same in CI: fail on warnings too."),
        ],
    },
    Examples {
        command: "policy test",
        lines: &[(
            "jit policy test policy/ cases.txt",
            "Compare what the policy answers with what it should.",
        )],
    },
    Examples {
        command: "policy render",
        lines: &[
            ("jit policy render policy/", "Print the documents that AWS needs for the policy."),
            (
                "jit policy render policy/ --only 'role/*'",
                "Only the trust policies of roles on request and what break-glass roles may do.",
            ),
        ],
    },
    Examples {
        command: "doctor",
        lines: &[
            ("jit doctor", "Check this machine."),
            ("jit doctor --json", "The same for a script. The exit code is 1 if a check failed."),
            (
                "jit doctor --reader audit-hub --reader audit-prod",
                "Also compare a deployment of access on request with what jit renders.",
            ),
        ],
    },
    Examples {
        command: "completions",
        lines: &[
            ("source <(jit completions bash)", "In ~/.bashrc."),
            ("jit completions zsh > ~/.zfunc/_jit", "In a folder of fpath."),
        ],
    },
    Examples {
        command: "man",
        lines: &[
            ("jit man", "Show jit(1)."),
            ("jit man configure profiles", "Show the page of a command."),
            ("jit man --out ~/.local/share/man/man1", "Write every page, so that man jit-exec works."),
        ],
    },
    Examples {
        command: "demo",
        lines: &[
            ("jit demo", "Sign in in your own browser."),
            ("jit demo --no-browser", "Run without a browser."),
        ],
    },
];
