//! Where the ledger of access on request is, and roles that are assumed from an entry role without being in any file.

use std::fmt;

use jit_wire::arn::RoleArn;

use super::{CHAINED_LIMIT, Leg, Origin, Plan, RoleId, Valued};

/// Where a ledger is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LedgerPlace {
    /// A bucket of S3, by its name.
    Bucket(String),
    /// A folder, as it is written: an absolute path, or one below the home (`~/…`).
    Folder(String),
}

impl fmt::Display for LedgerPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bucket(name) => write!(f, "s3://{name}"),
            Self::Folder(path) => f.write_str(path),
        }
    }
}

impl Plan {
    /// The plan for the role `arn`, called `name`, which is assumed with the session of this plan's last step under the
    /// session name `session_name`. A role on request lets people in under their own name alone, so that is the one that the
    /// entry role gave them. `origin` says who names the role.
    #[must_use]
    pub fn onward(&self, name: &str, arn: RoleArn, session_name: Option<String>, origin: Origin) -> Self {
        let role = Valued::new(RoleId::Arn(arn), origin);
        let limit = Valued::new(CHAINED_LIMIT, Origin::Rule("AWS's limit for chained roles"));
        let own =
            session_name.map(|own| Valued::new(own, Origin::Rule("the session name of the entry role")));
        let leg = Leg { session_name: own, ..Leg::new(name, role, limit, self.target().sts.clone()) };
        let mut plan = Self { role: name.to_owned(), ..self.clone() };
        plan.legs.push(leg);
        // What the entry role's section says of colour, region and confirmation is about that role.
        Self { region: None, variables: Vec::new(), description: None, color: None, confirm: false, ..plan }
    }
}
