"""Real inputs for the parity gate, where the user names none: titles and queries as shops have them."""

from collections.abc import Sequence
from dataclasses import dataclass

from encoders.export import inputs_zh

QUERIES: tuple[str, ...] = (
    "waterproof hiking boots men",
    "gift for a coffee lover",
    "usb c charger 65w",
    "red summer dress",
    "noise cancelling headphones",
    "non stick frying pan 28 cm",
    "kids bike 16 inch",
    "queen size memory foam mattress",
    "lactose free milk",
    "cordless drill with two batteries",
    "something to keep drinks cold at the beach",
    "wireless mouse",
    "led light bulb e27 warm white",
    "dog bed large washable",
    "trail runing shoes",
    "face cream for dry skin",
    "4k monitor 27 inch",
    "board game for two players",
    "garden hose 25 m",
    "yoga mat thick",
    "laptop sleeve 13",
    "sofa grey three seater",
    "electric toothbrush heads",
    "baby monitor with camera",
    "chef knife",
    "winter tyres",
    "acoustic guitar strings",
    "printer ink cartridge black",
    "tent for four people",
    "shower curtain",
)

TITLES: tuple[str, ...] = (
    "Men's Waterproof Leather Hiking Boots with Ankle Support, Brown, Size 43",
    "Women's Lightweight Trail Running Shoes",
    "Steel-toe work boots S3, black",
    "Espresso machine with milk frother, 15 bar, stainless steel",
    "Hand coffee grinder with ceramic burr",
    "Single-origin Ethiopian coffee beans, medium roast, 1 kg",
    "Pour-over coffee gift set: dripper, kettle, 100 filters",
    "65 W USB-C wall charger, GaN, two ports",
    "USB-C to USB-C cable, 2 m, 100 W, braided",
    "Wireless charging pad for phones, 15 W",
    "Red floral summer dress, knee length, cotton",
    "Black evening dress with lace sleeves",
    "Linen shirt, slim fit, white",
    "Over-ear wireless headphones with active noise cancelling and 30 hours of battery",
    "In-ear sports headphones, sweat proof",
    "Studio monitor headphones, closed back, 250 ohm",
    "Non-stick frying pan 28 cm, induction, aluminium",
    "Cast iron skillet 26 cm, pre-seasoned",
    "Saucepan set of 3 with glass lids",
    "Kids' bicycle 16 inch with training wheels, green",
    "City e-bike 28 inch, 500 Wh battery, step-through",
    "Bicycle helmet with rear light, size M",
    "Memory foam mattress, queen, 25 cm, medium firm",
    "Pocket spring mattress 90 x 200",
    "Goose down duvet, all season, 135 x 200 cm",
    "Lactose-free whole milk 1 l",
    "Oat drink barista edition 1 l",
    "Greek yogurt, 10 % fat, 500 g",
    "18 V cordless drill driver kit with two 4 Ah batteries, charger and case",
    "Rotary hammer SDS-plus 800 W",
    "Screwdriver bit set, 32 pieces",
    "Soft cooler bag, 20 litres, leak proof, for 30 cans",
    "Insulated stainless steel bottle 750 ml",
    "Ice cube tray with lid, silicone",
    "Wireless ergonomic mouse, 2.4 GHz, silent click",
    "Gaming mouse, RGB, 16,000 dpi",
    "Mechanical keyboard, brown switches, UK layout",
    "LED bulb E27, 8.5 W (60 W), warm white 2700 K, pack of 6",
    "Smart LED strip 5 m, works with voice assistants",
    "Desk lamp with wireless charger and USB port",
    "Orthopaedic dog bed, large, washable cover, grey",
    "Cat scratching post, 120 cm",
    "Dry dog food with salmon, adult, 12 kg",
    "Moisturising face cream for dry skin with hyaluronic acid, 50 ml",
    "Sunscreen SPF 50, fragrance free, 200 ml",
    "Shampoo for coloured hair 400 ml",
    "27 inch 4K IPS monitor with USB-C, height adjustable",
    "24 inch full HD office monitor",
    "HDMI 2.1 cable 3 m",
    "Strategy board game for two players, 30 minutes, age 10+",
    "Wooden chess set, folding board, 38 cm",
    "1,000-piece jigsaw puzzle: mountain lake",
    "Garden hose 25 m, 1/2 inch, with spray gun and connectors",
    "Hose reel, wall mounted, auto rewind",
    "Electric lawn mower 1,600 W, 37 cm",
    "Yoga mat, 10 mm thick, non-slip, with strap",
    "Adjustable dumbbell set 2 x 20 kg",
    "Resistance bands, set of 5",
    "Laptop sleeve 13-14 inch, felt, dark grey",
    "Laptop backpack 30 l with rain cover",
    "Aluminium laptop stand, foldable",
    "Three-seater sofa, grey fabric, wooden legs",
    "Corner sofa with bed function and storage",
    "Coffee table, oak veneer, 110 x 60 cm",
    "Replacement toothbrush heads, pack of 8",
    "Sonic electric toothbrush with travel case",
    "Baby monitor with camera, 5 inch screen, night vision",
    "Baby bottle starter set, anti-colic",
    "Convertible car seat, group 0+/1, ISOFIX",
    "Chef's knife 20 cm, forged German steel",
    "Knife block set, 6 pieces, walnut",
    "Bamboo cutting board with juice groove",
    "Winter tyre 205/55 R16 91H",
    "Car phone holder, vent mount, magnetic",
    "Engine oil 5W-30 5 l, fully synthetic",
    "Acoustic guitar strings, phosphor bronze, light .012-.053",
    "Concert ukulele with bag and tuner",
    "Digital piano, 88 weighted keys",
    "Ink cartridge black XL, compatible, 2 pack",
    "A4 copy paper 80 g, 500 sheets",
    "Laser printer, mono, duplex, Wi-Fi",
    "Family tent for 4 people, 3,000 mm water column, standing height",
    "Sleeping bag -5 °C, mummy shape",
    "Camping stove, one burner, piezo ignition",
    "Shower curtain 180 x 200 cm, mould resistant, white",
    "Rain shower head 25 cm, chrome",
    "Bath towel set, 100 % cotton, 6 pieces, navy",
    "Ceramic plant pot with saucer, 20 cm, terracotta",
    "Tomato seeds, cherry, organic",
    "Bird feeder with roof, hanging",
    "Paperback: a detective story set in 1930s Lisbon",
    "Children's picture book about the sea",
    "Fountain pen, fine nib, blue",
    "Fresh bananas, 1 kg, fair trade",
    "Ripe avocados, pack of 2",
    "Granny Smith apples 1.5 kg",
    "Carbon monoxide alarm, 10 years, EN 50291",
    "Smoke detector, pack of 3",
    "Indoor security camera, 1080p, two-way audio",
    "Router Wi-Fi 6 AX3000, dual band",
    "External SSD 1 TB, USB 3.2, shock proof",
    "microSD card 256 GB, U3, with adapter",
    "Robot vacuum cleaner with mop and laser navigation. Cleans carpets and hard floors, draws a map of each room, "
    "returns to its base by itself and goes on where it stopped; works with an app, remembers no-go zones, has a "
    "400 ml dust box and a washable filter, and climbs sills of 2 cm.",
    "This cotton bed linen set has one duvet cover 200 x 200 cm and two pillowcases 80 x 80 cm. The fabric is woven "
    "from long-staple cotton with 200 threads per square inch, soft from the first night, and stays so after many "
    "washes at 60 degrees. Coconut-shell buttons close the cover; the inner corners have ties. Colour: sage green. "
    "Made in Portugal, certified free of harmful substances, packed without plastic.",
)


@dataclass(frozen=True)
class Inputs:
    """What an encoder is compared on: queries, and titles among which each looks for its nearest."""

    queries: tuple[str, ...]
    titles: tuple[str, ...]

    @property
    def texts(self) -> list[str]:
        """Queries and then titles."""
        return [*self.queries, *self.titles]


def inputs_for(languages: Sequence[str]) -> Inputs:
    """Return the inputs for an encoder of these languages (`en`, `zh`, ...): English, and Chinese where it reads it.

    A Chinese catalogue holds English too, so a Chinese encoder is compared on both.
    """
    if "zh" in languages:
        return Inputs(inputs_zh.QUERIES + QUERIES, inputs_zh.TITLES + TITLES)
    return Inputs(QUERIES, TITLES)
