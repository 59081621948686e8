//! Tree lines before a name, shortened so that the name keeps room.

/// Names keep at least this many cells.
const NAME: usize = 8;

/// The end of `prefix`, as the nearest ancestors matter most, and room for a name in `cells` cells.
/// Tree lines are one cell a character.
pub(crate) fn fit(prefix: &str, cells: usize) -> String {
    let room = cells.saturating_sub(NAME);
    let length = prefix.chars().count();
    if length <= room {
        return prefix.to_owned();
    }
    match room.checked_sub(1) {
        Some(kept) => {
            let nearest: String = prefix.chars().skip(length - kept).collect();
            format!("…{nearest}")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_the_nearest_ancestors_are_kept() {
        assert_eq!(fit("│ │ └ ", 14), "│ │ └ ");
        assert_eq!(fit("│ │ └ ", 11), "…└ ");
        assert_eq!(fit("│ └ ", 9), "…");
        assert_eq!(fit("│ └ ", 8), "");
    }
}
