//! Writes everything that a user sees: data to standard output, everything else to standard
//! error.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};

use console::Style;
use grpc_common::{printable, printable_json};
use opentelemetry::TraceId;
use serde_json::Value;
use trace_view::jaeger::Address;

use crate::args::{ColorWhen, Format};
use crate::failure::{Failure, Retryability};
use crate::output::terminal;

/// The two streams and how to write to them.
pub struct Console {
    format: Format,
    out: Box<dyn Write + Send>,
    out_color: bool,
    err: Box<dyn Write + Send>,
    err_color: bool,
    jaeger: Option<Address>,
    image: Option<PathBuf>,
    draws: bool,
    table_width: Option<usize>,
}

impl Console {
    /// The process's own streams.
    pub fn standard(format: Format, color: ColorWhen) -> Self {
        let (out, err) = (io::stdout(), io::stderr());
        Self {
            out_color: terminal::color(color, &out),
            err_color: terminal::color(color, &err),
            table_width: out.is_terminal().then(terminal::width),
            ..Self::new(format, Box::new(out), Box::new(err))
        }
    }

    /// Streams of any kind, without colour.
    pub fn new(format: Format, out: Box<dyn Write + Send>, err: Box<dyn Write + Send>) -> Self {
        Self {
            format,
            out,
            out_color: false,
            err,
            err_color: false,
            jaeger: None,
            image: None,
            draws: false,
            table_width: None,
        }
    }

    /// Sets the Jaeger whose pages show the traces.
    pub fn with_jaeger(self, jaeger: Option<Address>) -> Self {
        Self { jaeger, ..self }
    }

    /// The Jaeger that was set.
    pub fn jaeger(&self) -> Option<&Address> {
        self.jaeger.as_ref()
    }

    /// Sets the file that the waterfall is written to as an SVG image.
    pub fn with_image(self, image: Option<PathBuf>) -> Self {
        Self { image, ..self }
    }

    /// Sets whether the trace of the run is drawn, whose heading has the trace id then.
    pub fn with_waterfall(self, draws: bool) -> Self {
        Self { draws, ..self }
    }

    /// The width that tables have to fit into: that of the terminal, if standard output is one.
    pub fn table_width(&self) -> Option<usize> {
        self.table_width
    }

    /// The file of the image, if one was set.
    pub fn image(&self) -> Option<&Path> {
        self.image.as_deref()
    }

    /// The format of data.
    pub fn format(&self) -> Format {
        self.format
    }

    /// Whether standard output has colours.
    pub fn color(&self) -> bool {
        self.out_color
    }

    /// A style for standard output, to which colours and attributes can be added.
    pub fn style(&self) -> Style {
        Style::new().force_styling(self.out_color)
    }

    /// Writes a line of data for people.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.data(&format!("{line}\n"))
    }

    /// Writes an object of data for programs.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn json(&mut self, value: &Value) -> Result<(), Failure> {
        self.line(&printable_json(&value.to_string()))
    }

    /// Writes text to standard output as it is.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn data(&mut self, text: &str) -> Result<(), Failure> {
        let written = self.out.write_all(text.as_bytes());
        written
            .and_then(|()| self.out.flush())
            .map_err(|error| Failure::output(&error))
    }

    /// Writes a line about the run.
    pub fn note(&mut self, line: &str) {
        // There is no stream left to report to.
        let _ = writeln!(self.err, "{line}");
    }

    /// Reports a failure; several invalid fields have a line each.
    pub fn failure(&mut self, failure: &Failure) {
        if failure.retryability == Retryability::OutputClosed {
            return;
        }
        if self.format == Format::Json {
            return self.note(&printable_json(&self.object(failure).to_string()));
        }
        let style = Style::new().force_styling(self.err_color);
        let mark = style.red().apply_to("error:");
        self.note(&format!("{mark} {}", printable(&failure.to_string())));
        for violation in failure.violations_of_several() {
            let (field, why) = (&violation.field, &violation.description);
            self.note(&format!("  {}: {}", printable(field), printable(why)));
        }
        if let Some(page) = self.page(failure.trace_id) {
            self.note(&page);
        }
    }

    /// The failure as a JSON object, with the page of its trace.
    pub fn object(&self, failure: &Failure) -> Value {
        let mut object = failure.to_json();
        if let Some(page) = self.page(failure.trace_id) {
            object["error"]["trace_url"] = page.into();
        }
        object
    }

    /// Prints the id of the trace of the run, unless it is drawn: its heading has the id.
    pub fn trace(&mut self, id: TraceId) {
        if !self.draws {
            self.note(&format!("trace {id}"));
        }
        if let Some(page) = self.page(Some(id)) {
            self.note(&page);
        }
    }

    /// The page that shows a trace, if a Jaeger was set.
    fn page(&self, id: Option<TraceId>) -> Option<String> {
        Some(self.jaeger.as_ref()?.page(id?))
    }

    /// Whether a picture has colours.
    pub fn picture_color(&self) -> bool {
        match self.format {
            Format::Table => self.out_color,
            Format::Json => self.err_color,
        }
    }

    /// Shows a picture: to people it is data, among JSON it would be in the way.
    ///
    /// # Errors
    /// When standard output can't be written to.
    pub fn picture(&mut self, picture: &str) -> Result<(), Failure> {
        match self.format {
            Format::Table => self.data(picture),
            Format::Json => {
                let _ = self.err.write_all(picture.as_bytes());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
