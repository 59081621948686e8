//! `workflow`: several calls under one trace.

use crate::args::WorkflowChoice;
use crate::client::UserClient;
use crate::failure::Failure;
use crate::outcome::Outcome;
use crate::output::console::Console;
use crate::workflows::{self, Workflow};

/// Runs the chosen workflows one after the other, whatever becomes of each.
/// The outcome is the worst of all.
///
/// # Errors
/// When standard output can't be written to.
pub async fn run(
    choice: WorkflowChoice,
    client: &UserClient,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mut outcome = Outcome::Ok;
    for workflow in chosen(choice) {
        outcome = outcome.max(workflows::run(workflow, client, console).await?);
    }
    Ok(outcome)
}

fn chosen(choice: WorkflowChoice) -> Vec<Workflow> {
    match choice {
        WorkflowChoice::UserManagement => vec![Workflow::UserManagement],
        WorkflowChoice::BulkOnboarding => vec![Workflow::BulkOnboarding],
        WorkflowChoice::FanOut => vec![Workflow::FanOut],
        WorkflowChoice::FailureTour => vec![Workflow::FailureTour],
        WorkflowChoice::All => Workflow::ALL.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;

    #[test]
    fn every_workflow_can_be_chosen_by_its_name_and_all_of_them_at_once() {
        for workflow in Workflow::ALL {
            let choice = WorkflowChoice::from_str(workflow.name(), false).unwrap();
            assert_eq!(chosen(choice), [workflow]);
        }
        assert_eq!(chosen(WorkflowChoice::All), Workflow::ALL);
    }
}
