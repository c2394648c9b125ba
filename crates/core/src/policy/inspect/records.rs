//! What is decided about people at the service that keeps it: how somebody is treated, taught, paid, hired or judged.

use super::call::Call;
use crate::policy::effects::Kind;

/// Services by what they keep, and what of it counts.
const CARE: &str = "fhir|epic|cerner|ehr|emr|hl7|openmrs|athena|athenahealth|medplum|dicom|pacs|meditech|clinic|hospital|pharmacy|healthie|drchrono|\
    redcap|openemr|dental|ris|lims|telehealth";
const OF_CARE: &str = "medication|medications|prescription|prescriptions|order|orders|allergy|allergies|dose|dosage|patient|patients|observation|\
    observations|result|results|diagnosis|condition|conditions|immunization|request|requests|record|records|chart|note|resource|careplan|encounter|\
    consent|referral|study|report|procedure|problem|vitals|refill|bundle|discharge|admission|ward|triage|interaction|contraindication";
const TAUGHT: &str = "canvas|moodle|blackboard|gradescope|classroom|schoology|brightspace|powerschool|school|university|sis|lms|itslearning|edx|\
    banner|exam|transcript";
const OF_TAUGHT: &str = "grade|grades|gradebook|score|scores|transcript|enrollment|enrolment|exam|mark|marks|attendance|degree|record|student|\
    students|certificate|submission";
const HIRED: &str = "greenhouse|lever|ashby|workable|smartrecruiters|recruitee|bamboohr|workday|teamtailor|ats|jobvite|icims|personio|recruiting|\
    hiring|linkedin|indeed|hr|talent";
const JUDGED: &str = "court|case|clio|docket|police|immigration|visa|tax|irs|elster|election|vote|votes|voter|registry|land|permit|permits|license|\
    licensing|benefits|welfare|parole|probation|customs|efile|efiling|pacer|filing|municipal|government|gov|efin|hmrc|datev";
const OF_JUDGED: &str = "case|file|filing|return|ballot|vote|votes|record|records|registration|title|deed|permit|license|application|decision|status|\
    claim|benefit|document|motion|report|declaration|vat|payroll";

const CHANGES: &str = "create|update|delete|write|put|patch|set|post|submit|change|edit|modify|add|remove|order|prescribe|send|sign|approve|cancel|\
    discontinue|override|merge|bulk|import|file|transmit|finalize|close|amend|record|assign|deny|reject|revoke|publish|release|upsert|refill|administer|\
    start|stop|discharge|admit";
const LOOKS: &str = "count|summarize";

/// What is decided about somebody's money or contract, whatever the service is called.
const DECIDES: &str = "approve|deny|reject|run|process|finalize|submit|post|void|reverse|disburse|write|release|fund|settle|reconcile|close|issue|\
    sign|create|pay";
const DECIDED: &str = "payroll|claim|claims|loan|loans|journal|ledger|expense|expenses|purchaseorder|po|timesheet|bill|bills|payrun|paycheck|\
    mortgage|remittance|payables|dividend|grant|chargeback|settlement|escrow|annuity|pension|rebate|reimbursement";

/// What a call decides, where a person wants to decide it.
pub(super) fn decided(call: &Call<'_>) -> Option<Kind> {
    if call.looks(LOOKS, &[CHANGES, DECIDES]) != Some(false) || call.given.is_on("draft|isdraft|dryrun") {
        return None;
    }
    let tried = || {
        call.at("sandbox|test|tests|demo|mock|staging|dev|synthetic|issue|pull|template|draft")
            || call.names("baseurl|url|server|environment|status", "hapi|sandbox|test|localhost|synthea|draft")
    };
    let about_people = call.served(CARE) && call.has(OF_CARE) && call.has(CHANGES)
        || call.served(TAUGHT) && call.has(OF_TAUGHT) && call.has(CHANGES)
        || call.served(JUDGED) && call.has(OF_JUDGED) && call.has(CHANGES)
        || call.served(HIRED)
            && (call.has("reject|disqualify|hire|offer|extend|terminate|fire|offboard|dismiss|promote|withdraw")
                && !call.has("list|draft"));
    let makes = call.has("create|issue|write|sign") && !call.has("journal|payroll|payrun|purchaseorder|po|ledger");
    let of_money = call.has(DECIDES) && call.has(DECIDED) && !makes;
    match () {
        () if !about_people && !of_money || tried() => None,
        () if about_people => Some(Kind::McpAccess),
        () => Some(Kind::McpPay),
    }
}

#[cfg(test)]
mod tests {
    use super::super::arguments::Arguments;
    use super::*;

    #[test]
    fn what_is_decided_about_people_is_seen() {
        for (server, name, seen) in [
            ("medplum-fhir", "update_medication_request", true),
            ("medplum-fhir", "search_patients", false),
            ("canvas", "update_grade", true),
            ("canvas", "list_grades", false),
            ("gusto", "run_payroll", true),
            ("netsuite", "post_journal_entry", true),
            ("greenhouse", "reject_candidates", true),
            ("greenhouse", "add_note", false),
            ("jira", "create_issue", false),
        ] {
            assert_eq!(decided(&Call::of(server, name, &Arguments::default())).is_some(), seen, "{server} {name}");
        }
    }
}
