//! English.

use super::Texts;

pub(super) const TEXTS: Texts = Texts {
    hello: "Hello!",
    how_can_i_help: "I can give you information or take a message. How can I help you?",
    welcome: "You're very welcome! We are here if you need anything else.",
    goodbye: "Thank you for writing to us. Have a good day!",
    declined: "All right. If you need anything else, just write to me here.",
    unknown: "I'm sorry, I don't have that information, and I would rather not make it up.",
    unknown_price: "I'm sorry, I don't have that price, and I would rather not make it up.",
    unknown_rest: "I have no information on the rest of your question.",
    offer: "Would you like a person of our team to help you, or would you rather leave a message?",
    is_machine: "I'm not a person: I'm a computer program.",
    offer_person: "Would you rather talk to a person?",
    write_please: "I'm sorry, I can't see or hear that kind of message yet. Could you put it in words, please?",
    no_booking: "I can't book here yet, but I'm happy to note your request for the team.",
    message_gladly: "I'm happy to take a message.",
    name_again: "I'm sorry, I didn't catch your name.",
    ask_name: "May I have your name, please?",
    ask_name_and_reason: "May I have your name and your message, please?",
    thanks_name: "Thank you, {}.",
    ask_reason: "What is your message?",
    hand_asked: "Of course. I'm passing you to a person of our team, who will answer you here.",
    hand_upset: "I'm very sorry about this. I'm passing you to a person of our team, who will look into it with you.",
    hand_unknown: "I'm sorry, I don't have that information. I'm passing you to a person of our team, who will answer you here.",
    hand_emergency: "I'm passing you to a person of our team right now. If anyone is in danger, please call your local emergency services immediately.",
    hand_unreadable: "I'm sorry, I can't read your messages properly. I'm passing you to a person of our team, who will look at them.",
    hand_message: "Done, {}: your message is noted. A person of our team will look at it and answer you here.",
    summary: "The customer's last words:",
    settled_note: "The customer said that the matter is settled.",
};
