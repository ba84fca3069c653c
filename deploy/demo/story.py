"""What the demonstration puts into a workspace: people, settings, and thirty conversations in two languages."""

from __future__ import annotations

from typing import Any

PASSWORD = "demonstration-2026"  # noqa: S105 - printed at the end; these people exist in demonstrations only

PEOPLE = (
    ("Ana García", "ana@demo.example", "es"),
    ("Bruno Díaz", "bruno@demo.example", "es"),
    ("Carol Smith", "carol@demo.example", "en"),
    ("Dan Okafor", "dan@demo.example", "en"),
)

TOPICS = ("Orders", "Returns", "Payments", "Account")

VISITORS = (
    ("Lucía Fernández de la Reguera y Martínez-Bordiú", "es"),
    ("Hiro Tanaka", "en"),
    ("María José", "es"),
    ("Olu Adeyemi", "en"),
    ("Jean-Baptiste Grenouille", "en"),
    ("Rosa Luz", "es"),
)

OPENINGS = {
    "en": (
        "Hello, my order 4711 has not arrived yet. Can you tell me where it is?",
        "I was charged twice for the same thing, please help.",
        "How do I send back shoes that do not fit?",
        "The website shows an error when I try to pay with my card.",
        "Could you change the delivery address of my order, please?",
    ),
    "es": (
        "Hola, todavía no ha llegado mi pedido. ¿Me pueden decir dónde está?",
        "Quiero un reembolso porque el producto llegó roto.",
        "¿Cómo puedo cambiar la dirección de entrega de mi compra?",
        "Me han cobrado dos veces el mismo pedido, necesito ayuda.",
        "No puedo entrar en mi cuenta, la contraseña no funciona.",
    ),
}

FOLLOW_UPS = {
    "en": "Any news? I have been waiting since this morning.",
    "es": "¿Alguna novedad? Llevo esperando desde esta mañana.",
}
NOTES = {
    "en": "Asked the warehouse, they will call back.",
    "es": "He preguntado al almacén, nos llamarán.",
}

SCHEDULE: dict[str, Any] = {
    "name": "Demo hours",
    "hours": {
        "zone": "Europe/Madrid",
        "week": {day: ["08:00-20:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
    },
}


def survey(channels: list[str]) -> dict[str, Any]:
    """A survey in both languages."""
    return {
        "name": "Demo survey",
        "channels": channels,
        "versions": [
            {"language": "en", "question": "How did we do? Answer with a number from 1 to 5."},
            {"language": "es", "question": "¿Qué tal lo hicimos? Responda con un número del 1 al 5."},
        ],
    }
