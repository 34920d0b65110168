//! Words for the waiting list. Only lists.

/// Wants to hear when a time becomes free.
pub const JOIN_LIST: &[&str] = &[
    "lista espera",
    "avis* si/cuando/apenas/en/por libera*/desocupa*/cancela*/abre*/abra*/lugar/espacio/hueco/antes/cupo",
    "avis* libera*/desocupa*/abre/cancela*",
    "avis* algo/alguien antes/cancela*/cancele/libera*",
    "si/cuando se libera*/desocupa*/abre/abra me avis*",
    "libera*/desocupa* algo/alguno/alguna/lugar/espacio me avis*/escrib*/dic*/diga*",
    "waitlist/waitlisted",
    "wait/waiting list",
    "let/tell me if/when/know something/anything/one/spot/slot/time/earlier/someone/somebody opens/open/free/frees/comes/becomes/available/cancels",
    "let me know opens/open/free/frees/earlier/sooner/cancels/available/cancellation",
    "notify/message/text/write me if/when opens/free/frees/cancels/available/earlier",
    "if something/anything opens/frees/comes up/earlier",
    "avis* se/quando/caso abrir/abre/vagar/liberar/desmarcar/cancelar/surgir/tiver",
    "avis* se abrir/surgir/vagar/liberar horario/vaga/antes",
    "se abrir/surgir/vagar/liberar me avis*",
];

/// Says so in answer to what was offered.
pub const TELL_ME: &[&str] =
    &["avis*", "let/tell me know", "let me know", "put me on/down", "notify me", "espero/esperar/wait/aguardo/aguardar"];

/// Speaks of the list.
pub const LIST: &[&str] = &["lista", "list/waitlist"];

/// Does not want to wait any more.
pub const LEAVE_LIST: &[&str] = &[
    "quit*/saca*/saque*/sacar*/borr*/elimin*/salir/salirme lista",
    "ya no quiero/necesito/hace esperar/avis*/espera/lista",
    "ya no avis*",
    "ya no espero/espere",
    "take/get/remove me off/from list/waitlist",
    "leave/off list/waitlist/waiting",
    "no longer/need wait/waiting",
    "dont need/want wait/waiting/list",
    "stop waiting",
    "tir*/sair/remov*/retir* lista",
    "nao precisa/quero avis*/esperar",
    "nao quero mais esperar",
];
