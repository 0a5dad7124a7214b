//! The parameters of a request, from its query or its form.

use crate::faults::Refusal;

/// Parameters by name. An empty one counts as left out (RFC 6749, section 3.1).
pub(crate) struct Params(Vec<(String, String)>);

impl Params {
    /// Takes the pairs of a query or a form.
    ///
    /// # Errors
    /// `invalid_request` if one is given twice (RFC 6749, section 3.1).
    pub(crate) fn new(pairs: Vec<(String, String)>) -> Result<Self, Refusal> {
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(_) => Err(Refusal::new(400, "invalid_request", "a parameter is given twice")),
            None => Ok(Self(pairs)),
        }
    }

    /// The parameter `name`.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(of, _)| of == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }

    /// The parameter `name`, which is required.
    ///
    /// # Errors
    /// `invalid_request`, as OAuth specifies.
    pub(crate) fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::new(400, "invalid_request", format!("{name} is missing")))
    }

    /// The values of an AWS list: `NAME.member.1`, `NAME.member.2`, …, each followed by `rest`.
    pub(crate) fn list<'a>(&'a self, name: &'a str, rest: &'a str) -> impl Iterator<Item = &'a str> {
        (1..).map_while(move |number| {
            let member = format!("{name}.member.{number}{rest}");
            self.0.iter().find(|(of, _)| *of == member).map(|(_, value)| value.as_str())
        })
    }
}
