"""Words that several languages have for one thing that tells products apart: colours, and whom they are for."""

from collections.abc import Mapping

_COLOURS: Mapping[str, str] = {
    "black": "blk nero nera neri noir noire noirs negro negra schwarz zwart zwarte czarny czarne czarna preto svart",
    "white": "wht bianco bianca blanc blanche blanco blanca weiss weiß wit witte biały białe biała branco hvid vit",
    "silver": "slv argento argent plata plateado silber zilver srebrny srebrne prata sølv",
    "grey": "gray grigio grigia gris grau grijs szary szare cinza graphite grafito antracite titanium charcoal",
    "anthracite": "anthrazit antracita antraciet antracyt",
    "red": "rosso rossa rouge rojo roja rot rood czerwony czerwone czerwona vermelho rød crimson karmin",
    "blue": "blu bleu bleue azul blau blauw blauwe niebieski niebieskie niebieska blå",
    "navy": "marine marino granatowy granatowe granat",
    "green": "verde vert verte grün groen zielony zielone grøn grön",
    "olive": "oliva oliwkowy",
    "yellow": "giallo gialla jaune amarillo gelb geel żółty żółte amarelo gul",
    "orange": "arancione arancio naranja oranje pomarańczowy pomarańczowe laranja rancione",
    "pink": "rosa rose różowy różowe roze",
    "purple": "viola violet violett lila paars fioletowy fioletowe morado púrpura",
    "brown": "marrone marron brun braun bruin brązowy brązowe marrom",
    "beige": "beż beżowy",
    "ivory": "cream crema crème creme",
    "gold": "oro or dorado goud złoty złote ouro guld golden",
    "bronze": "bronzo bronce brons brąz",
    "turquoise": "turchese turquesa türkis turkoois turkusowy",
    "multi": "multicolor multicolour multicolore mehrfarbig",
    "wolf": "lupo loup lobo",
    "metallic": "metallico métallique metálico metallisch metalik",
    "volt": "", "royal": "", "lime": "", "copper": "cobre rame", "chrome": "cromo", "stainless": "inox", "clear": "",
    "teal": "", "aqua": "", "cyan": "", "magenta": "", "burgundy": "maroon bordeaux", "coral": "corail",
    "wheat": "", "tan": "", "khaki": "kaki", "mint": "menta", "cherry": "", "platinum": "platino platine",
    "onyx": "ónix", "hyper": "", "total": "",
}  # fmt: skip
_FOR: Mapping[str, str] = {
    "men": "mens man heren herren homme hommes hombre hombres uomo męskie męski meskie masculino herre",
    "women": "womens woman dames damen damer femme femmes mujer mujeres donna damskie damski feminino lady ladies wmns",
    "kids": "kid junior juniors jr enfant enfants niño niños niña niñas bambino bambini kinder kinderen dziecięce gs "
    "boys girls youth infantil børn child children",
}
COLOURS: Mapping[str, str] = {word: name for name, others in _COLOURS.items() for word in (name, *others.split())}
FOR: Mapping[str, str] = {word: name for name, others in _FOR.items() for word in (name, *others.split())}
_ROMAN: Mapping[str, str] = {
    "ii": "2", "iii": "3", "iv": "4", "vi": "6", "vii": "7", "viii": "8", "ix": "9", "xi": "11", "xii": "12",
    "xiii": "13", "xiv": "14", "xv": "15", "xvi": "16",
}  # fmt: skip
_ONE_NAME: Mapping[str, str] = {**COLOURS, **FOR, **_ROMAN}


def one_name(word: str) -> str:
    """Return a word under the one name that its kin has: colours and people in English, Roman numbers as digits."""
    return _ONE_NAME.get(word, word)
