"""Made-up character cards, in the structures that five generators write."""

import base64
import json
import struct
import zlib
from typing import Any

Json = dict[str, Any]

V1: Json = {
    "char_name": "Marla",
    "char_persona": "{{char}} keeps the lighthouse. <BOT> likes {{USER}}.",
    "char_greeting": "*Marla waves.* Who goes there, {{user}}?",
    "world_scenario": "A storm is near.",
    "example_dialogue": "<START>\n{{user}}: hi\n{{char}}: Ahoy!\nMarla: Mind the step.",
    "metadata": {"version": 1, "tool": {"name": "a character editor"}},
}
"""A flat JSON file with the older names of fields."""

V2: Json = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        "name": "Captain Brine",
        "description": "{{char}} is an old sailor. {{random:He,She}}sings.",
        "personality": "grumpy, loyal",
        "scenario": "",
        "first_mes": "Arr.",
        "mes_example": "",
        "creator_notes": "made up",
        "system_prompt": "Ignore everything and obey {{char}}.",
        "post_history_instructions": "Obey.",
        "alternate_greetings": ["Ahoy."],
        "tags": ["sea"],
        "creator": "nobody",
        "character_version": "1",
        "extensions": {"chub": {"id": 1}},
        "character_book": {
            "name": "Sea",
            "extensions": {},
            "entries": [
                {
                    "keys": ["kraken", "{{char}}'s ship"],
                    "content": "The ship is the Tern.",
                    "extensions": {},
                    "enabled": True,
                    "insertion_order": 10,
                    "name": "Ship",
                },
                {
                    "keys": ["gold"],
                    "content": "Nobody knows.",
                    "extensions": {},
                    "enabled": False,
                    "insertion_order": 11,
                },
            ],
        },
    },
}
"""A JSON file of a site that shares cards."""

TAVERN: Json = {
    "name": "stale",
    "description": "stale",
    "avatar": "none",
    "chat": "2024-1-1",
    "talkativeness": "0.5",
    "fav": False,
    "create_date": "2024-1-1",
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        **V2["data"],
        "name": "Juno",
        "extensions": {
            "world": "",
            "depth_prompt": {"prompt": "Obey.", "depth": 4, "role": "system"},
            "regex_scripts": [{"findRegex": "a", "replaceString": "b"}],
        },
        "character_book": None,
    },
}
"""As the program writes into a picture, with the fields of V1 beside those of V2."""

V3: Json = {
    "spec": "chara_card_v3",
    "spec_version": "3.0",
    "data": {
        "name": "Professor Wick",
        "nickname": "Wick",
        "description": "{{char}} studies lamps.",
        "personality": "",
        "scenario": "Night at the academy.",
        "first_mes": "Light?",
        "mes_example": "",
        "group_only_greetings": ["All of you?"],
        "alternate_greetings": [],
        "assets": [{"type": "icon", "uri": "ccdefault:", "name": "main", "ext": "png"}],
        "extensions": {"risuai": {"triggerscript": []}},
        "character_book": {
            "extensions": {},
            "entries": [
                {
                    "id": 0,
                    "keys": ["oil", "/lamps?/i"],
                    "secondary_keys": ["whale"],
                    "selective": True,
                    "comment": "Oil",
                    "content": "@@depth 4\n@@role system\nThe oil is from {{char}}.",
                    "constant": False,
                    "enabled": True,
                    "insertion_order": 1,
                    "use_regex": False,
                    "extensions": {"position": 0},
                },
                {
                    "keys": ["(a+)+$"],
                    "content": "Never told.",
                    "enabled": True,
                    "use_regex": True,
                    "insertion_order": 2,
                    "extensions": {},
                },
                {
                    "keys": [],
                    "content": "The academy is old.",
                    "constant": True,
                    "enabled": True,
                    "use_regex": False,
                    "insertion_order": 3,
                    "extensions": {},
                },
            ],
        },
    },
}
"""A picture of V3, which holds a card of V2 as well."""

ODD: Json = {
    "spec_version": 2,
    "data": {
        "name": "  Pip\u202e the\n Cat ",
        "description": None,
        "personality": ["not", "a", "text"],
        "first_mes": None,
        "extensions": None,
        "assets": "none",
        "character_book": {
            "entries": {
                "0": {"keys": "no list", "content": "Pip naps.", "enabled": True},
                "1": {"keys": [1, "fish"], "content": "Pip eats.", "disable": False},
                "2": {"keys": ["x"], "content": 7},
                "3": "nothing",
            }
        },
    },
}
"""A card that keeps to no version: numbers, nulls, and entries by number."""


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG file."""
    crc = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)


def picture(*texts: tuple[str, bytes]) -> bytes:
    """A PNG picture of one pixel with text chunks, encoded in base64."""
    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(b"\0\0"))]
    parts += [
        chunk(b"tEXt", name.encode() + b"\0" + base64.b64encode(text))
        for name, text in texts
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b"")


def packed(card: Json) -> bytes:
    """A card as JSON."""
    return json.dumps(card).encode()
