//! The recipes of docs/recipes, each with the tool that it is for. The commands and files are those of the pages, with the
//! role `dev` of the pages called `prod-admin`, as in the rooms of these tests.

use std::path::PathBuf;
use std::process::{Child, Command};

use serde_json::Value;

use crate::aws_clients::Signed;
use crate::support::{Room, fixture, on_path, python, tool, wait_for};

const ARN: &str = "arn:aws:sts::222222222222:assumed-role/admin/alice@example.test";

/// The blocks of `language` on a page, with the role of these tests.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/recipes").join(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut found = Vec::new();
    for part in text.split(&format!("```{language}\n")).skip(1) {
        found.push(with_the_role(part.split("```").next().unwrap()));
    }
    assert!(!found.is_empty(), "{page} has no block of {language}");
    found
}

/// `text` with the word `dev` replaced.
fn with_the_role(text: &str) -> String {
    let is_word = |character: char| character.is_alphanumeric() || "-_./:".contains(character);
    let mut made = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("dev") {
        let (before, after) = (&rest[..at], &rest[at + 3..]);
        made.push_str(before);
        let alone = !before.ends_with(is_word) && !after.starts_with(is_word);
        made.push_str(if alone { "prod-admin" } else { "dev" });
        rest = after;
    }
    made + rest
}

/// A shell that finds the tools of the pages by their names.
fn shell(here: &Signed, script: &str) -> Command {
    let programs = here.room.home().join("bin");
    std::fs::create_dir_all(&programs).unwrap();
    let jit = PathBuf::from(env!("CARGO_BIN_EXE_jit"));
    for (name, target) in [("jit", jit), ("aws", tool("venv/bin/aws")), ("docker", tool("docker/docker"))] {
        // What a test has put in its place stays.
        let _ = std::os::unix::fs::symlink(target, programs.join(name));
    }
    let mut command = here.room.client("bash", &here.sts);
    command.args(["-euc", script]);
    command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display()));
    command
}

/// A stand-in for a program of the page that cannot be had here; it does what `body` says.
fn stand_in(here: &Signed, name: &str, body: &str) {
    let script = here.room.script(name, body);
    let programs = here.room.home().join("bin");
    std::fs::create_dir_all(&programs).unwrap();
    let _ = std::fs::remove_file(programs.join(name));
    std::os::unix::fs::symlink(script, programs.join(name)).unwrap();
}

/// A pretend Docker daemon, and what it was asked.
struct Daemon {
    child: Child,
    socket: PathBuf,
    record: PathBuf,
}

impl Daemon {
    fn start(room: &Room) -> Self {
        let (socket, record) = (room.outside("docker.sock"), room.outside("docker.jsonl"));
        let mut command = Command::new(python());
        let child = command.arg(fixture("docker.py")).arg(&socket).arg(&record).spawn().unwrap();
        wait_for("Docker's socket", || socket.exists().then_some(()));
        Self { child, socket, record }
    }

    fn asked(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.record).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn host(&self) -> String {
        format!("unix://{}", self.socket.display())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn docker_gets_the_session_and_no_argument_has_it() {
    let here = Signed::in_with_profiles();
    let daemon = Daemon::start(&here.room);
    for block in &blocks("docker.md", "sh")[..2] {
        let before = daemon.asked().len();
        let outcome = here.room.run(shell(&here, block).env("DOCKER_HOST", daemon.host()));
        assert!(outcome.stderr.contains("this daemon creates no containers"), "{block}: {}", outcome.stderr);
        let asked = daemon.asked();
        let body = &asked.get(before).unwrap_or_else(|| panic!("{block}: {}", outcome.stderr))["body"];
        let variables: Vec<&str> = body["Env"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        for beginning in
            ["AWS_ACCESS_KEY_ID=ASIA", "AWS_SECRET_ACCESS_KEY=", "AWS_SESSION_TOKEN=", "AWS_REGION=eu-"]
        {
            let found = variables.iter().any(|one| one.starts_with(beginning) && one.len() > 18);
            assert!(found, "{block}: {beginning}");
        }
        assert!(!variables.iter().any(|one| one.contains(['"', '\''])), "a value is quoted");
    }
}

#[test]
fn ecr_gives_docker_a_password() {
    let here = Signed::in_with_profiles();
    let daemon = Daemon::start(&here.room);
    let script = blocks("ecr.md", "sh").remove(0);
    let outcome = here.room.run(shell(&here, &script).env("DOCKER_HOST", daemon.host()));
    assert!(outcome.status.success(), "{}{}", outcome.stdout, outcome.stderr);
    let asked = daemon.asked();
    assert_eq!(asked[0]["body"]["username"], "AWS");
    assert!(asked[0]["body"]["password"].as_str().is_some_and(|text| text.len() > 5));
}

#[test]
fn kubectl_runs_jit_as_its_plugin() {
    let here = Signed::in_with_profiles();
    let kubectl = on_path("kubectl", "kubernetes-client");
    let version = here.room.run(here.room.command(&kubectl).args(["version", "--client"])).ok();
    let mut users = blocks("kubernetes.md", "yaml").remove(0);
    if version.contains("\"20\"") || version.contains("v1.20.") {
        // It knows only the version before.
        users = users.replace("k8s.io/v1\n", "k8s.io/v1beta1\n");
    }
    let file = here.room.outside("users.yaml");
    std::fs::write(&file, users).unwrap();
    let folder = here.room.outside("kubernetes");
    std::fs::create_dir_all(&folder).unwrap();
    let words = [python(), fixture("sdks/kubectl.py"), kubectl, tool("venv/bin/aws"), folder, file];
    let words: Vec<String> = words.iter().map(|word| format!("'{}'", word.display())).collect();
    let said = here.room.run(&mut shell(&here, &words.join(" "))).ok();
    assert!(said.contains("APIVersions"), "{said}");
}

#[test]
fn make_and_direnv_name_the_role() {
    let here = Signed::in_with_profiles();
    let folder = here.room.home().join("project");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("Makefile"), blocks("make.md", "make").remove(0)).unwrap();
    let said = here.room.run(shell(&here, "make whoami").current_dir(&folder)).ok();
    assert!(said.contains(ARN), "{said}");

    on_path("direnv", "direnv");
    let [names, keys] = &blocks("direnv.md", "sh")[..] else { panic!("two .envrc") };
    let uses = [
        (names, "aws sts get-caller-identity"),
        (names, "jit exec --quiet -- aws sts get-caller-identity"),
        (keys, "aws sts get-caller-identity"),
    ];
    for (content, command) in uses {
        std::fs::write(folder.join(".envrc"), content).unwrap();
        let script = format!("direnv allow . && direnv exec . {command}");
        let said = here.room.run(shell(&here, &script).current_dir(&folder)).ok();
        assert!(said.contains(ARN), "{content}: {said}");
    }
}

#[test]
fn git_gets_a_password_for_codecommit() {
    let here = Signed::in_with_profiles();
    let page = blocks("codecommit.md", "sh").remove(0);
    let settings: Vec<&str> = page.lines().filter(|line| line.starts_with("git config")).collect();
    assert_eq!(settings.len(), 2);
    let ask = "printf 'protocol=https\\nhost=git-codecommit.eu-west-1.amazonaws.com\\npath=v1/repos/my-repo\\n\\n' | git credential fill";
    let script = format!("{}\n{ask}", settings.join("\n"));
    let said = here.room.run_for_credentials(&mut shell(&here, &script)).ok();
    // Git names it by the key and the token of the session.
    assert!(said.contains("username=ASIA") && said.contains("\npassword="), "no password");
}

#[test]
fn ssh_reaches_an_instance_through_the_session_manager() {
    let here = Signed::in_with_profiles();
    let config = here.room.home().join("ssh_config");
    std::fs::write(&config, blocks("session-manager.md", "text").remove(0)).unwrap();
    stand_in(&here, "aws", "echo \"$JIT_ROLE\" \"$@\" >\"$HOME/aws.said\"; exit 1");
    on_path("ssh", "openssh-client");
    let ssh = format!("ssh -F {} -o BatchMode=yes ec2-user@i-0123456789abcdef0", config.display());
    // ssh runs proxy commands with the shell that this names.
    let outcome = here.room.run(shell(&here, &ssh).env("SHELL", "/bin/sh"));
    let said = std::fs::read_to_string(here.room.home().join("aws.said"));
    let said = said.unwrap_or_else(|error| panic!("{error}: {}", outcome.stderr));
    assert_eq!(
        said,
        "prod-admin ssm start-session --target i-0123456789abcdef0 --document-name AWS-StartSSHSession \
         --parameters portNumber=22\n"
    );
    assert!(
        !outcome.stderr.contains("prod-admin"),
        "nothing of jit is between ssh's lines: {}",
        outcome.stderr
    );
}

#[test]
fn a_database_gets_a_token() {
    let here = Signed::in_with_profiles();
    stand_in(&here, "psql", "printf %s \"$PGPASSWORD\"");
    let script = blocks("databases.md", "sh").remove(0);
    let said = here.room.run_for_credentials(&mut shell(&here, &script)).ok();
    for part in ["db.example.com:5432/?", "Action=connect", "DBUser=app", "X-Amz-Security-Token="] {
        assert!(said.contains(part), "no {part}");
    }
}

#[test]
fn terraforms_files_are_formatted_as_it_formats_them() {
    let here = Signed::in_with_profiles();
    let terraform = on_path("terraform", "Terraform: https://developer.hashicorp.com/terraform/install");
    for (number, block) in blocks("terraform.md", "hcl").iter().enumerate() {
        let file = here.room.home().join(format!("{number}.tf"));
        std::fs::write(&file, block.replace("\"prod-admin\"", "\"dev\"")).unwrap();
        here.room.run(here.room.command(&terraform).args(["fmt", "-check", "-diff"]).arg(&file)).ok();
    }
}

#[test]
fn cron_runs_a_job_with_almost_no_environment() {
    let here = Signed::in_with_profiles();
    stand_in(&here, "logger", "echo \"$@\"");
    let line = blocks("cron.md", "sh").remove(0);
    let command = line.split_once("1-5  ").unwrap().1.trim();
    // The pretend AWS has to be named even there.
    let command = command.replace("/home/alice/bin/report", "sh -c 'echo role $JIT_ROLE'");
    let script = format!(
        "exec env -i HOME=\"$HOME\" PATH=\"$PATH\" JIT_STORE=\"$JIT_STORE\" AWS_ENDPOINT_URL=\"$AWS_ENDPOINT_URL\" AWS_ENDPOINT_URL_STS=\"$AWS_ENDPOINT_URL\" SHELL=/bin/sh LOGNAME=alice sh -c {}",
        quoted(&command)
    );
    let said = here.room.run(&mut shell(&here, &script)).ok();
    assert_eq!(said, "role prod-admin\n");
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[test]
fn an_agent_gets_a_restricted_session_alone() {
    let here = Signed::in_with_profiles();
    stand_in(
        &here,
        "my-agent",
        "echo \"$JIT_ROLE\" \"$JIT_RESTRICTED_BY\"; env | grep -c '^AWS_PROFILE=' || true",
    );
    let pages = blocks("agents.md", "sh");
    let wanted = ["read-only", "ViewOnlyAccess"];
    for (script, policy) in pages.iter().zip(wanted) {
        let said = here.room.run(shell(&here, script).env("AWS_PROFILE", "somebody-else")).ok();
        let (first, profiles) = said.trim_end().split_once('\n').unwrap();
        assert!(first.starts_with("prod-admin ") && first.contains(policy) && profiles == "0", "{said}");
    }
}
