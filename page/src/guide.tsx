// The story: what to press next, and as whom. It steps aside when it is told.

import type { Behind, Step } from "./demo";
import { Onwards } from "./floating";
import { Say } from "./text";
import { useWorkspace } from "./workspace";

type Props = { behind: Behind; here: (step: Step) => boolean; onTake: (step: Step) => void };

export function Guide({ behind, here, onTake }: Props) {
  const { me, people, say } = useWorkspace();
  const { demo, jumping, send } = behind;
  const story = demo?.story;
  if (!demo || !story || story.done) return null;
  const at = story.steps.findIndex((one) => one.state === "current");
  const step = story.steps[at];
  if (!step) return null;
  const person = step.person ? people.get(step.person) : null;
  const jump = demo.clock.jumps.find((one) => one.name === step.jump);
  const post = async (what: "jump" | "story", given: object) => {
    const problem = await send(what, given);
    if (problem) say(problem);
  };
  return (
    <aside className="guide" aria-label="Story">
      <div className="guide-head">
        <span className="steps" role="img" aria-label={`Step ${at + 1} of ${story.steps.length}`}>
          {story.steps.map((one) => (
            <i key={one.id} className={one.state} />
          ))}
        </span>
        <h2>{step.title}</h2>
        <button type="button" className="quiet" onClick={() => void post("story", { skip: true })}>
          Skip the story
        </button>
      </div>
      <div className="guide-text" aria-live="polite">
        <Say text={{ type: "mrkdwn", text: step.text }} />
      </div>
      <div className="row">
        {jump && (
          <button
            type="button"
            className="button primary filled"
            disabled={!jump.at || jumping !== ""}
            onClick={() => void post("jump", { to: jump.name })}
          >
            {jump.label} <Onwards />
          </button>
        )}
        {!here(step) && (
          <button
            type="button"
            className={jump ? "button" : "button primary filled"}
            disabled={jumping !== ""}
            onClick={() => onTake(step)}
          >
            {person && person.id !== me.id ? `Be ${person.name}` : "Show me"}
          </button>
        )}
      </div>
    </aside>
  );
}
