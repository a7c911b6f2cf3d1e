"""The tables, one class each; times are integer milliseconds since the epoch, UTC."""

from peewee import (
    SQL,
    AutoField,
    BigIntegerField,
    BlobField,
    BooleanField,
    Context,
    FloatField,
    ForeignKeyField,
    IntegerField,
    JSONField,
    Model,
    NodeList,
    TextField,
)
from playhouse.shortcuts import ThreadSafeDatabaseMetadata

from app.core.names import GuildId


class Table(Model):
    """A table; each thread binds its own database."""

    id = AutoField()

    class Meta:
        model_metadata_class = ThreadSafeDatabaseMetadata
        legacy_table_names = False


class OnceField(AutoField):
    """A row number that no later row gets, as PostgreSQL's never do."""

    def ddl(self, ctx: Context) -> NodeList:
        """Ask SQLite for it; without the word it gives out the last number again."""
        is_sqlite = self.model._meta.database.param == "?"
        return NodeList((super().ddl(ctx), SQL("AUTOINCREMENT" if is_sqlite else "")))


class Guild(Table):
    """A Discord guild, or one learned from files alone."""

    # Row numbers name directories, so none is used twice.
    id = OnceField()
    discord_id = TextField(null=True, unique=True)
    name = TextField(index=True)
    joined = BigIntegerField()
    left = BigIntegerField(null=True)
    """The time when the bot was removed from it."""
    is_demo = BooleanField(default=False)
    """The sample guild that comes with the program."""
    facts_read = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    """Row of the last message that was read for facts of members."""
    facts_asked = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    """Row of the last message that the model was asked about, too."""
    claimed = TextField(null=True)
    """Discord's id, or else the name, that the files it was learned from give it."""


class Channel(Table):
    """A channel or thread."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    discord_id = TextField(null=True)
    name = TextField()
    parent = ForeignKeyField("self", null=True, on_delete="SET NULL")
    parent_id: int | None
    """The channel of a thread."""
    is_learning = BooleanField(default=False)
    """True if messages there are learned from now on."""
    learning_since = BigIntegerField(null=True)
    """Catching up learns nothing from before this time; null sets no limit."""
    is_private = BooleanField(null=True)
    """True if not everyone in the guild can see it; null until Discord tells.

    A thread that is not private has the readers of its channel.
    """
    is_age_restricted = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    """True for adults only; a thread follows its channel."""

    class Meta:
        indexes = ((("guild", "discord_id"), True), (("guild", "name"), False))


class Member(Table):
    """An author in one guild; the only place with a display name."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    author = TextField()
    """Keyed hash of the author's id."""
    name = TextField()
    is_bot = BooleanField(default=False)
    has_opted_out = BooleanField(default=False)
    allows_tuning = BooleanField(default=False)
    """Agreed to tuning a model on their messages."""
    allows_voice = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    """Agreed that the bot speaks like them."""
    account = TextField(null=True)
    """The author that writes as this one through a proxy, such as PluralKit."""
    proxied_name = TextField(null=True)
    """Keyed hash of the name alone, under which others may write as well."""

    class Meta:
        indexes = ((("guild", "author"), True),)


class Message(Table):
    """A message; voices and indexes use its row number as id."""

    # `RowNumbers` gives them out, each once. SQLite's own way would add a quarter to an
    # import's time.
    id = AutoField()
    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    guild_id: GuildId
    channel = ForeignKeyField(Channel, on_delete="CASCADE", index=False)
    channel_id: int
    # An index by member would slow imports down by a sixth.
    member = ForeignKeyField(Member, on_delete="CASCADE", index=False)
    member_id: int
    external = TextField()
    """Discord's id, or the id in the file it came from; unique in the guild."""
    ts = BigIntegerField()
    text = TextField()
    reply_to = TextField(null=True)
    """The `external` of the message it answers."""
    dropped = TextField(null=True)
    """The reason for not learning it; null if it is learned."""
    is_heard = BooleanField(default=False, constraints=[SQL("DEFAULT FALSE")])
    """Seen on Discord in its channel; if it is missing there, it was deleted."""

    class Meta:
        indexes = ((("external", "guild"), True), (("channel", "ts"), False))


Message.add_index(
    Message.index(
        Message.guild,
        Message.dropped,
        name="message_dropped",
        where=Message.dropped.is_null(False),
    )
)


class RowNumbers(Table):
    """The highest row number of messages ever used, so that none returns."""

    last = IntegerField()
    indexed = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    """The last of them that is in `message_index`."""


class Attachment(Table):
    """An attachment of a message."""

    message = ForeignKeyField(Message, backref="attachments", on_delete="CASCADE")
    message_id: int
    external = TextField()
    name = TextField()
    url = TextField()
    """Discord's addresses expire; fetching the message again gives a fresh one."""


class ConversationLink(Table):
    """A link from a message to the message it answers, as far as known."""

    message = ForeignKeyField(Message, unique=True, on_delete="CASCADE")
    message_id: int
    parent = IntegerField(null=True, index=True)
    """Row of the message answered; null starts a conversation."""
    conversation = IntegerField(index=True)
    """Row of the conversation's first message."""
    score = FloatField()


class Conversation(Table):
    """Messages of a channel that belong together, stored under the first one's row."""

    id = IntegerField(primary_key=True)
    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    guild_id: GuildId
    channel = ForeignKeyField(Channel, on_delete="CASCADE")
    channel_id: int
    started = BigIntegerField()
    last_turn = IntegerField()
    """Row of its newest message."""
    last_ms = BigIntegerField()
    """The time of that message; after a silence the conversation is over."""
    members = JSONField(default=list)
    """Author hashes of the participants, without those who opted out."""
    summary = TextField(default="")
    """A summary up to `summarised`, by the local model."""
    summarised = IntegerField(default=0)
    """Row of the newest message in the summary."""


class Embedding(Table):
    """The vector of one message by one embedding model; empty without meaning."""

    # An index continues after its newest row, so no number is used twice.
    id = OnceField()
    message = ForeignKeyField(Message, on_delete="CASCADE", index=False)
    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    model = TextField()
    vector = BlobField()

    class Meta:
        indexes = (
            (("message", "model"), True),
            (("guild", "model"), False),
        )


class Reply(Table):
    """A reply, and everything that explains it."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    guild_id: GuildId
    channel = ForeignKeyField(Channel, null=True, on_delete="SET NULL", index=False)
    channel_id: int | None
    trigger = TextField(null=True, unique=True)
    """Discord's id of the answered message; it gets one reply at most."""
    created = BigIntegerField(index=True)
    reason = TextField()
    """The reason for speaking: mention, reply, command, wake word, join-in…"""
    state = TextField()
    """claimed, made, sent, replaced, draft, rejected, silent, stopped, refused, failed,
    forgotten or shown, which is an answer of a game that quotes members."""
    text = TextField(default="")
    sent = JSONField(default=list)
    """Discord's ids of its sent messages."""
    mode = TextField(default="")
    provider = TextField(default="")
    model = TextField(default="")
    dial = IntegerField(default=0)
    arm = TextField(default="")
    """The arm of a live comparison; empty without one."""
    rungs = JSONField(default=list)
    """`{provider, outcome, reason}` in the order tried."""
    turns = JSONField(default=list)
    """`[speaker, text, message row or null]` of the prompt, oldest first."""
    recalled = JSONField(default=list)
    """Rows of the recalled messages."""
    filled = JSONField(default=dict)
    """Tokens of the prompt by purpose."""
    summary_of = IntegerField(null=True)
    """The conversation whose summary was in the prompt."""
    shares = JSONField(default=list)
    """The voice's share in each word between spaces, in percent; -1 is unknown."""
    notes = JSONField(default=list)
    timings = JSONField(default=dict)
    """Milliseconds per stage."""
    prompt_tokens = IntegerField(default=0)
    cached_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    cost = FloatField(default=0.0)
    """US dollars."""
    asker = TextField(default="", index=True)
    """Hash of the author that it answers, whose message is perhaps not stored."""
    answers = TextField(null=True, index=True)
    """Discord's id of the message answered, where `trigger` is another thing."""
    imitates = TextField(default="", constraints=[SQL("DEFAULT ''")])
    """Hash of the member that it speaks like; empty if it speaks for itself."""
    role = TextField(default="", constraints=[SQL("DEFAULT ''")])
    """Name of the character that it speaks as; empty for the bot itself."""


class SentMessage(Table):
    """A message on Discord that shows a reply, or showed an earlier version of one."""

    reply = ForeignKeyField(Reply, on_delete="CASCADE")
    message = TextField(index=True)
    """Discord's id."""


class ReplySource(Table):
    """A source message of a reply."""

    reply = ForeignKeyField(Reply, backref="sources", on_delete="CASCADE")
    message = IntegerField(index=True)
    words = IntegerField(default=0)
    """The longest run of words taken from it."""
    run = TextField(default="")
    """That run."""


class Feedback(Table):
    """One person's opinion of a reply: +1 or -1."""

    reply = ForeignKeyField(Reply, on_delete="CASCADE", index=False)
    author = TextField()
    value = IntegerField()
    created = BigIntegerField()
    kind = TextField(default="thumb")
    """The kind of opinion, as named in `store.feedback`."""
    was = TextField(default="")
    """A draft's text before the owner replaced it."""

    class Meta:
        indexes = ((("reply", "author", "kind"), True),)


class Usage(Table):
    """The ledger: tokens, cost and what left the machine."""

    created = BigIntegerField(index=True)
    guild = ForeignKeyField(Guild, null=True, on_delete="SET NULL")
    reply = ForeignKeyField(Reply, null=True, on_delete="SET NULL")
    provider = TextField()
    model = TextField()
    prompt_tokens = IntegerField(default=0)
    cached_tokens = IntegerField(default=0)
    completion_tokens = IntegerField(default=0)
    cost = FloatField(default=0.0)
    bytes_sent = IntegerField(default=0)
    host = TextField(default="")
    reach = TextField(default="cloud")
    """The host's place at that time: here, own or cloud."""


class Consent(Table):
    """The owner's agreement that words of a guild go to a host in the cloud."""

    guild = ForeignKeyField(Guild, null=True, on_delete="CASCADE")
    """None for every guild."""
    purpose = TextField()
    origin = TextField()
    """Scheme, host and port."""
    created = BigIntegerField()


class ImportCheckpoint(Table):
    """The progress of a file's import; the row is deleted when the file is done."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    file = TextField()
    """Fingerprint of the file, and of the channel it is imported as."""
    position = IntegerField(default=0)
    """The number of the file's rows that are done."""

    class Meta:
        indexes = ((("guild", "file"), True),)


class Setting(Table):
    """A setting of one guild or channel; the home's settings are in config.toml."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    channel = IntegerField(default=0)
    """Row of the channel, 0 for the whole guild."""
    name = TextField()
    value = JSONField()

    class Meta:
        indexes = ((("guild", "channel", "name"), True),)


class HomeValue(Table):
    """A value that belongs to the database as a whole."""

    name = TextField(unique=True)
    value = TextField()


class MeterWeek(Table):
    """The figures of one guild's week; see `app.meter.week`."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    start = BigIntegerField()
    """The Monday it starts on, 0:00 UTC."""
    made = BigIntegerField()
    figures = JSONField(default=dict)

    class Meta:
        indexes = ((("guild", "start"), True),)


class Comparison(Table):
    """A blind choice between two replies: the owner's, or a guess in `/whosaid`."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    created = BigIntegerField()
    first = ForeignKeyField(Reply, on_delete="CASCADE", index=False, backref="+")
    first_id: int
    second = ForeignKeyField(Reply, on_delete="CASCADE", index=False, backref="+")
    second_id: int
    won = IntegerField()
    """1 the first, 2 the second, 0 neither."""


class VoiceChange(Table):
    """A message edited or deleted since its guild's voice was last written."""

    id = OnceField()
    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    message = IntegerField()


class VoiceGap(Table):
    """Messages that a rollback removed from a guild's voice; they stay stored."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    after = IntegerField()
    until = IntegerField()
    """Those in rows above `after`, up to `until`."""


class Snapshot(Table):
    """An earlier state of a guild's voice, persona, settings, lorebook and characters.

    It holds no message text. Its voice is every stored and learned message up to the
    row `last` outside its gaps, so forgotten messages leave it as well.
    """

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    guild_id: GuildId
    name = TextField()
    created = BigIntegerField()
    last = IntegerField()
    messages = IntegerField()
    """The number of messages in the voice at that time."""
    gaps = JSONField()
    """`[after, until]` of each `VoiceGap`."""
    settings = JSONField()
    """`[channel row or 0, name, value]` of each `Setting`."""
    lore = JSONField(default=list, constraints=[SQL("DEFAULT '[]'")])
    """The name, words, text and book of each `LoreEntry`."""
    characters = JSONField(null=True)
    """The fields of each `StoredCharacter`; null in those of older versions."""

    class Meta:
        indexes = ((("guild", "name"), True),)


class Tombstone(Table):
    """A forgotten message, which is never stored again."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    mark = TextField()
    """Keyed hash of its external id."""
    by_owner = BooleanField()
    """Forgotten by the owner or a moderator, not by deleting it on Discord."""

    class Meta:
        indexes = ((("guild", "mark"), True),)


class ForgottenSpan(Table):
    """A time span of an author whose messages are never stored again."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    author = TextField()
    """Keyed hash of the author's id; empty for everyone."""
    since = BigIntegerField()
    until = BigIntegerField()
    by_owner = BooleanField()
    """Forgotten by the owner or a moderator, not by the author."""

    class Meta:
        indexes = ((("guild", "author"), False),)


class ForgottenTwin(Table):
    """A forgotten message as a file knows it that has another kind of ids."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    twin = TextField()
    """Keyed hash of its text and minute, and of its author if the text is short."""
    of = TextField()
    """The mark of its tombstone, or the author whose forgotten span it is in."""

    class Meta:
        indexes = ((("guild", "twin", "of"), True),)


class LoreEntry(Table):
    """An entry of a guild's lorebook, which a moderator or the owner wrote."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    guild_id: GuildId
    name = TextField()
    words = JSONField(default=list)
    """The words that bring it up; `*` alone always does, none leave it to meaning."""
    text = TextField()
    book = TextField(default="")
    """The card that it came with; empty for the guild's own."""

    class Meta:
        indexes = ((("guild", "book", "name"), True),)


class Character(Table):
    """A character of a guild beside the bot itself, called by its name."""

    guild = ForeignKeyField(Guild, on_delete="CASCADE", index=False)
    guild_id: GuildId
    name = TextField()
    about = TextField()
    dial = IntegerField(null=True)
    """Null leaves it to the settings of the place."""
    channels = JSONField(default=list)
    """Rows of the channels where it speaks; none for all."""
    picture = BlobField(null=True)
    """PNG, without the card in it."""
    face = TextField(default="", constraints=[SQL("DEFAULT ''")])
    """Hash of name and picture."""

    class Meta:
        indexes = ((("guild", "name"), True),)


class CharacterHook(Table):
    """A webhook that the bot made, under which a character speaks in a channel.

    The rows of deleted ones stay, as their messages do.
    """

    guild = ForeignKeyField(Guild, on_delete="CASCADE")
    channel = TextField()
    """Discord's id."""
    webhook = TextField(unique=True)
    """Discord's id."""
    face = TextField()
    """That of the character when it was made."""
    is_deleted = BooleanField(default=False)


class MemberFact(Table):
    """A fact that a message tells of its author; it goes with that message."""

    member = ForeignKeyField(Member, on_delete="CASCADE")
    member_id: int
    message = ForeignKeyField(Message, on_delete="CASCADE")
    message_id: int
    kind = TextField()
    value = TextField()
    is_corrected = BooleanField(default=False)
    """The member wrote the value."""


TABLES = (
    Guild, Channel, Member, Message, RowNumbers, Attachment, ConversationLink,
    Conversation, Embedding, Reply, SentMessage, ReplySource, Feedback, Usage,
    ImportCheckpoint, Setting, MeterWeek, Comparison, VoiceChange, VoiceGap, Snapshot,
    Tombstone, ForgottenSpan, ForgottenTwin, HomeValue, Consent, LoreEntry,
    Character, CharacterHook, MemberFact,
)  # fmt: skip
