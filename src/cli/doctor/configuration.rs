//! The files and addresses that `serve` is told of. Nobody outside is asked anything.

use super::report::Report;
use crate::app::{gateway, prints};
use crate::catalogue::{ColumnOrder, Profile};
use crate::cli::{Error, policy, serve};

/// All of them that are named; of those that should be, that they are not.
pub(super) fn check(report: &mut Report, args: &serve::Args) {
    if let Err(error) = args.terms.terms() {
        report.fault("--tls-cert", error);
    } else if !args.terms.is_encrypted() && !args.addr.ip().is_loopback() {
        report.remark(
            "--tls-cert",
            "connections from outside are not encrypted; phones sign over HTTPS only 对外连接未加密，手机须经 HTTPS 才能签名",
        );
    }
    if let Some(path) = &args.oidc {
        report.tried("--oidc", serve::provider(path).map(|_| path.display()));
    }
    if let Some(path) = &args.platforms {
        check_platforms(report, serve::platforms::load(path));
    }
    if let Some(path) = &args.witnesses {
        report.tried("--witnesses", policy::load(path).map(|_| path.display()));
    }
    if let Some(path) = &args.columns {
        let known = Profile::embedded("cn").map(Profile::column_orders).unwrap_or_default();
        let read = serve::read(path).and_then(|text| Ok(ColumnOrder::parse(&text, known)?));
        report.tried("--columns", read.map(|_| path.display()));
    }
    if let Some(path) = &args.service {
        report.tried("--service", serve::service(path).map(|_| path.display()));
    }
    check_mail(report, args);
    if let Some(address) = &args.gateway {
        report.tried("--gateway", gateway::check_address(address).map(|()| address));
    }
    match prints::check_font(args.font.as_deref()) {
        Ok(name) => report.good("font 字体", name),
        // Everything but documents works without one.
        Err(error) => report.remark("font 字体", format!("{error} {}", error.zh())),
    }
}

fn check_platforms(report: &mut Report, loaded: Result<Vec<crate::app::push::Platform>, Error>) {
    match loaded {
        Ok(platforms) => platforms.iter().for_each(|platform| report.good("--platforms", platform.shown())),
        Err(error) => report.fault("--platforms", error),
    }
}

fn check_mail(report: &mut Report, args: &serve::Args) {
    match args.mail.settings() {
        Ok(None) => report
            .remark("--smtp", "no mail server: notices are on the pages only 未设邮件服务器，通知只在页面上"),
        Ok(Some(settings)) => {
            let server = settings.server.clone();
            report.tried("--smtp", settings.check().map(|()| server));
        }
        Err(error) => report.fault("--smtp-password", error),
    }
}
