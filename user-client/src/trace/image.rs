//! The waterfall as an SVG image, for a page that can't show a terminal's colours.

use std::fs;
use std::path::Path;

use anstyle_svg::Term;
use trace_view::Span;
use trace_view::waterfall::{DrawOptions, draw};

use crate::failure::Failure;

/// Columns of the image: what a README shows without making its reader scroll.
const WIDTH: usize = 100;

/// Writes the waterfall of `spans` to `file`, in colour.
///
/// # Errors
/// When the file can't be written.
pub(super) fn write(file: &Path, spans: &[Span]) -> Result<(), Failure> {
    let options = DrawOptions {
        width: WIDTH,
        color: true,
    };
    let image = Term::new().render_svg(&draw(spans.to_vec(), options));
    fs::write(file, image)
        .map_err(|error| Failure::new(format!("cannot write {}: {error}", file.display())))
}
