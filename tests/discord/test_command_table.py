"""Every command that Discord is told of, and the test that proves it."""

import importlib
from typing import Any

from tests.discord.conftest import Start
from tests.discord.scene import Scene
from tests.discord_stand_in.server import DiscordStandIn

TABLE = {
    "mark": "cog_speak.the_slash_command_takes_a_seed_and_shows_its_sources",
    "stop": "stop_and_again.the_command_stops_a_reply_that_nobody_sees_yet_and_it_stays"
    "_unsaid",
    "again": "stop_and_again.again_keeps_to_the_rates_and_works_after_a_restart",
    "listen add": "cog_commands.many_channels_are_added_and_removed_in_a_menu",
    "listen remove": "cog_commands.many_channels_are_added_and_removed_in_a_menu",
    "listen list": "cog_commands.channels_are_added_removed_and_listed",
    "listen modify": "cog_commands.the_menu_chooses_among_more_than_25_channels",
    "train": "cog_train.training_asks_before_it_forgets_what_is_learned",
    "me show": "cog_me.a_member_sees_corrects_and_deletes_what_they_told",
    "me correct": "cog_me.a_member_sees_corrects_and_deletes_what_they_told",
    "me delete": "cog_me.a_member_sees_corrects_and_deletes_what_they_told",
    "help": "cog_commands.help_says_what_is_enabled_here",
    "direct": "direct_messages.of_several_servers_it_says_whose_voice_it_is_and_lets"
    "_them_choose",
    "invite": "cog_commands.the_invitation_asks_for_no_more_rights_than_needed",
    "why": "responder.cooldowns_hold_for_a_person_and_for_the_server",
    "quiet": "responder.asked_to_be_quiet_it_answers_commands_only",
    "stats": "cog_stats.stats_show_the_week_as_a_picture_with_words_for_those_who"
    "_cannot_see_it",
    "model show": "model_command.mode_and_place_are_switched_and_shown",
    "model list": "model_command.the_owner_switches_the_model_of_all_servers",
    "model use": "model_command.the_owner_switches_the_model_of_all_servers",
    "model where": "model_command.mode_and_place_are_switched_and_shown",
    "model mode": "model_command.mode_and_place_are_switched_and_shown",
    "model check": "model_command.the_check_up_is_shown_to_the_owner",
    "origin": "cog_games.origin_shows_the_first_who_may_be_told_with_a_link_and_a"
    "_picture",
    "whosaid": "cog_games.members_guess_and_the_answer_comes_when_the_time_is_up",
    "wrapped": "cog_games.wrapped_shows_the_year_of_what_may_be_told_as_two_pictures",
    "catchup": "catchup.it_tells_what_was_written_since_ones_last_message_with_links",
    "lore add": "cog_lore.moderators_write_list_show_and_remove_entries",
    "lore list": "cog_lore.moderators_write_list_show_and_remove_entries",
    "lore show": "cog_lore.moderators_write_list_show_and_remove_entries",
    "lore remove": "cog_lore.moderators_write_list_show_and_remove_entries",
    "persona show": "cog_persona.a_moderator_takes_a_card_and_removes_it",
    "persona import": "cog_persona.a_moderator_takes_a_card_and_removes_it",
    "persona remove": "cog_persona.a_moderator_takes_a_card_and_removes_it",
    "persona add": "cog_persona.a_character_answers_to_its_name_as_itself",
    "persona list": "cog_persona.a_character_answers_to_its_name_as_itself",
    "persona dismiss": "cog_persona.a_character_answers_to_its_name_as_itself",
    "config show": "real_host_settings.every_setting_is_shown_set_and_reset_for"
    "_server_and_channel",
    "config set": "real_host_settings.every_setting_is_shown_set_and_reset_for"
    "_server_and_channel",
    "config reset": "real_host_settings.every_setting_is_shown_set_and_reset_for"
    "_server_and_channel",
    "config withdraw": "real_host_settings.the_owner_alone_withdraws_a_consent",
    "privacy show": "real_host.a_member_can_see_export_forget_and_opt_out",
    "privacy export": "real_host.a_member_can_see_export_forget_and_opt_out",
    "privacy opt-out": "real_host.no_byte_of_an_opted_out_member_stays_in_the_home",
    "privacy opt-in": "cog_commands.an_opt_out_holds_until_it_is_taken_back",
    "privacy tuning": "cog_commands.a_member_agrees_to_tuning_and_takes_it_back",
    "privacy voice": "imitation.a_member_takes_their_voice_back_at_once",
    "like": "imitation.it_talks_like_a_member_who_agreed_and_says_so",
    "duet": "imitation.two_members_who_agreed_talk_in_turns",
    "privacy forget": "real_host.a_member_can_see_export_forget_and_opt_out",
    "privacy member": "cog_commands.a_banned_members_recent_messages_go_in_one_step",
    "Why this?": "cog_speak.the_menu_on_a_reply_explains_repeats_and_forgets",
    "Again": "cog_speak.the_menu_on_a_reply_explains_repeats_and_forgets",
    "Forget the sources": "cog_speak.the_menu_on_a_reply_explains_repeats_and_forgets",
}

GROUP = 1
"""Discord's number of a command within a command."""


def names(commands: list[dict[str, Any]]) -> set[str]:
    """Every command by its full name."""
    found = set()
    for command in commands:
        inner = [o for o in command.get("options", ()) if o["type"] == GROUP]
        found |= {f"{command['name']} {one['name']}" for one in inner}
        if not inner:
            found.add(command["name"])
    return found


async def test_no_command_is_without_its_test(
    stand_in: DiscordStandIn, start: Start, scene: Scene
) -> None:
    async with start().connected():
        await stand_in.wait_for(lambda: bool(stand_in.rest.commands))
    assert names(stand_in.rest.commands) == set(TABLE)


def test_the_tests_of_the_table_exist() -> None:
    for proof in TABLE.values():
        module, name = proof.split(".")
        tests = importlib.import_module(f"tests.discord.test_{module}")
        assert callable(getattr(tests, f"test_{name}")), proof
