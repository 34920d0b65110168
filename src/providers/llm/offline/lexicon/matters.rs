//! Words for bookings, messages, yes and no. Only lists.

/// Wants a time slot, a table, a change of one.
pub const BOOKING: &[&str] = &[
    "agend*/reagend*/reserv*/reprogram*",
    "quiero/kiero/quisiera/necesito/ocupo/puedo/podria/sacar/pedir/hacer/tener/hay/tienen/dar/das/dan/dame/deme/cancelar/cambiar/mover/confirmar/programar/solicitar/gustaria/busco/tenes/apartar/saco/pido/hago cita/citas/turno/turnos/mesa/cupo/espacio/hora",
    "cita/turno/mesa para/disponible/disponibles/hoy/manana/libre/cuanto",
    "book/booking/bookings/schedule/reschedule",
    "make/get/need/want/have/like/set/change/cancel/move/arrange/request/any appointment/appointments/reservation/table/slot/slots",
    "appointment/table/slot for/available/today/tomorrow",
    "come in for/on/today/tomorrow",
    "marcar/agendar/remarcar/desmarcar/reservar/cancelar/reserva/agendamento",
    "quero/queria/gostaria/preciso/tem/marcar/fazer/mudar/confirmar horario/consulta/mesa/reserva/vaga",
    "mesa pra/para",
    "apartas/apartame/aparta/aparten/apartar lugar/espacio/mesa/hora",
    "ver/visitar/atenderme/verme dentista/doctor/doctora/medico manana/hoy/lunes/martes/miercoles/jueves/viernes/sabado",
    "fit me in",
    "squeeze me in",
    "see the/a dentist/doctor/barber today/tomorrow/monday/tuesday/wednesday/thursday/friday/saturday",
    "encaixe/encaixar",
];

/// Speaks of a booking and wants none: "do you see people without one?".
pub const NO_BOOKING: &[&str] = &[
    "sin/con cita/turno/reserva/reservar/reservacion previa/o",
    "sin cita/turno/reserva/reservar/reservacion",
    "without/need an/a/to/any appointment/book/reservation/booking",
    "sem agendar/hora/reserva/marcar/agendamento",
    "hace falta",
    "hay que",
    "es necesario/obligatorio",
    "do i/we need/have",
    "is it necessary",
    "precisa/preciso agendar/reservar/marcar",
    "tengo que",
    "se necesita/requiere",
    "politica",
    "policy",
    "necesito cita/turno/reservar/agendar o",
];

/// Wants to leave a message.
pub const MESSAGE: &[&str] = &[
    "dejar/dejo/dejarle/dejarles/dejale/dejame/deje/tomar/toma/tome/anotar/anota/anote/mandar/pasar/pase/pasale/darle/dar/dale recado/recados/mensaje/nota/razon",
    "un/el recado/recadito",
    "digale/dile/diganle/decile/decirle/decirles/avisele/avisale/avisenle/avisarle/avisarles/informele/comentele/comentale/recuerdele",
    "avisar/aviso/avisa/avisen/avise que/a/al/le",
    "pueden/puedes/puede/podes avisar/decir a/al/le/que",
    "leave/take/pass/give/send/note/relay message/msg/note/word",
    "a message",
    "tell/inform/remind/notify him/her/them/dr/doctor/mr/mrs/ms",
    "tell/inform/remind/notify the/your/my doctor/dentist/team/barber/boss/manager/chef/office/staff",
    "let him/her/them/dr/doctor/the/your know",
    "pass on/this/it",
    "deixar/deixo/deixa/anotar/anota/passar/mandar/dar/pegar recado/recados/mensagem/msg",
    "um recado/recadinho",
    "diz/diga/fala/fale/avisa/avise/avisem/dizer/avisar pra/pro/para/a/ao/que/doutor/doutora/dr/dra",
];

/// Words of a bare wish to leave a message: without anything else there is no message yet.
pub const MESSAGE_FILLERS: &[&str] = &[
    "dejar/dejo/dejarle/dejarles/dejame/tomar/toma/anotar/mandar/recado/recados/recadito/mensaje/nota/un/una/el/la/quiero/quisiera/puedo/podria/puede/pueden/puedes/prefiero/mejor/solo/le/les/me/para/por/si/te/favor/gustaria/al/a/doctor/doctora/equipo/usted/ustedes/deseo",
    "leave/take/pass/give/send/message/msg/note/a/an/i/id/rather/can/could/may/want/would/like/to/you/please/my/just/the/ill/prefer/let/me/for/team/yes/is/it/possible/do",
    "deixar/deixo/anotar/passar/mandar/mensagem/um/uma/o/posso/pode/podem/quero/queria/gostaria/prefiro/eu/pra/ele/ela/equipe/de/sim",
];

/// Agreement, in a short message.
pub const YES: &[&str] = &[
    "si/sip/sii/claro/dale/va/simon/obvio/ok/okay/oki/bueno/vale/sale/adelante/correcto/exacto/porfa/porfavor/favor/perfecto/orale",
    "de acuerdo",
    "esta bien",
    "me parece",
    "yes/yeah/yep/yup/sure/please/absolutely/definitely/alright",
    "go ahead",
    "sounds good",
    "of course",
    "sim/claro/isso/beleza/blz/quero/aham/uhum/ss",
    "pode/por ser/favor",
    "com certeza",
    "por supuesto",
    "me gustaria",
    "i would",
    "id like/love that",
    "certo/combinado/venga/bora",
];

/// Refusal, in a short message.
pub const NO: &[&str] = &[
    "no/nop/nope/nah/nel/nao/naum/nem/negativo/ninguno/ninguna/tampoco",
    "dejalo/olvidalo/olvidelo/nevermind/esquece/deixa",
    "never mind",
    "forget it",
    "asi esta bien",
    "ya no",
    "deja asi",
    "mejor no",
    "not now/really",
    "deixa pra/quieto",
    "nem precisa",
];

/// A booking that there is, or is wished for.
pub const A_BOOKING: &[&str] = &[
    "cita/citas/turno/turnos/reserva/reservacion/reservaciones/hora/lugar/consulta",
    "appointment/appointments/booking/reservation/slot/visit",
    "agendamento/agendamentos/horario/marcacao/reserva/consulta",
];

/// Wants an appointment called off.
pub const CANCEL_BOOKING: &[&str] = &[
    "cancel*/cansel*/anul*/desmarc*",
    "ya no voy/ire/puedo/podre/quiero",
    "no voy/podre/puedo a/poder ir/asistir/llegar",
    "no podre/puedo ir/asistir/llegar",
    "dar de baja cita",
    "call off",
    "cant/cannot/wont make/come",
    "nao vou/posso/poderei poder/ir/comparecer",
];

/// Cannot come to an appointment; whether it is to be called off or moved is not said yet.
pub const CANNOT_COME: &[&str] = &[
    "ya no puedo/podre",
    "no voy/podre/puedo a/poder ir/asistir/llegar",
    "no podre/puedo ir/asistir/llegar/venir",
    "cant/cannot/wont make/come/attend",
    "can not make/come/attend",
    "nao vou/posso/poderei poder/ir/comparecer/conseguir",
    "nao consigo/conseguirei ir/comparecer",
];

/// Calls an appointment off in so many words.
pub const CALL_OFF: &[&str] = &["cancel*/cansel*/anul*/desmarc*", "dar de baja", "call off"];

/// Would rather have another time.
pub const RATHER: &[&str] = &[
    "puede/podria/puedo/podemos ser/ir",
    "mejor/prefiero/quisiera/quiero",
    "could/can/would we/i/it/you/like",
    "rather/instead/better",
    "pode/poderia ser",
    "melhor/prefiro/queria/quero",
];

/// Wants an appointment at another time.
pub const CHANGE_BOOKING: &[&str] = &[
    "cambi*/muev*/reagend*/reprogram*/recorr*/pospon*/adelant*/aplaz*",
    "mover",
    "pasar/pasarla/pasarme cita/para/al/a",
    "reschedul*/postpon*/move/change/push",
    "remarc*/mudar/trocar/adiar/adiantar/antecipar",
];

/// Asks which appointments there are.
pub const LIST_BOOKINGS: &[&str] = &[
    "mi/mis cita/citas/turno/turnos/reserva/reservas",
    "cuando/que/cual/cuales/tengo/hay tengo/es/son cita/citas/turno",
    "que/cual/cuales/cuantas cita/citas/turno/turnos/reservas tengo/hay/tiene",
    "what/which/any appointment/appointments/bookings have",
    "que/quais/qual agendamento/agendamentos/consultas/horarios tenho/tem",
    "my appointment/appointments/booking/bookings/reservation",
    "do/when/what i/is have appointment/appointments/booking",
    "meu/meus/minha/minhas agendamento/agendamentos/horario/horarios/consulta/consultas/reserva",
    "quando/qual/tenho e/tenho consulta/horario/agendamento",
];

/// Wants to hear of other times than those that were shown.
pub const ANOTHER_TIME: &[&str] = &[
    "otro/otra/otros/otras dia/hora/horario/horarios/fecha/fechas/opcion/opciones",
    "mas tarde/temprano/opciones/horarios/tardecito",
    "ninguno/ninguna",
    "another/other/different/any day/time/times/date/option/options/other",
    "later/earlier",
    "none of",
    "outro/outra/outros/outras dia/hora/horario/horarios/data/opcao/opcoes",
    "mais tarde/cedo/opcoes",
    "nenhum",
];

/// Talk about the weather and how one is: nothing of it is a wish, whatever day it names.
pub const SMALL_TALK: &[&str] = &[
    "hace/hizo/hara/que calor/frio/viento/caloron",
    "esta lloviendo/nublado/haciendo",
    "como esta/estas/estan/andas",
    "nice/lovely/terrible weather/day",
    "hot/cold/rainy/warm today/out/outside",
    "its hot/cold/raining/freezing",
    "how are you/things",
    "esta/ta/faz/que calor/frio/quente/chovendo",
    "tudo bem/bom/joia",
];
