/** Plays a script of an auto-responder with typed answers, to show what a contact would see. Pure (automation.md). */
import { record } from '../../api/wire';

export type Step =
  | { step: 'statement'; text: string }
  | { step: 'question'; text: string }
  | { step: 'attribute'; text: string; attribute: string; again: string };

export interface Script {
  hours: 'always' | 'inside' | 'outside';
  language: string | null;
  steps: Step[];
}

export type Ending = 'escaped' | 'ended';

export interface Line {
  by: 'agent' | 'contact' | 'system';
  /** What is said; of the system: which attribute was stored or skipped. */
  text: string;
  event?: 'stored' | 'skipped';
}

export interface Played {
  lines: Line[];
  /** Null while it waits for an answer. */
  ending: Ending | null;
}

export function readScripts(value: unknown): Script[] {
  if (!Array.isArray(value)) return [];
  return value.map((one) => {
    const from = record(one);
    const hours = from.hours === 'inside' || from.hours === 'outside' ? from.hours : 'always';
    const steps = Array.isArray(from.steps) ? from.steps.map(readStep) : [];
    return { hours, language: typeof from.language === 'string' ? from.language : null, steps };
  });
}

function readStep(value: unknown): Step {
  const from = record(value);
  const text = String(from.text ?? '');
  if (from.step === 'attribute')
    return {
      step: 'attribute',
      text,
      attribute: String(from.attribute ?? ''),
      again: String(from.again ?? ''),
    };
  return { step: from.step === 'question' ? 'question' : 'statement', text };
}

function comparable(text: string): string {
  return text.normalize('NFKC').toLowerCase();
}

/** Whole words only, in any case: "agente" does not hide in "agentes". */
export function escapes(text: string, words: readonly string[]): boolean {
  const said = comparable(text);
  return words.some((word) => {
    const wanted = comparable(word).trim();
    if (!wanted) return false;
    const escaped = wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'u').test(said);
  });
}

/** `known`: attributes that have a value already; their questions are skipped. */
export function play(
  steps: readonly Step[],
  answers: readonly string[],
  escapeWords: readonly string[],
  known: readonly string[],
): Played {
  const lines: Line[] = [];
  const left = [...answers];
  for (const step of steps) {
    if (step.step === 'attribute' && known.includes(step.attribute)) {
      lines.push({ by: 'system', text: step.attribute, event: 'skipped' });
      continue;
    }
    lines.push({ by: 'agent', text: step.text });
    if (step.step === 'statement') continue;
    const answer = left.shift();
    if (answer === undefined) return { lines, ending: null };
    lines.push({ by: 'contact', text: answer });
    if (escapes(answer, escapeWords)) return { lines, ending: 'escaped' };
    if (step.step === 'attribute') lines.push({ by: 'system', text: step.attribute, event: 'stored' });
  }
  return { lines, ending: 'ended' };
}
