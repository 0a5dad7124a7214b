//! Where files are on this system.

use std::path::{Path, PathBuf};

use crate::world::Folders;

use jit_wire::env::{AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE, Env, JIT_CONFIG};

/// The folders of this user, by the system's conventions and the environment.
pub fn of_user(env: &Env) -> Folders {
    // Without a home there is no good place. The current folder would be a bad one: a configuration in it may
    // be anybody's.
    let home = dirs::home_dir().unwrap_or_else(|| PathBuf::from(std::path::MAIN_SEPARATOR_STR));
    let config =
        || dirs::config_dir().unwrap_or_else(|| home.join(".config")).join("jit").join("config.toml");
    let state = dirs::state_dir().or_else(dirs::data_local_dir).unwrap_or_else(|| home.join(".local/state"));
    let named = |variable: &str, default: &str| {
        env.get(variable).map_or_else(|| home.join(default), |path| expand(path, env, &home, cfg!(windows)))
    };
    Folders {
        config_file: env.get(JIT_CONFIG).map_or_else(config, PathBuf::from),
        state: state.join("jit"),
        aws_config: named(AWS_CONFIG_FILE, ".aws/config"),
        aws_credentials: named(AWS_SHARED_CREDENTIALS_FILE, ".aws/credentials"),
        home,
        machine: super::machine::folder(),
    }
}

/// Expands a path in these variables as botocore does: `$NAME` and `${NAME}` (on Windows also `%NAME%`) are
/// variables, and `~` at the start is the home folder. A variable that is not set stays unchanged, and so
/// does another user's home.
pub fn expand(path: &str, env: &Env, home: &Path, windows: bool) -> PathBuf {
    let path = with_variables(path, env, windows);
    if path == "~" {
        return home.to_owned();
    }
    let rest = path.strip_prefix("~/").or_else(|| path.strip_prefix("~\\").filter(|_| windows));
    rest.map_or_else(|| PathBuf::from(&path), |rest| home.join(rest))
}

/// Python's `os.path.expandvars`.
fn with_variables(path: &str, env: &Env, windows: bool) -> String {
    let mut whole = String::with_capacity(path.len());
    let mut rest = path;
    while let Some(at) = rest.find(|c| c == '$' || (c == '%' && windows)) {
        let (before, from) = rest.split_at(at);
        whole.push_str(before);
        let end = match from.as_bytes() {
            [b'$', b'{', ..] => from.find('}').map(|end| (&from[2..end], end + 1)),
            [b'%', ..] => from[1..].find('%').map(|end| (&from[1..=end], end + 2)),
            _ => {
                let name = |c: char| c.is_ascii_alphanumeric() || c == '_';
                let end = from[1..].find(|c| !name(c)).map_or(from.len(), |end| end + 1);
                Some((&from[1..end], end))
            }
        };
        // For Python, a variable with an empty value is set.
        let value = end.and_then(|(name, end)| Some((env.set(name)?, end)));
        let (text, taken) = value.unwrap_or((&from[..1], 1));
        whole.push_str(text);
        rest = &from[taken..];
    }
    whole + rest
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

    /// The expected results are what botocore opens; `tests/counterparts/aws_settings.rs` asks it.
    #[test]
    fn a_path_in_a_variable_is_expanded_as_in_botocore() {
        let env = Env::of([("HOME", "/home/a"), ("STAGE", "prod"), ("EMPTY", "")]);
        let cases = [
            ("/etc/aws", "/etc/aws", "/etc/aws"),
            ("~/x", "/home/a/x", "/home/a/x"),
            ("~", "/home/a", "/home/a"),
            ("~bob/x", "~bob/x", "~bob/x"),
            ("/x/~/y", "/x/~/y", "/x/~/y"),
            ("$HOME/x", "/home/a/x", "/home/a/x"),
            ("${HOME}/x", "/home/a/x", "/home/a/x"),
            ("~/$STAGE/c", "/home/a/prod/c", "/home/a/prod/c"),
            ("/x/$STAGE.ini", "/x/prod.ini", "/x/prod.ini"),
            ("/x/${STAGE}s", "/x/prods", "/x/prods"),
            ("/x/$STAGES", "/x/$STAGES", "/x/$STAGES"),
            ("/x/$EMPTY/y", "/x//y", "/x//y"),
            ("/x/$/y", "/x/$/y", "/x/$/y"),
            ("/x/${STAGE", "/x/${STAGE", "/x/${STAGE"),
            ("/x/$$STAGE", "/x/$prod", "/x/$prod"),
            ("%HOME%/x", "%HOME%/x", "/home/a/x"),
            ("/x/100%", "/x/100%", "/x/100%"),
        ];
        for (path, unix, windows) in cases {
            let expanded = |windows| expand(path, &env, Path::new("/home/a"), windows);
            assert_eq!(expanded(false), Path::new(unix), "{path} on Unix");
            assert_eq!(expanded(true), Path::new(windows), "{path} on Windows");
        }
    }

    #[test]
    fn paths_are_shown_from_home() {
        let home = Path::new("/home/a");
        assert_eq!(short(Path::new("/home/a/x/y"), home), "~/x/y");
        assert_eq!(short(Path::new("/etc/x"), home), "/etc/x");
        assert_eq!(short(Path::new("/etc/x"), Path::new("/")), "/etc/x");
    }
}
