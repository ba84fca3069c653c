"""The hosted page's own words; those of the survey come with it. English where we have no others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """What the page says besides the survey. ``scale`` is given the number of options."""

    answer: str
    thanks: str
    change: str
    final: str
    over: str
    comment: str
    commented: str
    send: str
    scale: str
    languages: str
    unknown: str
    unknown_text: str
    busy: str
    busy_text: str
    away: str
    away_text: str


ENGLISH = Words(
    answer="Your answer:",
    thanks="Thank you for your answer.",
    change="Change your answer",
    final="Your answer has been recorded.",
    over="This survey is over. Thank you all the same.",
    comment="Would you like to tell us more?",
    commented="Your comment has been recorded.",
    send="Send",
    scale="1 is the worst, {} the best.",
    languages="Language",
    unknown="There is no such survey",
    unknown_text="The address is not complete or not right. Open the link of the message again.",
    busy="Too many requests",
    busy_text="Wait a minute, then open the page again.",
    away="One moment, please",
    away_text="The page cannot be reached just now. Try again in a minute: nothing has been recorded twice.",
)
SPANISH = Words(
    answer="Su respuesta:",
    thanks="Gracias por su respuesta.",
    change="Cambiar la respuesta",
    final="Su respuesta ha quedado registrada.",
    over="Esta encuesta ha terminado. Gracias de todos modos.",
    comment="¿Quiere contarnos algo más?",
    commented="Su comentario ha quedado registrado.",
    send="Enviar",
    scale="1 es lo peor, {} lo mejor.",
    languages="Idioma",
    unknown="Esta encuesta no existe",
    unknown_text="La dirección no está completa o no es correcta. Abra de nuevo el enlace del mensaje.",
    busy="Demasiadas peticiones",
    busy_text="Espere un minuto y abra la página otra vez.",
    away="Un momento, por favor",
    away_text="Ahora no se puede acceder a la página. Inténtelo en un minuto: nada se registra dos veces.",
)
_KNOWN: Mapping[str, Words] = {"en": ENGLISH, "es": SPANISH}
LANGUAGE_NAMES: Mapping[str, str] = {
    "ar": "العربية",
    "ca": "Català",
    "de": "Deutsch",
    "en": "English",
    "es": "Español",
    "eu": "Euskara",
    "fr": "Français",
    "gl": "Galego",
    "it": "Italiano",
    "ja": "日本語",
    "nl": "Nederlands",
    "pl": "Polski",
    "pt": "Português",
    "ru": "Русский",
    "zh": "中文",
}
"""What speakers call it; others show as their code."""


def words_of(language: str) -> Words:
    """The words in a language."""
    return _KNOWN.get(language.partition("-")[0].casefold(), ENGLISH)
