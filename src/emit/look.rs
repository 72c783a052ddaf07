//! How a text for people looks: as it is in a pipe or a file, or laid out for a terminal, with its width and colors.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm};
use unicode_width::UnicodeWidthStr;

use crate::shown;

/// Where a text is shown. In a pipe its lines are as long as they are, and there are no colors.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The columns of the terminal; nothing where there is none.
    pub columns: Option<usize>,
    /// Whether there are colors.
    pub colors: bool,
}

/// What a part of a line is, which its color tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ink {
    Plain,
    /// What the lines below are about.
    Title,
    /// A label, a heading, what waits.
    Faint,
    /// A group of a batch.
    Group,
    /// What is done.
    Good,
    /// What is lost.
    Bad,
    /// What goes on, or needs a look.
    Busy,
}

/// A line of raw texts: what steers a terminal becomes an escape when it is written.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Vec<(Ink, String)>);

/// How far a line that goes on below is moved to the right.
pub(super) const INDENT: &str = "      ";

impl Ink {
    fn style(self) -> Style {
        match self {
            Ink::Plain => Style::new(),
            Ink::Title => Style::new().bold(),
            Ink::Faint => Style::new().dimmed(),
            Ink::Group => AnsiColor::Cyan.on_default(),
            Ink::Good => AnsiColor::Green.on_default(),
            Ink::Bad => AnsiColor::Red.on_default().bold(),
            Ink::Busy => AnsiColor::Yellow.on_default(),
        }
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Line::of(Ink::Plain, text)
    }
}

impl Line {
    pub fn of(ink: Ink, text: impl Into<String>) -> Self {
        Line(vec![(ink, text.into())])
    }

    /// The line with a further part.
    pub fn and(mut self, ink: Ink, text: impl Into<String>) -> Self {
        self.0.push((ink, text.into()));
        self
    }

    /// Its width.
    pub fn measure(&self, look: Look) -> usize {
        self.0.iter().map(|(_, text)| look.measure(text)).sum()
    }

    /// The line up to `most` characters, `…` in place of what is gone.
    fn clipped(self, most: usize) -> Self {
        let text: String = self.0.iter().map(|(_, text)| text.as_str()).collect();
        if text.chars().count() <= most {
            return self;
        }
        let kept: String = text.chars().take(most.saturating_sub(1)).collect();
        let mut left = kept.trim_end().len();
        let mut parts = self.0;
        for (_, text) in &mut parts {
            let keeps = left.min(text.len());
            text.truncate(keeps);
            left -= keeps;
        }
        Line(parts).and(Ink::Plain, "…")
    }

    fn printable(self) -> Self {
        Line(self.0.into_iter().map(|(ink, text)| (ink, shown::printable(&text).into_owned())).collect())
    }

    fn painted(&self, look: Look) -> String {
        let paint = |(ink, text): &(Ink, String)| {
            let style = ink.style();
            if look.colors && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.clone() }
        };
        self.0.iter().map(paint).collect()
    }
}

impl Look {
    /// The width of a text: its characters, or on a terminal the columns that it takes up there.
    pub(super) fn measure(self, text: &str) -> usize {
        match self.columns {
            Some(_) => shown::printable(text).width(),
            None => text.chars().count(),
        }
    }

    /// The text with blanks after it, up to a width.
    pub(super) fn pad(self, text: &str, width: usize) -> String {
        format!("{text}{}", " ".repeat(width.saturating_sub(self.measure(text))))
    }

    /// Writes a line. In a pipe it has at most `most` characters; a terminal shows it whole, on several lines where it is
    /// narrow. What has no blank in it is never parted, so that a name can be copied.
    ///
    /// # Errors
    /// Those of `out`.
    pub(super) fn write(self, line: Line, most: Option<usize>, out: &mut impl Write) -> io::Result<()> {
        let line = line.printable();
        let Some(columns) = self.columns else {
            let line = most.map_or(line.clone(), |most| line.clipped(most));
            return writeln!(out, "{}", line.painted(self));
        };
        let text = line.painted(self);
        if textwrap::core::display_width(&text) <= columns {
            return writeln!(out, "{text}");
        }
        let options = Options::new(columns)
            .break_words(false)
            .word_separator(WordSeparator::AsciiSpace)
            .word_splitter(WordSplitter::NoHyphenation)
            .wrap_algorithm(WrapAlgorithm::FirstFit)
            .subsequent_indent(INDENT);
        textwrap::wrap(&text, options).iter().try_for_each(|line| writeln!(out, "{line}"))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    fn written(look: Look, line: Line, most: Option<usize>) -> String {
        let mut out = Vec::new();
        look.write(line, most, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_pipe_cuts_and_a_terminal_wraps() {
        let line = || Line::from("  app_groupB1  web-a01.example.net, web-a02.example.net".to_string());
        assert_eq!(written(Look::default(), line(), Some(30)), "  app_groupB1  web-a01.exampl…\n");
        assert_eq!(written(Look::default(), line(), None), "  app_groupB1  web-a01.example.net, web-a02.example.net\n");
        let narrow = Look { columns: Some(30), colors: false };
        assert_eq!(
            written(narrow, line(), Some(20)),
            "  app_groupB1\n      web-a01.example.net,\n      web-a02.example.net\n"
        );
        // longer than the terminal is wide
        let tiny = Look { columns: Some(10), colors: false };
        assert_eq!(
            written(tiny, Line::from("a web-a01.example.net".to_string()), None),
            "a\n      web-a01.example.net\n"
        );
    }

    #[test]
    fn colors_take_no_room_and_carry_nothing_through() {
        let look = Look { columns: Some(20), colors: true };
        let line = Line::of(Ink::Group, "v_groupA").and(Ink::Plain, "  web1, web2\u{1b}[2J");
        assert_eq!(written(look, line, None), "\u{1b}[36mv_groupA\u{1b}[0m  web1,\n      web2\\u{1b}[2J\n");
    }

    #[test]
    fn wide_characters_take_two_columns_on_a_terminal() {
        let terminal = Look { columns: Some(80), colors: false };
        assert_eq!((terminal.measure("主机1"), Look::default().measure("主机1")), (5, 3));
        assert_eq!((terminal.pad("主机", 6), Look::default().pad("主机", 6)), ("主机  ".into(), "主机    ".into()));
    }

    proptest! {
        #[test]
        fn a_terminal_shows_every_word_whole(words in prop::collection::vec("[a-z主é\u{1b}]{1,12}", 1..20), columns in 1usize..60, colors: bool) {
            let text = words.join(" ");
            let shown = written(Look { columns: Some(columns), colors }, Line::of(Ink::Busy, text), Some(10));
            let plain = shown.replace("\u{1b}[33m", "").replace("\u{1b}[0m", "");
            let steers = plain.replace('\n', "").contains(char::is_control);
            prop_assert!(!steers);
            let back: Vec<&str> = plain.split_whitespace().collect();
            let expected: Vec<String> = words.iter().map(|word| shown::printable(word).into_owned()).collect();
            prop_assert_eq!(back, expected);
        }
    }
}
