"""Units of measure: what they measure, and how many of the basic unit they are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Unit:
    """`measures` is what may be compared ("time"); `factor` turns an amount into the basic unit of that."""

    measures: str
    factor: Decimal


# measure: "names of a unit = how many of the basic unit"; a name with a capital letter counts only as it is written.
_TABLE = {
    "%": "% percent per-cent prozent pourcent porcentaje pct = 1",
    "points": "percentage-points percentage-point pp prozentpunkte prozentpunkt = 1; basis-points bps = 0.01",
    "time": (
        "ns nanosecond nanoseconds = 0.000000001; µs μs us microsecond microseconds = 0.000001; "
        "ms millisecond milliseconds msec millisekunden = 0.001; "
        "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos = 1; "
        "min mins minute minutes minuten minuto minutos = 60; "
        "h hr hrs hour hours stunde stunden heure heures hora horas = 3600; "
        "day days tag tage tagen jour jours día días = 86400; "
        "week weeks woche wochen semaine semaines semana semanas = 604800; "
        "fortnight fortnights = 1209600"
    ),
    "months": (
        "month months monat monate monaten mois mes meses = 1; "
        "year years yr yrs jahr jahre jahren an ans année années año años = 12; "
        "decade decades jahrzehnt jahrzehnte = 120; century centuries jahrhundert jahrhunderte = 1200"
    ),
    "data": (
        "bit bits = 0.125; byte bytes B = 1; kb kB KB kilobyte kilobytes = 1000; mb MB megabyte megabytes = 1000000; "
        "gb GB gigabyte gigabytes = 1000000000; tb TB terabyte terabytes = 1000000000000; "
        "PB petabyte petabytes = 1000000000000000; KiB kib = 1024; MiB mib = 1048576; GiB gib = 1073741824; "
        "TiB tib = 1099511627776; kbit = 125; Mbit = 125000; Gbit = 125000000"
    ),
    "data rate": "kbps kbit/s = 1; mbps Mbps Mbit/s = 1000; gbps Gbps Gbit/s = 1000000; MB/s = 8000; GB/s = 8000000",
    "length": (
        "nm nanometre nanometres nanometer nanometers = 0.000000001; µm μm um micrometre micrometer micron = 0.000001; "
        "mm millimetre millimetres millimeter millimeters = 0.001; cm centimetre centimetres centimeter centimeters "
        "zentimeter = 0.01; m metre metres meter meters metern mètre mètres metro metros = 1; "
        "km kilometre kilometres kilometer kilometers kilomètre kilomètres kilómetro kilómetros = 1000; "
        "inch inches in. = 0.0254; ft foot feet = 0.3048; yd yard yards = 0.9144; mi mile miles meile meilen = 1609.344"
    ),
    "mass": (
        "µg μg mcg microgram micrograms = 0.000001; mg milligram milligrams = 0.001; g gram grams gramm gramme "
        "grammes gramo gramos = 1; kg kilogram kilograms kilo kilos kilogramm = 1000; tonne tonnes t = 1000000; "
        "oz ounce ounces = 28.349523125; lb lbs pound-mass = 453.59237"
    ),
    "volume": "ml mL milliliter millilitre milliliters millilitres = 0.001; cl = 0.01; dl dL = 0.1; "
    "l L liter litre liters litres litros = 1",
    "speed": "km/h kmh kph = 1; mph = 1.609344; m/s = 3.6",
    "celsius": "°c ℃ celsius = 1",
    "fahrenheit": "°f ℉ fahrenheit = 1",
    "angle": "° degree degrees grad = 1",
    "frequency": "hz hertz = 1; khz = 1000; mhz MHz = 1000000; ghz GHz = 1000000000",
    "power": "mW = 0.001; w watt watts = 1; kw kilowatt kilowatts = 1000; "
    "MW megawatt megawatts = 1000000; GW = 1000000000",
    "energy": "wh Wh = 1; kwh kWh = 1000; MWh = 1000000; kcal = 1.163; joule joules = 0.000277777778",
    "dollars": "$ usd dollar dollars us$ = 1; cent cents = 0.01",
    "euros": "€ eur euro euros = 1",
    "sterling": "£ gbp pound pounds sterling = 1; pence = 0.01",
    "yen": "¥ jpy yen = 1",
    "francs": "chf francs franken = 1",
    "times": "x × times fold mal fois veces = 1",
}
_MULTIPLIERS = {
    **dict.fromkeys(("k", "K", "thousand", "tausend", "mille", "mil", "tsd"), Decimal(10**3)),
    **dict.fromkeys(("M", "million", "millions", "millionen", "mio", "millón", "millones", "mn"), Decimal(10**6)),
    **dict.fromkeys(("billion", "billions", "bn", "milliarde", "milliarden", "mrd", "milliards"), Decimal(10**9)),
    **dict.fromkeys(("trillion", "trillions"), Decimal(10**12)),
    **dict.fromkeys(("hundred", "hundert", "cent-fr"), Decimal(100)),
    **dict.fromkeys(("dozen", "dutzend"), Decimal(12)),
}  # fmt: skip


def _units() -> dict[str, Unit]:
    found: dict[str, Unit] = {}
    for measures, rows in _TABLE.items():
        for row in rows.split(";"):
            names, factor = row.split(" = ")
            found |= {name.replace("-", " "): Unit(measures, Decimal(factor)) for name in names.split()}
    return found


_UNITS = _units()


def unit_of(name: str) -> Unit | None:
    """The unit of this name or sign, as it is written, or else in lower case."""
    return _UNITS.get(name) or _UNITS.get(name.lower())


def multiplier_of(name: str) -> Decimal | None:
    """How many a word such as "million" stands for."""
    return _MULTIPLIERS.get(name) or (_MULTIPLIERS.get(name.lower()) if len(name) > 1 else None)
