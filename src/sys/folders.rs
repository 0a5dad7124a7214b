//! Where files lie on this system.

use std::path::{Path, PathBuf};

use crate::world::Folders;

use super::env::{AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, Env, JIT_CONFIG};

/// The folders of this user, as the system's conventions have them and the environment overrides them.
pub fn of_user(env: &Env) -> Folders {
    // Without a home there is no good place, and the current folder is a bad one: a configuration in it may be anybody's.
    let home = dirs::home_dir().unwrap_or_else(|| PathBuf::from(std::path::MAIN_SEPARATOR_STR));
    let config =
        || dirs::config_dir().unwrap_or_else(|| home.join(".config")).join("jit").join("config.toml");
    let state = dirs::state_dir().or_else(dirs::data_local_dir).unwrap_or_else(|| home.join(".local/state"));
    let named = |variable: &str, default: &str| {
        env.get(variable).map_or_else(|| home.join(default), |path| expand(path, &home))
    };
    Folders {
        config_file: env.get(JIT_CONFIG).map_or_else(config, PathBuf::from),
        state: state.join("jit"),
        aws_config: named(AWS_CONFIG_FILE, ".aws/config"),
        aws_credentials: named(AWS_SHARED_CREDENTIALS_FILE, ".aws/credentials"),
        home,
    }
}

/// AWS's tools expand `~` at the start of these variables, and nothing else.
fn expand(path: &str, home: &Path) -> PathBuf {
    let rest = path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\").filter(|_| cfg!(windows)));
    rest.map_or_else(|| PathBuf::from(path), |rest| home.join(rest))
}

/// `path` as the user would write it, with `~` for the home.
pub fn short(path: &Path, home: &Path) -> String {
    match path.strip_prefix(home) {
        Ok(rest) if home.parent().is_some() => format!("~/{}", rest.display()),
        _ => path.display().to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_home() {
        let home = Path::new("/home/a");
        assert_eq!(short(Path::new("/home/a/x/y"), home), "~/x/y");
        assert_eq!(short(Path::new("/etc/x"), home), "/etc/x");
        assert_eq!(short(Path::new("/etc/x"), Path::new("/")), "/etc/x");
    }
}
