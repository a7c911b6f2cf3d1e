"""Discord's rules that the stand-in keeps, each with the section that states it.

Sections are pages of Discord's documentation for developers, below
https://docs.discord.com/developers/, or of HTTP itself (RFC 9110). `proof` names the
test of each rule; a test fails when its rule is switched off, which
`test_rule_table.py` tries for every one.
"""

from dataclasses import dataclass

ACCESS, PERMISSIONS, FORM, EMPTY = 50001, 50013, 50035, 50006
NO_TEXT, NOT_AUTHOR, NO_HISTORY, ARCHIVED = 50008, 50005, 160002, 50083
UNKNOWN_EMOJI, DAILY_CREATES, BLOCKED_MESSAGE = 10014, 30034, 200000
SLOW_MODE, UNKNOWN_MESSAGE = 20016, 10008
VOICE_MORE, VOICE_FILES, VOICE_DATA, VOICE_FIXED = 50159, 50160, 50161, 50162
NO_VOICES = 50173


class RequestError(Exception):
    """An answer other than success, with Discord's own error code."""

    def __init__(
        self, status: int, code: int, message: str, errors: object = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.errors = errors


@dataclass(frozen=True)
class Rule:
    """One rule, and how Discord answers when it is broken."""

    name: str
    section: str
    proof: str
    status: int = 0
    """0 for rules on what Discord sends, which nobody can break."""
    code: int = 0
    message: str = ""


class Rules:
    """The rules in force; the test of the table switches off one at a time."""

    def __init__(self) -> None:
        self.off: set[str] = set()

    def hold(self, rule: Rule) -> bool:
        """Whether a rule is in force."""
        return rule.name not in self.off

    def refuse(self, rule: Rule, errors: object = None) -> None:
        """Answer as Discord does when somebody breaks a rule.

        Raises:
            RequestError: Unless the rule is switched off.
        """
        if self.hold(rule):
            raise RequestError(rule.status, rule.code, rule.message, errors)


_COMMANDS = "interactions/application-commands"
_CREATE = "resources/message#create-message"
_RIGHTS = "topics/permissions"
_VOICES = "resources/message#voice-messages"
_VOICES = "resources/message#voice-messages"
_CODES = "topics/opcodes-and-status-codes#json-json-error-codes"
_LIMITS = "topics/rate-limits"
_EVENTS = "events/gateway-events"
_INVALID = "Invalid Form Body"
_NO_ACCESS, _NO_RIGHT = "Missing Access", "Missing Permissions"

COMMAND_NAME = Rule(
    "a command's name has 1 to 32 lower-case letters, digits, - _ '",
    f"{_COMMANDS}#application-command-object-application-command-naming",
    "commands.one_bad_name_refuses_the_whole_list", 400, FORM, _INVALID,
)  # fmt: skip
COMMAND_UNIQUE = Rule(
    "no two commands of a kind have one name",
    f"{_COMMANDS}#registering-a-command",
    "commands.two_commands_of_one_name_are_refused", 400, FORM, _INVALID,
)  # fmt: skip
COMMAND_DESCRIPTION = Rule(
    "a slash command's description has 1 to 100 characters, a menu entry's none",
    f"{_COMMANDS}#application-command-object-application-command-structure",
    "commands.a_description_is_neither_missing_nor_too_long", 400, FORM, _INVALID,
)  # fmt: skip
COMMAND_OPTIONS = Rule(
    "at most 25 options, of different names, the required ones first",
    f"{_COMMANDS}#application-command-object-application-command-option-structure",
    "commands.options_are_few_unique_and_required_ones_come_first", 400, FORM, _INVALID,
)  # fmt: skip
COMMAND_COUNT = Rule(
    "an application has at most 100 global slash commands",
    f"{_COMMANDS}#registering-a-command",
    "commands.more_than_a_hundred_are_refused", 400, 30032,
    "Maximum number of application commands reached (100)",
)  # fmt: skip
COMMAND_SIZE = Rule(
    "the texts of one command have at most 8000 characters together",
    f"{_COMMANDS}#slash-commands",
    "commands.a_command_of_too_many_words_is_refused", 400, FORM, _INVALID,
)  # fmt: skip
COMMAND_CREATES = Rule(
    "200 commands may be created a day; an unchanged name creates none",
    f"{_COMMANDS}#registering-a-command",
    "commands.creating_too_many_in_a_day_is_refused", 429, DAILY_CREATES,
    "Max number of daily application command creates has been reached (200)",
)  # fmt: skip

VIEW = Rule(
    "nothing is read, written or changed in a channel that the bot cannot see",
    f"{_RIGHTS}#implicit-permissions",
    "rights.nothing_works_in_a_channel_it_cannot_see", 403, ACCESS, _NO_ACCESS,
)  # fmt: skip
SEND = Rule(
    "writing in a channel needs Send Messages",
    f"{_CREATE}-limitations",
    "rights.writing_needs_send_messages", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
SEND_IN_THREADS = Rule(
    "writing in a thread needs Send Messages in Threads",
    f"{_RIGHTS}#inherited-permissions-threads",
    "rights.writing_in_threads_is_a_right_of_its_own", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
PRIVATE_THREAD = Rule(
    "a private thread is for its members and for Manage Threads",
    "topics/threads#permissions",
    "rights.a_private_thread_is_closed_to_others", 403, ACCESS, _NO_ACCESS,
)  # fmt: skip
LOCKED = Rule(
    "nobody without Manage Threads writes in a locked thread",
    "topics/threads#locked-threads",
    "rights.a_locked_thread_takes_no_message", 403, 160005, "Thread is locked",
)  # fmt: skip
ARCHIVED_THREAD = Rule(
    "an archived thread takes no edit and no reaction",
    "topics/threads#active-archived-threads",
    "rights.an_archived_thread_takes_no_edit", 400, ARCHIVED, "Thread is archived",
)  # fmt: skip
HISTORY = Rule(
    "without Read Message History no earlier message is listed",
    "resources/message#get-channel-messages",
    "rights.history_is_empty_without_its_right",
)
READ_MESSAGE = Rule(
    "reading one message needs Read Message History",
    "resources/message#get-channel-message",
    "rights.one_message_needs_the_right_to_history", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
ARCHIVES = Rule(
    "listing archived threads needs Read Message History",
    "resources/channel#list-public-archived-threads",
    "rights.archived_threads_need_the_right_to_history", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
CONNECT = Rule(
    "reading a voice channel's text needs Connect",
    "resources/message#get-channel-messages",
    "rights.a_voice_channels_text_needs_connect", 403, ACCESS, _NO_ACCESS,
)  # fmt: skip
REPLY_HISTORY = Rule(
    "a reply needs Read Message History",
    f"{_CREATE}-limitations",
    "rights.a_reply_needs_the_right_to_history", 400, NO_HISTORY,
    "Cannot reply without permission to read message history",
)  # fmt: skip
REPLY_SYSTEM = Rule(
    "nobody replies to a system message",
    f"{_CREATE}-limitations",
    "rights.a_notice_cannot_be_replied_to", 400, FORM, _INVALID,
)  # fmt: skip
REPLY_EXISTS = Rule(
    "the message replied to exists, unless fail_if_not_exists is off",
    "resources/message#message-reference-structure",
    "rights.a_reply_to_nothing_fails_where_it_should", 400, FORM, _INVALID,
)  # fmt: skip
EMBED = Rule(
    "an embed needs Embed Links",
    f"{_RIGHTS}#implicit-permissions",
    "rights.embeds_files_and_speech_need_their_rights", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
ATTACH = Rule(
    "a file needs Attach Files",
    f"{_RIGHTS}#permissions-bitwise-permission-flags",
    "rights.embeds_files_and_speech_need_their_rights", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
SPEAK_ALOUD = Rule(
    "text to speech needs Send TTS Messages",
    f"{_CREATE}-limitations",
    "rights.embeds_files_and_speech_need_their_rights", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
SEND_VOICE = Rule(
    "a voice message needs Send Voice Messages",
    f"{_RIGHTS}#permissions-bitwise-permission-flags",
    "voices.a_voice_message_needs_its_right", 403, NO_VOICES,
    "You cannot send voice messages in this channel",
)  # fmt: skip
VOICE_ALONE = Rule(
    "a voice message has no words, embeds or buttons",
    _VOICES, "voices.a_voice_message_has_nothing_else", 400, VOICE_MORE,
    "Voice messages do not support additional content",
)  # fmt: skip
VOICE_FILE = Rule(
    "a voice message has one file, which is a sound",
    _VOICES, "voices.a_voice_message_has_one_sound", 400, VOICE_FILES,
    "Voice messages must have a single audio attachment",
)  # fmt: skip
VOICE_SHAPE = Rule(
    "a voice message tells its duration, and a waveform of up to 256 points in base64",
    _VOICES, "voices.a_voice_message_tells_its_shape", 400, VOICE_DATA,
    "Voice messages must have supporting metadata",
)  # fmt: skip
VOICE_EDIT = Rule(
    "nobody edits a voice message",
    _VOICES, "voices.nobody_edits_a_voice_message", 400, VOICE_FIXED,
    "Voice messages cannot be edited",
)  # fmt: skip
REACT = Rule(
    "a new reaction needs Add Reactions, and every one Read Message History",
    "resources/message#create-reaction",
    "rights.reactions_need_their_rights", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
REACT_EMOJI = Rule(
    "a reaction is an emoji of Unicode or name:id",
    "resources/message#create-reaction",
    "rights.only_an_emoji_is_a_reaction", 400, UNKNOWN_EMOJI, "Unknown Emoji",
)  # fmt: skip
DELETE_OTHERS = Rule(
    "deleting others' messages needs Manage Messages",
    "resources/message#delete-message",
    "rights.others_messages_stay", 403, PERMISSIONS, _NO_RIGHT,
)  # fmt: skip
EDIT_OTHERS = Rule(
    "nobody edits another's words",
    "resources/message#edit-message",
    "rights.others_messages_stay", 403, NOT_AUTHOR,
    "Cannot edit a message authored by another user",
)  # fmt: skip
TEXT_CHANNELS = Rule(
    "forums, media channels and categories hold no messages of their own",
    "resources/channel#channel-object-channel-types",
    "rights.a_forum_takes_posts_only", 400, NO_TEXT,
    "Cannot send messages in a non-text channel",
)  # fmt: skip
TIMED_OUT = Rule(
    "a member in time-out may only look",
    f"{_RIGHTS}#permissions-for-timed-out-members",
    "rights.in_time_out_it_may_only_look",
)
ANSWERS = Rule(
    "a command is answered even where the bot may neither see nor write",
    "interactions/receiving-and-responding#followup-messages",
    "rights.a_command_is_answered_where_it_may_not_write", 403, ACCESS, _NO_ACCESS,
)  # fmt: skip
CLOSED = Rule(
    "a person who takes no direct messages gets none",
    _CODES,
    "rights.a_person_may_take_no_direct_messages", 403, 50007,
    "Cannot send messages to this user",
)  # fmt: skip
MEMBER = Rule(
    "who is no member of a server is not found among its members",
    "resources/guild#get-guild-member",
    "rights.a_stranger_is_no_member", 404, 10007, "Unknown Member",
)  # fmt: skip
SLOW = Rule(
    "slow mode does not hold for bots",
    "resources/channel#channel-object-channel-structure",
    "rights.slow_mode_is_not_for_bots", 429, SLOW_MODE,
    "This action cannot be performed due to slowmode rate limit",
)  # fmt: skip

AUTOMOD = Rule(
    "automatic moderation refuses words, in a message (200000) or a title (200001)",
    _CODES,
    "content.automatic_moderation_refuses_words_in_messages_edits_and_answers",
    400, BLOCKED_MESSAGE, "Message was blocked by automatic moderation",
)  # fmt: skip
CONTENT_LENGTH = Rule(
    "a message has at most 2000 characters",
    f"{_CREATE}-json/form-params",
    "content.too_long_or_empty_messages_are_refused", 400, FORM, _INVALID,
)  # fmt: skip
CONTENT_EMPTY = Rule(
    "a message is not empty",
    f"{_CREATE}-json/form-params",
    "content.too_long_or_empty_messages_are_refused", 400, EMPTY,
    "Cannot send an empty message",
)  # fmt: skip
NONCE_LENGTH = Rule(
    "a nonce has at most 25 characters",
    f"{_CREATE}-json/form-params",
    "content.a_nonce_is_short_and_makes_one_message", 400, FORM, _INVALID,
)  # fmt: skip
NONCE_ONCE = Rule(
    "an enforced nonce makes one message in some minutes",
    f"{_CREATE}-json/form-params",
    "content.a_nonce_is_short_and_makes_one_message",
)
NONCE_TOLD = Rule(
    "a message's event tells its nonce",
    f"{_CREATE}-json/form-params",
    "content.the_event_of_a_message_tells_its_nonce",
)
HISTORY_PAGE = Rule(
    "a page of history has 1 to 100 messages",
    "resources/message#get-channel-messages-query-string-params",
    "content.a_page_of_history_has_at_most_a_hundred", 400, FORM, _INVALID,
)  # fmt: skip

BUCKET = Rule(
    "each channel has a bucket of messages; the headers tell what is left",
    f"{_LIMITS}#header-format-rate-limit-header-examples",
    "limits.a_full_bucket_answers_429_with_its_headers",
)
GLOBAL = Rule(
    "50 requests a second, answers to interactions apart",
    f"{_LIMITS}#global-rate-limit",
    "limits.fifty_a_second_and_answers_are_not_counted",
)
INVALID_REQUESTS = Rule(
    "10,000 answers of 401, 403 or 429 in 10 minutes block the address",
    f"{_LIMITS}#invalid-request-limit-aka-cloudflare-bans",
    "limits.too_many_invalid_requests_block_the_address",
)
TOKEN = Rule(
    "every request but the answers to interactions needs the bot's token",
    "reference#authentication",
    "limits.a_request_without_the_token_is_refused", 401, 0, "401: Unauthorized",
)  # fmt: skip
DATE = Rule(
    "every answer tells Discord's time",
    "rfc9110#section-6.6.1",
    "limits.every_answer_tells_discords_time",
)

IDENTIFY_FIRST = Rule(
    "nothing but a heartbeat comes before the identify: close code 4003",
    "topics/opcodes-and-status-codes#gateway-gateway-close-event-codes",
    "gateway.frames_in_the_wrong_order_close_the_connection",
)
IDENTIFY_ONCE = Rule(
    "a connection identifies once: close code 4005",
    "topics/opcodes-and-status-codes#gateway-gateway-close-event-codes",
    "gateway.frames_in_the_wrong_order_close_the_connection",
)
FRAMES = Rule(
    "120 frames a minute: close code 4008",
    "events/gateway#rate-limiting",
    "gateway.too_many_frames_close_the_connection",
)
UNAVAILABLE_READY = Rule(
    "READY tells every server as unavailable; each comes by GUILD_CREATE, maybe later",
    f"{_EVENTS}#guild-create",
    "gateway.a_server_comes_after_an_unavailable_ready",
)
MANAGED_ROLE = Rule(
    "the invitation makes a role that only the bot has",
    f"{_RIGHTS}#role-object-role-structure",
    "gateway.the_bot_has_a_managed_role",
)
DIRECT_INTENT = Rule(
    "direct messages come with an intent of their own, and always with words",
    "events/gateway#list-of-intents",
    "gateway.direct_messages_need_their_intent",
)
OWN_MEMBER = Rule(
    "the bot's own member is told of whatever its intents",
    "events/gateway#list-of-intents",
    "gateway.its_own_member_needs_no_intent",
)
OBFUSCATED = Rule(
    "a channel that the bot cannot see comes without name and rights",
    f"{_RIGHTS}#channel-visibility",
    "gateway.a_hidden_channel_comes_obfuscated",
)
SEEN_EVENTS = Rule(
    "no event tells of a channel or thread that the bot cannot see",
    "topics/threads#permissions",
    "gateway.hidden_channels_tell_nothing",
)
CONTENT_INTENT = Rule(
    "without the intent, only messages that name the bot have words",
    "events/gateway#message-content-intent",
    "gateway.without_the_intent_words_are_missing",
)
WHOLE_UPDATE = Rule(
    "MESSAGE_UPDATE has the whole message, for link previews and pins as well",
    f"{_EVENTS}#message-update",
    "events.previews_and_pins_send_the_whole_message",
)
PIN_NOTICE = Rule(
    "a pin writes a notice (type 6) and sends CHANNEL_PINS_UPDATE",
    "resources/message#message-object-message-types",
    "events.previews_and_pins_send_the_whole_message",
)
STARTER = Rule(
    "a thread from a message begins with an empty message of type 21",
    "topics/threads#new-message-types",
    "events.a_thread_begins_with_an_empty_starter",
)
FORWARD = Rule(
    "a forward has no words of its own, and a snapshot of the other's",
    "resources/message#message-reference-types",
    "events.a_forward_has_a_snapshot_and_no_words",
)
VOICE_MESSAGE = Rule(
    "a voice message has one audio file and no words",
    "resources/message#voice-messages",
    "events.polls_and_voice_messages_have_no_words",
)
POLL = Rule(
    "a poll has a question and answers, and no words",
    "resources/poll#poll-object",
    "events.polls_and_voice_messages_have_no_words",
)
WEBHOOK = Rule(
    "a webhook's message has its name and id as author, and no member",
    "resources/message#message-object",
    "events.a_webhooks_author_is_the_webhook",
)
WEBHOOK_RIGHT = Rule(
    "making, reading and deleting webhooks needs Manage Webhooks",
    "resources/webhook#create-webhook",
    "rights.webhooks_need_manage_webhooks", 403, PERMISSIONS, "Missing Permissions",
)  # fmt: skip
WEBHOOK_NAME = Rule(
    "a webhook's name has 1 to 80 characters, without clyde and discord",
    "resources/webhook#create-webhook",
    "content.some_names_of_webhooks_are_refused", 400, FORM, _INVALID,
)  # fmt: skip
WEBHOOK_PICTURE = Rule(
    "a webhook's picture is a data URI of PNG, JPG or GIF",
    "reference#image-data",
    "content.a_webhooks_picture_is_in_its_address", 400, FORM, _INVALID,
)  # fmt: skip
WEBHOOKS_FULL = Rule(
    "a channel has 15 webhooks at most",
    "topics/opcodes-and-status-codes#json-json-error-codes",
    "limits.a_channel_has_fifteen_webhooks", 400, 30007,
    "Maximum number of webhooks reached (15)",
)  # fmt: skip
WEBHOOK_NONCE = Rule(
    "a webhook knows no nonce",
    "resources/webhook#execute-webhook",
    "content.a_webhook_says_the_same_twice",
)
WEBHOOK_OWN = Rule(
    "a webhook edits and deletes its own messages alone",
    "resources/webhook#edit-webhook-message",
    "rights.a_webhook_changes_its_own_messages_alone", 404, UNKNOWN_MESSAGE,
    "Unknown Message",
)  # fmt: skip
COMMAND_ANSWER = Rule(
    "a bot's answer to a command has its application's id as that of a webhook",
    "resources/message#message-object",
    "events.an_answer_to_a_command_comes_by_a_webhook",
)
CROSSPOST = Rule(
    "a published announcement arrives in following channels as a webhook's",
    "resources/message#message-reference-types",
    "events.an_announcement_is_posted_on_by_a_webhook",
)
BULK_DELETE = Rule(
    "several messages deleted together come in one event",
    f"{_EVENTS}#message-delete-bulk",
    "events.deletions_together_come_together",
)
BAN = Rule(
    "a ban may delete a member's last messages",
    "resources/guild#create-guild-ban",
    "events.a_ban_may_delete_messages",
)
ROLE_MENTION = Rule(
    "a role's mention is in mention_roles, not in mentions",
    "resources/message#message-object",
    "events.a_mention_of_a_role_names_no_person",
)
ANSWER_TIME = Rule(
    "an interaction is answered within three seconds, once",
    "interactions/receiving-and-responding#responding-to-an-interaction",
    "events.an_interaction_is_answered_in_time_and_once", 404, 10062,
    "Unknown interaction",
)  # fmt: skip
UPDATES = Rule(
    "only a component's interaction is answered by an update of its message",
    "interactions/receiving-and-responding#interaction-response-object-interaction-"
    "callback-type",
    "events.an_update_answers_a_component_only", 400, FORM, _INVALID,
)  # fmt: skip
COMPONENT_ID = Rule(
    "a button or menu has an id of 1 to 100 characters, alone in its message",
    "components/reference#anatomy-of-a-component",
    "content.buttons_have_ids_of_their_own", 400, FORM, _INVALID,
)  # fmt: skip
COMMAND_USER = Rule(
    "the answer to a command tells who used it",
    "resources/message#message-interaction-metadata-object",
    "events.an_answer_to_a_command_tells_who_used_it",
)
SILENT = Rule(
    "the first follow-up edits a deferred answer, and no edit is read aloud",
    "interactions/receiving-and-responding#create-followup-message",
    "events.a_deferred_answer_is_not_read_aloud",
)

RULES = tuple(one for one in globals().values() if isinstance(one, Rule))
