//! How letters are sent, as arguments.

use std::path::PathBuf;

use super::read;
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
        self.settings()?.map(|settings| app.use_mail(settings)).transpose()?;
        Ok(())
    }

    /// How letters are sent; `None` where nothing sends any.
    pub(in crate::cli) fn settings(&self) -> Result<Option<MailSettings>, Error> {
        let (Some(server), Some(from)) = (self.smtp.clone(), self.mail_from.clone()) else { return Ok(None) };
        let password = self.smtp_password.as_deref().map(read).transpose()?;
        Ok(Some(MailSettings { server, password: password.map(|text| text.trim_end().to_owned()), from }))
    }
}
