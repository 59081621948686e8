//! What a reader of the list searches for.

use std::time::Duration;

use url::form_urlencoded;

use super::html;
use crate::live::Filter;

/// The fields of the form.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Search {
    pub(super) filter: Filter,
    /// The duration as it was written.
    slower: String,
    /// Whether that is not one.
    is_wrong: bool,
}

impl Search {
    /// That of a query such as `service=shop&slower=100ms`. Unknown fields are ignored.
    pub(super) fn of(query: &str) -> Self {
        let mut search = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            match &*name {
                "service" => search.filter.service = Some(value.to_owned()),
                "name" => search.filter.name = Some(value.to_owned()),
                "errors" => search.filter.errors = true,
                "slower" => search.set_slower(value),
                _ => {}
            }
        }
        search
    }

    fn set_slower(&mut self, text: &str) {
        self.slower = text.to_owned();
        self.filter.slower_than = duration(text);
        self.is_wrong = self.filter.slower_than.is_none();
    }

    /// The form, with what was searched for in it.
    pub(super) fn form(&self) -> String {
        let value = |text: Option<&String>| text.map(|it| html::text(it)).unwrap_or_default();
        let service = value(self.filter.service.as_ref());
        let name = value(self.filter.name.as_ref());
        let slower = html::text(&self.slower);
        let checked = if self.filter.errors { " checked" } else { "" };
        let hint = match self.is_wrong {
            true => "<p class=\"failed\">Write a number and a unit, such as 100ms or 2s.</p>",
            false => "",
        };
        format!(
            "<form action=\"/\" method=\"get\">\
             <label>service<input type=\"text\" name=\"service\" id=\"service\" value=\"{service}\"></label>\
             <label>name of a span<input type=\"text\" name=\"name\" id=\"name\" value=\"{name}\"></label>\
             <label>slower than<input type=\"text\" name=\"slower\" id=\"slower\" value=\"{slower}\" \
             placeholder=\"100ms\"></label>\
             <label><input type=\"checkbox\" name=\"errors\" value=\"1\"{checked}> with errors</label>\
             <button>Search</button></form>{hint}"
        )
    }
}

fn duration(text: &str) -> Option<Duration> {
    humantime::parse_duration(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_a_filter_and_is_shown_in_the_form() {
        let search = Search::of("service=a%22b&name=GET+%2Fx&slower=100ms&errors=1&other=2");
        let expected = Filter {
            service: Some("a\"b".to_owned()),
            name: Some("GET /x".to_owned()),
            errors: true,
            slower_than: Some(Duration::from_millis(100)),
        };
        assert_eq!(search.filter, expected);
        let form = search.form();
        assert!(form.contains("value=\"a&quot;b\""), "{form}");
        assert!(form.contains("value=\"1\" checked"), "{form}");
        assert_eq!(Search::of("service=&errors=").filter, Filter::default());
    }

    #[test]
    fn what_is_no_duration_is_said_and_filters_nothing() {
        let search = Search::of("slower=fast%3Cb%3E");
        assert_eq!(search.filter, Filter::default());
        let form = search.form();
        assert!(form.contains("Write a number and a unit"), "{form}");
        assert!(form.contains("value=\"fast&lt;b&gt;\""), "{form}");
    }
}
