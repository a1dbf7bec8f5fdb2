//! The gateway's endpoints: what each takes, what it answers, and by which statuses it refuses. Held against the gateway's routes by the
//! tests, and against its answers by schemathesis.

use super::{BYTES, JSON, PDF, Schemas};
use crate::{openapi_sessions as sessions, outcome::FHIR_JSON};
use serde_json::{Value, json};

/// Statuses that every signed call may get: not authenticated, not allowed, too slow, too large, too often, not offered here, away.
const COMMON: [u16; 7] = [401, 403, 408, 413, 429, 501, 503];

/// An endpoint of the gateway.
#[derive(Clone, Copy, Debug)]
pub struct SignedEndpoint {
    /// `get` or `post`.
    pub method: &'static str,
    /// Its path.
    pub path: &'static str,
    /// What it does.
    pub summary: &'static str,
    body: Option<Content>,
    answer: Content,
    statuses: &'static [u16],
    query: &'static [Parameter],
    /// Whether it asks for the header `musubi-subject`, and whether it must be sent.
    subject: Option<bool>,
    refusals: &'static [u16],
}

/// A media type, and the name of a schema; bytes have none.
#[derive(Clone, Copy, Debug)]
struct Content {
    media: &'static str,
    schema: &'static str,
}

/// A parameter of a query.
#[derive(Clone, Copy, Debug)]
struct Parameter {
    name: &'static str,
    schema: &'static str,
    required: bool,
}

const fn must(name: &'static str, schema: &'static str) -> Parameter {
    Parameter {
        name,
        schema,
        required: true,
    }
}

const fn may(name: &'static str, schema: &'static str) -> Parameter {
    Parameter {
        required: false,
        ..must(name, schema)
    }
}

const fn get(path: &'static str, summary: &'static str) -> SignedEndpoint {
    SignedEndpoint {
        method: "get",
        path,
        summary,
        body: None,
        answer: Content {
            media: JSON,
            schema: "",
        },
        statuses: &[200],
        query: &[],
        subject: None,
        refusals: &[],
    }
}

const fn post(path: &'static str, summary: &'static str) -> SignedEndpoint {
    SignedEndpoint {
        method: "post",
        ..get(path, summary)
    }
}

impl SignedEndpoint {
    const fn takes(self, media: &'static str, schema: &'static str) -> Self {
        Self {
            body: Some(Content { media, schema }),
            ..self
        }
    }

    const fn answers(self, media: &'static str, schema: &'static str) -> Self {
        Self {
            answer: Content { media, schema },
            ..self
        }
    }

    const fn with(self, statuses: &'static [u16]) -> Self {
        Self { statuses, ..self }
    }

    const fn query(self, query: &'static [Parameter]) -> Self {
        Self { query, ..self }
    }

    const fn about_subject(self, required: bool) -> Self {
        Self {
            subject: Some(required),
            ..self
        }
    }

    const fn refuses(self, refusals: &'static [u16]) -> Self {
        Self { refusals, ..self }
    }

    /// The operation as OpenAPI writes it.
    pub(super) fn operation(&self) -> Value {
        let mut operation = json!({
            "summary": self.summary, "tags": ["signed calls"], "security": self.security(), "responses": self.responses(),
        });
        if let Some(body) = self.body {
            operation["requestBody"] =
                json!({"required": true, "content": {body.media: body.schema()}});
        }
        let query = self.query.iter().map(|parameter| {
            json!({
                "name": parameter.name, "in": "query", "required": parameter.required, "schema": Schemas::named(parameter.schema),
            })
        });
        let subject = self.subject.map(|required| {
            json!({
                "name": "musubi-subject", "in": "header", "required": required, "schema": Schemas::named("Id"),
            })
        });
        let parameters: Vec<Value> = query.chain(subject).collect();
        if !parameters.is_empty() {
            operation["parameters"] = parameters.into();
        }
        operation
    }

    fn responses(&self) -> Value {
        let mut responses = json!({});
        for status in self.statuses {
            let said = if *status == 201 {
                "made by this call"
            } else {
                "done, or done before"
            };
            let mut content = json!({self.answer.media: self.answer.schema()});
            if self.answer.media == PDF && self.path.ends_with("/copy") {
                content[FHIR_JSON] = json!({});
            } else if self.answer.media == PDF {
                content[JSON] = json!({"schema": Schemas::named("Receipt")});
            }
            responses[status.to_string()] = json!({"description": said, "content": content});
        }
        for status in COMMON.iter().chain(self.refusals) {
            // A resource that is refused is answered as FHIR has it.
            let takes_resource = self.body.is_some_and(|body| body.holds_resource());
            let kind = if *status == 422 && takes_resource {
                "ProblemOrOutcome"
            } else {
                "Problem"
            };
            responses[status.to_string()] =
                json!({"$ref": format!("#/components/responses/{kind}")});
        }
        responses
    }

    /// Every call may be signed; some are opened by a session too, and the schedule check by a registered system.
    fn security(&self) -> Value {
        let signed = json!({"account": [], "time": [], "signature": []});
        let scoped = sessions::SCOPED
            .iter()
            .find(|(method, path, _)| (*method, *path) == (self.method, self.path));
        let mut ways = vec![signed];
        ways.extend(scoped.map(|(_, _, scope)| json!({"session": [scope]})));
        if self.path.starts_with("/cds-services/") {
            ways.extend([json!({"token": []}), json!({"hooks": []})]);
        }
        ways.into()
    }
}

impl Content {
    fn schema(self) -> Value {
        if self.schema.is_empty() {
            return json!({});
        }
        json!({"schema": Schemas::named(self.schema)})
    }

    fn holds_resource(self) -> bool {
        matches!(
            self.schema,
            "Enrolment" | "QuestionnaireResponse" | "HookRequest"
        )
    }
}

/// The gateway's endpoints, each called with the three headers of a signed call.
pub const SIGNED: &[SignedEndpoint] = &[
    get("/v1/desk", "Whom the caller works for, the members in good standing, and where their gateways and the card agent are reached.")
        .answers(JSON, "Here"),
    get("/v1/desk/residents/{person}", "Somebody of the register: name, who signs, and the card's binding. The municipality's own counter only.")
        .answers(JSON, "Resident")
        .refuses(&[400, 404]),
    get("/v1/signing-context", "What a caller must know to sign a transaction.")
        .answers(JSON, "SigningContext")
        .refuses(&[409]),
    post("/v1/extrinsics", "Submits a signed transaction and waits until it is final.")
        .takes(BYTES, "")
        .answers(JSON, "Applied")
        .refuses(&[400, 409, 422]),
    post("/v1/nonces", "Issues a nonce for a document that a card will sign.")
        .takes(JSON, "NonceWanted")
        .answers(JSON, "IssuedNonce")
        .with(&[201])
        .refuses(&[400, 409, 422]),
    post("/v1/people", "Enters a person into the municipality's register and enrols the pseudonym.")
        .takes(JSON, "Enrolment")
        .answers(JSON, "Enrolled")
        .with(&[200, 201])
        .refuses(&[400, 404, 409, 422]),
    post("/v1/guardianships", "Enters a guardianship and attests it on the chain.")
        .takes(JSON, "Guardianship")
        .answers(JSON, "Applied")
        .with(&[201])
        .refuses(&[400, 404, 409, 422]),
    post("/v1/evidence", "Takes evidence of a card signature, checks it, and vouches or disagrees on the chain.")
        .takes(JSON, "SealedDocument")
        .answers(JSON, "EvidenceAnswer")
        .refuses(&[400, 404, 409, 422]),
    get("/v1/records/{record}", "What the chain knows of a record of the caller's member.")
        .answers(JSON, "Record")
        .refuses(&[400, 404]),
    get("/v1/requests/{request}", "What the runtime decided on an access request.")
        .answers(JSON, "Decision")
        .refuses(&[400, 404]),
    post("/v1/vault", "Asks a custodian's vault: SCALE in, SCALE out.")
        .takes(BYTES, "")
        .answers(BYTES, "")
        .query(&[must("custodian", "Member")])
        .refuses(&[400, 404, 422]),
    get("/v1/consents/{consent}", "How a consent stands, for those whom it concerns.")
        .answers(JSON, "ConsentStanding")
        .refuses(&[400, 404]),
    get("/v1/consents/{consent}/second-look", "What a second officer sees before giving a word of their own.")
        .answers(JSON, "SecondLook")
        .refuses(&[400, 404, 409, 422]),
    get("/v1/consents/{consent}/for-second-village", "Evidence for the second village that a statement names, sealed to it.")
        .answers(JSON, "ForSecond")
        .refuses(&[400, 404, 409, 422]),
    get("/v1/consents/{consent}/verdict", "An auditor's second look at the evidence, as of the time of signing.")
        .answers(JSON, "AuditAnswer")
        .refuses(&[400, 404, 409, 422]),
    get("/v1/consents/{consent}/papers/{paper}", "Statement, or the newest or numbered receipt that the municipality signed, as PDF or JSON.")
        .answers(PDF, "")
        .query(&[may("language", "Language"), may("number", "Count")])
        .refuses(&[400, 404, 409, 422]),
    post("/v1/check-ins", "Opens a visit by a check-in that a card signed at this terminal.")
        .takes(JSON, "CheckIn")
        .answers(JSON, "CheckInAnswer")
        .refuses(&[400, 404, 409, 422]),
    post("/v1/nonce-batches", "Issues a signed batch of nonces for one terminal without a network.")
        .takes(JSON, "NonceBatchWanted")
        .answers(JSON, "IssuedBatch")
        .with(&[201])
        .refuses(&[400, 409, 422]),
    get("/v1/follow-up/due", "Doses and checkups that are due or overdue, by people of the own register.")
        .answers(JSON, "DuePage")
        .query(&[may("on", "Day"), may("after", "Id"), may("people", "Count")])
        .refuses(&[400, 422]),
    post("/v1/follow-up/steps", "Notes what was done for a child who is expected.")
        .takes(JSON, "StepTaken")
        .answers(JSON, "Standing")
        .with(&[201])
        .refuses(&[400, 404, 422]),
    get("/v1/follow-up/open", "Follow-ups whose next step is due, or all about one person.")
        .answers(JSON, "OpenFollowUps")
        .query(&[may("on", "Day"), may("subject", "Id")])
        .refuses(&[400, 422]),
    get("/v1/follow-up/coverage", "Counts checkups and doses of a fiscal year; with publish= small counts are hidden.")
        .answers(JSON, "Coverage")
        .query(&[must("year", "Count"), may("publish", "Count")])
        .refuses(&[400, 422]),
    get("/v1/follow-up/surveys", "Counts the answers to a survey in a fiscal year, small counts hidden.")
        .answers(JSON, "Survey")
        .query(&[must("form", "Text"), must("year", "Count"), may("publish", "Count")])
        .refuses(&[400, 422]),
    get("/v1/follow-up/letters", "Invitations or reminders, print-ready, to the families whose time has come; notes nothing.")
        .answers(PDF, "")
        .query(&[must("about", "Text"), must("letter", "Letter"), may("on", "Day")])
        .refuses(&[400, 404, 422]),
    get("/v1/follow-up/incidents", "The incident log: reports of mistakes at vaccinations, the newest first.")
        .answers(JSON, "Incidents"),
    post("/v1/follow-up/incidents", "Enters a whole report of a mistake at a vaccination into the incident log.")
        .takes(JSON, "IncidentForm")
        .answers(JSON, "LoggedIncident")
        .with(&[201])
        .refuses(&[400, 404, 422]),
    get("/v1/follow-up/recall", "Finds every dose of a lot in the own ledger.")
        .answers(JSON, "Recalled")
        .query(&[must("lot", "Text"), may("product", "Text")])
        .refuses(&[400, 422]),
    post("/v1/follow-up/incident-reports", "Completes and checks a report of a mistake at a vaccination before it is entered; keeps nothing.")
        .takes(JSON, "IncidentForm")
        .answers(JSON, "IncidentPaper")
        .refuses(&[400, 404, 422]),
    post("/v1/follow-up/reaction-reports", "Completes and checks the draft on a suspected reaction; keeps nothing.")
        .takes(JSON, "ReactionForm")
        .answers(JSON, "ReactionPaper")
        .refuses(&[400, 404, 422]),
    get("/v1/forms", "Lists the forms that the caller is asked to answer for the subject of the call.")
        .answers(JSON, "FormsOffered")
        .about_subject(false)
        .refuses(&[400, 404, 422]),
    get("/v1/forms/{id}", "A form as a FHIR Questionnaire, in the version asked for (?version=) or the newest.")
        .answers(FHIR_JSON, "Questionnaire")
        .query(&[may("version", "Text")])
        .refuses(&[400, 404]),
    get("/v1/forms/{id}/draft", "The caller's own draft about the subject of the call, on the newest version of its form.")
        .answers(FHIR_JSON, "QuestionnaireResponse")
        .about_subject(true)
        .refuses(&[400, 404, 422]),
    post("/v1/forms/{id}/draft", "Keeps a draft (QuestionnaireResponse, in-progress) for the caller alone.")
        .takes(JSON, "QuestionnaireResponse")
        .answers(JSON, "SavedDraft")
        .about_subject(true)
        .refuses(&[400, 404, 422]),
    post("/v1/life-events", "Enters what happened to a card, a guardian, or a person who is protected from now on.")
        .takes(JSON, "LifeEvent")
        .answers(JSON, "LifeEntered")
        .with(&[201])
        .refuses(&[400, 404, 409, 422]),
    post("/v1/evidence/erasures", "Destroys evidence and answers with a signed receipt.")
        .takes(JSON, "ErasureWanted")
        .answers(JSON, "ErasureReceipt")
        .with(&[201])
        .refuses(&[400, 404, 409, 422]),
    post("/cds-services/musubi-immunization", "Checks the drafts of an order against the schedule (CDS Hooks 2, order-sign).")
        .takes(JSON, "HookRequest")
        .answers(JSON, "Cards")
        .refuses(&[400, 404, 409, 422]),
    post("/cds-services/musubi-immunization/feedback", "What became of the cards; an override gets what the doctor signs for the chain.")
        .takes(JSON, "Feedbacks")
        .answers(JSON, "ToSign")
        .about_subject(false)
        .refuses(&[400, 404, 409, 422]),
    get("/v1/family", "Whom the owner of a device speaks for, as the chain has it now.")
        .answers(JSON, "Family")
        .refuses(&[404]),
    get("/v1/family/{subject}/trail", "Rows of a person's trail from ?first= on, each with the path to its block's anchor.")
        .answers(JSON, "Trail")
        .query(&[may("first", "Height")])
        .refuses(&[400, 404]),
    get("/v1/family/{subject}/trail-end", "Trie nodes that prove a trail's length after ?block=.")
        .answers(JSON, "TrailEnd")
        .query(&[must("block", "Id")])
        .refuses(&[400, 404, 422]),
    get("/v1/family/{subject}/consents", "Every consent about a person that the chain remembers.")
        .answers(JSON, "FamilyConsents")
        .refuses(&[400, 404]),
    get("/v1/family/{subject}/records", "A person's records, sealed, with their keys wrapped to the device's ?key=.")
        .answers(JSON, "FamilyRecords")
        .query(&[must("key", "Id"), may("after", "Id")])
        .refuses(&[400, 404, 409, 422]),
    post("/v1/family/{subject}/health-cards", "Sign a person's doses as a SMART Health Card.")
        .answers(JSON, "HealthCard")
        .with(&[201])
        .refuses(&[400, 404, 409, 422]),
    get("/v1/family/{subject}/copy", "A person's record to take along: ?form=fhir a Bundle with the Patient, ?form=pdf paper.")
        .answers(PDF, "")
        .query(&[must("form", "CopyForm")])
        .refuses(&[400, 404, 409, 422]),
    post("/v1/hand-overs", "Keep a draft of a consent for the counter; gives a code.")
        .takes(JSON, "ConsentDraft")
        .answers(JSON, "HandOver")
        .with(&[201])
        .refuses(&[400, 404, 409, 422]),
    get("/v1/hand-overs/{code}", "A draft by its code, for its guardian and for the counter.")
        .answers(JSON, "HandOver")
        .refuses(&[404, 422]),
    post("/v1/hand-overs/{code}", "Put the statement that will be signed beside the draft. Counter only.")
        .takes(JSON, "Prepared")
        .answers(JSON, "HandOver")
        .refuses(&[400, 404, 409, 422]),];
