from bot.localslack import acts
from bot.localslack.acts import Place
from bot.localslack.clock import SlackClock
from bot.localslack.core import LocalSlack
from bot.localslack.dumps import dump
from bot.localslack.manifest import from_manifest
from bot.localslack.state import Message

MANIFEST = {
    "display_information": {"name": "Okra"},
    "oauth_config": {"scopes": {"bot": ["chat:write", "im:history", "users:read"]}},
    "settings": {
        "interactivity": {"is_enabled": True},
        "event_subscriptions": {"bot_events": ["message.im", "user_change"]},
        "socket_mode_enabled": True,
    },
}


def story(clock: SlackClock, seed: int) -> tuple[object, list[object]]:
    slack = LocalSlack(from_manifest(MANIFEST), clock, seed=seed)
    mere = slack.add_person("Mere Ngata", tz="Pacific/Auckland")
    button = {"type": "button", "text": {"type": "plain_text", "text": "Check in"}}
    row = {"type": "actions", "elements": [button]}
    posted = slack.call("chat.postMessage", channel=mere.id, text="Good morning", blocks=[row])
    block = posted["message"]["blocks"][0]
    place = Place(channel=posted["channel"], ts=posted["ts"])
    action = block["elements"][0]["action_id"]
    acts.act_on(slack, slack.workspace, mere.id, place, block_id=block["block_id"], action_id=action)
    said: Message = slack.say(mere.id, "help")
    slack.change_person(mere.id, status_text=said.ts)
    return dump(slack), [(one.id, one.payload) for one in slack.outgoing.log()]


def test_one_seed_and_one_clock_tell_the_same_story_to_the_last_id() -> None:
    instant = SlackClock().now()
    first, second = (story(SlackClock(lambda: instant), 7) for _ in range(2))
    assert first == second
    assert first != story(SlackClock(lambda: instant), 8)
