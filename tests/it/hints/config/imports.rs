//! What `jit configure import` says of what it could not take, and the edit that follows it.

use std::fs;

use super::{Bench, Tried, hints, row};
use crate::support::Room;

const SAML2AWS: &str = "\
[default]
url = https://sso.example.com/saml/clients/aws
provider = KeyCloak
role_arn = arn:aws:iam::111111111111:role/hub
";
const OKTA: &str = "\
awscli:
  profiles:
    dev:
      org-domain: acme.okta.com
      oidc-client-id: 0oabc
      aws-acct-fed-app-id: 0oaxy
      aws-iam-role: arn:aws:iam::111111111111:role/dev
";

/// Files that cannot be read at all.
pub(super) fn benches() -> Vec<Bench> {
    let bench = |path, good: &str, typed, rows| {
        let room = Room::new();
        for folder in [".okta", ".granted"] {
            fs::create_dir_all(room.path(folder)).unwrap();
        }
        Bench { room, path, good: good.to_owned(), typed, rows }
    };
    let fix = "nothing was changed; fix the file, or read another one with --from FILE";
    let yaml = |mistake: (&'static str, &'static str)| row(mistake, fix, (mistake.1, mistake.0));
    let dev = "    dev:\n";
    vec![
        bench(
            ".saml2aws",
            SAML2AWS,
            &["configure", "import", "saml2aws", "--dry-run"],
            vec![row(("provider = KeyCloak", "provider KeyCloak"), fix, ("provider K", "provider = K"))],
        ),
        bench(
            ".okta/okta.yaml",
            OKTA,
            &["configure", "import", "okta-aws-cli", "--dry-run"],
            vec![
                yaml((dev, "\tdev:\n")),
                yaml((dev, "    dev: a: b\n")),
                yaml(("acme.okta.com", "\"acme.okta.com")),
            ],
        ),
    ]
}

/// What a tool is set up for, what its import says, and what is done about that.
struct Import {
    files: &'static [(&'static str, &'static str)],
    typed: &'static [&'static str],
    says: &'static str,
    /// What is wrong after that was done; what the import wrote is in `config.toml`.
    follow: fn(&Room) -> Result<(), String>,
}

/// `config.toml` with `more` above and below what is there; then `role` can be explained.
fn with(room: &Room, above: &str, below: &str, role: &str) -> Result<(), String> {
    let path = room.path("config/jit/config.toml");
    let config = fs::read_to_string(&path).unwrap_or_default();
    room.write_config(&format!("{above}{config}\n{below}"));
    explained(room, role)
}

fn explained(room: &Room, role: &str) -> Result<(), String> {
    let explained = room.jit(&["explain", role]).run();
    if explained.code() == 0 { Ok(()) } else { Err(explained.to_string()) }
}

const PORTAL: &str = "[profile sso]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n";

const IMPORTS: &[Import] = &[
    Import {
        files: &[(".aws/config", PORTAL), (".granted/config", "DefaultBrowser = \"FIREFOX\"\n")],
        typed: &["granted"],
        says: "add console_browser = [\"firefox\", \"ext+container:name={role}&url={url_encoded}\"] at the top of config.toml",
        follow: |room| {
            let browser =
                "console_browser = [\"firefox\", \"ext+container:name={role}&url={url_encoded}\"]\n";
            with(room, browser, "", "sso")
        },
    },
    Import {
        files: &[(".aws/config", PORTAL), (".granted/config", "CustomBrowserPath = \"/usr/bin/brave\"\n")],
        typed: &["granted"],
        says: "add console_browser = [\"PROGRAM\", \"{url}\"] at the top of config.toml",
        follow: |room| with(room, "console_browser = [\"/usr/bin/brave\", \"{url}\"]\n", "", "sso"),
    },
    Import {
        files: &[(
            ".aws/config",
            "[profile root]\ncredential_process = /usr/bin/other\n[profile old]\nsource_profile = root\nrole_arn = arn:aws:iam::111111111111:role/x\n[profile sso]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n",
        )],
        typed: &["aws-vault"],
        says: "with a hub role, write via = \"HUB\" and its role_arn",
        follow: |room| {
            with(
                room,
                "",
                "[role.old]\nvia = \"sso\"\nrole_arn = \"arn:aws:iam::111111111111:role/x\"\n",
                "old",
            )
        },
    },
    Import {
        files: &[(
            ".aws/config",
            "[profile root]\nregion = eu-west-1\n[profile old]\nsource_profile = root\nrole_arn = arn:aws:iam::111111111111:role/x\n[profile sso]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n",
        )],
        typed: &["aws-vault"],
        says: "import with --hub ROLE to reach it from a hub role that you have",
        follow: |room| {
            let again = room.jit(&["configure", "import", "aws-vault", "--hub", "sso", "--yes"]).run();
            if again.code() == 0 { explained(room, "old") } else { Err(again.to_string()) }
        },
    },
    Import {
        files: &[(
            ".aws/config",
            "[profile sso]\nsso_start_url = https://acme.awsapps.com/start\nsso_region = eu-west-1\nsso_account_id = 222222222222\nsso_role_name = Developer\n[profile tagged]\nsource_profile = sso\nrole_arn = arn:aws:iam::333333333333:role/x\nsession_tags = core\n",
        )],
        typed: &["aws-vault"],
        says: "write tags = { NAME = \"VALUE\" }",
        // The role is the last table that the import wrote.
        follow: |room| with(room, "", "tags = { team = \"core\" }\n", "tagged"),
    },
    Import {
        files: &[(
            ".saml2aws",
            "[default]\nurl = https://acme.onelogin.com\nprovider = OneLogin\n[more]\nurl = https://sso.example.com/saml/clients/aws\nprovider = KeyCloak\nrole_arn = arn:aws:iam::111111111111:role/hub\n",
        )],
        typed: &["saml2aws"],
        says: "add [idp.NAME] with type = \"saml\" and start_url",
        follow: |room| {
            let section =
                "[idp.onelogin]\ntype = \"saml\"\nstart_url = \"https://acme.onelogin.com/launch/1\"\n";
            let role =
                "[role.there]\nidp = \"onelogin\"\nrole_arn = \"arn:aws:iam::111111111111:role/there\"\n";
            with(room, "", &format!("{section}{role}"), "there")
        },
    },
    Import {
        files: &[(
            ".saml2aws",
            "[default]\nurl = https://sso.example.com/saml/clients/aws\nprovider = KeyCloak\nrole_arn = arn:aws:iam::111111111111:role/hub\ntarget_url = https://eu-west-1.signin.aws.amazon.com/saml\n",
        )],
        typed: &["saml2aws"],
        says: "with sso_url and capture = \"browser\", acs_url names a regional one",
        follow: |room| {
            let config = fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
            let (before, after) = config.split_once("start_url = ").ok_or("no start_url")?;
            let (_, after) = after.split_once('\n').ok_or("nothing behind it")?;
            let regional = "acs_url = \"https://eu-west-1.signin.aws.amazon.com/saml\"";
            let sso = "sso_url = \"https://sso.example.com/saml\"\ncapture = \"browser\"";
            room.write_config(&format!("{before}{sso}\n{regional}\n{after}"));
            explained(room, "default")
        },
    },
    Import {
        files: &[(
            ".okta/okta.yaml",
            "awscli:\n  profiles:\n    dev:\n      org-domain: acme.okta.com\n      aws-iam-role: arn:aws:iam::111111111111:role/dev\n",
        )],
        typed: &["okta-aws-cli"],
        says: "set OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID and import again",
        follow: |room| {
            let again = room.jit(&["configure", "import", "okta-aws-cli", "--yes"]);
            let again = again.env("OKTA_AWSCLI_AWS_ACCOUNT_FEDERATION_APP_ID", "0oaxy").run();
            if again.code() != 0 {
                return Err(again.to_string());
            }
            explained(room, "dev")
        },
    },
    Import {
        files: &[(
            ".aws/config",
            "[okta]\naws_saml_url = home/amazon_aws/0oa1/272\nokta_account_name = other\n[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/dev\n",
        )],
        typed: &["aws-okta", "--org", "acme.okta.com"],
        says: "import again with the --org of that account",
        follow: |room| {
            let again =
                room.jit(&["configure", "import", "aws-okta", "--org", "other.okta.com", "--yes"]).run();
            let config = fs::read_to_string(room.path("config/jit/config.toml")).unwrap();
            if again.code() == 0 && config.contains("https://other.okta.com") {
                Ok(())
            } else {
                Err(again.to_string())
            }
        },
    },
    Import {
        files: &[(
            ".saml2aws",
            "[default]\nurl = https://sso.example.com/saml/clients/aws\nprovider = KeyCloak\n",
        )],
        typed: &["saml2aws"],
        says: "has no role; `jit login --idp example` lets you pick one",
        follow: |room| reaches_its_idp(room, &["login", "--idp", "example"]),
    },
    Import {
        files: &[(
            ".aws/config",
            "[profile dev]\naws_saml_url = https://acme.okta.com/home/amazon_aws/0oa1/272\n",
        )],
        typed: &["aws-okta"],
        says: "has no role; `jit login --idp acme-dev` lets you pick one",
        follow: |room| reaches_its_idp(room, &["login", "--idp", "acme-dev"]),
    },
    Import {
        files: &[(
            ".okta/okta.yaml",
            "awscli:\n  roles:\n    \"arn:aws:iam::.*:role/Reader\": \"Reader\"\n  profiles:\n    dev:\n      org-domain: acme.okta.com\n      aws-acct-fed-app-id: 0oaxy\n",
        )],
        typed: &["okta-aws-cli"],
        says: "profile dev has no role; `jit login --idp acme` lets you pick one",
        follow: |room| reaches_its_idp(room, &["login", "--idp", "acme"]),
    },
    Import {
        files: &[(".okta/okta.yaml", TWO_ORGS)],
        typed: &["okta-aws-cli"],
        says: "the file does not say which org offers it; `jit roles --refresh` lists what the IdP offers",
        follow: |room| reaches_its_idp(room, &["roles", "--refresh"]),
    },
    Import {
        files: &[
            (".okta/okta.yaml", OKTA),
            (".env", "OKTA_AWSCLI_ALL_PROFILES=true\nOKTA_AWSCLI_WRITE_AWS_CREDENTIALS=true\n"),
        ],
        typed: &["okta-aws-cli"],
        says: "`jit roles --refresh` lists what the IdP offers; each can be used by its name",
        follow: |room| reaches_its_idp(room, &["roles", "--refresh"]),
    },
    Import {
        files: &[(".okta/okta.yaml", OKTA), (".env", "OKTA_AWSCLI_WRITE_AWS_CREDENTIALS=true\n")],
        typed: &["okta-aws-cli"],
        says: "for other tools, run `jit configure profiles`",
        follow: |room| writes_profiles(room, "dev"),
    },
    Import {
        files: &[(
            ".saml2aws",
            "[default]\nurl = https://sso.example.com/saml/clients/aws\nprovider = KeyCloak\naws_profile = work\nrole_arn = arn:aws:iam::111111111111:role/hub\ncredentials_file = /home/alice/keys\n",
        )],
        typed: &["saml2aws"],
        says: "for other tools, run `jit configure profiles`",
        follow: |room| writes_profiles(room, "work"),
    },
    Import {
        files: &[(".aws/config", PORTAL), (".granted/config", "ExportCredsToAWS = true\n")],
        typed: &["granted"],
        says: "for other tools, run `jit configure profiles`",
        follow: |room| {
            fs::remove_file(room.path(".aws/config")).unwrap();
            writes_profiles(room, "sso")
        },
    },
];

const TWO_ORGS: &str = "\
awscli:
  roles:
    \"arn:aws:iam::111111111111:role/Other\": \"Other\"
    \"arn:aws:iam::.*:role/Reader\": \"Reader\"
  profiles:
    one:
      org-domain: one.okta.com
      aws-acct-fed-app-id: 0oaxy
    two:
      org-domain: two.okta.com
      aws-acct-fed-app-id: 0oaxy
";

/// The command is right as far as it can be followed without the company's IdP: nothing in the configuration stops it.
fn reaches_its_idp(room: &Room, words: &[&str]) -> Result<(), String> {
    let went = room.jit(words).run();
    let of_the_configuration = 2;
    if went.code() == of_the_configuration { Err(went.to_string()) } else { Ok(()) }
}

fn writes_profiles(room: &Room, role: &str) -> Result<(), String> {
    let written = room.jit(&["configure", "profiles", role]).run();
    let config = fs::read_to_string(room.path(".aws/config")).unwrap_or_default();
    if written.code() == 0 && config.contains("credential-process") {
        Ok(())
    } else {
        Err(written.to_string())
    }
}

/// Tries every import.
pub(super) fn tried() -> Tried {
    let Tried { mut faults, mut said } = Tried::default();
    for import in IMPORTS {
        let room = Room::new();
        fs::remove_file(room.path("config/jit/config.toml")).unwrap();
        for folder in [".okta", ".granted"] {
            fs::create_dir_all(room.path(folder)).unwrap();
        }
        for (path, text) in import.files {
            room.write(path, text);
        }
        let words = [&["configure", "import"], import.typed, &["--yes"]].concat();
        let imported = room.jit(&words).run();
        said.push_str(&imported.stderr);
        if !imported.stderr.contains(import.says) {
            faults.push(format!("{words:?} should say {:?}: {imported}", import.says));
        } else if let Err(next) = (import.follow)(&room) {
            faults.push(format!("{:?} leads nowhere: {next}", import.says));
        }
    }
    faults.extend(without_org(&mut said));
    Tried { faults, said }
}

/// aws-okta keeps its org where nobody looks, so that one has to say it.
fn without_org(said: &mut String) -> Option<String> {
    let room = Room::new();
    room.write(".aws/config", "[okta]\naws_saml_url = home/amazon_aws/0oa1/272\n[profile dev]\nrole_arn = arn:aws:iam::111111111111:role/dev\n");
    let refused = room.jit(&["configure", "import", "aws-okta"]).run();
    said.push_str(&refused.stderr);
    let [hint] = hints(&refused).try_into().ok()?;
    let words = super::super::command_in(&hint);
    let next = room.jit(&words.iter().map(String::as_str).collect::<Vec<_>>()).run();
    (next.code() != 0).then(|| format!("{hint} leads nowhere: {next}"))
}
