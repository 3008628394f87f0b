//! What tasks there are, what each is called, and by which kinds of event it is done.

use crate::custody::Kind;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskKind {
    /// Take over what is offered, or let it be.
    AcceptOffer,
    /// Say whether the load will be taken.
    ConfirmManifest,
    /// Name vehicle, driver and escort.
    AssignVehicle,
    /// Sign a handover that the other side stated.
    Countersign,
    /// Say what of a delivered load is accepted.
    ReceiveLoad,
    /// Agree to a correction, or refuse it.
    AnswerCorrection,
    /// Explain a finding.
    ExplainFinding,
    /// Answer a case.
    AnswerCase,
    /// File a declaration, or file anew what came back.
    FileDeclaration,
    /// Renew a permit or paper that ends.
    RenewPaper,
    /// Send a file that an event of the party names by its digest.
    UploadAttachment,
    /// Close an explained finding, or uphold it.
    DecideFinding,
    /// Close an answered case.
    CloseCase,
    /// Accept a declaration, or send it back.
    DecideDeclaration,
    /// Go on with an application for an interprovincial transfer.
    DecideApplication,
}

impl TaskKind {
    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::AcceptOffer => "accept-offer",
            Self::ConfirmManifest => "confirm-manifest",
            Self::AssignVehicle => "assign-vehicle",
            Self::Countersign => "countersign",
            Self::ReceiveLoad => "receive-load",
            Self::AnswerCorrection => "answer-correction",
            Self::ExplainFinding => "explain-finding",
            Self::AnswerCase => "answer-case",
            Self::FileDeclaration => "file-declaration",
            Self::RenewPaper => "renew-paper",
            Self::UploadAttachment => "upload-attachment",
            Self::DecideFinding => "decide-finding",
            Self::CloseCase => "close-case",
            Self::DecideDeclaration => "decide-declaration",
            Self::DecideApplication => "decide-application",
        }
    }

    /// What is to be done, in Chinese and in English.
    pub fn title(self) -> (&'static str, &'static str) {
        match self {
            Self::AcceptOffer => ("接收交来的废物，或不予接收", "take over what is offered, or let it be"),
            Self::ConfirmManifest => ("确认或拒绝接收", "confirm or decline the load"),
            Self::AssignVehicle => ("派车", "assign vehicle, driver and escort"),
            Self::Countersign => ("补签交接", "countersign a handover"),
            Self::ReceiveLoad => ("验收", "say what of the load is accepted"),
            Self::AnswerCorrection => ("答复更正", "agree to a correction, or refuse it"),
            Self::ExplainFinding => ("说明预警原因", "explain a finding"),
            Self::AnswerCase => ("答复案件", "answer a case"),
            Self::FileDeclaration => ("填报申报", "file a declaration"),
            Self::RenewPaper => ("证件即将到期", "renew what ends soon"),
            Self::UploadAttachment => ("补传附件", "send a file that was named and is missing"),
            Self::DecideFinding => ("处理已说明的预警", "decide on an explained finding"),
            Self::CloseCase => ("处理已答复的案件", "decide on an answered case"),
            Self::DecideDeclaration => ("审核申报", "accept a declaration, or send it back"),
            Self::DecideApplication => ("办理跨省转移申请", "go on with an interprovincial application"),
        }
    }

    /// The kinds of event that do it; none for what is done elsewhere.
    pub fn done_by(self) -> &'static [Kind] {
        match self {
            Self::AcceptOffer => {
                &[Kind::WasteCollected, Kind::WasteTransferred, Kind::WasteDelivered, Kind::WasteReturned]
            }
            Self::ConfirmManifest => &[Kind::ManifestConfirmed, Kind::ManifestDeclined],
            Self::AssignVehicle => &[Kind::ManifestAssigned],
            Self::Countersign => &[Kind::HandoverCountersigned],
            Self::ReceiveLoad => &[Kind::WasteReceived],
            Self::AnswerCorrection => &[Kind::CorrectionAgreed, Kind::CorrectionRefused],
            Self::ExplainFinding => &[Kind::FindingExplained],
            Self::AnswerCase => &[Kind::CaseAnswered],
            Self::FileDeclaration => &[Kind::DeclarationFiled],
            Self::RenewPaper | Self::UploadAttachment => &[],
            Self::DecideFinding => &[Kind::FindingClosed, Kind::FindingUpheld],
            Self::CloseCase => &[Kind::CaseClosed],
            Self::DecideDeclaration => &[Kind::DeclarationAccepted, Kind::DeclarationReturned],
            Self::DecideApplication => &[Kind::ApprovalAdvanced, Kind::ApprovalGranted],
        }
    }
}
