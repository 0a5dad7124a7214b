#![allow(clippy::disallowed_methods, reason = "tests set up files of their own")]

use std::fs::{create_dir_all, read_dir, read_to_string, write};

use super::replace::backup_of;
use super::*;
use crate::world::{Note, doubles};

const PROGRAM: &str = if cfg!(windows) { r"C:\bin\jit.exe" } else { "/bin/jit" };

fn roles(names: &[&str]) -> Vec<WantedProfile> {
    let wanted = |&name: &&str| WantedProfile {
        profile: name.to_owned(),
        role: name.to_owned(),
        region: Some("eu-west-1".to_owned()),
        typed: false,
    };
    names.iter().map(wanted).collect()
}

fn options() -> ProfilesOptions {
    ProfilesOptions {
        executable: PROGRAM.into(),
        dry_run: false,
        prune: false,
        known: HashSet::new(),
        take_over: Vec::new(),
    }
}

/// A world with `~/.aws/config` as given.
fn home(config: &str) -> (tempfile::TempDir, World) {
    let folder = tempfile::tempdir().unwrap();
    let world = doubles::world(folder.path(), 0);
    create_dir_all(folder.path().join(".aws")).unwrap();
    write(&world.folders.aws_config, config).unwrap();
    (folder, world)
}

fn section(name: &str) -> String {
    let command = Program::new(PROGRAM, System::HERE).unwrap().profile(name, None).unwrap().command;
    format!(
        "# managed by jit: {name}\n[profile {name}]\ncredential_process = {command}\nregion = eu-west-1\n"
    )
}

#[test]
fn a_missing_file_and_its_folder_are_made_private() {
    let folder = tempfile::tempdir().unwrap();
    let world = doubles::world(folder.path(), 0);
    let report = run(&world, &roles(&["dev"]), &options()).unwrap();
    assert_eq!((report.added, report.backup), (vec!["dev".to_owned()], None));
    assert_eq!(read_to_string(&world.folders.aws_config).unwrap(), section("dev"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&world.folders.aws_config), 0o600);
        assert_eq!(mode(&folder.path().join(".aws")), 0o700);
    }
}

#[test]
fn the_backup_is_the_state_before_the_last_change() {
    let (_folder, world) = home("[a]\n");
    let backup = world.folders.aws_config.with_file_name("config.jit-backup");
    let report = run(&world, &roles(&["dev"]), &options()).unwrap();
    assert_eq!(report.backup.as_deref(), Some(backup.as_path()));
    assert_eq!(read_to_string(&backup).unwrap(), "[a]\n");
    let second = read_to_string(&world.folders.aws_config).unwrap();
    assert_eq!(second, format!("[a]\n\n{}", section("dev")));

    let idle = run(&world, &roles(&["dev"]), &options()).unwrap();
    assert_eq!(
        (idle.unchanged, idle.backup, idle.diff),
        (vec!["dev".to_owned()], None, Vec::<String>::new())
    );
    assert_eq!(read_to_string(&backup).unwrap(), "[a]\n", "nothing was written, so nothing was backed up");

    let stale = run(&world, &roles(&["prod"]), &options()).unwrap();
    assert_eq!((stale.stale.len(), stale.removed.len()), (1, 0));
    let pruned = run(&world, &roles(&["prod"]), &ProfilesOptions { prune: true, ..options() }).unwrap();
    assert_eq!((pruned.stale.len(), pruned.removed), (0, vec!["dev".to_owned()]));
    assert_eq!(read_to_string(&world.folders.aws_config).unwrap(), format!("[a]\n\n{}", section("prod")));
}

#[test]
fn a_dry_run_shows_the_change_and_touches_nothing() {
    let (folder, world) = home("[a]\naws_secret_access_key = hidden\n");
    let modified = world.folders.aws_config.metadata().unwrap().modified().unwrap();
    let report = run(&world, &roles(&["dev"]), &ProfilesOptions { dry_run: true, ..options() }).unwrap();
    let diff = report.diff.join("\n");
    assert!(diff.contains("\n+[profile dev]\n") && !diff.contains("hidden"), "{diff}");
    assert_eq!((report.added.len(), report.backup), (1, None));
    assert_eq!(read_to_string(&world.folders.aws_config).unwrap(), "[a]\naws_secret_access_key = hidden\n");
    assert_eq!(world.folders.aws_config.metadata().unwrap().modified().unwrap(), modified);
    assert_eq!(read_dir(folder.path()).unwrap().count(), 1, "no state folder, no lock");
    assert_eq!(read_dir(folder.path().join(".aws")).unwrap().count(), 1);
}

#[test]
fn a_change_in_between_is_kept_or_nothing_is_written() {
    let (_folder, world) = home("[a]\n");
    let path = world.folders.aws_config.clone();
    let mut others = vec!["[b]\n"];
    let report = run_meanwhile(&world, &roles(&["dev"]), &options(), || {
        if let Some(text) = others.pop() {
            write(&path, text).unwrap();
        }
    });
    assert_eq!(report.unwrap().added, ["dev"]);
    assert_eq!(read_to_string(&path).unwrap(), format!("[b]\n\n{}", section("dev")));
    assert_eq!(read_to_string(backup_of(&path)).unwrap(), "[b]\n");

    let mut count = 0;
    let report = run_meanwhile(&world, &roles(&["prod"]), &options(), || {
        count += 1;
        write(&path, format!("[c{count}]\n")).unwrap();
    });
    assert!(matches!(report, Err(ProfilesError::KeepsChanging { .. })), "{report:?}");
    assert_eq!(read_to_string(&path).unwrap(), format!("[c{ATTEMPTS}]\n"));
    assert_eq!(read_to_string(backup_of(&path)).unwrap(), "[b]\n");
}

#[test]
fn a_broken_file_is_named_with_line_and_column_and_left_alone() {
    let text = "[a]\nx = 1\n  y = 2\n[a]\n";
    let (_folder, world) = home(text);
    let error = run(&world, &roles(&["dev"]), &options()).unwrap_err().to_string();
    let path = world.folders.aws_config.display();
    assert_eq!(error, format!("{path}:4:1: this section is a duplicate of the one on line 1: [a]"));
    assert_eq!(read_to_string(&world.folders.aws_config).unwrap(), text);
}

#[test]
fn a_read_only_file_is_an_error_and_loses_nothing() {
    let (_folder, world) = home("[a]\n");
    let path = &world.folders.aws_config;
    let backup = backup_of(path);
    write(&backup, "older").unwrap();
    let mut permissions = path.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    std::fs::set_permissions(path, permissions).unwrap();
    let error = run(&world, &roles(&["dev"]), &options()).unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(source, "the file is read-only");
    assert_eq!(
        (read_to_string(path).unwrap().as_str(), read_to_string(backup).unwrap().as_str()),
        ("[a]\n", "older")
    );
}

#[test]
fn a_file_in_place_of_the_folder_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let world = doubles::world(folder.path(), 0);
    write(folder.path().join(".aws"), "a file").unwrap();
    assert!(matches!(
        run(&world, &roles(&["dev"]), &options()),
        Err(ProfilesError::Read { .. } | ProfilesError::Write { .. })
    ));
    assert_eq!(read_to_string(folder.path().join(".aws")).unwrap(), "a file");
}

#[cfg(unix)]
#[test]
fn a_link_into_a_dotfile_repository_stays_a_link() {
    let (folder, world) = home("");
    let path = &world.folders.aws_config;
    let repository = folder.path().join("dotfiles");
    create_dir_all(&repository).unwrap();
    let real = repository.join("aws");
    write(&real, "[a]\n").unwrap();
    std::fs::remove_file(path).unwrap();
    std::os::unix::fs::symlink(&real, path).unwrap();
    let report = run(&world, &roles(&["dev"]), &options()).unwrap();
    assert!(path.is_symlink());
    assert_eq!(read_to_string(&real).unwrap(), format!("[a]\n\n{}", section("dev")));
    assert_eq!(report.backup, Some(backup_of(path)), "the backup stays out of the repository");
    assert_eq!(read_dir(&repository).unwrap().count(), 1);
}

#[test]
fn roles_that_cannot_be_written_do_not_stop_the_others() {
    let (_folder, world) = home("[profile taken]\n");
    let report = run(&world, &roles(&["a b", "dev", "taken"]), &options()).unwrap();
    assert_eq!(report.added, ["dev"]);
    assert!(matches!(report.refused.as_slice(), [(name, Unwritable::NameCharacter { .. })] if name == "a b"));
    assert_eq!(report.conflicts, [ProfileHeader { name: "taken".to_owned(), line: 1 }]);
    let nowhere = ProfilesOptions { executable: "jit".into(), ..options() };
    assert!(matches!(run(&world, &roles(&["dev"]), &nowhere), Err(ProfilesError::Program(_))));
}

/// A person who, told that jit waits for another process, makes that one finish.
struct Finishes(std::cell::Cell<Option<std::fs::File>>);

impl crate::world::Person for Finishes {
    fn can_be_asked(&self) -> bool {
        false
    }
    fn tell(&self, note: Note<'_>) {
        assert!(matches!(note, Note::Waiting { .. }), "{note:?}");
        drop(self.0.take());
    }
    fn pasted_line(&self) -> std::pin::Pin<Box<dyn Future<Output = jit_wire::secret::Secret<String>> + '_>> {
        Box::pin(std::future::pending())
    }
    fn password(&self, _: &str) -> Option<jit_wire::secret::Secret<String>> {
        None
    }
    fn confirm(&self, _: &str) -> Option<bool> {
        None
    }
}

#[test]
fn two_runs_wait_for_each_other_and_say_so() {
    let (_folder, mut world) = home("");
    let other = lock(&world).unwrap();
    world.person = Box::new(Finishes(std::cell::Cell::new(Some(other))));
    // If the person were not told, this would wait forever.
    assert_eq!(run(&world, &roles(&["dev"]), &options()).unwrap().added, ["dev"]);
}

/// AWS's tools use `[default]` when no profile is given, so it is written only for a person who typed that
/// name.
#[test]
fn the_default_profile_is_written_only_on_request() {
    let typed = |names: &[&str]| {
        roles(names).into_iter().map(|one| WantedProfile { typed: true, ..one }).collect::<Vec<_>>()
    };
    for name in ["default", "Default", "DEFAULT", "dEfAuLt"] {
        let (_folder, world) = home("[a]\n");
        let report = run(&world, &roles(&["dev", name]), &options()).unwrap();
        assert_eq!((report.added, report.unasked), (vec!["dev".to_owned()], vec![name.to_owned()]));
        assert!(!read_to_string(&world.folders.aws_config).unwrap().to_lowercase().contains("default"));
    }
    for name in ["defaults", "my-default", "default.x"] {
        let (_folder, world) = home("[a]\n");
        assert_eq!(run(&world, &roles(&[name]), &options()).unwrap().added, [name]);
    }
    // After that it is kept up to date. One that jit does not manage is left unchanged.
    let (_folder, world) = home("[a]\n");
    assert_eq!(run(&world, &typed(&["default"]), &options()).unwrap().added, ["default"]);
    let again = run(&world, &roles(&["default"]), &options()).unwrap();
    assert_eq!((again.unchanged, again.unasked), (vec!["default".to_owned()], Vec::new()));
    let theirs = "[default]\nregion = mine\n";
    let (_folder, world) = home(theirs);
    assert_eq!(run(&world, &typed(&["default"]), &options()).unwrap().conflicts.len(), 1);
    assert_eq!(read_to_string(&world.folders.aws_config).unwrap(), theirs);
}

/// jit does not write a profile that AWS's tools would ignore. One that it already manages is kept up to
/// date.
#[test]
fn a_profile_of_the_credentials_file_is_left_alone() {
    let (folder, world) = home("[a]\n");
    write(folder.path().join(".aws/credentials"), "# old\n[prod]\naws_access_key_id = x\n").unwrap();
    let report = run(&world, &roles(&["dev", "prod"]), &options()).unwrap();
    assert_eq!(
        (report.added, report.elsewhere),
        (vec!["dev".to_owned()], vec![ProfileHeader { name: "prod".to_owned(), line: 2 }])
    );
    assert!(!read_to_string(&world.folders.aws_config).unwrap().contains("prod"));
    write(folder.path().join(".aws/credentials"), "[dev]\naws_access_key_id = x\n").unwrap();
    let report = run(&world, &roles(&["dev", "prod"]), &options()).unwrap();
    assert_eq!((report.added, report.unchanged), (vec!["prod".to_owned()], vec!["dev".to_owned()]));
    write(folder.path().join(".aws/credentials"), "not such a file").unwrap();
    assert_eq!(run(&world, &roles(&["new"]), &options()).unwrap().added, ["new"]);
}
