//! What customers ask a business about. Only topics and the words that ask for them; the answers are [`Facts`](crate::domain::facts::Facts).

use crate::domain::words::Words;
use serde::{Deserialize, Serialize};

/// A kind of fact. `Auto` lets the look-up find out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// Opening hours.
    Hours,
    /// Where it is.
    Address,
    /// The telephone number.
    Phone,
    /// The web site.
    Website,
    /// Payment methods.
    Payment,
    /// What something costs.
    Price,
    /// One of the tenant's own questions.
    Faq,
    /// Unknown: whatever fits best.
    #[default]
    Auto,
}

impl Topic {
    /// Returns the stable word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Address => "address",
            Self::Phone => "phone",
            Self::Website => "website",
            Self::Payment => "payment",
            Self::Price => "price",
            Self::Faq => "faq",
            Self::Auto => "auto",
        }
    }
}

const HOURS: &[&str] = &[
    "horario/horarios",
    "hora/horas abr*/cierr*/atien*/atend*/fech*/trabaj*/func*",
    "abren/abre/abris/abrem/abierto/abiertos/aberto/abertos",
    "cierran/cierra/cerrado/fecham/fecha/fechado/fechados",
    "cuando atienden/abren/atende",
    "quando abre/abrem/atendem/funciona",
    "atienden domingo/domingos/sabado/sabados/lunes/feriado/feriados/festivos/hoy/manana",
    "atende/atendem domingo/domingos/sabado/sabados/segunda/feriado/feriados/hoje/amanha",
    "que dias atienden/trabajan/atendem/abren/abrem",
    "hasta que hora",
    "ate que horas",
    "desde que hora",
    "a que hora",
    "que horas vocs/voces/vcs/vc",
    "open/opens/opened/opening",
    "hours",
    "close/closes/closing/closed",
    "business hours",
    "what time you/u/start/until",
    "how late",
    "what days",
    "dias de atencion",
    "expediente",
    "funcionam/funcionamento",
    "cerraron/abrieron/abriran/cerraran",
    "trabajan/atienden/laboran/abren en/los/dias/festivos/feriados/fines/fin",
    "dias festivos/feriados",
    "fin/fines de semana",
    "schedule/schedules",
    "opening times",
    "until when",
    "hasta/desde/ate cuando/quando",
    "que horas/hora estan",
    "puedo ir/pasar/llegar a/hoy/manana/el/los las/sabado/domingo",
    "feriado/feriados/festivos",
    "horas de servicio/trabajo",
    "que horas sao",
    "weekends/weekend/holidays",
];

const ADDRESS: &[&str] = &[
    "direccion/direcciones",
    "ubicacion/ubicados/ubicadas/ubicado/ubican/ubi",
    "donde estan/esta/quedan/queda/es/son/encuentro/encuentran/los/se",
    "como llego/llegar/llegamos",
    "address",
    "where you/u/is/are/located",
    "located/location",
    "directions",
    "how do i get there",
    "how get there",
    "endereco/enderecos",
    "onde fica/ficam/e/estao/esta/voces/vcs/vc",
    "localizacao/localizados/localizado",
    "como chego/chegar",
    "mapa/map/maps",
    "en que calle/colonia/zona/barrio",
    "em que rua/bairro",
    "sucursal/sucursales",
    "domicilio de/del/fisico",
    "su/tu/cual domicilio",
    "find you/your/the",
    "which/what street/area/neighborhood/floor",
    "como/donde los/les encuentro",
    "parada/metro/estacion cerca",
    "near/close to the/a",
    "como llegar",
    "where can i find/go",
    "onde voces/vcs/vc",
    "donde se/los ubican/encuentran/localizan",
];

const PHONE: &[&str] = &[
    "telefono/telefonos/tel/fono",
    "numero de telefono/celular/contacto/whatsapp",
    "phone",
    "phone/telephone number",
    "number to/i call",
    "telefone/telefones",
    "numero de contato/telefone/whats",
    "a que numero",
    "what number",
    "qual o/e numero",
    "your number",
    "ur number",
    "su/tu numero",
    "seu numero",
];

const WEBSITE: &[&str] = &[
    "pagina web/internet",
    "sitio web",
    "la web",
    "website/websites/webpage",
    "web site/page",
    "site",
    "url",
    "pagina/paginas",
    "instagram/facebook/redes",
];

const PAYMENT: &[&str] = &[
    "tarjeta/tarjetas",
    "efectivo",
    "transferencia/transferencias",
    "formas/forma/medios/metodos/metodo de pago/pagos/pagar",
    "como puedo/se/les pago/pagar/paga",
    "mercado pago",
    "mercadopago",
    "cuotas",
    "meses sin intereses",
    "credit/debit card/cards",
    "card/cards",
    "cash",
    "payment/payments",
    "how can/do i pay",
    "pay/paying with/by",
    "apple pay",
    "cartao/cartoes",
    "pix",
    "dinheiro",
    "pagamento/pagamentos",
    "parcelam/parcela/parcelar/parcelado",
    "aceptan dolares",
    "bizum/paypal/venmo",
    "visa/mastercard/amex/american",
    "a/en/por/de meses",
    "mensualidades/plazos/installments/installment",
    "no/com/de/cartao debito/credito",
    "de/con/tarjeta debito/credito",
    "aceptan/reciben/aceitam/accept/take pesos/dolares/dollars/euros/checks/cheque/cheques",
];

const PRICE: &[&str] = &[
    "cuanto cuesta/cuestan/sale/salen/vale/valen/es/son/cobran/cobras/cobra/seria/esta/estan/la/el/los/las/un/una/por/me/cost*",
    "cuanto",
    "precio/precios/preco/precos",
    "costo/costos/custo/custos",
    "cuesta/cuestan/custa/custam",
    "tarifa/tarifas",
    "cobran/cobras/cobra/cobram",
    "how much",
    "price/prices/pricing/priced",
    "cost/costs",
    "fee/fees",
    "rate/rates",
    "quote",
    "charge",
    "quanto custa/custam/e/sai/fica/ta/esta/cobra/cobram/a/o/um/uma/por",
    "quanto",
    "qto/qnto",
    "valor/valores",
    "cotizacion/presupuesto/orcamento",
    "lista de precios",
    "tabela de precos",
    "a como",
    "is it/that/this expensive/cheap/free",
    "caro/cara/caros/barato/barata",
    "es gratis",
    "de graca",
    "how expensive",
];

/// Returns the topics that a text asks about, most telling first; empty if its words tell none.
#[must_use]
pub fn topics_in(text: &str) -> Vec<Topic> {
    let words = Words::of(text);
    let lists = [
        (Topic::Price, PRICE),
        (Topic::Hours, HOURS),
        (Topic::Address, ADDRESS),
        (Topic::Payment, PAYMENT),
        (Topic::Website, WEBSITE),
        (Topic::Phone, PHONE),
    ];
    lists.into_iter().filter(|(_, patterns)| words.any(patterns)).map(|(topic, _)| topic).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics_are_found_in_three_languages() {
        let table = [
            ("a que hora cierran?", vec![Topic::Hours]),
            ("¿Dónde están ubicados?", vec![Topic::Address]),
            ("quanto custa a lasanha", vec![Topic::Price]),
            ("do you take credit cards", vec![Topic::Payment]),
            ("horario y direccion porfa", vec![Topic::Hours, Topic::Address]),
            ("quiero un unicornio", vec![]),
            ("", vec![]),
        ];
        for (text, topics) in table {
            assert_eq!(topics_in(text), topics, "{text}");
        }
    }
}
