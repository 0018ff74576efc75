// Blocks in order: runs of mere text, tables and charts go to the library, what can be used is drawn here.

import { useId } from "react";
import { Interactive } from "./elements";
import type { Block, Element } from "./slack";
import { useSurface } from "./surface";
import { Say, Static, words } from "./text";

const INERT = new Set(["image", "mrkdwn", "plain_text"]);

export function Blocks({ blocks }: { blocks: Block[] }) {
  const runs: Block[][] = [];
  for (const block of blocks) {
    const last = runs.at(-1);
    if (isStatic(block) && last?.[0] && isStatic(last[0])) last.push(block);
    else runs.push([block]);
  }
  const first = blocks.find((block) => block.type === "input")?.block_id;
  return (
    <div className="blocks">
      {runs.map((run) => {
        const block = run[0] as Block;
        const key = block.block_id || JSON.stringify(block).slice(0, 80);
        return isStatic(block) ? <Static key={key} blocks={run} /> : <Live key={key} block={block} first={first} />;
      })}
    </div>
  );
}

function isStatic(block: Block): boolean {
  switch (block.type) {
    case "section":
      return !block.accessory || INERT.has(block.accessory.type);
    case "card":
      return !block.actions?.length;
    case "actions":
    case "input":
    case "header":
    case "context_actions":
    case "container":
    case "carousel":
      return false;
    default:
      return true;
  }
}

function Live({ block, first }: { block: Block; first?: string }) {
  switch (block.type) {
    case "header":
      return (
        <h3 className="block-header">
          <Say text={block.text} />
        </h3>
      );
    case "section":
      return <Section block={block} />;
    case "actions":
    case "context_actions":
      return <Row blockId={block.block_id} elements={block.elements ?? []} />;
    case "input":
      return <Input block={block} first={block.block_id === first} />;
    case "card":
      return (
        <div className="block-card">
          <Static blocks={[{ ...block, actions: undefined }]} />
          <Row blockId={block.block_id} elements={block.actions ?? []} />
        </div>
      );
    case "container":
      return (
        <details className="block-container" open={!block.default_collapsed}>
          <summary>
            <strong>{words(block.title)}</strong> <span className="faint">{words(block.subtitle)}</span>
          </summary>
          <Blocks blocks={block.child_blocks ?? []} />
        </details>
      );
    case "carousel":
      return <Blocks blocks={(block.elements ?? []) as unknown as Block[]} />;
    default:
      return null;
  }
}

function Row({ blockId, elements }: { blockId: string; elements: Element[] }) {
  return (
    <div className="row">
      {elements.map((element) => (
        <Interactive key={element.action_id} blockId={blockId} element={element} />
      ))}
    </div>
  );
}

function Section({ block }: { block: Block }) {
  const accessory = block.accessory as Element;
  const label = words(accessory.placeholder) || words(block.text).replace(/[*_~`]/g, "").slice(0, 80);
  const tall = ["radio_buttons", "checkboxes"].includes(accessory.type);
  return (
    <div className={tall ? "section tall" : "section"}>
      <div className="section-text">
        <Static blocks={[{ ...block, accessory: undefined }]} />
      </div>
      <div className="accessory">
        <Interactive blockId={block.block_id} element={accessory} field={{ label }} />
      </div>
    </div>
  );
}

function Input({ block, first }: { block: Block; first: boolean }) {
  const surface = useSurface();
  const id = useId();
  const element = block.element as Element;
  const error = surface.errors[block.block_id];
  const described = [error && `${id}-error`, block.hint && `${id}-hint`].filter(Boolean).join(" ");
  return (
    <div className={error ? "field wrong" : "field"} data-block={block.block_id}>
      <div className="label" id={`${id}-label`}>
        {words(block.label)}
        {block.optional && <span className="faint"> (optional)</span>}
      </div>
      <Interactive
        blockId={block.block_id}
        element={element}
        field={{
          label: words(block.label),
          labelledBy: `${id}-label`,
          describedBy: described || undefined,
          invalid: error ? true : undefined,
          required: !block.optional,
          reports: block.dispatch_action,
          focus: first,
        }}
      />
      {error && (
        <p className="error" id={`${id}-error`}>
          {error}
        </p>
      )}
      {block.hint && (
        <p className="hint" id={`${id}-hint`}>
          {words(block.hint)}
        </p>
      )}
    </div>
  );
}
