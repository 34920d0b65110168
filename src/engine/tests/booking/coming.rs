//! "Confirm" below a reminder.

use super::kit::{Clinic, ROOM};
use crate::domain::booking::voice::{Wish, reminder_button};
use crate::domain::content::{Content, MessageKind};
use anyhow::Result;

async fn notes(clinic: &Clinic, words: &str) -> Result<usize> {
    let rows = clinic.rig.messages(ROOM).await?;
    Ok(rows.iter().filter(|row| row.direction == "note" && row.text.contains(words)).count())
}

async fn comes(books: &str, yes: &str, thanks: &str) -> Result<()> {
    let clinic = Clinic::open("2027-03-03T20:30:00Z", "America/Mexico_City", Some("Ana López".to_owned()), None).await?;
    clinic.says(ROOM, Content::text(books)).await?;
    clinic.says(ROOM, Content::text(yes)).await?;
    let row = clinic.newest().await?;
    let tap = |version: i64| Content {
        kind: MessageKind::Button,
        button_id: Some(reminder_button(row.id, version, Wish::Come)),
        ..Content::text("Confirmar")
    };
    // A reminder of an older version thanks nobody: what stands is listed.
    let listed = clinic.says(ROOM, tap(row.version + 1)).await?;
    assert!(!listed.contains(thanks) && notes(&clinic, "vendrá").await? == 0, "{listed}");
    for _ in 0..2 {
        let told = clinic.says(ROOM, tap(row.version)).await?;
        assert!(told.contains(thanks), "{told}");
        // People read it in their own language, and once.
        assert_eq!(notes(&clinic, "El cliente confirmó que vendrá").await?, 1);
    }
    assert_eq!(clinic.appointments().await?, ["confirmed 2027-03-04T23:00:00Z"]);
    Ok(())
}

#[actix::test]
async fn who_confirms_a_reminder_is_thanked_and_people_read_it_once() -> Result<()> {
    comes("una limpieza mañana a las 5", "sí", "Gracias, le esperamos: Limpieza dental, jueves 4 de marzo").await?;
    comes("a cleaning tomorrow at 5pm", "yes", "Thank you, see you there: Dental cleaning, Thursday, 4 March").await?;
    comes("uma limpeza amanhã às 17h", "sim", "Obrigado, até lá: Limpeza dental, quinta-feira, 4 de março").await
}
