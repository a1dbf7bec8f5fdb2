//! How far each article reaches (A7). Pure: who has the care of the subject is asked elsewhere.

use musubi_primitives::{Category, CategorySet, Purpose, Role, StatuteArticle};

/// Whether `article` lets this role of the caring municipality read these categories for this purpose.
pub(crate) fn reaches(
    article: StatuteArticle,
    role: Role,
    purpose: Purpose,
    categories: CategorySet,
) -> bool {
    is_duty(purpose) && is_charged(article, role) && within(article).contains_all(categories)
}

/// Purposes that are duties of a municipality; the others need a consent.
fn is_duty(purpose: Purpose) -> bool {
    match purpose {
        Purpose::ChildCare | Purpose::Checkup | Purpose::MoveIn => true,
        Purpose::Emergency
        | Purpose::Statistics
        | Purpose::FamilySharing
        | Purpose::Consultation => false,
    }
}

/// Child abuse is a matter of officers alone.
fn is_charged(article: StatuteArticle, role: Role) -> bool {
    match article {
        StatuteArticle::ChildAbusePrevention13_4 => role == Role::Officer,
        StatuteArticle::MaternalChildHealth19_2 | StatuteArticle::ImmunizationAct => {
            matches!(role, Role::Officer | Role::Nurse)
        }
    }
}

fn within(article: StatuteArticle) -> CategorySet {
    match article {
        StatuteArticle::ImmunizationAct => CategorySet::of(&[
            Category::Immunization,
            Category::Questionnaire,
            Category::ScheduleVerdict,
        ]),
        StatuteArticle::MaternalChildHealth19_2 => CategorySet::of(&[
            Category::Immunization,
            Category::Checkup,
            Category::Questionnaire,
            Category::Growth,
            Category::Scale,
            Category::ScheduleVerdict,
            Category::Document,
        ]),
        StatuteArticle::ChildAbusePrevention13_4 => CategorySet::of(Category::ALL),
    }
}
