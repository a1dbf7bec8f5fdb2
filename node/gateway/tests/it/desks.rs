//! Forms and follow-up at the door: subjects, queries and bodies are read there, and what the desk refuses comes out as what it is.

use crate::world::{CHILD, Outgoing, Village, answer, doctor, guardian};
use async_trait::async_trait;
use axum::{Router, http::StatusCode};
use musubi_care::{
    forms::survey::PublishedSurvey,
    report::{IncidentReport, ReactionReport},
};
use musubi_fhir::{IssueCode, Refusal};
use musubi_node_gateway::{
    BODY_TIME_MAX, Caller, DeskError, Entrance, Standing as WhoCalls,
    follow_up::{
        Coverage, CoverageQuery, DuePage, DueQuery, FollowUpDesk, OpenQuery, Paper, PaperForm,
        RecallQuery, Recalled, Standing, StepForm,
        incidents::{IncidentDesk, LoggedIncident},
        letters::{LetterDesk, LettersQuery},
        surveys::{SurveyDesk, SurveyQuery},
    },
    forms::{FormsDesk, OfferedForm, SavedDraft},
};
use musubi_primitives::Pseudonym;
use serde_json::{Value, json};
use std::sync::Arc;

#[async_trait]
impl FormsDesk for Village {
    async fn forms(
        &self,
        caller: &Caller,
        subject: Option<Pseudonym>,
    ) -> Result<Vec<OfferedForm>, DeskError> {
        let is_family = matches!(caller.standing, WhoCalls::Person(_));
        self.note(
            format!("forms of {subject:?} for family {is_family}"),
            Vec::new(),
        )
    }

    async fn form(&self, _: &Caller, id: &str, version: Option<&str>) -> Result<Value, DeskError> {
        self.note(
            format!("form {id} {version:?}"),
            json!({"resourceType": "Questionnaire"}),
        )
    }

    async fn save_draft(
        &self,
        _: &Caller,
        subject: Pseudonym,
        id: &str,
        draft: Value,
    ) -> Result<SavedDraft, DeskError> {
        if draft["status"] != "in-progress" {
            let place = "QuestionnaireResponse.status";
            let refusal = Refusal::one(IssueCode::Value, place, "in-progress");
            return Err(DeskError::Refused(refusal));
        }
        let saved = SavedDraft { saved: 1, until: 2 };
        self.note(format!("draft of {id} about {subject}"), saved)
    }

    async fn draft(&self, _: &Caller, _: Pseudonym, _: &str) -> Result<Value, DeskError> {
        Err(DeskError::NotFound("no draft".to_owned()))
    }
}

#[async_trait]
impl FollowUpDesk for Village {
    async fn due(&self, _: &Caller, query: DueQuery) -> Result<DuePage, DeskError> {
        Err(DeskError::Unprocessable(format!(
            "due {:?} {:?}",
            query.on.map(|on| on.to_string()),
            query.people
        )))
    }

    async fn take_step(&self, _: &Caller, form: StepForm) -> Result<Standing, DeskError> {
        Err(DeskError::Unprocessable(format!(
            "{:?} about {}",
            form.step, form.about
        )))
    }

    async fn open(&self, _: &Caller, query: OpenQuery) -> Result<Vec<Standing>, DeskError> {
        self.note(format!("open {:?}", query.subject), Vec::new())
    }

    async fn coverage(&self, _: &Caller, query: CoverageQuery) -> Result<Coverage, DeskError> {
        Err(DeskError::Unprocessable(format!(
            "{} {:?}",
            query.year, query.publish
        )))
    }

    async fn recall(&self, _: &Caller, query: RecallQuery) -> Result<Recalled, DeskError> {
        self.note(
            format!("lot {} {:?}", query.lot, query.product),
            Recalled::default(),
        )
    }

    async fn incident(
        &self,
        _: &Caller,
        form: PaperForm<IncidentReport>,
    ) -> Result<Paper<IncidentReport>, DeskError> {
        Ok(Paper {
            gaps: form.report.gaps(),
            urgent: form.report.is_urgent(),
            report: form.report,
        })
    }

    async fn reaction(
        &self,
        _: &Caller,
        form: PaperForm<ReactionReport>,
    ) -> Result<Paper<ReactionReport>, DeskError> {
        Ok(Paper {
            gaps: form.report.gaps(),
            urgent: false,
            report: form.report,
        })
    }
}

#[async_trait]
impl SurveyDesk for Village {
    async fn survey(&self, _: &Caller, query: SurveyQuery) -> Result<PublishedSurvey, DeskError> {
        Err(DeskError::Unprocessable(format!(
            "{} {}",
            query.form, query.year
        )))
    }
}

#[async_trait]
impl LetterDesk for Village {
    async fn letters(&self, _: &Caller, query: LettersQuery) -> Result<Vec<u8>, DeskError> {
        self.note(
            format!("{:?} about {}", query.letter, query.about),
            b"%PDF-".to_vec(),
        )
    }
}

#[async_trait]
impl IncidentDesk for Village {
    async fn log_incident(
        &self,
        _: &Caller,
        form: PaperForm<IncidentReport>,
    ) -> Result<LoggedIncident, DeskError> {
        Err(DeskError::Unprocessable(format!(
            "{} gaps",
            form.report.gaps().len()
        )))
    }

    async fn incidents(&self, _: &Caller) -> Result<Vec<LoggedIncident>, DeskError> {
        self.note("incidents".to_owned(), Vec::new())
    }
}

fn routes(village: &Village) -> Router {
    let entrance = Entrance::waiting(Arc::new(village.clone()), BODY_TIME_MAX);
    let desk = Arc::new(village.clone());
    musubi_node_gateway::forms::router(entrance.clone(), Arc::clone(&desk) as _)
        .merge(musubi_node_gateway::follow_up::router(entrance, desk))
}

async fn send(village: &Village, call: Outgoing) -> (StatusCode, Value) {
    answer(routes(village), call.signed_by(&guardian())).await
}

#[tokio::test]
async fn forms_are_listed_for_the_subject_of_the_call_or_for_nobody() {
    let village = Village::default();
    let (status, listed) = send(
        &village,
        Outgoing::get("/v1/forms").about(&CHILD.to_string()),
    )
    .await;
    assert_eq!((status, listed), (StatusCode::OK, json!({"forms": []})));
    let (status, _) = send(&village, Outgoing::get("/v1/forms/x?version=2")).await;
    assert_eq!(status, StatusCode::OK);
    let all = Outgoing::get("/v1/forms").signed_by(&doctor());
    assert_eq!(answer(routes(&village), all).await.0, StatusCode::OK);
    let asked = village.asked.lock().unwrap().clone();
    assert_eq!(
        asked,
        [
            format!("forms of Some({CHILD:?}) for family true"),
            "form x Some(\"2\")".to_owned(),
            "forms of None for family false".to_owned(),
        ]
    );
    let wrong = Outgoing::get("/v1/forms").about("somebody");
    assert_eq!(send(&village, wrong).await.0, StatusCode::BAD_REQUEST);
    let wrong = Outgoing::get("/v1/forms/x?edition=2");
    assert_eq!(send(&village, wrong).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_draft_is_about_somebody_and_what_does_not_fit_is_an_outcome() {
    let village = Village::default();
    let draft = |body: Value| Outgoing::post("/v1/forms/x/draft", body.to_string());
    let (status, _) = send(&village, draft(json!({"status": "in-progress"}))).await;
    assert_eq!(status, StatusCode::BAD_REQUEST, "about whom?");
    assert!(village.is_untouched());
    let about = |body: Value| draft(body).about(&CHILD.to_string());
    let (status, saved) = send(&village, about(json!({"status": "in-progress"}))).await;
    assert_eq!(
        (status, saved),
        (StatusCode::OK, json!({"saved": 1, "until": 2}))
    );
    let (status, outcome) = send(&village, about(json!({"status": "completed"}))).await;
    assert_eq!(
        (status, &outcome["issue"][0]["expression"][0]),
        (
            StatusCode::UNPROCESSABLE_ENTITY,
            &json!("QuestionnaireResponse.status")
        )
    );
}

#[tokio::test]
async fn queries_are_read_whole_or_refused() {
    let village = Village::default();
    let path = "/v1/follow-up/due?on=2026-11-26&people=20";
    let (_, due) = send(&village, Outgoing::get(path)).await;
    assert_eq!(due["detail"], "due Some(\"2026-11-26\") Some(20)");
    let path = "/v1/follow-up/coverage?year=2026&publish=10";
    let (_, figures) = send(&village, Outgoing::get(path)).await;
    assert_eq!(figures["detail"], "2026 Some(10)");
    for path in [
        "/v1/follow-up/due?on=2026-02-30",
        "/v1/follow-up/due?people=many",
        "/v1/follow-up/open?about=MR",
        "/v1/follow-up/coverage",
        "/v1/follow-up/recall?product=MR",
        "/v1/follow-up/surveys?form=x",
        "/v1/follow-up/letters?about=MR&letter=scold",
    ] {
        let (status, problem) = send(&village, Outgoing::get(path)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(problem["type"], "urn:musubi:problem:malformed-query");
    }
    assert!(village.is_untouched());
}

#[tokio::test]
async fn steps_and_papers_have_known_fields_only() {
    let village = Village::default();
    let step = json!({"subject": CHILD, "about": "MR", "step": "invite", "on": "2026-11-26"});
    let call = |path: &str, body: &Value| Outgoing::post(path, body.to_string());
    let (_, answered) = send(&village, call("/v1/follow-up/steps", &step)).await;
    assert_eq!(answered["detail"], "Invite about MR");
    let paper = json!({"report": {"course": "x"}});
    let (status, checked) = send(&village, call("/v1/follow-up/incident-reports", &paper)).await;
    assert_eq!(
        (status, &checked["report"]["course"]),
        (StatusCode::OK, &json!("x"))
    );
    assert!(checked["gaps"].to_string().contains("municipality"));
    let secret = "結城　花子";
    for (path, body) in [
        ("/v1/follow-up/steps", json!({"subject": secret})),
        (
            "/v1/follow-up/incident-reports",
            json!({"report": {"name": secret}}),
        ),
        (
            "/v1/follow-up/incidents",
            json!({"report": {"name": secret}}),
        ),
        ("/v1/follow-up/reaction-reports", json!({"paper": secret})),
    ] {
        let (status, answer) = send(&village, call(path, &body)).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{path}");
        assert!(!answer.to_string().contains(secret), "{answer}");
    }
}
