//! What can be wrong with an e-Manifest: the table of codes and texts. Lists and figures stand in the profile `us`.

use super::super::Fault;

macro_rules! faults {
    ($($name:ident $rule:expr, $code:literal, $zh:literal, $en:literal;)+) => {
        $(pub(super) static $name: Fault = Fault { rule: $rule, code: $code, zh: $zh, en: $en };)+

        /// Every fault and notice of this format, by rule.
        pub static FAULTS: &[&Fault] = &[$(&$name),+];
    };
}

const NOTICE: Option<&str> = None;
const NUMBER: Option<&str> = Some("document-number");
const SUM: Option<&str> = Some("document-sum");
const DATE: Option<&str> = Some("document-date");
const TRANSPORTER: Option<&str> = Some("document-transporter");
const QUANTITY: Option<&str> = Some("document-quantity");
const CODE: Option<&str> = Some("document-code");
const INCOMPLETE: Option<&str> = Some("document-incomplete");
const CONTRADICTION: Option<&str> = Some("document-contradiction");

faults! {
    NUMBER_IRREGULAR NUMBER, "number-irregular",
        "联单追踪号不符合格式（九位数字加三个大写字母）",
        "the manifest tracking number is not of the prescribed form: nine digits and three capital letters";
    NUMBER_SUFFIXED NUMBER, "number-suffixed",
        "联单追踪号带后缀字母", "the manifest tracking number has a suffix";
    NUMBER_MISSING NUMBER, "number-missing",
        "没有联单追踪号，而该状态或提交方式须有", "there is no manifest tracking number, and a manifest of this status or submission type has one";
    NUMBER_OF_ITSELF NUMBER, "number-of-itself",
        "联单把自己列为另一联单", "the manifest names itself as another one";
    NUMBER_TWICE NUMBER, "number-twice",
        "同一联单追踪号列出两次", "one manifest tracking number stands twice in the list";
    NUMBER_OF_SCAN NUMBER, "number-of-scan-differs",
        "扫描件上读出的联单追踪号与文件中的不同", "the tracking number read from the scan differs from that of the document";
    SCAN_NOT_UNIQUE NUMBER, "number-of-scan-not-unique",
        "扫描件上的联单追踪号已属于另一联单", "the tracking number on the scan belongs to another manifest already";

    LINE_NUMBER SUM, "line-number",
        "行号不是从 1 起的整数", "the line number is not a whole number from 1 on";
    LINE_TWICE SUM, "line-twice",
        "行号重复", "the line number stands twice in this manifest";
    LINE_GAP SUM, "line-gap",
        "行号不连续，缺行", "the lines are not numbered without a gap: a line is missing";
    PCB_WEIGHTS SUM, "pcb-weights",
        "多氯联苯各件重量之和与该行数量不符", "the weights of the PCB items do not add up to the quantity of the line";
    PCB_CONTAINERS SUM, "pcb-containers",
        "列出的多氯联苯容器多于该行的容器数", "more PCB containers are listed than the line has containers";

    DATE_IMPOSSIBLE DATE, "date-impossible",
        "日期或时间在日历上不存在", "a date no calendar has, or a time no day has";
    DATE_TOO_EARLY DATE, "date-too-early",
        "日期早于联单制度的开始", "the date lies before there were manifests";
    DATE_IN_FUTURE DATE, "date-in-future",
        "日期尚未到来", "the date has not come yet";
    SIGNED_OUT_OF_ORDER DATE, "signed-out-of-order",
        "签名早于在前一方的签名", "signed before the party that had the waste before";
    SIGNED_BEFORE_CREATED DATE, "signed-before-created",
        "电子签名早于联单的建立", "signed electronically before the manifest was created";
    SHIPPED_BEFORE_SIGNED DATE, "shipped-before-signed",
        "起运日期早于产生单位的签名", "shipped before the generator had signed";
    RECEIVED_BEFORE_SHIPPED DATE, "received-before-shipped",
        "接收日期早于起运日期", "received before it was shipped";
    RECEIVED_BEFORE_SIGNED DATE, "received-before-signed",
        "接收日期早于最后承运单位的签名", "received before the last transporter had signed";
    CERTIFIED_BEFORE_RECEIVED DATE, "certified-before-received",
        "核证日期早于接收日期", "certified before it was received";
    UPDATED_BEFORE_CREATED DATE, "updated-before-created",
        "更新日期早于建立日期", "updated before it was created";
    REMOVED_AFTER_SHIPPED DATE, "removed-after-shipped",
        "多氯联苯停用日期晚于移出日期", "a PCB item left service after it had left the site";
    RECEIVED_LATE DATE, "received-late",
        "从起运到接收超过例外报告的期限", "received later after shipment than the term of the exception report";
    RECEIPT_OVERDUE DATE, "receipt-overdue",
        "已起运而无接收，超过例外报告的期限", "shipped, not received, and the term of the exception report has passed";
    CERTIFIED_LATE DATE, "certified-late",
        "接收后超过期限才提交系统", "submitted to the system later after receipt than the term allows";

    ORDER_TWICE TRANSPORTER, "order-twice",
        "两个承运单位顺序号相同", "two transporters have the same place in the order";
    ORDER_GAP TRANSPORTER, "order-gap",
        "承运顺序不连续，缺承运单位", "the order of transporters has a gap: one is missing";
    ORDER_MISSING TRANSPORTER, "order-missing",
        "有多个承运单位而此处没有顺序号", "there are several transporters, and this one has no place in the order";
    ORDER_IRREGULAR TRANSPORTER, "order-irregular",
        "承运顺序号不是从 1 起的整数", "the place in the order is not a whole number from 1 on";
    TRANSPORTER_MISSING TRANSPORTER, "transporter-missing",
        "没有承运单位", "there is no transporter";
    SIGNATURE_SKIPPED TRANSPORTER, "signature-skipped",
        "其后的单位已签名，而该承运单位没有签名", "a later party has signed and this transporter has not";

    QUANTITY_NOT_WHOLE QUANTITY, "quantity-not-whole",
        "数量不是整数", "the quantity is not a whole number";
    QUANTITY_NOT_POSITIVE QUANTITY, "quantity-not-positive",
        "数量不大于零", "the quantity is not above zero";
    QUANTITY_TOO_LARGE QUANTITY, "quantity-too-large",
        "数量超过表格的容许位数", "the quantity has more digits than the form";
    CONTAINERS_IRREGULAR QUANTITY, "container-number",
        "容器数不是 1 至 99999 的整数", "the number of containers is not a whole number from 1 to 99999";
    WEIGHT_IRREGULAR QUANTITY, "pcb-weight",
        "多氯联苯重量不是正数，或超过十一位整数、六位小数",
        "the PCB weight is not above zero, or has more than eleven whole digits or six decimals";
    DENSITY_IRREGULAR QUANTITY, "density",
        "密度不在 0.01 至 999.99 之间，或超过两位小数", "the density is not from 0.01 to 999.99 with at most two decimals";
    DENSITY_OF_MASS QUANTITY, "density-of-mass",
        "数量是质量单位而给出了密度", "a density is given for a quantity that is a mass";
    DENSITY_UNIT QUANTITY, "density-unit-missing",
        "密度与密度单位须同时给出", "density and its unit come together";

    VALUE_UNLISTED CODE, "value-unlisted",
        "该值不在接口允许的取值之内", "the value is not one of those the interface has";
    UNIT_UNLISTED CODE, "unit-unlisted",
        "计量单位不在代码表中", "the unit is not in the list of codes";
    CONTAINER_UNLISTED CODE, "container-unlisted",
        "容器类型不在代码表中", "the container type is not in the list of codes";
    SITE_ID_IRREGULAR CODE, "site-id",
        "EPA 编号不符合格式（两个字母加至多十个字母数字）",
        "the EPA site id is not of the prescribed form: two letters and up to ten letters or digits";
    STATE_UNLISTED CODE, "state-unlisted",
        "州代码不存在", "there is no such state";
    ZIP_IRREGULAR CODE, "zip",
        "美国邮编不符合格式", "the zip code is not that of an address in the United States";
    WASTE_CODE_IRREGULAR CODE, "waste-code",
        "联邦废物代码不符合格式", "the federal waste code is not of the prescribed form";
    TEXAS_CODE_IRREGULAR CODE, "texas-code",
        "得克萨斯州废物代码不是八个字母数字", "the Texas waste code does not have eight letters or digits";
    METHOD_IRREGULAR CODE, "method-irregular",
        "管理方式代码不符合格式", "the management method is not of the prescribed form";
    DOT_ID_IRREGULAR CODE, "dot-id",
        "危险货物编号不符合格式", "the identification number is not UN, NA or ID and four digits, nor NOID";
    FORM_CODE_IRREGULAR CODE, "form-code",
        "形态代码不符合格式", "the form code is not W and three digits";
    SOURCE_CODE_IRREGULAR CODE, "source-code",
        "来源代码不符合格式", "the source code is not G and two digits";
    CONSENT_IRREGULAR CODE, "consent-number",
        "进口同意号不符合格式", "the consent number is not six digits, I and five digits";

    MISSING INCOMPLETE, "missing",
        "缺少必需的内容", "something that must be there is missing";
    NO_LINES INCOMPLETE, "no-lines",
        "没有废物明细行", "there is no line of waste";
    NO_FACILITY INCOMPLETE, "no-facility",
        "影像件没有指明任何单位", "an image names no party by its EPA site id";

    FLAG_WITHOUT_INFO CONTRADICTION, "flag-without-info",
        "标志为真，而其说明缺失", "the flag is true and what it is about is missing";
    INFO_WITHOUT_FLAG CONTRADICTION, "info-without-flag",
        "给出了说明，而标志为假", "it is said, and the flag for it is false";
    FLAG_OF_LINES CONTRADICTION, "flag-of-lines",
        "联单的标志与各行的标志不一致", "the flag of the manifest and those of its lines differ";
    COMMENT_MISSING CONTRADICTION, "comment-missing",
        "声明了差异而无说明", "a discrepancy is declared and not described";
    COMMENT_WITHOUT_FLAG CONTRADICTION, "comment-without-flag",
        "有说明而未声明差异或残留", "it is described and not declared";
    REJECTION_ON_SITE CONTRADICTION, "rejection-on-site",
        "承运车辆在场时只能全部拒收，且不另开联单",
        "with the transporter on site the rejection is a full one and makes no new manifest";
    REJECTION_OFF_SITE CONTRADICTION, "rejection-off-site",
        "承运车辆不在场，而指定了替代去向", "with the transporter gone there is no alternate facility on this manifest";
    ALTERNATE_DIFFERS CONTRADICTION, "alternate-differs",
        "替代去向的类型与所列单位不一致", "the type of the alternate facility and the one named differ";
    RETURN_REJECTED CONTRADICTION, "return-rejected",
        "退回原产生单位的联单不能再被拒收", "what goes back to its generator cannot be rejected";
    STATUS_TOO_EARLY CONTRADICTION, "status-too-early",
        "状态说明尚未到这一步，而文件中已有", "by its status the manifest has not come that far, and this is there already";
    NOT_SIGNED CONTRADICTION, "not-signed",
        "状态为已签署，而接收单位没有签名", "by its status it is signed, and the facility has not signed";
    PAPER_IN_ELECTRONIC CONTRADICTION, "paper-in-electronic",
        "全电子联单中有纸质签名", "a signature on paper in a manifest that is electronic in full";
    DOT_ID_DIFFERS CONTRADICTION, "dot-id-differs",
        "打印的运输名称中是另一个危险货物编号", "the printed shipping description has another identification number";
    STATE_DIFFERS CONTRADICTION, "state-differs",
        "场所所在州与 EPA 编号的州不同", "the site lies in another state than its EPA site id says";
    CODES_OF_NO_WASTE CONTRADICTION, "codes-of-no-waste",
        "有联邦废物代码，而标为非 EPA 废物", "it has federal waste codes and is said to be no waste by EPA's definition";
    VERSION_IRREGULAR CONTRADICTION, "version",
        "版本号不是从 1 起的整数，或与状态不一致", "the version is not a whole number from 1 on, or does not fit the status";

    UNKNOWN_MEMBER NOTICE, "unknown-member",
        "接口没有这一成员，未作判断", "the interface has no such member; it is not judged";
    NO_OFFSET NOTICE, "no-offset",
        "时间没有写明时区，按 UTC 读取", "the time has no offset and is read as UTC";
    CONTACT_DUE NOTICE, "contact-due",
        "起运后已到应联系承运与接收单位的期限", "the time to ask transporter and facility had come before it was received";
    DENSITY_MISSING NOTICE, "density-missing",
        "只有体积、没有密度，质量不可比较", "a volume without a density: its mass cannot be compared";
    HANDLER_UNKNOWN NOTICE, "handler-unknown",
        "备注所指单位不在本联单中", "the comment is of a site that is not on this manifest";
    RESIDUE_WITHOUT_NUMBER NOTICE, "residue-without-number",
        "有残留而无新联单追踪号", "there is residue and no new tracking number for it";
    PHONE_IRREGULAR NOTICE, "phone",
        "电话号码不符合 ###-###-#### 的写法", "the phone number is not written as ###-###-####";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        for (position, fault) in FAULTS.iter().enumerate() {
            assert!(FAULTS[..position].iter().all(|earlier| earlier.code != fault.code), "{}", fault.code);
        }
    }
}
