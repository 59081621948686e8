//! Names of spans, shortened so that they stay distinguishable.

use crate::text;

/// `name` in at most `limit` cells. Of an RPC the method is kept longest:
/// `user.v1.UserService/GetUser`, `…UserService/GetUser`, `…/GetUser`.
/// Of all else the beginning says most.
pub(crate) fn fit(name: &str, limit: usize) -> String {
    if text::width(name) <= limit {
        return name.to_owned();
    }
    let Some((service, method)) = rpc(name) else {
        return text::cut(name, limit);
    };
    let short_service = service.rsplit('.').next().unwrap_or(service);
    let shorter = [format!("…{short_service}/{method}"), format!("…/{method}")];
    let fitting = shorter.into_iter().find(|name| text::width(name) <= limit);
    fitting.unwrap_or_else(|| text::cut(method, limit))
}

/// Service and method, if the name has the form of an RPC's.
fn rpc(name: &str) -> Option<(&str, &str)> {
    if name.contains(' ') {
        return None;
    }
    name.rsplit_once('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_method_of_an_rpc_is_kept_longest() {
        let name = "user.v1.UserService/GetUser";
        assert_eq!(fit(name, 27), name);
        assert_eq!(fit(name, 26), "…UserService/GetUser");
        assert_eq!(fit(name, 20), "…UserService/GetUser");
        assert_eq!(fit(name, 19), "…/GetUser");
        assert_eq!(fit(name, 8), "GetUser");
        assert_eq!(fit(name, 4), "Get…");
    }

    #[test]
    fn other_names_keep_their_beginning() {
        assert_eq!(fit("INSERT users", 8), "INSERT …");
        assert_eq!(fit("GET /users/a list of them", 10), "GET /user…");
        assert_eq!(fit("anything", 0), "");
    }
}
