//! Sending the person to the provider.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::{SecureRandom as _, SystemRandom};

use super::LoginOptions;
use crate::trusted_url::TrustedUrl;
use crate::world::{Note, World};

/// Opens the browser, or tells the person to do so; whether the browser was opened. With `can_paste` the address that
/// the browser ends at may be pasted here.
pub(super) fn open(world: &World, options: &LoginOptions, url: &TrustedUrl, can_paste: bool) -> bool {
    let why = if !options.open_browser {
        "To sign in, open:".to_owned()
    } else if !world.browser.available() {
        "There is no browser here. To sign in, open on any machine:".to_owned()
    } else {
        match world.browser.open(url) {
            Ok(()) => {
                world.person.tell(Note::OpeningBrowser { host: url.authority(), url: url.as_str() });
                return true;
            }
            Err(why) => format!("No browser was opened: {why}. To sign in, open:"),
        }
    };
    world.person.tell(Note::OpenYourself { url: url.as_str(), why: &why, can_paste });
    false
}

/// 256 random bits as 43 characters of base64url; `None` if the system has none to give.
pub fn random() -> Option<String> {
    let mut bytes = zeroize::Zeroizing::new([0_u8; 32]);
    SystemRandom::new().fill(&mut *bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_random_is_long_and_never_the_same() {
        let [one, other] = [random().unwrap(), random().unwrap()];
        assert_ne!(one, other);
        assert_eq!(URL_SAFE_NO_PAD.decode(one).unwrap().len(), 256 / 8);
    }
}
