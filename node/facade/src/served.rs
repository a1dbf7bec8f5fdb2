//! What is served, as one table: types, interactions, search parameters, operations. Routes, capability statement, scopes and the OpenAPI
//! document are made from it, and the tests ask the running facade whether it holds.

use axum::http::Method;

/// A resource type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Type {
    /// A person of the register, or the bare pseudonym of somebody about whom this member wrote.
    Patient,
    /// A dose given, or not given and why.
    Immunization,
    /// A measure or finding.
    Observation,
    /// Answers to a form.
    QuestionnaireResponse,
    /// A document or letter.
    DocumentReference,
    /// The schedule engine's forecast.
    ImmunizationRecommendation,
    /// A form.
    Questionnaire,
    /// What a guardian allows, as the chain has it.
    Consent,
    /// A row of the trail.
    AuditEvent,
    /// Who wrote a record, signed by the chain.
    Provenance,
}

impl Type {
    /// The name as FHIR writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patient => "Patient",
            Self::Immunization => "Immunization",
            Self::Observation => "Observation",
            Self::QuestionnaireResponse => "QuestionnaireResponse",
            Self::DocumentReference => "DocumentReference",
            Self::ImmunizationRecommendation => "ImmunizationRecommendation",
            Self::Questionnaire => "Questionnaire",
            Self::Consent => "Consent",
            Self::AuditEvent => "AuditEvent",
            Self::Provenance => "Provenance",
        }
    }

    /// The type with this name.
    pub fn parse(name: &str) -> Option<Self> {
        SERVED
            .iter()
            .map(|served| served.of)
            .find(|of| of.as_str() == name)
    }

    /// Whether it is kept in the vault, with versions.
    pub fn is_record(self) -> bool {
        self.served().interactions.contains(&Interaction::Create)
    }

    /// What is served of it.
    pub fn served(self) -> &'static Served {
        SERVED
            .iter()
            .find(|served| served.of == self)
            .unwrap_or(&SERVED[0])
    }
}

/// What a client can do with a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interaction {
    /// `GET type/id`
    Read,
    /// `GET type/id/_history/version`
    Vread,
    /// `GET type/id/_history`
    HistoryInstance,
    /// `GET type?…` and `POST type/_search`
    Search,
    /// `POST type`, also with `If-None-Exist`
    Create,
    /// `PUT type/id` with `If-Match`
    Update,
}

impl Interaction {
    /// The code of FHIR's `type-restful-interaction`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Vread => "vread",
            Self::HistoryInstance => "history-instance",
            Self::Search => "search-type",
            Self::Create => "create",
            Self::Update => "update",
        }
    }

    /// The letter of a SMART 2 scope that it needs.
    pub fn letter(self) -> char {
        match self {
            Self::Read | Self::Vread | Self::HistoryInstance => 'r',
            Self::Search => 's',
            Self::Create => 'c',
            Self::Update => 'u',
        }
    }

    /// Method and path below the base, with `{id}` and `{version}`.
    pub fn endpoint(self, name: &str) -> (Method, String) {
        match self {
            Self::Read => (Method::GET, format!("/{name}/{{id}}")),
            Self::Vread => (Method::GET, format!("/{name}/{{id}}/_history/{{version}}")),
            Self::HistoryInstance => (Method::GET, format!("/{name}/{{id}}/_history")),
            Self::Search => (Method::GET, format!("/{name}")),
            Self::Create => (Method::POST, format!("/{name}")),
            Self::Update => (Method::PUT, format!("/{name}/{{id}}")),
        }
    }
}

/// How the values of a search parameter are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `code`, `system|code`, `|code`, `system|`
    Token,
    /// `[prefix]date`
    Date,
    /// `Type/id` or `id`
    Reference,
    /// Part of a text, whatever the kana.
    Text,
    /// The very address; without its version, any version.
    Canonical,
}

impl Comparison {
    /// The code of FHIR's `search-param-type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Date => "date",
            Self::Reference | Self::Canonical => "reference",
            Self::Text => "string",
        }
    }
}

/// One search parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// Its name in the query.
    pub name: &'static str,
    /// How it is compared.
    pub by: Comparison,
    /// Where its values stand, each a path of member names; lists are walked through.
    pub paths: &'static [&'static str],
}

const fn parameter(
    name: &'static str,
    by: Comparison,
    paths: &'static [&'static str],
) -> Parameter {
    Parameter { name, by, paths }
}

/// What an operation on an instance does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Everything that the client may read.
    Everything,
    /// The international patient summary.
    Summary,
    /// Every version of every record that this member wrote.
    ExportHistory,
    /// The vaccination record as a SMART Health Card.
    IssueHealthCard,
    /// What in the answers to a form the physician should look at.
    Flags,
    /// The score of answers to a scale.
    Score,
}

/// One operation on an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Operation {
    /// What it does.
    pub act: Act,
    /// Its name with the dollar sign.
    pub name: &'static str,
    /// Its canonical definition.
    pub definition: &'static str,
}

impl Operation {
    /// Its method: one that issues something is no mere reading.
    pub fn method(&self) -> Method {
        match self.act {
            Act::Everything | Act::Summary | Act::ExportHistory | Act::Flags | Act::Score => {
                Method::GET
            }
            Act::IssueHealthCard => Method::POST,
        }
    }
}

/// What is served of one type.
#[derive(Clone, Copy, Debug)]
pub struct Served {
    /// Which.
    pub of: Type,
    /// What can be done.
    pub interactions: &'static [Interaction],
    /// What can be searched by, beside `_id`, `_lastUpdated` and `_count`.
    pub parameters: &'static [Parameter],
    /// Operations on an instance.
    pub operations: &'static [Operation],
    /// The profile that what is written must follow, and what is shown follows as far as the author did.
    pub profile: Option<&'static str>,
    /// Words for whoever reads the capability statement.
    pub documentation: &'static str,
}

use Comparison::{Canonical, Date, Reference, Text, Token};
use Interaction::{Create, HistoryInstance, Read, Search, Update, Vread};

/// What can be done with a record of the vault.
const RECORD: &[Interaction] = &[Read, Vread, HistoryInstance, Search, Create, Update];

/// What can be done with what follows from the chain or from files.
const LOOKED_UP: &[Interaction] = &[Read, Search];

/// Every type that is served.
pub const SERVED: &[Served] = &[
    Served {
        of: Type::Patient,
        interactions: &[Read, Search],
        parameters: &[
            parameter("identifier", Token, &["identifier"]),
            parameter("name", Text, &["name.text"]),
        ],
        operations: &[
            Operation {
                act: Act::Everything,
                name: "$everything",
                definition: "http://hl7.org/fhir/OperationDefinition/Patient-everything",
            },
            Operation {
                act: Act::Summary,
                name: "$summary",
                definition: "http://hl7.org/fhir/uv/ips/OperationDefinition/summary",
            },
            Operation {
                act: Act::ExportHistory,
                name: "$export-history",
                definition: "urn:musubi:operation:export-history",
            },
            Operation {
                act: Act::IssueHealthCard,
                name: "$health-cards-issue",
                definition: "https://spec.smarthealth.cards/artifacts/operation-patient-i-health-cards-issue",
            },
        ],
        profile: Some("http://jpfhir.jp/fhir/core/StructureDefinition/JP_Patient"),
        documentation: "People are enrolled at the municipality's counter. Names are searched for in the municipality's own register only.",
    },
    Served {
        of: Type::Immunization,
        interactions: RECORD,
        parameters: &[
            parameter("patient", Reference, &["patient"]),
            parameter("date", Date, &["occurrenceDateTime"]),
            parameter("vaccine-code", Token, &["vaccineCode"]),
            parameter("status", Token, &["status"]),
            parameter("lot-number", Token, &["lotNumber"]),
            parameter("identifier", Token, &["identifier"]),
        ],
        operations: &[],
        profile: Some("http://jpfhir.jp/fhir/core/StructureDefinition/JP_Immunization"),
        documentation: "A correction is an update with If-Match; a dose that was never given is updated to entered-in-error.",
    },
    Served {
        of: Type::Observation,
        interactions: RECORD,
        parameters: &[
            parameter("patient", Reference, &["subject"]),
            parameter("subject", Reference, &["subject"]),
            parameter("date", Date, &["effectiveDateTime"]),
            parameter("code", Token, &["code"]),
            parameter("category", Token, &["category"]),
            parameter("status", Token, &["status"]),
            parameter("identifier", Token, &["identifier"]),
        ],
        operations: &[],
        profile: Some("http://jpfhir.jp/fhir/core/StructureDefinition/JP_Observation_Common"),
        documentation: "Body measures (LOINC, UCUM) are filed as growth, all others as checkup.",
    },
    Served {
        of: Type::QuestionnaireResponse,
        interactions: RECORD,
        parameters: &[
            parameter("patient", Reference, &["subject"]),
            parameter("subject", Reference, &["subject"]),
            parameter("authored", Date, &["authored"]),
            parameter("questionnaire", Canonical, &["questionnaire"]),
            parameter("status", Token, &["status"]),
            parameter("identifier", Token, &["identifier"]),
        ],
        operations: &[
            Operation {
                act: Act::Flags,
                name: "$flags",
                definition: "urn:musubi:operation:flags",
            },
            Operation {
                act: Act::Score,
                name: "$score",
                definition: "urn:musubi:operation:score",
            },
        ],
        profile: None,
        documentation: "Answers name their form with its version, and must fit it where the form is served here. $flags says what in them the physician should look at, $score what answers to a scale come to.",
    },
    Served {
        of: Type::DocumentReference,
        interactions: RECORD,
        parameters: &[
            parameter("patient", Reference, &["subject"]),
            parameter("subject", Reference, &["subject"]),
            parameter("date", Date, &["date"]),
            parameter("type", Token, &["type"]),
            parameter("status", Token, &["status"]),
            parameter("identifier", Token, &["identifier"]),
        ],
        operations: &[],
        profile: None,
        documentation: "A document with its bytes inside.",
    },
    Served {
        of: Type::ImmunizationRecommendation,
        interactions: LOOKED_UP,
        parameters: &[parameter("patient", Reference, &["patient"])],
        operations: &[],
        profile: None,
        documentation: "The forecast from the doses that the client may read, for people of this register. The physician decides.",
    },
    Served {
        of: Type::Questionnaire,
        interactions: LOOKED_UP,
        parameters: &[
            parameter("url", Canonical, &["url"]),
            parameter("version", Token, &["version"]),
            parameter("status", Token, &["status"]),
        ],
        operations: &[],
        profile: None,
        documentation: "The forms at hand, each with url and version.",
    },
    Served {
        of: Type::Consent,
        interactions: LOOKED_UP,
        parameters: &[
            parameter("patient", Reference, &["patient"]),
            parameter("date", Date, &["dateTime"]),
            parameter("status", Token, &["status"]),
        ],
        operations: &[],
        profile: Some("https://profiles.ihe.net/ITI/PCF/StructureDefinition/IHE.PCF.consentBasic"),
        documentation: "All for the home municipality, its own for a recipient. They are given by the guardian's card, not here.",
    },
    Served {
        of: Type::AuditEvent,
        interactions: LOOKED_UP,
        parameters: &[
            parameter("patient", Reference, &["entity.what"]),
            parameter("date", Date, &["recorded"]),
            parameter("type", Token, &["type"]),
            parameter("subtype", Token, &["subtype"]),
            parameter("action", Token, &["action"]),
            parameter("outcome", Token, &["outcome"]),
        ],
        operations: &[],
        profile: None,
        documentation: "Rows of the trail: all for the home municipality, those that name it for another member.",
    },
    Served {
        of: Type::Provenance,
        interactions: LOOKED_UP,
        parameters: &[
            parameter("patient", Reference, &["target"]),
            parameter("recorded", Date, &["recorded"]),
        ],
        operations: &[],
        profile: None,
        documentation: "Who wrote a record and when; the signature's data hold the row of the trail and the path from it to its block's anchor.",
    },
];
