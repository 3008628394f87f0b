//! How letters are sent, as arguments.

use std::path::PathBuf;

use crate::app::App;
use crate::app::mail::MailSettings;
use crate::cli::Error;

/// Arguments.
#[derive(clap::Args)]
pub(in crate::cli) struct Letters {
    /// Mail server for notices: smtp://HOST:PORT inside one's own network, smtp://USER@HOST:PORT?tls=required or smtps://USER@HOST:PORT elsewhere.
    #[arg(long, requires = "mail_from")]
    smtp: Option<String>,
    /// File with the password of its user.
    #[arg(long, requires = "smtp")]
    smtp_password: Option<PathBuf>,
    /// Sender of letters, such as ledger@example.cn.
    #[arg(long, requires = "smtp")]
    mail_from: Option<String>,
    /// Where the pages are reached, for links in messages, such as https://ledger.example.cn.
    #[arg(long)]
    public_url: Option<String>,
}

impl Letters {
    pub(super) fn configure(self, app: &App) -> Result<(), Error> {
        if let Some(address) = &self.public_url {
            app.use_public_address(address);
        }
        let (Some(server), Some(from)) = (self.smtp, self.mail_from) else { return Ok(()) };
        let read = |path: PathBuf| {
            std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
        };
        let password = self.smtp_password.map(read).transpose()?.map(|text| text.trim_end().to_owned());
        Ok(app.use_mail(MailSettings { server, password, from })?)
    }
}
