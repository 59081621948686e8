//! The option `google.api.http` of a method.

use http::Method;
use prost_reflect::{DescriptorPool, DynamicMessage, MethodDescriptor, ReflectMessage, Value};

/// The full name of the option.
const OPTION: &str = "google.api.http";

/// One way to call a method, as its descriptor says.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) verb: Method,
    pub(super) template: String,
    pub(super) body: String,
    pub(super) response_body: String,
}

/// All ways to call `method`, the first one first; none if it has no rule.
///
/// # Errors
/// A sentence about a rule that names no verb.
pub(super) fn rules(method: &MethodDescriptor) -> Result<Vec<Rule>, &'static str> {
    let Some(first) = option(method.parent_pool(), method) else {
        return Ok(Vec::new());
    };
    let mut rules = vec![Rule::of(&first)?];
    if let Some(Value::List(more)) = first.get_field_by_name("additional_bindings").as_deref() {
        for rule in more.iter().filter_map(Value::as_message) {
            rules.push(Rule::of(rule)?);
        }
    }
    Ok(rules)
}

fn option(pool: &DescriptorPool, method: &MethodDescriptor) -> Option<DynamicMessage> {
    let option = pool.get_extension_by_name(OPTION)?;
    let options = method.options();
    let rule = options.get_extension(&option);
    let rule = rule.as_message()?;
    options.has_extension(&option).then(|| rule.clone())
}

impl Rule {
    fn of(rule: &DynamicMessage) -> Result<Self, &'static str> {
        let (verb, template) = pattern(rule).ok_or("it names no verb")?;
        Ok(Self {
            verb,
            template,
            body: text(rule, "body"),
            response_body: text(rule, "response_body"),
        })
    }
}

fn pattern(rule: &DynamicMessage) -> Option<(Method, String)> {
    let descriptor = rule.descriptor();
    let mut oneofs = descriptor.oneofs();
    let mut fields = oneofs
        .find(|it| it.name() == "pattern")?
        .fields()
        .collect::<Vec<_>>()
        .into_iter();
    let field = fields.find(|field| rule.has_field(field))?;
    let value = rule.get_field(&field);
    match value.as_message() {
        Some(custom) => {
            let verb = Method::from_bytes(text(custom, "kind").as_bytes()).ok()?;
            Some((verb, text(custom, "path")))
        }
        None => {
            let verb = field.name().to_ascii_uppercase();
            Some((
                Method::from_bytes(verb.as_bytes()).ok()?,
                value.as_str()?.to_owned(),
            ))
        }
    }
}

fn text(message: &DynamicMessage, field: &str) -> String {
    let value = message.get_field_by_name(field);
    let value = value.as_deref().and_then(Value::as_str);
    value.unwrap_or_default().to_owned()
}
