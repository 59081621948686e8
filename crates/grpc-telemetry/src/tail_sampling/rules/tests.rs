use super::*;

#[test]
fn reasons_are_a_list() {
    let both = Rules {
        errors: true,
        slow: Some(Duration::from_millis(250)),
    };
    assert_eq!(Rules::parse("errors,slow:250ms"), Ok(Some(both)));
    assert_eq!(Rules::parse(" slow:250ms , errors "), Ok(Some(both)));
    assert_eq!(Rules::parse(" , "), Ok(None));
}

#[test]
fn what_is_no_reason_is_named() {
    for list in ["error", "errors,slow", "slow:", "slow:fast", "all"] {
        let answer = Rules::parse(list).map_err(|error| error.to_string());
        assert!(
            answer
                .as_ref()
                .is_err_and(|it| it.contains("such as errors,slow:250ms")),
            "{list}: {answer:?}"
        );
    }
}
