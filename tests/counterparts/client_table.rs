//! Which AWS client works with which of `jit`'s ways to pass on a session: a profile, `exec`, `exec
//! --refresh`. This is the table of `docs/clients.md`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{OidcProvider, Room, Sts, cli2, fixture, on_path, python, tool};

const BUCKET: &str = "clients";
/// Where Debian's packages of Go libraries are.
const GO_PATH: &str = "/usr/share/gocode";

/// A client and what it can use, in the order of [`Mode::ALL`].
struct Client {
    name: &'static str,
    /// The installed version when this was tested.
    version: &'static str,
    can: [Can; 3],
    /// Additional notes.
    note: &'static str,
    /// The words of a command that calls AWS.
    words: fn(&Tried) -> Vec<OsString>,
}

/// The result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Can {
    Yes,
    No,
}

/// How the client gets its credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Profile,
    Exec,
    Refresh,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Profile, Self::Exec, Self::Refresh];
}

/// A room where alice is signed in, with profiles, a bucket, and an AWS that answers only valid sessions.
struct Tried {
    room: Room,
    sts: Sts,
    _op: OidcProvider,
}

impl Tried {
    fn new() -> Self {
        let room = Room::new();
        let op = OidcProvider::start(&room, &[]);
        let sts = Sts::start(&room, &op.issuer(), "jit-cli", &[("ONLY_WITH_A_SESSION", "1")]);
        let room = room.with_roles(&op, "");
        room.sign_in(&op, &sts);
        room.run(&mut room.jit(&sts, &["configure", "profiles"])).ok();
        let tried = Self { room, sts, _op: op };
        let make = format!(
            "import boto3; boto3.client('s3', region_name='us-east-1').create_bucket(Bucket='{BUCKET}')"
        );
        tried.room.run(tried.command(Mode::Exec, &[python().into(), "-c".into(), make.into()]).as_mut()).ok();
        tried
    }

    /// The client's command, in a shell that knows only the URL of its AWS.
    fn command(&self, mode: Mode, words: &[OsString]) -> Box<Command> {
        let mut command = match mode {
            Mode::Profile => {
                let mut command = self.room.client(&words[0], &self.sts);
                command.env("AWS_PROFILE", "prod-admin").args(&words[1..]);
                command
            }
            Mode::Exec | Mode::Refresh => {
                let refresh: &[&str] = if mode == Mode::Refresh { &["--refresh"] } else { &[] };
                let mut command =
                    self.room.jit(&self.sts, &[&["exec", "prod-admin"], refresh, &["--"]].concat());
                command.args(words);
                command
            }
        };
        // Older SDKs read ~/.aws/config only with this.
        command.env("AWS_SDK_LOAD_CONFIG", "1").env("AWS_REGION", "us-east-1");
        command
            .env("SAM_CLI_TELEMETRY", "0")
            .env("RESTIC_PASSWORD", "x")
            .env("AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE", "1");
        Box::new(command)
    }

    /// Whether the client got an answer, and the role made the call.
    fn answers(&self, mode: Mode, client: &Client) -> (Can, String) {
        let before = self.sts.calls().len();
        let outcome = self.room.run(&mut self.command(mode, &(client.words)(self)));
        let asked = self.sts.calls().split_off(before).iter().any(|call| !call.starts_with("AssumeRole"));
        let said = format!("{mode:?}: {}\n{}{}", outcome.status, outcome.stdout, outcome.stderr);
        (if outcome.status.success() && asked { Can::Yes } else { Can::No }, said)
    }

    /// Builds a Go program of the fixtures with Debian's SDKs.
    fn go(&self, name: &str) -> PathBuf {
        let program = self.room.outside(name);
        if !program.exists() {
            assert!(
                Path::new(GO_PATH).join("src/github.com/aws/aws-sdk-go-v2").is_dir(),
                "the SDKs for Go are missing: apt-get install golang-github-aws-aws-sdk-go-dev \
                 golang-github-aws-aws-sdk-go-v2-dev"
            );
            let mut build = Command::new(on_path("go", "golang-go"));
            build.args(["build", "-o"]).arg(&program).arg(fixture(&format!("sdks/{name}.go")));
            build.env("GO111MODULE", "off").env("GOPATH", GO_PATH).env("GOFLAGS", "-trimpath");
            build.env("GOCACHE", tool("").join("go-cache"));
            let built = build.output().unwrap();
            assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        }
        program
    }

    /// The URL of its AWS.
    fn url(&self) -> String {
        self.sts.url()
    }
}

fn words<const N: usize>(words: [&str; N]) -> Vec<OsString> {
    words.into_iter().map(Into::into).collect()
}

fn program<const N: usize>(path: PathBuf, rest: [&str; N]) -> Vec<OsString> {
    std::iter::once(path.into()).chain(words(rest)).collect()
}

use Can::{No, Yes};

const CLIENTS: [Client; 16] = [
    Client {
        name: "AWS CLI 1",
        version: "1.46",
        can: [Yes, Yes, Yes],
        note: "",
        words: |_| program(tool("venv/bin/aws"), ["sts", "get-caller-identity"]),
    },
    Client {
        name: "AWS CLI 2",
        version: "2.9",
        can: [Yes, Yes, Yes],
        note: "",
        words: |tried| program(cli2(), ["sts", "get-caller-identity", "--endpoint-url", &tried.url()]),
    },
    Client {
        name: "boto3 (Python)",
        version: "1.44",
        can: [Yes, Yes, Yes],
        note: "",
        words: |_| {
            program(python(), ["-c", "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"])
        },
    },
    Client {
        name: "SDK for JavaScript v3",
        version: "3.1169",
        can: [Yes, Yes, Yes],
        note: "",
        words: |_| {
            let rest = [fixture("sdk.mjs"), tool("node/node_modules")].map(OsString::from);
            [vec![tool("venv/bin/node").into()], rest.into(), words(["chain", "0"])].concat()
        },
    },
    Client {
        name: "SDK for JavaScript v2",
        version: "2.1693",
        can: [Yes, Yes, Yes],
        note: "no longer supported by AWS; a profile needs `AWS_SDK_LOAD_CONFIG=1`",
        words: |_| {
            [tool("venv/bin/node"), fixture("sdks/whoami_v2.cjs"), tool("node/node_modules")]
                .map(OsString::from)
                .into()
        },
    },
    Client {
        name: "SDK for Go v2",
        version: "1.17",
        can: [Yes, Yes, Yes],
        note: "",
        words: |tried| vec![tried.go("whoami_v2").into()],
    },
    Client {
        name: "SDK for Go v1",
        version: "1.44",
        can: [Yes, Yes, Yes],
        note: "no longer supported by AWS; a profile needs `AWS_SDK_LOAD_CONFIG=1`",
        words: |tried| vec![tried.go("whoami_v1").into()],
    },
    Client {
        name: "SDK for Ruby",
        version: "3.168",
        can: [Yes, Yes, No],
        note: "newer versions may read the endpoint of `--refresh` (not tried)",
        words: |_| vec![on_path("ruby", "ruby").into(), fixture("sdks/whoami.rb").into()],
    },
    Client {
        name: "Terraform (S3 backend)",
        version: "1.11",
        can: [Yes, Yes, Yes],
        note: "the AWS provider reads the same settings",
        words: |tried| {
            let folder = tried.room.home().join("project");
            std::fs::create_dir_all(&folder).unwrap();
            let backend = format!(
                "terraform {{\n  backend \"s3\" {{\n    bucket = \"{BUCKET}\"\n    key = \"x\"\n    region = \"us-east-1\"\n    \
                 use_path_style = true\n  }}\n}}\n"
            );
            std::fs::write(folder.join("main.tf"), backend).unwrap();
            let chdir = format!("-chdir={}", folder.display());
            program(
                on_path("terraform", "Terraform: https://developer.hashicorp.com/terraform/install"),
                [&chdir, "init", "-input=false", "-reconfigure"],
            )
        },
    },
    Client {
        name: "Ansible (amazon.aws)",
        version: "10.7",
        can: [Yes, Yes, Yes],
        note: "",
        words: |_| {
            let interpreter = format!("ansible_python_interpreter={}", tool("clients/bin/python").display());
            program(
                tool("clients/bin/ansible"),
                [
                    "localhost",
                    "-i",
                    "localhost,",
                    "-c",
                    "local",
                    "-m",
                    "amazon.aws.aws_caller_info",
                    "-e",
                    &interpreter,
                ],
            )
        },
    },
    Client {
        name: "SAM CLI",
        version: "1.170",
        can: [Yes, Yes, Yes],
        note: "",
        words: |_| {
            program(
                tool("clients/bin/sam"),
                ["delete", "--stack-name", "none", "--no-prompts", "--region", "us-east-1"],
            )
        },
    },
    Client {
        name: "rclone",
        version: "1.60",
        can: [Yes, Yes, Yes],
        note: "with `env_auth`; a profile needs `AWS_SDK_LOAD_CONFIG=1`",
        words: |tried| {
            let remote =
                format!(":s3,provider=Other,env_auth,region=us-east-1,endpoint='{}':{BUCKET}", tried.url());
            program(
                on_path("rclone", "rclone"),
                ["lsf", "--retries", "1", "--low-level-retries", "1", &remote],
            )
        },
    },
    Client {
        name: "restic",
        version: "0.14",
        can: [No, Yes, Yes],
        note: "reads no `credential_process`",
        words: |tried| {
            let repository = format!("s3:{}/{BUCKET}/{}", tried.url(), tried.sts.calls().len());
            program(on_path("restic", "restic"), ["-r", &repository, "init"])
        },
    },
    Client {
        name: "s3cmd",
        version: "2.3",
        can: [No, Yes, No],
        note: "reads variables alone",
        words: |tried| {
            let host = tried.url().replace("http://", "");
            let base = format!("--host={host}");
            let bucket = format!("--host-bucket={host}");
            let what = format!("s3://{BUCKET}");
            program(on_path("s3cmd", "s3cmd"), ["--no-ssl", &base, &bucket, "ls", &what])
        },
    },
    Client {
        name: "s3fs",
        version: "1.90",
        can: [No, Yes, No],
        note: "",
        words: |tried| {
            let url = format!("url={}", tried.url());
            program(on_path("s3fs", "s3fs"), ["-u", "-o", &url, "-o", "use_path_request_style", BUCKET])
        },
    },
    Client {
        name: "kubectl (`aws eks get-token`)",
        version: "1.20, 1.32",
        can: [Yes, Yes, Yes],
        note: "the plugin is the AWS CLI, or `jit exec ROLE -- aws eks get-token`",
        words: |tried| {
            let folder = tried.room.outside("kubernetes");
            std::fs::create_dir_all(&folder).unwrap();
            let kubectl = on_path("kubectl", "kubernetes-client");
            [python(), fixture("sdks/kubectl.py"), kubectl, tool("venv/bin/aws"), folder]
                .map(OsString::from)
                .into()
        },
    },
];

#[test]
fn clients_support_what_the_documentation_says() {
    let tried = Tried::new();
    let mut wrong = String::new();
    for client in &CLIENTS {
        for (mode, expected) in Mode::ALL.into_iter().zip(client.can) {
            let (can, said) = tried.answers(mode, client);
            if can != expected {
                wrong.push_str(&format!("--- {} can use it: {can:?}; {said}\n", client.name));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The table of `docs/clients.md`; `UPDATE_SNAPSHOTS=1` writes it.
#[test]
fn the_documentation_has_this_table() {
    const HEAD: &str = "| client | tried with | profile | `jit exec` | `exec --refresh` | note |\n| --- | --- | --- | --- | --- | --- |\n";
    let rows: String = CLIENTS
        .iter()
        .map(|Client { name, version, can, note, .. }| {
            let [profile, exec, refresh] = can.map(|can| if can == Yes { "yes" } else { "no" });
            format!("| {name} | {version} | {profile} | {exec} | {refresh} | {note} |\n")
        })
        .collect();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/clients.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(HEAD).expect("the table");
    let end = rest.find("\n\n").map_or(rest.len(), |end| end + 1);
    let written = format!("{before}{HEAD}{rows}{}", &rest[end..]);
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return std::fs::write(&path, written).unwrap();
    }
    assert_eq!(page, written, "UPDATE_SNAPSHOTS=1 cargo test --test counterparts client_table writes it");
}
