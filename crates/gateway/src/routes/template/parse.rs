//! Reads templates by the grammar in `google/api/http.proto`.

use std::str::FromStr;

use super::{Segment, Template, Variable};

impl FromStr for Template {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let path = text.strip_prefix('/').ok_or("it must begin with a slash")?;
        let (path, verb) = split_verb(path);
        let mut template = Self {
            segments: Vec::new(),
            variables: Vec::new(),
            verb: verb.map(str::to_owned),
        };
        if verb == Some("") {
            return Err("the verb after the colon is missing");
        }
        let mut rest = Some(path);
        while let Some(text) = rest {
            rest = template.add(text)?;
        }
        let before_last = template.segments.split_last().map_or(&[][..], |(_, it)| it);
        match before_last.contains(&Segment::Rest) {
            true => Err("** must be the last segment"),
            false => Ok(template),
        }
    }
}

impl Template {
    /// Adds what `text` begins with; returns what follows the slash after it, if there is one.
    fn add<'a>(&mut self, text: &'a str) -> Result<Option<&'a str>, &'static str> {
        let Some(text) = text.strip_prefix('{') else {
            let (segment, rest) = match text.split_once('/') {
                Some((segment, rest)) => (segment, Some(rest)),
                None => (text, None),
            };
            self.segments.push(segment.parse()?);
            return Ok(rest);
        };
        let (variable, rest) = text.split_once('}').ok_or("a brace is not closed")?;
        self.add_variable(variable)?;
        match rest.strip_prefix('/') {
            None if !rest.is_empty() => Err("a slash or the end must follow a variable"),
            rest => Ok(rest),
        }
    }

    /// Adds a variable that is written as `text`: its field, and perhaps `=` and segments.
    fn add_variable(&mut self, text: &str) -> Result<(), &'static str> {
        let (field, segments) = text.split_once('=').unwrap_or((text, "*"));
        let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '.');
        if field.is_empty() || !field.chars().all(is_name) {
            return Err("a variable must name a field");
        }
        let start = self.segments.len();
        for segment in segments.split('/') {
            self.segments.push(segment.parse()?);
        }
        self.variables.push(Variable {
            field: field.to_owned(),
            segments: start..self.segments.len(),
        });
        Ok(())
    }
}

impl FromStr for Segment {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Err("a segment is empty"),
            "*" => Ok(Self::Any),
            "**" => Ok(Self::Rest),
            _ if text.contains(['*', '{', '}', '=', ':', '?', '#', '%']) => {
                Err("a segment must be a literal, * or **")
            }
            literal => Ok(Self::Literal(literal.to_owned())),
        }
    }
}

/// What `path` has before and after the last colon, unless that is inside a variable.
fn split_verb(path: &str) -> (&str, Option<&str>) {
    match path.rsplit_once(':') {
        Some((path, verb)) if !verb.contains(['/', '}']) => (path, Some(verb)),
        _ => (path, None),
    }
}
