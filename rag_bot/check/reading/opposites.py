"""Words that exclude each other, by their English stems and as they are written in other languages."""

from __future__ import annotations

from rag_bot.check.reading.tokens import stems

# Each row: words of one side | words of the other.
_ROWS = """
increase rise rose risen grow grew grown growth | decrease fall fell fallen shrink shrank decline drop
up upward upwards | down downward downwards
top | bottom
more | less fewer
most | least fewest
many | few
higher high highest | lower low lowest
larger large largest big bigger biggest great | smaller small smallest little tiny
longer long longest | shorter short shortest
faster fast fastest quick quickly quicker rapid | slower slow slowest slowly
better good best well | worse bad worst poorly badly
before earlier prior previously | after later afterwards
first | last
old older oldest | new newer newest
early | late
always | never sometimes rarely seldom
often frequently usually | rarely seldom never
all every each | none
all every | some most
most | some
some | none
only | also
enable enables enabled enabling activate activated | disable disables disabled disabling deactivate deactivated
on | off
start starts started begin begins began beginning | end ends ended finish finished stop stops stopped
open opens opened | close closes closed shut
minimum min minimal | maximum max maximal
at-least | at-most
above over | below under beneath
inside within | outside
add adds added adding | remove removes removed removing delete deleted subtract
include includes included including contain | exclude excludes excluded excluding
allow allows allowed permit permits permitted | forbid forbids forbidden prohibit prohibited deny denied block blocked
accept accepts accepted | reject rejects rejected refuse refused decline declined
win wins won | lose loses lost
buy buys bought purchase | sell sells sold
gain gains gained | lose loses lost loss
positive positively | negative negatively
strong stronger strongest | weak weaker weakest
easy easier easily simple simpler | hard harder difficult
cheap cheaper cheapest | expensive
safe safely | dangerous unsafe
true | false
right | wrong
left | right
success succeed succeeds succeeded successful | failure
help helps helped helping improve improves improved improvement benefit | hurt hurts harm harms harmed worsen worsens
north northern | south southern
east eastern | west western
hot hotter warm warmer | cold colder cool cooler
heavy heavier | light lighter
public publicly | private privately
internal internally | external externally
import imports imported | export exports exported
upload uploads uploaded | download downloads downloaded
input inputs | output outputs
synchronous synchronously | asynchronous asynchronously
mandatory required compulsory obligatory | optional
manual manually | automatic automatically automated
temporary temporarily | permanent permanently
local locally | remote remotely
male men man | female women woman
he him his | she her
same identical | different
lock locked | unlock unlocked
connect connected | disconnect disconnected
install installed | uninstall uninstalled
online | offline
top-down | bottom-up
now currently today nowadays | ago formerly previously
easily | hardly
formal | informal
known | unknown
encrypt encrypted | decrypt decrypted unencrypted
compress | decompress
same | opposite
morning | evening
winter | summer
spring | autumn fall
import | export
activate activation activates | inhibit inhibits inhibition inhibited suppress suppresses suppressed
induce induces induced promote promotes promoted | prevent prevents prevented
presence present | absence absent
upregulate upregulated | downregulate downregulated
vorher vor | nachher nach
mehr | weniger
immer | nie niemals
größer groß | kleiner klein
steigt steigen stieg gestiegen erhöht | sinkt sinken sank gesunken fällt gefallen
schneller schnell | langsamer langsam
alle | keine
erster erste ersten | letzter letzte letzten
avant | après
plus | moins
toujours | jamais
grand grande | petit petite
augmente augmenté | diminue diminué baisse
tous toutes | aucun aucune
premier première | dernier dernière
antes | después
más | menos
siempre | nunca
mayor grande | menor pequeño pequeña
aumenta aumentó | disminuye disminuyó
todos todas | ninguno ninguna
primero primera | último última
""".strip()


def _read(rows: str) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows.splitlines():
        left, right = (_stemmed(side.split()) for side in row.split(" | "))
        for here, there in ((left, right), (right, left)):
            for word in here:
                found.setdefault(word, set()).update(there - here)
    return {word: frozenset(others) for word, others in found.items()}


def _stemmed(words: list[str]) -> set[str]:
    return {stems(word, ("english",))[0][0] for word in words if "-" not in word}


OPPOSITES = _read(_ROWS)
"""Stem -> the stems that exclude it."""
