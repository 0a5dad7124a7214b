//! Terraform with a provider that takes the place of AWS's, in a copy of `deploy/`.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{checked_in, copy};
use crate::support::{Moto, Outcome, Room, fixture, on_path, tool};

/// The version of the provider whose schema is used.
const VERSION: &str = "6.62.0";

/// A copy of `deploy/`, and what Terraform needs to run in it.
pub(super) struct Terraform<'r> {
    room: &'r Room,
    url: String,
    /// The copy.
    pub(super) deploy: PathBuf,
    /// Variables that `render` reads.
    pub(super) values: Vec<(&'static str, String)>,
}

impl<'r> Terraform<'r> {
    /// A copy whose resources are created in `moto`.
    pub(super) fn new(room: &'r Room, moto: &Moto) -> Self {
        let deploy = room.outside("deploy");
        copy(&checked_in(""), &deploy);
        let mirror = room.outside("mirror");
        let folder = mirror.join(format!("registry.terraform.io/hashicorp/aws/{VERSION}/{}", platform()));
        std::fs::create_dir_all(&folder).unwrap();
        let provider = room.script(
            "provider",
            &format!(
                "exec {} {}",
                tool("deploy/bin/python").display(),
                fixture("deploy/provider.py").display()
            ),
        );
        std::fs::copy(provider, folder.join(format!("terraform-provider-aws_v{VERSION}"))).unwrap();
        let settings = format!(
            "disable_checkpoint = true\nprovider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        std::fs::write(room.outside("terraform.rc"), settings).unwrap();
        Self { room, url: moto.url(), deploy, values: Vec::new() }
    }

    /// A program in a folder of the copy, with `jit` and `terraform` on its path.
    pub(super) fn run(&self, folder: &str, program: &str, arguments: &[&str]) -> Outcome {
        let terraform = on_path("terraform", "https://developer.hashicorp.com/terraform/install");
        let jit = Path::new(env!("CARGO_BIN_EXE_jit")).parent().unwrap();
        let path = format!("{}:{}:/usr/bin:/bin", jit.display(), terraform.parent().unwrap().display());
        let mut command: Command = self.room.command(program);
        command.args(arguments).current_dir(self.deploy.join(folder)).env("PATH", path);
        command
            .env("TF_CLI_CONFIG_FILE", self.room.outside("terraform.rc"))
            .env("TF_CLI_ARGS", "-no-color")
            .env("JIT_TEST_SCHEMA", tool("aws-provider/schema.json"))
            .env("JIT_TEST_APPLIED", self.room.outside("applied"))
            .env("AWS_ENDPOINT_URL", &self.url);
        command.envs(self.values.iter().map(|(name, value)| (name, value)));
        self.room.run(&mut command)
    }

    /// What the provider was asked to do since the last time, one line for each resource.
    pub(super) fn applied(&self) -> Vec<String> {
        let path = self.room.outside("applied");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(path);
        text.lines().map(str::to_owned).collect()
    }
}

/// `linux_amd64`, as Terraform writes it.
fn platform() -> String {
    let system = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let processor = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    format!("{system}_{processor}")
}
