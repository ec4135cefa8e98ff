"""Word tables: one key for the forms of a word that stemming alone leaves apart.

Variants meet in this index, because one verse is read in translations from 1395 to 2020 and remembered by
half: archaic grammar ("thou lovest", "he saith"), strong verbs ("spake", "spoke"), British and American
spelling ("saviour", "savior"), "my" for "our". `fold` maps a lower-case word to the form that the stemmer
should see; it is a pure function, so a query and a document always agree.
"""

import re

# Pronouns and auxiliaries of the King James Bible, and what people type today.
_ARCHAIC = {
    "thou": "you", "thee": "you", "ye": "you", "thy": "your", "thine": "your", "thyself": "yourself",
    "hath": "have", "hast": "have", "hadst": "have", "haddest": "have", "has": "have", "had": "have",
    "doth": "do", "dost": "do", "doest": "do", "doeth": "do", "didst": "do", "diddest": "do",
    "does": "do", "did": "do", "done": "do", "art": "are", "wast": "was", "wert": "were",
    "shalt": "shall", "wilt": "will", "canst": "can", "mayest": "may", "mayst": "may",
    "shouldest": "should", "shouldst": "should", "wouldest": "would", "wouldst": "would",
    "couldest": "could", "couldst": "could", "mightest": "might", "saith": "say", "sayeth": "say",
    "said": "say", "says": "say", "saidst": "say", "unto": "to", "upon": "on", "whoso": "whoever",
    "whosoever": "whoever", "whatsoever": "whatever", "wheresoever": "wherever",
    "yea": "yes", "nay": "no", "verily": "truly", "amongst": "among", "betwixt": "between",
    "whilst": "while", "oft": "often", "hither": "here", "thither": "there", "whither": "where",
    "whence": "where", "hundreth": "hundred", "moneth": "month", "trueth": "truth", "shew": "show",
    "shewn": "show", "shewbread": "showbread",
}  # fmt: skip

# Half remembered: "number my days" for "number our days". One person, one term.
_PERSONS = {"we": "i", "us": "me", "our": "my", "ours": "my", "mine": "my"}

# Past forms -> base, each listed once; regular ones are the stemmer's work.
_STRONG_VERBS = """
arise arose arisen; awake awoke; bear bore borne; become became; beget begat begot begotten;
begin began begun; behold beheld; bind bound; bite bit bitten; blow blew blown; break brake broke broken;
bring brought; build built; buy bought; catch caught; choose chose chosen chuse; cleave clave clove cloven;
come came; deal dealt; dig digged dug; draw drew drawn; drink drank drunk; drive drave drove driven;
dwell dwelt; eat ate eaten; fall fell fallen; feed fed; feel felt; fight fought; find found; flee fled;
fly flew flown; forget forgat forgot forgotten; forgive forgave forgiven; forsake forsook forsaken;
freeze froze frozen; get gat got gotten; give gave given; go went gone; grow grew grown; hang hung;
hear heard; hide hid hidden; hold held; keep kept; know knew known; lead led; leave left; lend lent;
lose lost; make made; mean meant; meet met; overcome overcame; pay paid; ride rode ridden;
ring rang rung; rise rose risen; run ran; see saw seen; seek sought; sell sold; send sent;
shake shook shaken; shine shone; shoot shot; show shown; sing sang sung; sink sank sunk; sit sat;
slay slew slain; sleep slept; smite smote smitten; sow sown; speak spake spoke spoken;
spend spent; spring sprang sprung; stand stood; steal stole stolen; stick stuck; strike struck stricken;
strive strove striven; swear sware swore sworn; sweep swept; swim swam swum; take took taken;
teach taught; tear tore torn; tell told; think thought; throw threw thrown; tread trod trodden;
understand understood; uphold upheld; weep wept; wear wore worn; weave wove woven; win won;
withdraw withdrew withdrawn; write wrote written;
child children; foot feet; goose geese; man men; mouse mice; ox oxen; tooth teeth; woman women;
brother brethren; wife wives; knife knives; calf calves; wolf wolves; thief thieves;
leaf leaves; loaf loaves; sheaf sheaves; half halves
"""

_OUR = """
armour behaviour candour clamour colour endeavour favour favourable favourite fervour flavour glamour
harbour honour honourable humour labour misdemeanour neighbour neighbourhood odour parlour rancour
rigour rumour saviour savour splendour succour tumour valour vapour vigour dishonour unsavoury
savoury
"""

# British -> American where a suffix rule would catch innocent words (our, four, devour; there, where).
_BRITISH = {
    **{
        british: british.replace("our", "or")
        for british in _OUR.split()
    },
    "centre": "center", "fibre": "fiber", "lustre": "luster", "meagre": "meager", "metre": "meter",
    "sabre": "saber", "sceptre": "scepter", "sepulchre": "sepulcher", "spectre": "specter",
    "theatre": "theater", "ochre": "ocher", "defence": "defense", "offence": "offense",
    "pretence": "pretense", "licence": "license", "practise": "practice", "grey": "gray",
    "plough": "plow", "ploughshare": "plowshare", "mould": "mold", "moult": "molt", "axe": "ax",
    "judgement": "judgment", "acknowledgement": "acknowledgment", "skilful": "skillful",
    "wilful": "willful", "fulfil": "fulfill", "fulfilment": "fulfillment", "enrol": "enroll",
    "counsellor": "counselor", "traveller": "traveler", "jewellery": "jewelry",
    "woollen": "woolen", "marvellous": "marvelous", "sulphur": "sulfur", "brimstone": "sulfur",
    "gaol": "jail", "mum": "mom", "mummy": "mommy", "cheque": "check",
    "programme": "program", "draught": "draft", "sceptical": "skeptical", "musick": "music",
    "publick": "public", "saviours": "savior", "cosy": "cozy", "towards": "toward",
    "afterwards": "afterward", "backwards": "backward", "forwards": "forward",
}  # fmt: skip

# Words that end in -eth or -est and are no verb forms. Names first, then nouns and superlatives.
_NAMES_AND_NOUNS = """
seth heth beth geth japheth nazareth elisabeth elizabeth mephibosheth azmaveth bosheth topheth
ishbosheth chinnereth alemeth ashtoreth harosheth peleth jetheth tanhumeth sophereth pochereth
hazarmaveth zoheth tebeth sibboleth shibboleth daleth meshullemeth zoheleth kenneth macbeth gareth
moresheth koheleth hareseth teeth deth twentieth thirtieth fortieth fiftieth sixtieth seventieth
eightieth ninetieth priest harvest manifest request tempest interest nest earnest honest dishonest
chest guest protest wrest contest incest vest modest molest southwest northwest quest conquest
suggest pest jest zest unrest arrest rest lest west best forest test crest digest invest infest
detest bequest inquest behest blest divest ingest congest attest budapest everest ernest celeste
"""
_NOT_VERBS = frozenset(_NAMES_AND_NOUNS.split())


def _irregular() -> dict[str, str]:
    table = _ARCHAIC | _PERSONS
    for group in _STRONG_VERBS.split(";"):
        base, *forms = group.split()
        table.update(dict.fromkeys(forms, base))
    table.update(_BRITISH)
    return table


_IRREGULAR = _irregular()
_REGULAR = _BRITISH | {"shew": "show"}  # whose -s, -ed, -ing forms fold as well
_PLURAL_OR_PAST = re.compile(r"(?:s|ed|ing|er|ers)$")
_IZE = re.compile(r"(?<=[a-z]{2})([iy])z(e|ed|es|er|ers|ing|ation|ations)$")


def fold(word: str) -> str:
    """The form of a lower-case word that the stemmer should see.

    >>> fold("lovest"), fold("saith"), fold("honoured"), fold("baptize")
    ('loved', 'say', 'honored', 'baptise')
    """
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) > 4 and word not in _NOT_VERBS:
        # The stemmer knows what to do with -ed (doubled letters, a lost e), so it gets that.
        if word.endswith(("eeth", "eest")):
            return fold(word[:-3] if word.endswith("eeest") else word[:-2])
        if word.endswith(("eth", "est")):
            return fold_past(word[:-3])
    suffix = _PLURAL_OR_PAST.search(word)
    if suffix is not None:
        base = _REGULAR.get(word[: suffix.start()])
        if base is not None:
            return base + suffix.group()
    return _IZE.sub(r"\1s\2", word)


def fold_past(stem: str) -> str:
    """The folded form of a verb whose -eth or -est was cut off: "spak" (spakest), "honour"."""
    for base in (stem, stem + "e"):
        known = _IRREGULAR.get(base)
        if known is not None:
            return known
    return _IZE.sub(r"\1s\2", stem + "ed")
