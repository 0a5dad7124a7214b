//! How a demo is told: chapters, the files that it shows, and the commands that its people type.

use std::sync::Mutex;
use std::time::Duration;

use crate::broker::{Interaction, Need};
use crate::error::CommandResult;
use crate::ui::text::{escape, shown};
use crate::ui::{Tone, Ui};

/// Between chapters, on a terminal: long enough to see where one ends.
const PAUSE: Duration = Duration::from_millis(1200);

/// Tells a demo.
pub(super) struct Narrator<'a> {
    pub(super) ui: &'a Ui,
    /// Somebody watches, so it pauses between chapters.
    pub(super) pauses: bool,
    /// Locked while something may be stored.
    pub(super) busy: &'a Mutex<()>,
}

impl Narrator<'_> {
    /// Says what the demo is, and shows the file that it is about.
    pub(super) fn introduction(&self, text: &'static str, file: &str) {
        self.ui.prose(text);
        self.ui.say("");
        for line in file.lines() {
            let line = format!("    {line}");
            self.ui.say_verbatim(self.ui.paint(Tone::Dim, escape(line.trim_end())));
        }
    }

    /// Says what comes next, and does it.
    pub(super) fn chapter<T>(
        &self,
        number: &'static str,
        title: &'static str,
        work: impl FnOnce() -> CommandResult<T>,
    ) -> CommandResult<T> {
        if self.pauses {
            std::thread::sleep(PAUSE);
        }
        self.ui.say("");
        self.ui.item(number, title);
        self.busy(work)
    }

    /// Runs `work`, which a cleanup must not interrupt.
    pub(super) fn busy<T>(&self, work: impl FnOnce() -> CommandResult<T>) -> CommandResult<T> {
        let _busy = self.busy.lock();
        work()
    }

    /// Shows a command at the prompt `$`, or at the prompt of one of several people.
    pub(super) fn typed(&self, prompt: &str, command: &str) {
        let prompt = self.ui.paint(Tone::Dim, escape(prompt));
        self.ui.say(shown!("{} {}", prompt, self.ui.paint(Tone::Name, escape(command))));
    }
}

/// A session without a prompt: a sign-in of the demo is enough.
pub(super) fn need() -> Need {
    Need {
        min_ttl: Duration::ZERO,
        force: false,
        interaction: Interaction::Never,
        wait: Duration::from_secs(5),
    }
}
