//! What a person is told by mail about the own account: fixed sentences in three languages, plain text.
//!
//! Never says a password, a code or where somebody is; the only link is the one that was asked for.

use crate::domain::language::Language;

/// What a mail is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum About {
    /// A way to choose a new password was asked for.
    ResetWanted,
    /// Somebody signed in on a new device.
    NewDevice,
    /// The password is another one.
    PasswordChanged,
    /// Another address was asked for: whoever has it proves it by the link.
    AddressCheck,
    /// Another address was asked for, told to the one that still counts.
    AddressWanted,
    /// The address is another one.
    AddressChanged,
    /// A second factor was added.
    SecondFactorOn,
    /// It was taken away.
    SecondFactorOff,
    /// A recovery code was used.
    RecoveryCodeUsed,
    /// A session was ended because a used token came back.
    TokenReused,
    /// Too many tries were wrong.
    LockedOut,
}

/// Returns subject and text of a mail.
#[must_use]
pub fn letter(about: About, language: Language, name: &str, link: Option<&str>) -> (String, String) {
    let (subject, body) = match language {
        Language::Es => spanish(about),
        Language::En => english(about),
        Language::Pt => portuguese(about),
    };
    let (hello, advice) = match language {
        Language::Es => ("Hola", "Si no fue usted, cambie su contraseña y cierre las demás sesiones."),
        Language::En => ("Hello", "If this was not you, change your password and end all other sessions."),
        Language::Pt => ("Olá", "Se não foi você, troque a sua senha e encerre as outras sessões."),
    };
    let end = link.map_or_else(|| advice.to_owned(), str::to_owned);
    (subject.to_owned(), format!("{hello}, {name}:\n\n{body}\n\n{end}\n"))
}

const fn spanish(about: About) -> (&'static str, &'static str) {
    match about {
        About::ResetWanted => (
            "Elija una contraseña nueva",
            "Alguien pidió una contraseña nueva para su cuenta. Este enlace sirve una vez, durante 30 minutos. Si no fue usted, no haga nada.",
        ),
        About::NewDevice => ("Inicio de sesión en un dispositivo nuevo", "Se inició sesión en su cuenta desde un dispositivo nuevo."),
        About::PasswordChanged => ("Su contraseña cambió", "La contraseña de su cuenta cambió. Las demás sesiones se cerraron."),
        About::AddressCheck => (
            "Confirme su dirección de correo",
            "Alguien pidió usar esta dirección para su cuenta de Recado. Este enlace sirve una vez, durante 24 horas. Si no fue usted, no haga nada.",
        ),
        About::AddressWanted => (
            "Se pidió cambiar su dirección de correo",
            "Se pidió otra dirección de correo para su cuenta. Esta sigue valiendo hasta que se confirme la nueva.",
        ),
        About::AddressChanged => ("Su dirección de correo cambió", "La dirección de correo de su cuenta ya no es esta."),
        About::SecondFactorOn => ("Verificación en dos pasos activada", "Su cuenta pide ahora un código al iniciar sesión."),
        About::SecondFactorOff => ("Verificación en dos pasos desactivada", "Su cuenta ya no pide un código al iniciar sesión."),
        About::RecoveryCodeUsed => ("Se usó un código de recuperación", "Se inició sesión en su cuenta con un código de recuperación."),
        About::TokenReused => {
            ("Cerramos una de sus sesiones", "Se intentó usar una sesión copiada de su cuenta. Por seguridad, la cerramos.")
        }
        About::LockedOut => (
            "Intentos fallidos en su cuenta",
            "Hubo varios intentos fallidos de entrar en su cuenta. Espere unos minutos o elija una contraseña nueva.",
        ),
    }
}

const fn english(about: About) -> (&'static str, &'static str) {
    match about {
        About::ResetWanted => (
            "Choose a new password",
            "Somebody asked for a new password for your account. This link works once, for 30 minutes. If it was not you, do nothing.",
        ),
        About::NewDevice => ("Sign-in on a new device", "Somebody signed in to your account on a new device."),
        About::PasswordChanged => ("Your password has changed", "The password of your account has changed. All other sessions were ended."),
        About::AddressCheck => (
            "Confirm your mail address",
            "Somebody asked to use this address for their Recado account. This link works once, for 24 hours. If it was not you, do nothing.",
        ),
        About::AddressWanted => (
            "Another mail address was asked for",
            "Another mail address was asked for your account. This one counts until the new one is confirmed.",
        ),
        About::AddressChanged => ("Your mail address has changed", "This is no longer the mail address of your account."),
        About::SecondFactorOn => ("Two-step verification is on", "Your account now asks for a code when you sign in."),
        About::SecondFactorOff => ("Two-step verification is off", "Your account no longer asks for a code when you sign in."),
        About::RecoveryCodeUsed => ("A recovery code was used", "A recovery code was used with your account."),
        About::TokenReused => {
            ("We have ended one of your sessions", "Somebody tried to use a copied session of your account. To be safe we have ended it.")
        }
        About::LockedOut => (
            "Failed sign-ins to your account",
            "Several tries to sign in to your account failed. Wait a few minutes, or choose a new password.",
        ),
    }
}

const fn portuguese(about: About) -> (&'static str, &'static str) {
    match about {
        About::ResetWanted => (
            "Escolha uma nova senha",
            "Alguém pediu uma nova senha para a sua conta. Este link serve uma vez, durante 30 minutos. Se não foi você, não faça nada.",
        ),
        About::NewDevice => ("Acesso em um dispositivo novo", "A sua conta foi acessada em um dispositivo novo."),
        About::PasswordChanged => ("A sua senha mudou", "A senha da sua conta mudou. As outras sessões foram encerradas."),
        About::AddressCheck => (
            "Confirme o seu e-mail",
            "Alguém pediu para usar este endereço na conta do Recado. Este link serve uma vez, durante 24 horas. Se não foi você, não faça nada.",
        ),
        About::AddressWanted => (
            "Foi pedida a troca do seu e-mail",
            "Foi pedido outro e-mail para a sua conta. Este continua valendo até que o novo seja confirmado.",
        ),
        About::AddressChanged => ("O seu e-mail mudou", "O e-mail da sua conta não é mais este."),
        About::SecondFactorOn => ("Verificação em duas etapas ativada", "A sua conta agora pede um código ao entrar."),
        About::SecondFactorOff => ("Verificação em duas etapas desativada", "A sua conta não pede mais um código ao entrar."),
        About::RecoveryCodeUsed => ("Um código de recuperação foi usado", "Um código de recuperação foi usado na sua conta."),
        About::TokenReused => {
            ("Encerramos uma das suas sessões", "Alguém tentou usar uma sessão copiada da sua conta. Por segurança, nós a encerramos.")
        }
        About::LockedOut => (
            "Tentativas falhas na sua conta",
            "Houve várias tentativas falhas de entrar na sua conta. Espere alguns minutos ou escolha uma nova senha.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const ALL: [About; 11] = [
        About::ResetWanted,
        About::AddressCheck,
        About::AddressWanted,
        About::NewDevice,
        About::PasswordChanged,
        About::AddressChanged,
        About::SecondFactorOn,
        About::SecondFactorOff,
        About::RecoveryCodeUsed,
        About::TokenReused,
        About::LockedOut,
    ];

    #[test]
    fn every_mail_has_words_of_its_own_in_every_language() {
        let mut seen = HashSet::new();
        for language in [Language::Es, Language::En, Language::Pt] {
            for about in ALL {
                let (subject, text) = letter(about, language, "Ana", None);
                assert!(text.contains("Ana") && !subject.is_empty());
                assert!(seen.insert(text), "{about:?} {language:?}");
            }
        }
    }

    #[test]
    fn the_link_stands_at_the_end_and_nowhere_else() {
        let (_, text) = letter(About::ResetWanted, Language::En, "Ana", Some("https://desk.test/reset-password#token=x"));
        assert!(text.ends_with("https://desk.test/reset-password#token=x\n"));
    }
}
