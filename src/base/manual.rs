//! The manual: its chapters, carried by the program, and their parts for whoever shows them.

use strum::IntoEnumIterator;

/// A chapter of the manual, `assets/manual/*.md`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, strum::EnumIter)]
pub enum Chapter {
    /// Which files can be opened, and what is done with them.
    #[default]
    Data,
    /// What a model can be asked, and what it learns from.
    Models,
    /// How runs are judged and what was measured.
    Evaluation,
    /// What is kept of a training, and what can be asked of it.
    Runs,
    /// Some of the users at a time.
    Slices,
    /// How fast it is.
    Speed,
}

impl Chapter {
    /// Name as it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Models => "models",
            Self::Evaluation => "evaluation",
            Self::Runs => "runs",
            Self::Slices => "slices",
            Self::Speed => "speed",
        }
    }

    /// The chapter of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::iter().find(|chapter| chapter.name().eq_ignore_ascii_case(name.trim()))
    }

    /// Title, as its first line has it.
    #[must_use]
    pub fn title(self) -> &'static str {
        let first = self.text().lines().next().unwrap_or_default();
        first.trim_start_matches('#').trim()
    }

    /// The whole text, in Markdown.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Data => include_str!("../../assets/manual/data.md"),
            Self::Models => include_str!("../../assets/manual/models.md"),
            Self::Evaluation => include_str!("../../assets/manual/evaluation.md"),
            Self::Runs => include_str!("../../assets/manual/runs.md"),
            Self::Slices => include_str!("../../assets/manual/slices.md"),
            Self::Speed => include_str!("../../assets/manual/speed.md"),
        }
    }

    /// The text in parts.
    #[must_use]
    pub fn parts(self) -> Vec<ChapterPart> {
        parts(self.text())
    }
}

/// A part of a chapter. Marks of Markdown within its texts (`code`, **bold**) stay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChapterPart {
    /// A heading: 1 for the chapter's own, 2 for a section.
    Heading(usize, String),
    /// A paragraph.
    Paragraph(String),
    /// An item of a list.
    Item(String),
    /// Lines of code.
    Code(String),
    /// A table: its head, and its rows.
    Table(Vec<String>, Vec<Vec<String>>),
}

/// The little of Markdown that the manual is written in; a picture is left out.
fn parts(text: &str) -> Vec<ChapterPart> {
    let mut parts: Vec<ChapterPart> = Vec::new();
    let mut lines = text.lines().peekable();
    // Whether a line goes on with the paragraph or item before it.
    let mut is_open = false;
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        let was_open = std::mem::take(&mut is_open);
        if trimmed.is_empty() || trimmed.starts_with("![") {
            continue;
        }
        let level = trimmed.bytes().take_while(|byte| *byte == b'#').count();
        if let (1..=6, Some(heading)) = (level, trimmed.get(level..)) {
            parts.push(ChapterPart::Heading(level, heading.trim().to_owned()));
        } else if trimmed.starts_with("```") {
            let mut code = Vec::new();
            for line in lines.by_ref().take_while(|line| !line.starts_with("```")) {
                code.push(line);
            }
            parts.push(ChapterPart::Code(code.join("\n")));
        } else if trimmed.starts_with('|') {
            let mut rows = vec![cells(trimmed)];
            while let Some(row) = lines.next_if(|line| line.trim().starts_with('|')) {
                rows.push(cells(row.trim()));
            }
            // The second line only draws.
            rows.retain(|row| {
                !row.iter()
                    .all(|cell| cell.chars().all(|c| "-: ".contains(c)))
                    || row.iter().all(String::is_empty)
            });
            let head = if rows.is_empty() {
                Vec::new()
            } else {
                rows.remove(0)
            };
            parts.push(ChapterPart::Table(head, rows));
        } else if let Some(item) = trimmed.strip_prefix("- ") {
            parts.push(ChapterPart::Item(item.to_owned()));
            is_open = true;
        } else {
            match parts.last_mut() {
                Some(ChapterPart::Paragraph(text) | ChapterPart::Item(text)) if was_open => {
                    text.push(' ');
                    text.push_str(trimmed);
                }
                _ => parts.push(ChapterPart::Paragraph(trimmed.to_owned())),
            }
            is_open = true;
        }
    }
    parts
}

/// Cells of a line of a table; `\|` is a bar within one.
fn cells(line: &str) -> Vec<String> {
    let inside = line.strip_prefix('|').unwrap_or(line);
    let inside = inside.strip_suffix('|').unwrap_or(inside);
    let whole = inside.replace("\\|", "\u{1}");
    let cells = whole.split('|');
    cells
        .map(|cell| cell.trim().replace('\u{1}', "|"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_chapter_has_a_title_sections_and_no_mark_that_is_left_over() {
        for chapter in Chapter::iter() {
            assert_eq!(Chapter::named(chapter.name()), Some(chapter));
            let parts = chapter.parts();
            assert_eq!(
                parts.first(),
                Some(&ChapterPart::Heading(1, chapter.title().to_owned()))
            );
            let n_sections = parts
                .iter()
                .filter(|part| matches!(part, ChapterPart::Heading(2, _)));
            assert!(n_sections.count() >= 2, "{chapter:?}");
            for part in &parts {
                match part {
                    ChapterPart::Paragraph(text) | ChapterPart::Item(text) => {
                        assert!(!text.starts_with(['|', '#']), "{chapter:?}: {text}");
                        assert_eq!(text.matches('`').count() % 2, 0, "{chapter:?}: {text}");
                    }
                    ChapterPart::Table(head, rows) => {
                        assert!(!rows.is_empty(), "{chapter:?}: {head:?}");
                        for row in rows {
                            assert_eq!(row.len(), head.len(), "{row:?}");
                        }
                    }
                    ChapterPart::Heading(..) | ChapterPart::Code(_) => {}
                }
            }
        }
    }

    #[test]
    fn parts_are_told_apart() {
        let text = "# A\n\none\ntwo\n\n- x\n  y\n- z\n\n```sh\nls\n\ncd\n```\n| a | b\\|c |\n|---|---|\n| 1 | |\n";
        let own = |text: &str| text.to_owned();
        assert_eq!(
            parts(text),
            [
                ChapterPart::Heading(1, own("A")),
                ChapterPart::Paragraph(own("one two")),
                ChapterPart::Item(own("x y")),
                ChapterPart::Item(own("z")),
                ChapterPart::Code(own("ls\n\ncd")),
                ChapterPart::Table(vec![own("a"), own("b|c")], vec![vec![own("1"), own("")]]),
            ]
        );
    }
}
