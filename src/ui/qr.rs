//! A QR code of half blocks, for the URL of a device sign-in.

use qrcode::{EcLevel, QrCode};

use super::text::Shown;

/// The empty border that scanners need (ISO/IEC 18004).
const QUIET: usize = 2;

/// `text` as a QR code, two modules per character, dark on light whatever the terminal's colours; `None` if
/// it would be wider than `columns`.
pub fn render(text: &str, columns: usize) -> Option<Shown> {
    let code = QrCode::with_error_correction_level(text, EcLevel::L).ok()?;
    let width = code.width();
    if width + 2 * QUIET > columns {
        return None;
    }
    let modules = code.to_colors();
    let dark = |x: usize, y: usize| {
        let inside = (QUIET..QUIET + width).contains(&x) && (QUIET..QUIET + width).contains(&y);
        inside && modules[(y - QUIET) * width + (x - QUIET)] == qrcode::Color::Dark
    };
    let mut lines = Shown::default();
    for y in (0..width + 2 * QUIET).step_by(2) {
        lines.push("\x1b[30;107m");
        for x in 0..width + 2 * QUIET {
            lines.push(match (dark(x, y), dark(x, y + 1)) {
                (true, true) => "█",
                (true, false) => "▀",
                (false, true) => "▄",
                (false, false) => " ",
            });
        }
        lines.push("\x1b[0m\n");
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_that_does_not_fit_is_left_out() {
        let code = render("https://idp.example/device?user_code=ABCD-EFGH", 80).unwrap();
        let widths: Vec<usize> =
            code.as_str().lines().map(|line| line.chars().filter(|c| " █▀▄".contains(*c)).count()).collect();
        assert!(widths.iter().all(|width| *width == widths[0]) && widths[0] <= 80);
        assert!(render("https://idp.example/device?user_code=ABCD-EFGH", 20).is_none());
    }
}
