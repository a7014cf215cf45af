//! As much of HTML as it takes to find elements and attributes the way a browser would.

/// An element's start tag, with the text right behind it.
#[derive(Debug, Default)]
pub(crate) struct Element {
    /// Its name.
    pub(crate) name: String,
    /// Its attributes, decoded.
    pub(crate) attributes: Vec<(String, String)>,
    /// The text up to the next tag, decoded; for a text area, a title or a script all of it.
    pub(crate) text: String,
    /// The name of the list that an option belongs to.
    select: String,
}

impl Element {
    /// An attribute, where it is there.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn is(&self, name: &str, value: &str) -> bool {
        self.attribute(name) == Some(value)
    }
}

/// A page, as its elements in order.
#[derive(Debug)]
pub(crate) struct Page(pub(crate) Vec<Element>);

impl Page {
    /// Reads a document.
    pub(crate) fn parse(html: &str) -> Self {
        let (mut elements, mut rest, mut select) = (Vec::new(), html, String::new());
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            if !rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
                if rest.starts_with("/select") {
                    select.clear();
                }
                continue;
            }
            let (mut element, behind) = start_tag(rest);
            let end = match element.name.as_str() {
                "textarea" | "title" | "script" | "style" => behind.find(&format!("</{}", element.name)),
                _ => behind.find('<'),
            };
            let (text, behind) = behind.split_at(end.unwrap_or(behind.len()));
            element.text = if element.name == "script" { text.to_owned() } else { decoded(text) };
            if element.name == "select" {
                select = element.attribute("name").unwrap_or_default().to_owned();
            }
            element.select.clone_from(&select);
            elements.push(element);
            rest = behind;
        }
        Self(elements)
    }

    /// Every element of this name.
    pub(crate) fn all(&self, name: &str) -> impl Iterator<Item = &Element> {
        self.0.iter().filter(move |element| element.name == name)
    }

    /// The values of the hidden fields of this name.
    pub(crate) fn hidden(&self, name: &str) -> Vec<&str> {
        self.all("input")
            .filter(|input| input.is("type", "hidden") && input.is("name", name))
            .filter_map(|input| input.attribute("value"))
            .collect()
    }

    /// Whether a field holds this value, whatever kind of field it is.
    pub(crate) fn holds(&self, name: &str, value: &str) -> bool {
        self.0.iter().any(|element| match element.name.as_str() {
            "input" if matches!(element.attribute("type"), Some("radio" | "checkbox")) => {
                element.is("name", name)
                    && element.is("value", value)
                    && element.attribute("checked").is_some()
            }
            "input" => element.is("name", name) && element.is("value", value),
            // A parser drops the line break behind the start tag.
            "textarea" => {
                element.is("name", name) && element.text.strip_prefix('\n').unwrap_or(&element.text) == value
            }
            "option" => {
                element.select == name
                    && element.is("value", value)
                    && element.attribute("selected").is_some()
            }
            _ => false,
        })
    }

    /// What is missing of an error beside a field: its sentence, the field that names it, and the way to it from the
    /// summary.
    pub(crate) fn missing_of_error(&self, field: &str) -> Vec<String> {
        let error = format!("{field}-error");
        let names = |element: &Element| {
            element
                .attribute("aria-describedby")
                .is_some_and(|ids| ids.split_whitespace().any(|id| id == error))
        };
        let link = format!("#{field}");
        let checks = [
            (self.0.iter().any(|element| element.is("id", &error)), format!("no element {error}")),
            (self.0.iter().any(names), format!("nothing is described by {error}")),
            (self.0.iter().any(|element| element.is("id", field)), format!("no field with the id {field}")),
            (self.all("a").any(|a| a.is("href", &link)), format!("the summary does not lead to {link}")),
        ];
        checks.into_iter().filter(|(there, _)| !there).map(|(_, what)| what).collect()
    }
}

fn start_tag(text: &str) -> (Element, &str) {
    let end = text.find(|c: char| c.is_whitespace() || matches!(c, '>' | '/')).unwrap_or(text.len());
    let mut element = Element { name: text[..end].to_ascii_lowercase(), ..Element::default() };
    let mut rest = &text[end..];
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(behind) = rest.strip_prefix('>') {
            return (element, behind);
        }
        if rest.is_empty() {
            return (element, rest);
        }
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, '=' | '>' | '/'))
            .filter(|end| *end > 0)
            .unwrap_or(1);
        let (name, behind) = rest.split_at(end);
        let (value, behind) = match behind.strip_prefix('=') {
            None => ("", behind),
            Some(behind) => value(behind),
        };
        element.attributes.push((name.to_ascii_lowercase(), decoded(value)));
        rest = behind;
    }
}

fn value(text: &str) -> (&str, &str) {
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    let end = text.find(|c: char| c.is_whitespace() || c == '>').unwrap_or(text.len());
    text.split_at(end)
}

fn decoded(text: &str) -> String {
    let named =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#x27;", "'"), ("&#39;", "'"), ("&#x2F;", "/")];
    let text = named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
    text.replace("&amp;", "&")
}

#[test]
fn a_page_is_read_as_a_browser_does() {
    let page = Page::parse(
        "<!DOCTYPE html><title>A &lt;b&gt;</title><form action=\"/x\"><input type=\"hidden\" name=\"a\" value=\"1 &amp; 2\"/>\
         <input type=radio name=r value=y checked><select name=s><option value=p>P</option><option value=q selected>Q</option>\
         </select><textarea name='t'>\n<b>&lt;/textarea&gt;</textarea></form>",
    );
    assert_eq!(page.hidden("a"), ["1 & 2"]);
    assert!(page.holds("r", "y") && page.holds("s", "q") && !page.holds("s", "p"));
    assert!(page.holds("t", "<b></textarea>"), "{page:?}");
    assert_eq!(page.all("b").count(), 0);
    assert_eq!(page.all("title").map(|title| title.text.as_str()).collect::<Vec<_>>(), ["A <b>"]);
}
