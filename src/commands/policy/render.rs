//! `jit policy render`: every document that AWS evaluates.

mod settings;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};

use super::files::PolicySources;
use crate::error::{CommandError, CommandResult, Kind};
use crate::sys::fs;
use crate::ui::Ui;
use crate::ui::text::{escape, shown};
use jit_access::policy::Policy;
use jit_access::render::{
    DeploymentIndex, Level, MissingSetting, NotDeployable, NotRendered, RenderSettings, Rendered, Rendering,
    Room, account_template, deployment, ledger_template,
};
use jit_wire::explain::{Explain, Next};

use settings::SettingsArgs;

/// Print every policy document that AWS evaluates
///
/// One document as it is, several as one JSON object by name, or files with --out.
/// The names: ceiling/NAME, role/ACCESS.trust, role/ACCESS.standing,
/// door/DOOR.trust, door/DOOR.apply, door/DOOR.entry, door/DOOR.glass,
/// door/DOOR.publish, function.policy, grant/ACCESS, grantor.policy,
/// grantor.trust, guardrail, ledger. A document that needs something that neither
/// the policy nor an option says is left out, and jit says what it needs.
///
/// --deploy writes what a deployment is made from: every document, index.json for
/// the Terraform modules, and accounts.template.json and ledger.template.json for
/// CloudFormation. Nothing may be missing then.
#[derive(Args, Debug)]
#[command(verbatim_doc_comment, next_line_help = true)]
pub struct RenderArgs {
    /// The policy: files, or folders with files that end in .toml
    #[arg(required = true, value_name = "FILE", value_hint = ValueHint::AnyPath)]
    pub files: Vec<PathBuf>,
    /// Only the documents with this name; * matches anything
    #[arg(long, value_name = "NAME")]
    pub only: Vec<String>,
    /// Write each document to a file of this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Write documents, an index for Terraform and CloudFormation templates
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath, conflicts_with_all = ["out", "only"])]
    pub deploy: Option<PathBuf>,
    #[command(flatten)]
    pub settings: SettingsArgs,
}

/// Why documents are not rendered.
#[derive(Debug, thiserror::Error)]
pub(super) enum RenderError {
    #[error("no document matches `{0}`")]
    NoMatch(String, Vec<String>),
    #[error("cannot render {}", named(.0))]
    Missing(Vec<NotRendered>),
    #[error("AWS would not accept {name}: {why}")]
    TooLong { name: String, why: String, advice: Vec<Next> },
    #[error("the names {0} and {1} differ by case alone, and could be one file")]
    CaseTwins(String, String),
    #[error(transparent)]
    NotDeployable(#[from] NotDeployable),
    #[error("the policy has no door `{door}`")]
    NoDoor { door: String, known: Vec<String> },
}

fn named(missing: &[NotRendered]) -> String {
    missing.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ")
}

impl Explain for RenderError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn next(&self) -> Vec<Next> {
        match self {
            Self::NoMatch(_, names) => vec![Next::words(format!("the names are {}", names.join(", ")))],
            Self::Missing(missing) => {
                let needed: BTreeSet<String> = missing.iter().map(needs).collect();
                needed.into_iter().map(Next::words).collect()
            }
            Self::TooLong { advice, .. } => advice.clone(),
            Self::CaseTwins(..) => Next::list(["use different names in the policy"]),
            Self::NotDeployable(error) => error.next(),
            Self::NoDoor { known, .. } if known.is_empty() => Next::list(["add a [door] to the policy"]),
            Self::NoDoor { known, .. } => {
                vec![Next::words(format!("the doors are {}", known.join(", ")))]
            }
        }
    }
}

/// What to add, so that a document can be rendered.
fn needs(missing: &NotRendered) -> String {
    let name = &missing.name;
    match &missing.missing {
        MissingSetting::Ledger => "add --ledger BUCKET".to_owned(),
        MissingSetting::Reach => "add --organization o-…, or --account for each account".to_owned(),
        MissingSetting::Platform => "add --platform ARN for each role that deploys".to_owned(),
        MissingSetting::FunctionRole => "add --function-role ARN".to_owned(),
        MissingSetting::Arrival(_) => {
            "say how people arrive at each door: --trust DOOR=oidc,ISSUER,CLIENT_ID or --trust DOOR=saml,NAME"
                .to_owned()
        }
        MissingSetting::Ceiling(ceiling) if ceiling.is_empty() => {
            format!("{name}: add a `ceiling` to the access")
        }
        MissingSetting::Ceiling(ceiling) => {
            format!("say what this ceiling is: --ceiling {ceiling}=operate,SERVICE:ACTION")
        }
        MissingSetting::Door(right) => {
            format!("add a [door] with may = [\"{}\"] to the policy", right.name())
        }
        MissingSetting::Other(why) => format!("{name}: {why}"),
    }
}

pub(super) fn run(args: &RenderArgs, ui: &Ui) -> CommandResult {
    let policy = PolicySources::read(&args.files)?.policy()?;
    let settings = args.settings.settings(&policy)?;
    let rendering = choose(deployment(&policy, &settings), &args.only)?;
    for one in &rendering.documents {
        check_size(one, ui)?;
    }
    if !args.only.is_empty() && !rendering.missing.is_empty() {
        return Err(RenderError::Missing(rendering.missing).into());
    }
    match (&args.out, &args.deploy) {
        (_, Some(folder)) => return write_deployment(folder, &policy, &settings, rendering, ui),
        (Some(folder), None) => write(folder, &rendering.documents, ui)?,
        (None, None) => ui.data(text(&rendering.documents).as_bytes())?,
    }
    left_out(&rendering.missing, ui);
    Ok(())
}

/// The documents that one of `only` names; all without any.
fn choose(mut rendering: Rendering, only: &[String]) -> Result<Rendering, RenderError> {
    let names = |rendering: &Rendering| -> Vec<String> {
        let documents = rendering.documents.iter().map(|one| one.name.clone());
        documents.chain(rendering.missing.iter().map(|one| one.name.clone())).collect()
    };
    let all = names(&rendering);
    for pattern in only {
        if !all.iter().any(|name| matches(pattern, name)) {
            return Err(RenderError::NoMatch(pattern.clone(), all));
        }
    }
    let is_chosen = |name: &str| only.is_empty() || only.iter().any(|pattern| matches(pattern, name));
    rendering.documents.retain(|one| is_chosen(&one.name));
    rendering.missing.retain(|one| is_chosen(&one.name));
    Ok(rendering)
}

/// Whether `name` is what `pattern` says, in which `*` matches anything.
fn matches(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

/// Says what is near one of AWS's limits.
fn check_size(one: &Rendered, ui: &Ui) -> CommandResult {
    let fullness = one.fullness().map_err(|error| RenderError::TooLong {
        name: one.name.clone(),
        why: error.to_string(),
        advice: error.next(),
    })?;
    // Those that ship are known to fit, and nobody can shorten them.
    let ships = one.name.strip_prefix("ceiling/").is_some_and(|name| Level::named(name).is_some());
    if fullness.check() != Ok(Room::Enough) && !ships {
        let advice = fullness.advice().unwrap_or_default();
        ui.warn(shown!("{} has {}: {}", one.name, fullness, advice));
    }
    Ok(())
}

/// One document as it is, several by name.
fn text(documents: &[Rendered]) -> String {
    if let [one] = documents {
        return one.document.pretty() + "\n";
    }
    let each = documents.iter().map(|one| {
        // Names have no character that JSON escapes, and a document has line feeds only between its parts.
        format!("  \"{}\": {}", one.name, one.document.pretty().replace('\n', "\n  "))
    });
    format!("{{\n{}\n}}\n", each.collect::<Vec<_>>().join(",\n"))
}

/// Writes each document to a file; the names of doors and accesses have no slash.
fn write(folder: &Path, documents: &[Rendered], ui: &Ui) -> CommandResult {
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for one in documents {
        if let Some(other) = seen.insert(one.name.to_ascii_lowercase(), &one.name) {
            return Err(RenderError::CaseTwins(other.to_owned(), one.name.clone()).into());
        }
    }
    let failed = |path: &Path, error| {
        CommandError::new(Kind::Failed, format!("could not write {}", path.display())).because(error)
    };
    for one in documents {
        let path = folder.join(format!("{}.json", one.name));
        let parent = path.parent().unwrap_or(folder);
        fs::public_folder(parent).map_err(|error| failed(parent, error))?;
        let content = one.document.pretty() + "\n";
        fs::write_public(&path, content.as_bytes()).map_err(|error| failed(&path, error))?;
    }
    ui.done(shown!("Wrote {} documents to {}", documents.len(), folder.display()));
    Ok(())
}

/// Writes everything that a deployment is made from, or nothing if something is missing.
fn write_deployment(
    folder: &Path,
    policy: &Policy,
    settings: &RenderSettings,
    mut rendering: Rendering,
    ui: &Ui,
) -> CommandResult {
    if !rendering.missing.is_empty() {
        return Err(RenderError::Missing(rendering.missing).into());
    }
    let index =
        DeploymentIndex::of(policy, settings.ledger.as_deref(), &rendering).map_err(RenderError::from)?;
    let mut templates = vec![account_template(&index, &rendering)];
    templates.extend(settings.ledger.as_ref().map(|bucket| ledger_template(bucket, &rendering)));
    for one in &templates {
        check_size(one, ui)?;
    }
    rendering.documents.extend(templates);
    write(folder, &rendering.documents, ui)?;
    let path = folder.join("index.json");
    let content = format!("{:#}\n", index.to_json());
    fs::write_public(&path, content.as_bytes()).map_err(|error| {
        CommandError::new(Kind::Failed, format!("could not write {}", path.display())).because(error)
    })
}

/// Says once for each thing that is not known which documents need it.
fn left_out(missing: &[NotRendered], ui: &Ui) {
    let mut by_need: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in missing {
        by_need.entry(needs(one)).or_default().push(&one.name);
    }
    for (need, names) in by_need {
        ui.say(shown!("Left out: {}", names.join(", ")));
        ui.next(escape(&need));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_patterns() {
        for (pattern, name, fits) in [
            ("ledger", "ledger", true),
            ("ledger", "ledgers", false),
            ("role/*", "role/read.trust", true),
            ("*.trust", "role/read.trust", true),
            ("role/*.trust", "role/read.standing", false),
            ("*", "guardrail", true),
            ("r*e*d*t", "role/read.trust", true),
            ("*a*a*", "role/a", false),
            ("", "ledger", false),
            ("le*dger", "ledger", true),
            ("ledg*dger", "ledger", false),
        ] {
            assert_eq!(matches(pattern, name), fits, "{pattern} {name}");
        }
    }
}
