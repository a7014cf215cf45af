use std::io::Read as _;

use secrecy::{ExposeSecret as _, SecretString};
use sluice_domain::{
    form::{Check, Fields},
    text::{Email, PersonName},
};
use sluice_service::{Clock, Error, Service, people::NewPassword};

use super::{Failed, backend::Backend};
use crate::config::CreateAdmin;

pub(super) async fn create(config: CreateAdmin) -> Result<(), Failed> {
    let password = if config.password_stdin { Some(read_password()?) } else { None };
    let backend = Backend::open(&config.database).await?;
    let made = make(&config, &backend, password).await;
    backend.close().await;
    println!("{}", made?);
    Ok(())
}

async fn make(
    config: &CreateAdmin,
    backend: &Backend,
    password: Option<SecretString>,
) -> Result<String, Failed> {
    backend.migrate().await?;
    let service = Service::connect(&backend.connect(), Clock::Database).await?;
    let said = add(config, &service, password).await;
    service.close().await;
    said.map_err(|error| match error {
        Error::Invalid(problems) => {
            let lines: Vec<String> = problems.iter().map(sluice_domain::words::problem).collect();
            lines.join(" ").into()
        }
        other => other.into(),
    })
}

async fn add(
    config: &CreateAdmin,
    service: &Service,
    password: Option<SecretString>,
) -> Result<String, Error> {
    let fields =
        Fields::new(vec![("email".into(), config.email.clone()), ("name".into(), config.name.clone())]);
    let mut check = Check::default();
    let email: Option<Email> = check.text(&fields, "email", "The e-mail address");
    let name: Option<PersonName> = check.text(&fields, "name", "The name");
    let password = match password.as_ref().map(|password| NewPassword::new(password.expose_secret())) {
        None => None,
        Some(Ok(password)) => Some(password),
        Some(Err(problem)) => {
            check.note("password", "The password", problem);
            None
        }
    };
    let (email, name) = check.finish(email.zip(name))?;
    if let Some(password) = password {
        let said = format!("{email} is an administrator and can sign in.");
        return service.create_admin(email, name, password).await.map(|_| said);
    }
    let link = service.invite_admin(email, name).await?;
    let address = config.public_url.join(&format!("/join/{}", link.token.expose_secret()));
    Ok(format!("Open this link within a week to choose a password; it works once:\n\n  {address}"))
}

fn read_password() -> Result<SecretString, Failed> {
    let mut text = String::new();
    // A password has at most 256 bytes; whatever is longer is refused as such, not cut.
    std::io::stdin().take(1024).read_to_string(&mut text)?;
    Ok(SecretString::from(text.trim_end_matches(['\n', '\r'])))
}
