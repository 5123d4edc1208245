//! Notes in Markdown, as the parts that every form of a report has: headings, paragraphs, items of
//! lists, code. Nothing in a note is markup of the form itself, and nothing reaches out.

use pulldown_cmark::{Event, HeadingLevel, Parser, Tag, TagEnd};

/// Kind of a part of a note.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum NoteKind {
    /// A paragraph.
    #[default]
    Paragraph,
    /// A heading, 1 the largest.
    Heading(u8),
    /// An item of a list.
    Item,
    /// Code, line by line.
    Code,
}

/// A stretch of text that looks alike.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NoteRun {
    pub(super) text: String,
    pub(super) is_bold: bool,
    pub(super) is_italic: bool,
    pub(super) is_code: bool,
}

/// A part of a note.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NotePart {
    pub(super) kind: NoteKind,
    pub(super) runs: Vec<NoteRun>,
}

impl NotePart {
    /// Its words without any look.
    pub(super) fn text(&self) -> String {
        self.runs.iter().map(|run| run.text.as_str()).collect()
    }
}

/// The parts of a note. Pictures are left out but for their words, since they would be fetched from
/// elsewhere; the address of a link stands behind its words.
pub(super) fn parts(text: &str) -> Vec<NotePart> {
    let mut reader = Reader::default();
    for event in Parser::new(text) {
        reader.take(event);
    }
    reader.end_part();
    reader.parts
}

#[derive(Default)]
struct Reader {
    parts: Vec<NotePart>,
    part: NotePart,
    look: NoteRun,
    links: Vec<String>,
}

impl Reader {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                self.begin(NoteKind::Heading(heading(level)));
            }
            Event::Start(Tag::Item) => self.begin(NoteKind::Item),
            Event::Start(Tag::CodeBlock(_)) => self.begin(NoteKind::Code),
            // The paragraph of an item is the item.
            Event::Start(Tag::Paragraph)
                if self.part.kind != NoteKind::Item || !self.part.runs.is_empty() =>
            {
                self.begin(NoteKind::Paragraph);
            }
            Event::Start(Tag::Strong) => self.look.is_bold = true,
            Event::End(TagEnd::Strong) => self.look.is_bold = false,
            Event::Start(Tag::Emphasis) => self.look.is_italic = true,
            Event::End(TagEnd::Emphasis) => self.look.is_italic = false,
            Event::Start(Tag::Link { dest_url, .. }) => self.links.push(dest_url.to_string()),
            Event::End(TagEnd::Link) => {
                if let Some(link) = self.links.pop() {
                    self.add(&format!(" ({link})"), false);
                }
            }
            Event::End(
                TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock | TagEnd::Paragraph,
            ) => {
                self.end_part();
            }
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                self.add(&text, false);
            }
            Event::Code(text) => self.add(&text, true),
            Event::SoftBreak | Event::HardBreak => self.add(" ", false),
            _ => {}
        }
    }

    fn begin(&mut self, kind: NoteKind) {
        self.end_part();
        self.part.kind = kind;
    }

    fn end_part(&mut self) {
        let part = std::mem::take(&mut self.part);
        if !part.text().trim().is_empty() {
            self.parts.push(part);
        }
    }

    fn add(&mut self, text: &str, is_code: bool) {
        let run = NoteRun {
            text: text.to_owned(),
            is_code,
            ..self.look.clone()
        };
        self.part.runs.push(run);
    }
}

fn heading(level: HeadingLevel) -> u8 {
    match level {
        HeadingLevel::H1 => 1,
        HeadingLevel::H2 => 2,
        HeadingLevel::H3 | HeadingLevel::H4 | HeadingLevel::H5 | HeadingLevel::H6 => 3,
    }
}
