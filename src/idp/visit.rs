//! Sending the person to the IdP.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::LoginOptions;
use super::hand_over::{HandOver, Target};
use crate::world::{Note, World};
use jit_wire::trusted_url::TrustedUrl;

/// What the person is shown if no browser is opened for them.
pub(super) enum WithoutBrowser {
    /// The URL of the IdP, which can be opened on any machine. With `can_paste`, the URL that the browser
    /// ends on can be pasted here.
    Url { can_paste: bool },
    /// The local page, which the browser must open in any case.
    Page,
}

/// Opens the browser on the page that redirects it to `target` (`url` or a form for it), or shows the person
/// the URL; returns whether the browser was opened.
pub(super) fn open(
    world: &World,
    options: &LoginOptions,
    page: &HandOver,
    url: &TrustedUrl,
    target: impl Fn() -> Target,
    shown: WithoutBrowser,
) -> bool {
    let page_url = page.url();
    let why = if !options.open_browser {
        "To sign in, open this URL:".to_owned()
    } else if !world.browser.available() {
        "There is no browser here. To sign in, open this URL on any machine:".to_owned()
    } else {
        page.give_to_browser(target());
        match world.browser.open(&page_url) {
            Ok(()) => {
                world.person.tell(Note::OpeningBrowser { host: url.authority(), url: page_url.as_str() });
                return true;
            }
            Err(why) => format!("Could not open a browser: {why}. To sign in, open this URL:"),
        }
    };
    let (url, can_paste) = match shown {
        WithoutBrowser::Url { can_paste } => (url.as_str(), can_paste),
        WithoutBrowser::Page => (page_url.as_str(), false),
    };
    page.show_on_terminal(target(), can_paste);
    world.person.tell(Note::OpenYourself { url, why: &why, can_paste });
    false
}

/// 256 random bits as 43 characters of base64url; `None` if the system has none.
pub fn random() -> Option<String> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    SystemRandom::new().fill(&mut *bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_long_and_differ() {
        let [one, other] = [random().unwrap(), random().unwrap()];
        assert_ne!(one, other);
        assert_eq!(URL_SAFE_NO_PAD.decode(one).unwrap().len(), 256 / 8);
    }
}
