//! The options of `create`.

use uuid::Uuid;

/// A user to create.
#[derive(Clone, Debug, clap::Args)]
pub struct NewUser {
    /// The user's name.
    #[arg(long)]
    pub name: String,
    /// The user's e-mail address, which is unique.
    #[arg(long)]
    pub email: String,
    /// The user's phone number, such as +4930123456.
    #[arg(long)]
    pub phone: Option<String>,
    /// The id that makes repeating the call safe: that of the failed attempt [default: a new one].
    #[arg(long, value_name = "UUID", value_parser = request_id)]
    pub request_id: Option<Uuid>,
}

fn request_id(text: &str) -> Result<Uuid, &'static str> {
    text.parse()
        .map_err(|_| "write the UUID that the failed attempt has named")
}
