"""The words that the rules for facts of members know: animals, trades, languages."""

_ANIMALS = (
    "budgie canary cat chameleon chicken chinchilla cockatiel cow dog duck"
    " ferret fish frog gecko goat goldfish goose guinea-pig hamster hedgehog"
    " horse iguana kitten lizard mouse parakeet parrot pig pigeon pony puppy"
    " rabbit rat sheep snail snake spider tarantula tortoise turtle"
)
_THINGS = "bicycle bike boat caravan guitar plant robot ship van"
ANIMALS = frozenset(_ANIMALS.split())
NAMED = ANIMALS | frozenset(_THINGS.split())
"""The things of their own that members give names."""

_TRADES = (
    "accountant actor actress actuary animator apprentice archaeologist"
    " architect archivist artist astronomer baker barber barista barkeeper"
    " bartender beekeeper biologist blacksmith bookbinder bookkeeper botanist"
    " bricklayer broker builder butcher captain caretaker carpenter cashier"
    " chef chemist chiropractor civil-servant cleaner clerk coach coder"
    " composer consultant cook counsellor courier dancer dentist dermatologist"
    " designer developer diplomat director doctor draughtsman dressmaker"
    " driver ecologist economist editor electrician engineer entomologist"
    " farmer filmmaker firefighter fisher fisherman florist gardener"
    " geographer geologist glazier goldsmith hairdresser historian illustrator"
    " interpreter janitor jeweller journalist judge juggler lawyer lecturer"
    " librarian lifeguard linguist locksmith lumberjack machinist magician"
    " manager mason mathematician mechanic meteorologist midwife miner"
    " musician nanny nurse oceanographer optician painter paramedic pharmacist"
    " photographer physicist physiotherapist pianist pilot plumber poet"
    " policeman postman potter printer producer professor programmer"
    " psychologist publisher ranger receptionist referee reporter researcher"
    " roofer sailor salesman sculptor seamstress secretary shepherd shoemaker"
    " singer smith statistician student surgeon surveyor tailor teacher"
    " technician therapist trainer translator tutor typesetter undertaker"
    " upholsterer veterinarian vet violinist waiter waitress watchmaker weaver"
    " welder writer zoologist vegetarian vegan beginner pensioner"
)
TRADES = frozenset(_TRADES.split())
"""The kinds of people that one is by work or choice. Faith, health, politics, descent
and love are no facts here, whoever tells of them."""

_LANGUAGES = (
    "afrikaans albanian amharic arabic armenian azerbaijani basque bengali"
    " bosnian breton bulgarian cantonese catalan cornish croatian czech danish"
    " dutch english esperanto estonian faroese farsi finnish flemish french"
    " frisian gaelic galician georgian german greek gujarati hausa hebrew"
    " hindi hungarian icelandic igbo indonesian irish italian japanese"
    " javanese kazakh khmer korean kurdish latin latvian lithuanian"
    " luxembourgish macedonian malay maltese mandarin maori marathi mongolian"
    " nepali norwegian persian polish portuguese punjabi quechua romanian"
    " romansh russian sami sanskrit scots serbian sinhala slovak slovenian"
    " somali spanish swahili swedish tagalog tamil telugu thai tibetan turkish"
    " ukrainian urdu uzbek vietnamese welsh xhosa yiddish yoruba zulu"
)
LANGUAGES = frozenset(_LANGUAGES.split())

_INSTRUMENTS = (
    "accordion bagpipes banjo bass bassoon cello clarinet drums fiddle flute"
    " guitar harp harmonica horn keyboard keys mandolin oboe organ piano"
    " recorder sax saxophone sitar synth trombone trumpet tuba ukulele viola"
    " violin"
)
_GAMES = (
    "badminton basketball bridge cards celeste chess cricket darts doom"
    " factorio football go golf handball hockey minecraft netball overwatch"
    " poker pool rugby scrabble skyrim snooker soccer squash tennis tetris"
    " valorant volleyball zelda"
)
PLAYED = frozenset(_INSTRUMENTS.split()) | frozenset(_GAMES.split())

MONTHS = {
    name: at // 2
    for at, name in enumerate(
        "january jan february feb march mar april apr may may june jun july jul august"
        " aug september sep october oct november nov december dec".split()
    )
}
MONTH_NAMES = (
    "January February March April May June July August September October"
    " November December"
).split()

PRONOUNS = frozenset(
    "he him his she her hers they them theirs it its xe xem ze zir hir fae"
    " faer ey em any all".split()
)

_COUNTRIES = (
    "albania algeria america argentina armenia australia austria belgium"
    " bolivia bosnia brazil britain bulgaria canada chile china colombia"
    " croatia cuba cyprus czechia denmark ecuador egypt england estonia"
    " ethiopia finland france georgia germany ghana greece guatemala hungary"
    " iceland india indonesia iran iraq ireland israel italy jamaica japan"
    " jordan kenya korea kosovo latvia lebanon lithuania luxembourg malaysia"
    " malta mexico moldova morocco nepal netherlands nigeria norway pakistan"
    " palestine panama peru philippines poland portugal romania russia"
    " scotland senegal serbia singapore slovakia slovenia spain sweden"
    " switzerland syria taiwan tanzania thailand tunisia turkey uganda uk"
    " ukraine uruguay us usa venezuela vietnam wales zambia zimbabwe"
)
COUNTRIES = frozenset(_COUNTRIES.split())
