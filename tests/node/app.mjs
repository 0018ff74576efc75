// A small Bolt app, as anybody would write one with Slack's own Node client. Which Slack it talks to, and how, is in
// its environment. It says "listening <port>" when it can be reached (port 0 over Socket Mode).
import bolt from "@slack/bolt";

const { App, LogLevel } = bolt;
const { SLACK_API_URL, SLACK_BOT_TOKEN, SLACK_APP_TOKEN, SLACK_SIGNING_SECRET, TRANSPORT } = process.env;

const transports = {
  socket: { socketMode: true, appToken: SLACK_APP_TOKEN },
  http: { signingSecret: SLACK_SIGNING_SECRET, endpoints: "/slack/events" },
};

const app = new App({
  token: SLACK_BOT_TOKEN,
  logLevel: LogLevel.ERROR,
  clientOptions: { slackApiUrl: SLACK_API_URL, retryConfig: { retries: 0 } },
  ...transports[TRANSPORT],
});

const plain = (text) => ({ type: "plain_text", text });
const mrkdwn = (text) => ({ type: "mrkdwn", text });

const dialog = (number) => ({
  type: "modal",
  callback_id: "checkin",
  notify_on_close: true,
  private_metadata: String(number),
  title: plain(`KR-${number}`),
  submit: plain("Save"),
  close: plain("Later"),
  blocks: [
    {
      type: "input",
      block_id: `value-${number}`,
      label: plain("Current value"),
      element: { type: "number_input", action_id: "v", is_decimal_allowed: true },
    },
    {
      type: "input",
      block_id: `blocked-${number}`,
      optional: true,
      label: plain("Blocked by"),
      element: { type: "external_select", action_id: "blocked", min_query_length: 1 },
    },
  ],
});

const button = (value) => ({ type: "button", action_id: "check_in", text: plain("Check in"), value });

app.command("/kr", async ({ ack, command, client, respond }) => {
  const [word, ...rest] = command.text.split(" ");
  if (word === "open") {
    await ack();
    await client.views.open({ trigger_id: command.trigger_id, view: dialog(12) });
  } else if (word === "later") {
    await ack();
    await respond({ text: `later: ${rest.join(" ")}`, response_type: "ephemeral" });
  } else if (word === "wrong") {
    await ack();
    await respond(await refusal(() => client.chat.postMessage({ channel: command.user_id, text: "x", blocks: [{ type: "header", text: mrkdwn("x") }] })));
  } else if (word === "unknown") {
    await ack();
    await respond(await refusal(() => client.reactions.add({ channel: command.channel_id, name: "eyes", timestamp: "1.1" })));
  } else if (word === "people") {
    await ack();
    const names = [];
    for await (const page of client.paginate("users.list", { limit: 1 })) {
      names.push(...page.members.map((one) => one.profile.real_name));
    }
    await respond(names.join(", "));
  } else if (word === "file") {
    await ack();
    await client.files.uploadV2({ channel_id: command.channel_id, filename: "scores.csv", title: "Scores", content: "12,0.5" });
  } else {
    await ack(`*KR-${word}* is fine`);
  }
});

async function refusal(call) {
  try {
    await call();
    return "it went well";
  } catch (problem) {
    return [problem.data.error, ...(problem.data.response_metadata?.messages ?? [])].join("\n");
  }
}

app.view("checkin", async ({ ack, view }) => {
  const number = Number(view.private_metadata);
  const value = view.state.values[`value-${number}`].v.value;
  if (value === "0") {
    await ack({ response_action: "errors", errors: { [`value-${number}`]: "Zero of what?" } });
  } else if (number === 12) {
    await ack({ response_action: "update", view: dialog(13) });
  } else {
    await ack();
  }
});

app.view({ callback_id: "checkin", type: "view_closed" }, async ({ ack, body, client }) => {
  await ack();
  await client.chat.postMessage({ channel: body.user.id, text: `Closed; all of it: ${body.is_cleared}` });
});

app.options("blocked", async ({ ack, payload }) => {
  const teams = ["People team", "Legal team", "Platform"].filter((one) => one.toLowerCase().includes(payload.value.toLowerCase()));
  await ack({ options: teams.map((one) => ({ text: plain(one), value: one })) });
});

app.action("check_in", async ({ ack, action, body, client, respond }) => {
  await ack();
  if (action.value === "update") {
    await client.chat.update({ channel: body.channel.id, ts: body.message.ts, text: "Done", blocks: [{ type: "section", text: mrkdwn("*Done*") }] });
  } else if (action.value === "respond") {
    await respond({ text: "You pressed", replace_original: true });
  } else {
    await client.views.open({ trigger_id: body.trigger_id, view: dialog(12) });
  }
});

app.event("app_home_opened", async ({ event, client }) => {
  const seen = event.view ? "again" : "for the first time";
  await client.views.publish({
    user_id: event.user,
    view: { type: "home", blocks: [{ type: "header", text: plain(`Here ${seen}`) }, { type: "actions", elements: [button("12")] }] },
  });
});

app.message(async ({ message, client, say }) => {
  // A thread under what was written, found again by its metadata as Okra finds a message whose answer got lost.
  const metadata = { event_type: "delivery", event_payload: { id: message.text } };
  const root = await say({ text: "A thread", blocks: [{ type: "actions", elements: [button("update")] }], metadata });
  await say({ text: "a reply", thread_ts: root.ts });
  const history = await client.conversations.history({ channel: message.channel, include_all_metadata: true });
  const found = history.messages.find((one) => one.metadata?.event_payload.id === message.text);
  const replies = await client.conversations.replies({ channel: message.channel, ts: found.ts });
  const { permalink } = await client.chat.getPermalink({ channel: message.channel, message_ts: found.ts });
  await say({ text: `found with ${replies.messages.length - 1} reply at ${permalink}`, thread_ts: found.ts });
});

app.shortcut("make_blocker", async ({ ack, shortcut, client }) => {
  await ack();
  await client.chat.postEphemeral({ channel: shortcut.channel.id, user: shortcut.user.id, text: `A blocker: ${shortcut.message.text}` });
});

app.error(async (problem) => {
  console.error(problem.code, problem.message, JSON.stringify(problem.data ?? problem.original?.data ?? {}));
});

const server = await app.start(0);
console.log(`listening ${TRANSPORT === "http" ? server.address().port : 0}`);
