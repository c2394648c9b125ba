//! Jobs by which money goes out, started or run again by whatever runs jobs: what was paid is paid twice.

use super::call::{Call, TRIED, speaks};
use crate::policy::lists::is;

/// What starts a job or has it done again.
const STARTS: &str = "trigger|run|rerun|clear|backfill|launch|start|reset|redrive|retry|replay|requeue|execute|resume|restart|create|submit|enqueue|\
    schedule|dispatch|invoke|reprocess|redeliver|resubmit|materialize|kick|rewind|seek|repeat|redo|process|fire|unpause|catchup|send|signal|reschedule";
const LOOKS: &str = "logs|history|status|count|cancel|stop|pause|terminate|delete";

/// What runs jobs, and what it calls one of them.
const RUNNERS: &str = "airflow|mwaa|composer|astronomer|dagster|prefect|temporal|cron|cronhub|cronicle|crontab|scheduler|schedulers|jobs|job|stepfunctions|\
    sfn|sidekiq|celery|resque|bullmq|bull|hangfire|quartz|rundeck|kafka|rabbitmq|sqs|pubsub|nats|batch|queue|queues|workflow|workflows|worker|\
    workers|luigi|oozie|control|controlm|autosys|tidal|jenkins|argo|windmill|kestra|n8n|inngest|trigger|camunda|conductor|zeebe|databricks|glue|adf|\
    datafactory|dbos|hatchet|faktory|gearman|eventbridge|activebatch|stonebranch|mage|metaflow|flyte|kubeflow|azkaban|digdag|cadence|restate|nomad|qstash";
const THINGS: &str = "dag|dags|job|jobs|workflow|workflows|task|tasks|flow|execution|executions|backfill|queue|queues|offsets|topic|run|deployment|\
    batch|pipeline|schedule|schedules|dlq|messages|partition|partitions|asset|assets|instances|process|message|deadletter";

/// What names a job, and where one is tried.
const NAMES: &str = "dagid|dag|job|jobname|jobid|workflow|workflowid|workflowname|workflowtype|flow|flowname|deployment|deploymentname|name|queue|queuename|\
    topic|group|groupid|consumergroup|assetselection|assetkeys|asset|assets|executionarn|statemachinearn|pipeline|pipelinename|task|taskid|taskids|schedule|\
    scheduleid|id|process|processid|processdefinitionkey|batch|function|functionname|entrypoint|definition|key|title|worker|jobclass|class|stream|subject|taskname|schedulename|workername|jobkey|batchname|flowid";
const WHERE: &str = "env|environment|namespace|stage|cluster|workspace|project|profile|tenant|vhost|region|target";

/// Money that goes to somebody or is taken from them, and what only tells of it.
const PAYS: &str = "payout|payouts|payroll|payment|payments|disbursement|disbursements|disburse|salary|salaries|refund|refunds|settlement|settlements|\
    remittance|remittances|transfer|transfers|charge|charges|billing|invoicing|dunning|sepa|ach|bacs|swift|wire|wires|withdrawal|withdrawals|commission|\
    commissions|dividend|dividends|royalty|royalties|reimbursement|reimbursements|directdebit|debit|debits|cashback|claims|pension|pensions|\
    rent|stipend|stipends|bonus|bonuses|autopay|renewals|collections|cashout|payrun|bankrun|creditor|creditors";
const TELLS: &str = "report|reports|export|exports|reconcile|reconciliation|check|checks|validate|validation|metrics|docs|dashboard|stats|lint|tests|analytics|\
    dbt|snapshot|forecast|audit|monitor|alert|alerts|sync|ingest|etl|import|extract|transform|clickstream|summary|archive|cleanup|model|training|email|\
    notification|notifications|list|read|logs|webhook|webhooks|build|e2e|ui";

/// Whether a call has money go out that went out before, or starts what pays.
pub(super) fn pay(call: &Call<'_>) -> bool {
    const HOLDS_BACK: &str = "dryrun|simulate|preview|testmode|sandbox|validateonly";
    let given = call.given;
    if call.looks(LOOKS, &[STARTS]) != Some(false) || !call.at(RUNNERS) && !call.has(THINGS) || given.is_on(HOLDS_BACK)
    {
        return false;
    }
    let of_jobs = call.at(RUNNERS) || call.has("backfill|redrive|replay|rerun|reprocess|requeue");
    let names = || given.values(NAMES).filter(|name| name.len() <= LONGEST).take(super::MAX_PLACES);
    let tells =
        |name: &str| speaks(name, TELLS) && !speaks(name, "send|execute|disburse|release|submit|pay|initiate|post");
    let pays = |name: &str| speaks(name, PAYS) && !tells(name) && !speaks(name, TRIED);
    let tried = call.at(TRIED) || given.values(WHERE).any(|place| speaks(place, TRIED) || is(place, "minikube|kind"));
    of_jobs && !tried && names().any(pays)
}

/// What is longer is no name, in bytes.
const LONGEST: usize = 256;

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_is_paid_again_is_seen() {
        for (server, name, given, seen) in [
            ("airflow", "clear_dag_run", r#"{"dag_id":"supplier_payouts_prod"}"#, true),
            ("airflow", "clear_dag_run", r#"{"dag_id":"supplier_payouts_prod","dry_run":true}"#, false),
            ("airflow", "clear_dag_run", r#"{"dag_id":"supplier_payouts_staging"}"#, false),
            ("airflow", "trigger_dag", r#"{"dag_id":"payroll_report"}"#, false),
            ("airflow", "get_dag_run", r#"{"dag_id":"supplier_payouts_prod"}"#, false),
            ("kafka", "reset_consumer_offsets", r#"{"group":"payment-executor","to":"earliest"}"#, true),
            ("jira", "create_issue", r#"{"title":"payments"}"#, false),
        ] {
            assert_eq!(pay(&Call::of(server, name, &Arguments::read(given))), seen, "{name} {given}");
        }
    }
}
