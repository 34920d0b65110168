//! Greetings, thanks, good-byes and displeasure: the words around a matter, in our languages.
//!
//! Tells what was said; what follows from it is decided elsewhere (`idle`, the offline assistant).

use crate::domain::words::Words;

const GREETINGS: &[&str] = &[
    "hola/holi/holis/ola/oi/oie/olá/hey/hi/hello/hiya/howdy/saludos/alo",
    "buenas",
    "buenos dias",
    "buen dia",
    "buenas tardes/noches",
    "bom dia",
    "boa tarde/noite",
    "good morning/afternoon/evening",
    "que/q/k tal",
    "tudo bem/bom",
    "e ai",
    "como estan/estas/esta/andan",
    "how are you",
    "whats up",
    "sup",
    "que onda/hubo/hay/pedo",
    "buen dia",
];

const THANKS: &[&str] = &[
    "gracias/graciass/grax/grcs",
    "agradezco/agradecido/agradecida",
    "thank/thanks/thx/ty/tks/tysm/cheers",
    "obrigado/obrigada/obg/brigado/brigada/valeu/vlw",
    "appreciate it/that",
    "agradeco",
    "muy amable",
    "te pasaste",
    "mil gracias",
];

const GOODBYES: &[&str] = &[
    "adios/chao/chau/bye/goodbye/tchau/xau",
    "hasta luego/pronto/manana",
    "nos vemos",
    "see you/ya",
    "ate mais/logo/breve",
    "take care",
    "have a nice/good/great day",
    "que tenga/tengas buen",
    "buen fin",
    "bom fim",
    "good night",
    "ate amanha",
    "bonito/lindo/bonita/linda dia/tarde/noche",
    "cuidense/cuidate",
    "saludos",
];

const SETTLED: &[&str] = &[
    "es/era/seria todo",
    "eso todo",
    "nada mas",
    "no necesito nada mas",
    "ya quedo/quede",
    "quedo claro",
    "todo claro",
    "ya esta resuelto",
    "resuelto",
    "ya pude",
    "solo eso",
    "era eso",
    "me quedo claro",
    "thats/that all/it/everything",
    "that is all",
    "that was all/it",
    "all set",
    "all good now",
    "nothing else",
    "im good thanks/now",
    "no more questions",
    "problem solved",
    "thatll be all",
    "e/era so isso",
    "so isso",
    "era isso",
    "mais nada",
    "ja resolvi/resolveu/consegui",
    "resolvido",
    "por enquanto e so",
    "e tudo",
    "isso e tudo",
    "por hoje todo/tudo",
    "con eso estamos/estoy",
    "listo gracias",
    "perfecto gracias",
    "no es todo gracias",
    "con eso tengo/estoy/basta/me",
    "all good",
    "thats it",
    "ya con eso",
];

const DISPLEASED: &[&str] = &[
    "no sirve/sirves/servis/ayuda/ayudas/entiende/entiendes/entendes/entienden/funciona",
    "no me sirve/ayuda/ayudo/ayudaste/resuelve/respondiste/contesto/contesta",
    "no era eso",
    "no es lo que",
    "mal/malo/mala/pesimo/horrible",
    "not helpful/helping/working/true/what",
    "doesnt/didnt help/work/answer",
    "useless/terrible/bad/wrong/awful",
    "nao ajuda/ajudou/serve/entende/entendeu/funciona/resolve",
    "nao era isso",
    "ruim/pessimo/horrivel",
    "inutil",
    "pero",
    "but",
    "mas nao",
    "todavia no",
    "aun no",
    "sigo esperando/sin",
    "still waiting/not/no",
    "ainda nao",
    "incorrecto",
    "equivocado",
    "errado",
    "problema/problem/queja/complaint",
];

/// Returns true for a text with a greeting in it.
#[must_use]
pub fn greets(words: &Words) -> bool {
    words.any(GREETINGS)
}

/// Returns true for a text with thanks in it.
#[must_use]
pub fn thanks(words: &Words) -> bool {
    words.any(THANKS) && !words.any(&["no/sin gracias por nada", "gracias por nada", "thanks for nothing", "obrigado por nada"])
}

/// Returns true for a text that says good-bye.
#[must_use]
pub fn says_goodbye(words: &Words) -> bool {
    words.any(GOODBYES)
}

/// Returns true for a text that says that all is settled, and says nothing against it.
#[must_use]
pub fn settled(words: &Words) -> bool {
    words.any(SETTLED)
        && !words.any(&[
            "no/nao/not/not/isnt/aun/todavia/falta todo/resuelto/resolvido/resolved/all/claro",
            "es todo un/una",
            "e tudo um/uma",
        ])
}

/// Returns true for a text that is not content: it denies, contradicts or complains.
#[must_use]
pub fn displeased(words: &Words) -> bool {
    words.any(DISPLEASED)
}

/// Returns the words that are neither greeting nor thanks nor good-bye nor filler: what the text is about.
#[must_use]
pub fn beyond(words: &Words) -> Words {
    words.without(&[
        "hola/holi/holis/ola/oi/oie/hey/hi/hello/hiya/howdy/saludos/alo/buenas/buenos/buen/bom/boa/good/morning/afternoon/evening/night", "dia/dias/tarde/tardes/noche/noches/noite/day", "que/tal/tudo/bem/como/estan/estas/esta/andan/how/are/you/there/e/ai/y/and/a/all/todos/equipo/team/pessoal/amigo/amiga",
        "gracias/graciass/muchas/mil/muito/muchisimas/thank/thanks/thx/ty/so/much/very/obrigado/obrigada/valeu/vlw/brigado/tks/obg", "adios/chao/chau/bye/goodbye/tchau/hasta/luego/pronto/ate/mais/logo/see/ya/nos/vemos", "ok/okay/oki/vale/listo/perfecto/perfect/great/genial/excelente/super/bueno/bien/cool/nice/perfeito/otimo/beleza/blz/entendi/entiendo/claro/sale/va/de/por/la/el/lo/o/os/as/the/your/su/tu/sua/pela/for/help/ayuda/ajuda/informacion/info/atencion/atencao",
        "pregunta/consultita/question/quick/duda/duvida/una/uma/un/um/tengo/tenho/have/i/disculpe/disculpa/perdon/sorry/excuse/me/desculpa/licenca/com/con/permiso/senorita/senor/senora/joven/doctor/doctora/dr/dra/please/porfa/favor",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Words {
        Words::of(text)
    }

    #[test]
    fn courtesies_are_told_apart() {
        assert!(greets(&of("Holaaa buenas")) && greets(&of("bom dia")) && greets(&of("hey there")));
        assert!(thanks(&of("muchísimas grasias")) && thanks(&of("thx")) && thanks(&of("obrigadaaa")));
        assert!(!thanks(&of("gracias por nada")));
        assert!(says_goodbye(&of("bueno, hasta luego")));
        assert!(settled(&of("gracias, eso es todo")) && settled(&of("that's all, thank you")) && settled(&of("era só isso")));
        assert!(!settled(&of("eso no es todo")) && !settled(&of("hola")));
        assert!(displeased(&of("eso no me sirve")) && !displeased(&of("perfecto")));
    }

    #[test]
    fn beyond_courtesy_only_the_matter_is_left() {
        assert!(beyond(&of("hola, buenas tardes, muchas gracias!")).is_empty());
        assert_eq!(beyond(&of("hola tienen estacionamiento")).len(), 2);
    }
}
