//! One way to call a method over HTTP.

use http::Method;
use http::uri::PathAndQuery;
use prost_reflect::{DynamicMessage, FieldDescriptor, MethodDescriptor};

use super::InvalidRule;
use super::rule::Rule;
use super::template::Template;
use crate::calls::Target;
use crate::fields::{FieldPath, InvalidField};
use crate::query;

/// What the body of a request has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// Nothing: all fields are in the path and in the query.
    None,
    /// All fields that are not in the path.
    Message,
    /// One field of the message.
    Field(FieldDescriptor),
}

/// One way to call a method over HTTP.
#[derive(Clone, Debug)]
pub struct Route {
    verb: Method,
    text: String,
    template: Template,
    /// The fields of the variables, in the order of the template.
    variables: Vec<FieldPath>,
    body: Body,
    response_body: Option<FieldDescriptor>,
    method: MethodDescriptor,
    target: Target,
}

impl Route {
    pub(super) fn new(method: &MethodDescriptor, rule: Rule) -> Result<Self, InvalidRule> {
        let invalid = |reason: String| InvalidRule {
            method: method.full_name().to_owned(),
            template: rule.template.clone(),
            reason,
        };
        let template: Template = rule
            .template
            .parse()
            .map_err(|it: &str| invalid(it.to_owned()))?;
        let (input, output) = (method.input(), method.output());
        let variables = template.variables().map(|path| {
            let field = FieldPath::find(&input, path);
            let scalar = field.filter(FieldPath::is_scalar);
            scalar.ok_or_else(|| invalid(format!("{path} is not a scalar field of the request")))
        });
        let variables = variables.collect::<Result<_, _>>()?;
        let body = match rule.body.as_str() {
            "" => Body::None,
            "*" => Body::Message,
            name => Body::Field(
                input
                    .get_field_by_name(name)
                    .ok_or_else(|| invalid(format!("{name} is not a field of the request")))?,
            ),
        };
        let response_body = match rule.response_body.as_str() {
            "" => None,
            name => Some(
                output
                    .get_field_by_name(name)
                    .ok_or_else(|| invalid(format!("{name} is not a field of the response")))?,
            ),
        };
        let target = Target::of(method).map_err(|error| invalid(error.to_string()))?;
        Ok(Self {
            verb: rule.verb,
            text: rule.template,
            template,
            variables,
            body,
            response_body,
            method: method.clone(),
            target,
        })
    }

    /// The verb of its requests.
    pub fn verb(&self) -> &Method {
        &self.verb
    }

    /// The template of their paths, as the rule has it: without any value of a caller.
    pub fn template(&self) -> &str {
        &self.text
    }

    /// What their body has.
    pub fn body(&self) -> &Body {
        &self.body
    }

    /// The one field of the response that its body has, if not all of the message.
    pub fn response_body(&self) -> Option<&FieldDescriptor> {
        self.response_body.as_ref()
    }

    /// The method that is called.
    pub fn method(&self) -> &MethodDescriptor {
        &self.method
    }

    /// The path of the method, `/package.Service/Method`.
    pub fn grpc_path(&self) -> &PathAndQuery {
        &self.target.path
    }

    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// Sets the fields of `message` that `values`, those of the variables, and `query` have.
    ///
    /// # Errors
    /// When a value is not one of its field, or `query` has what is not to be there.
    pub fn set_fields(
        &self,
        message: &mut DynamicMessage,
        values: &[String],
        query: Option<&str>,
    ) -> Result<(), InvalidField> {
        query::set_fields(self, message, query.unwrap_or_default())?;
        for (field, value) in self.variables.iter().zip(values) {
            field.set(message, value)?;
        }
        Ok(())
    }

    /// The fields that are variables of the path.
    pub(crate) fn variables(&self) -> &[FieldPath] {
        &self.variables
    }

    /// The values of the variables in `path`, if it is one of this route.
    pub(super) fn matches(&self, path: &str) -> Option<Vec<String>> {
        self.template.matches(path)
    }

    pub(super) fn rank(&self) -> impl Ord + '_ {
        (self.template.rank(), self.verb.as_str())
    }

    pub(super) fn conflict(&self, other: &Self) -> InvalidRule {
        InvalidRule {
            method: self.method.full_name().to_owned(),
            template: self.text.clone(),
            reason: format!("{} has the same", other.method.full_name()),
        }
    }
}
