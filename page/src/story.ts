// Where the story's steps and the lines of "What happened" lead.

import { useEffect } from "react";
import type { Behind, Happened, Step } from "./demo";
import type { Place } from "./workspace";

type Here = {
  me: string;
  place: Place;
  be: (person: string, place?: Place) => Promise<void>;
  go: (place: Place) => void;
};

function placeOf(step: Step): Place | null {
  const { place } = step;
  if (!place) return null;
  if (place.kind === "home") return { channel: "", home: true };
  if (!place.channel) return null;
  if (place.kind === "thread" && place.ts) return { channel: place.channel, thread: place.ts, threadin: place.channel };
  return { channel: place.channel, ts: place.ts ?? undefined };
}

export function useStory(behind: Behind, { me, place, be, go }: Here) {
  const story = behind.demo?.story;
  const step = story && !story.done ? story.steps.find((one) => one.state === "current") : undefined;

  const here = (one: Step) => {
    if (one.person && one.person !== me) return false;
    const wanted = placeOf(one);
    if (!wanted) return true;
    if (wanted.home) return place.home === true;
    return place.channel === wanted.channel && (!wanted.thread || place.thread === wanted.thread);
  };
  const take = (one: Step) => {
    const wanted = placeOf(one) ?? undefined;
    if (one.person && one.person !== me) void be(one.person, wanted);
    else if (wanted) go(wanted);
  };
  const goTo = (one: Happened) => {
    if (!one.channel) return;
    const wanted = { channel: one.channel, ts: one.ts ?? undefined };
    if (one.person && one.person !== me) void be(one.person, wanted);
    else go(wanted);
  };

  // The button that the step is about, wherever it is drawn.
  const press = step && here(step) ? step.press : null;
  useEffect(() => {
    if (!press) return;
    const mark = () => {
      for (const old of document.querySelectorAll(".pointed")) old.classList.remove("pointed");
      const buttons = [...document.querySelectorAll<HTMLElement>(".message .button, .dialog .button, .home .button")];
      buttons.filter((one) => one.textContent?.trim() === press).at(-1)?.classList.add("pointed");
    };
    mark();
    const watch = new MutationObserver(mark);
    watch.observe(document.body, { childList: true, subtree: true });
    return () => {
      watch.disconnect();
      for (const old of document.querySelectorAll(".pointed")) old.classList.remove("pointed");
    };
  }, [press]);
  return { here, take, goTo, hint: step ? step.text.replace(/[*_]/g, "") : null };
}
