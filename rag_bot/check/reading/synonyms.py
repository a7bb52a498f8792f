"""Common English words that a language model puts for each other when it tells what it has read."""

from __future__ import annotations

# Each row means about the same. No word stands in two rows, and none in one with its opposite.
_ROWS = """
show demonstrate illustrate exhibit display shown
contain hold comprise held
use utilize utilise employ apply
start begin commence began begun
end finish conclude
help assist aid benefit
hurt harm damage worsen impair
make create build produce construct made built
popular popularise popularize
change transform alter modify shift
need require necessary
important vital essential crucial significant matter
predict foresee forecast anticipate foreseen
expect suppose assume
publish release
buy purchase acquire bought
get obtain receive got
large big huge
small little tiny
fast quick rapid
people human person humans
own belong owner
keep retain maintain preserve store kept
give provide supply offer gave given
say state tell mention claim report said told
think believe consider thought
find discover detect found
try attempt tried
stop halt cease
allow permit
forbid prohibit ban
goal aim purpose objective
way means method approach technique
problem issue challenge difficulty
kind type sort category
part section portion stretch segment
place location site spot
share proportion percentage fraction
result outcome consequence implication
idea notion concept
name title call
hard difficult tough
easy simple straightforward
describe explain outline
now nowadays currently today
formerly previously
often frequently regularly
cost price
pay spend paid spent
live reside
repair fix mend
break broke broken fail failure
decrease decline drop reduce diminish
fall fell fallen
increase rise rose risen climb
grow grew grown growth
improve enhance
choose select pick chose chosen
associate link relate correlate
leave depart
arrive reach
picture image photo photograph
film movie
error mistake fault
delete remove erase
add append insert
send transmit sent
folder directory
configure setup configuration
memory ram
phone telephone
holiday vacation
flat apartment
lift elevator
fridge refrigerator
company firm business corporation
employee worker staff
war conflict
army troops military
defeat beat beaten
disease illness
drug medication medicine
tumor tumour
inhibit suppress block
evaluate assess
depend rely
enough sufficient suffice
constant continual continuous
focus concentrate
specific particular
universal general
whole entire complete total
numerous many
several various multiple
main chief primary principal major
first initial
next following subsequent
able capable
strong powerful
smart intelligent clever
doctor physician
car automobile
child children kid
fire dismiss
answer reply respond
team group
speaker presenter
talk lecture presentation speech
sound seem look appear
far much
draw consume drew drawn
accessible available
simultaneous concurrent
occur happen
attack assault
teach taught instruct
speak spoke spoken
divide split
combine merge join
rule govern reign
die died dead death
born birth
near nearby
write wrote written author
decide determine
lend lent
steal stole stolen
drive drove driven
feed fed
sell sold
catch caught
win won
lose lost
hear heard
meet met
take took taken
throw threw thrown
forgive forgave forgiven
eat ate eaten
sing sang sung
forget forgot forgotten
hide hid hidden
strike struck
wear wore worn
bite bitten
ride rode ridden
bring brought
seek sought
fight fought
see saw seen
shake shook shaken
wake woke woken
run ran
come came
become became
sink sank sunk
""".strip()


def _read(rows: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows.splitlines():
        words = row.split()
        found |= dict.fromkeys(words, words[0])
    return found


SYNONYMS = _read(_ROWS)
"""Word -> the word that stands for all that mean about the same."""
