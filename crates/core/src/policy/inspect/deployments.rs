//! What is brought to everybody by a service that builds or deploys: a release, a plan that was made elsewhere, a job whose name says so.

use super::arguments::words;
use super::call::{Call, PRODUCTION, TRIED, speaks};
use crate::policy::lists::is;

/// Whether what everybody has is changed by a program that brings it there.
pub(super) fn reach_everybody(call: &Call<'_>) -> bool {
    const BRINGS: &str = "apply|deploy|sync|promote|upgrade|rollback|release|up";
    const BY: &str = "terraform|tofu|terragrunt|pulumi|argocd|argo|flux|helm|vercel|netlify|fly|flyio|heroku|serverless|cdk|railway|\
        render|spinnaker";
    const WHERE: &str = "workspace|environment|env|target|stack|stackname|application|applicationname|app|appname|namespace|stage|\
        context|name|release|releasename";
    call.at(BY) && call.has(BRINGS) && call.names(WHERE, PRODUCTION)
        || carries_out_plan(call)
        || merges_database(call)
        || starts_job(call)
}

/// Whether what was tried in a branch of a database becomes the one that is live.
fn merges_database(call: &Call<'_>) -> bool {
    let merges = call.has("merge") && call.has("branch") || call.has("deploy|apply|merge") && call.has("request");
    call.at("supabase|neon|planetscale|xata|turso|prisma")
        && merges
        && !call.has("get|list|create|review|diff|check|status|close|cancel|comment")
        && !call.given.values("target|targetbranch|into|base|to").any(|branch| speaks(branch, TRIED))
}

/// Whether a plan that was made elsewhere is carried out, and nothing says that it is for trying.
fn carries_out_plan(call: &Call<'_>) -> bool {
    let applies = call.has("apply|confirm|approve")
        || call.given.values("runaction|action|operation").any(|action| is(action, "apply|confirm|approve|destroy"));
    let tried = || call.given.all().take(super::MAX_PLACES).any(|value| speaks(value, TRIED));
    call.at("terraform|tofu|tfe|hcp|spacelift|env0|scalr|pulumi|atlantis")
        && call.has("run|runs|plan|stack|action|deployment")
        && applies
        && !tried()
}

/// Whether a job is started whose name says that it brings something to production, or that leaves out what is checked before.
fn starts_job(call: &Call<'_>) -> bool {
    const SERVERS: &str = "jenkins|circleci|github|gitlab|buildkite|teamcity|azuredevops|azure|ado|devops|drone|argo|bamboo|travis|semaphore|\
        codepipeline|spinnaker|harness|octopus|\
        woodpecker|tekton|bitrise|codemagic|concourse|gocd|rundeck|awx|ansible|tower|kargo|codefresh|ci|cd|cicd|pipeline|actions|airflow|dagster|\
        prefect|temporal|semaphoreui|stackstorm|jobs";
    const STARTS: &str = "trigger|build|run|dispatch|start|execute|retry|play|create|launch|promote|rerun|deploy|approve|queue|submit|triggerbuild|\
        rebuild|replay|release";
    const JOBS: &str = "jobfullname|jobname|job|pipeline|pipelinename|pipelineid|workflow|workflowid|workflowfile|workflowname|name|project|\
        projectname|path|slug|jobpath|template|templatename|jobtemplate|dagid|plan|definition|definitionname|fullname|playbook|task|stage|environment|env|\
        environmentname|target|deployenv|deployenvironment|targetenvironment";
    const LEAVES_OUT: &str = "skiptests|skipapproval|skipapprovals|skipchecks|bypassapproval|bypasschecks|forcedeploy|skipvalidation|skipcanary|\
        skipgates|skipreview|disablechecks|ignorechecks|skipscan|skipsecurity";
    if !call.served(SERVERS) || !call.has(STARTS) {
        return false;
    }
    let told: Vec<String> =
        call.given.values(JOBS).filter(|value| value.len() <= 256).take(16).flat_map(words).collect();
    let says = |list: &str| call.name.iter().chain(&told).any(|word| is(word, list));
    let brings = says(
        "deploy|deployment|release|publish|rollout|promote|migrate|ship|deliver|cutover|rollback|failover|restore|purge|destroy|teardown|cleanup|wipe",
    );
    brings
        && (told.iter().any(|word| is(word, PRODUCTION)) || call.given.is_on(LEAVES_OUT))
        && !told.iter().any(|word| is(word, "staging|non|pre|test|dry|preview"))
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_reaches_everybody_is_seen() {
        for (server, name, given, reaches) in [
            ("argocd", "sync_application", r#"{"applicationName":"shop-prod"}"#, true),
            ("argocd", "sync_application", r#"{"applicationName":"shop-staging"}"#, false),
            ("terraform", "action_run", r#"{"run_id":"run-1","run_action":"apply"}"#, true),
            ("terraform", "action_run", r#"{"run_id":"run-1","run_action":"discard"}"#, false),
            ("terraform", "apply_run", r#"{"workspace":"shop-dev"}"#, false),
            ("jenkins", "trigger_build", r#"{"job":"shop/deploy-production"}"#, true),
            ("supabase", "merge_branch", r#"{"branch_id":"b"}"#, true),
            ("supabase", "list_branches", "{}", false),
            ("jenkins", "trigger_build", r#"{"job":"shop/lint"}"#, false),
            ("github", "run_workflow", r#"{"workflow_id":"deploy.yml","inputs":{"environment":"staging"}}"#, false),
        ] {
            let reached = reach_everybody(&Call::of(server, name, &Arguments::read(given)));
            assert_eq!(reached, reaches, "{server} {name} {given}");
        }
    }
}
