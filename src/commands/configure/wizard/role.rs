//! The roles that the wizard adds: chosen or named by the person, and tried before anything is written.

use super::{Wizard, parse};
use crate::broker::{Broker, Need};
use crate::commands::nameable::Nameable;
use crate::commands::{advice, pick};
use crate::config::draft::{Draft, Table, fit_name};
use crate::config::resolve::{self, Flags};
use crate::error::CommandResult;
use crate::plan::{AccountNames, DiscoveredRole};
use crate::store::Store;
use crate::ui::text::shown;
use jit_wire::timestamp::duration;

impl Wizard<'_> {
    /// `[role.NAME]`: one of those on offer, else the one whose ARN the person knows; `None` if they chose none.
    pub(super) fn role(
        &self,
        idp: &str,
        offered: &[DiscoveredRole],
        store: &Store<'_>,
    ) -> CommandResult<Option<Table>> {
        let chosen = match offered {
            [] => None,
            [only] => Some(only),
            several => match self.choose(several, store) {
                Some(role) => Some(role),
                None => return Ok(None),
            },
        };
        let table = match chosen {
            Some(role) => {
                let table = Table::new(fit_name(&role.role.to_lowercase())).with("idp", idp);
                match &role.saml {
                    None => table
                        .with("account", role.account.as_str())
                        .with("permission_set", role.role.as_str()),
                    Some(pair) => {
                        let several = offered.iter().filter(|other| {
                            other.saml.as_ref().is_some_and(|other| other.role_arn == pair.role_arn)
                        });
                        let provider = (several.count() > 1).then_some(pair.provider_arn.as_str());
                        table.with("role_arn", pair.role_arn.as_str()).with_some("provider_arn", provider)
                    }
                }
            }
            None => {
                let arn = self.need("The ARN of the role that the IdP offers you")?;
                let name = arn.rsplit('/').next().unwrap_or_default().to_lowercase();
                Table::new(fit_name(&name)).with("idp", idp).with("role_arn", arn)
            }
        };
        let name = self.or_usual("Name of the role", &table.name);
        Ok(Some(Table { name, ..table }))
    }

    /// `None` if nothing was picked, with Escape or Ctrl-C: what works so far is not lost for that.
    fn choose<'r>(&self, offered: &'r [DiscoveredRole], store: &Store<'_>) -> Option<&'r DiscoveredRole> {
        self.ui.say(shown!("{} roles are available; which one do you use most?", offered.len()));
        let names = AccountNames::of(offered);
        let candidates = offered.iter().cloned().map(|role| Nameable::offered(role, &names)).collect();
        let picked = pick::one_of(candidates, None, store, self.world).ok()?.number_name();
        offered.iter().find(|role| role.name() == picked)
    }

    /// Gets a session of `role`, which is not in `draft` yet, and says so.
    pub(super) fn works(
        &self,
        draft: &Draft,
        role: &Table,
        broker: &Broker<'_, '_>,
        need: &Need,
    ) -> CommandResult {
        let Self { world, ui, .. } = *self;
        let mut draft = draft.clone();
        draft.roles.push(role.clone());
        let file = parse(&draft)?;
        let plan = resolve::plan(&file, &role.name, Flags::default(), &world.env, Vec::new)?;
        let session = broker
            .session(&plan, need)
            .map_err(|error| advice::no_session(&error, &plan, advice::Typed::Configure))?;
        let left = duration(session.time_left(world.clock.now()));
        ui.done(shown!("{} works: account {}, {} left", role.name, session.account(), left));
        Ok(())
    }

    /// The roles that `hub` assumes, as many as the person names; each is tried.
    pub(super) fn spokes(&self, hub: &str, draft: &mut Draft, broker: &Broker<'_, '_>, need: &Need) {
        let mut prompt = format!("The ARN of a role that {hub} may assume (Enter for none)");
        while let Some(arn) = self.world.person.answer(&prompt).filter(|arn| !arn.is_empty()) {
            let mut table = Table::new(self.name_for(&arn, draft)).with("via", hub).with("role_arn", arn);
            table.name = self.or_usual("Name of the role", &table.name);
            match self.works(draft, &table, broker, need) {
                Ok(()) => {
                    draft.roles.push(table);
                    prompt = format!("The ARN of another role that {hub} may assume (Enter for none)");
                }
                Err(error) => self.ui.fail(&error),
            }
        }
    }

    /// A name for the role with this ARN that no role of `draft` has.
    fn name_for(&self, arn: &str, draft: &Draft) -> String {
        let name = fit_name(&arn.rsplit('/').next().unwrap_or_default().to_lowercase());
        let is_taken = |name: &str| draft.roles.iter().any(|role| role.name == name);
        let numbered = (2..).map(|number| format!("{name}-{number}"));
        let mut names = std::iter::once(name.clone()).chain(numbered);
        names.find(|name| !is_taken(name)).unwrap_or(name)
    }
}
