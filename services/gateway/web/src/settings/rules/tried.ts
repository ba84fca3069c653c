/** What a trial of a rule answers, and the runs it left. */
import { record } from '../../api/wire';

/** Of each condition whether it held; the tree is that of the rule that was tried. */
export interface Held {
  held: boolean;
  of: Held[];
}

export interface Tried {
  id: string | null;
  matches: boolean;
  inScope: boolean;
  onEvent: boolean;
  conditions: Held;
  /** Acts that are left out, and why. */
  wouldNot: [act: string, why: string][];
}

export interface Run {
  id: string;
  conversation: string;
  at: string;
  event: string;
  matched: string[];
  actions: string[];
  outcome: string;
  failed: string[];
  milliseconds: number;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

function readHeld(value: unknown): Held {
  const from = record(value);
  return {
    held: from.held === true,
    of: Array.isArray(from.of) ? from.of.map(readHeld) : [],
  };
}

export function readTried(value: unknown): Tried {
  const from = record(value);
  return {
    id: typeof from.id === 'string' ? from.id : null,
    matches: from.matches === true,
    inScope: from.in_scope !== false,
    onEvent: from.on_event !== false,
    conditions: readHeld(from.conditions),
    wouldNot: texts(from.would_not).map((one) => {
      const at = one.indexOf(': ');
      return [one.slice(0, at), one.slice(at + 2)];
    }),
  };
}

export function readPreview(value: unknown): { results: Tried[]; warnings: string[] } {
  const from = record(value);
  return {
    results: Array.isArray(from.results) ? from.results.map(readTried) : [],
    warnings: texts(from.warnings),
  };
}

export function readRun(value: unknown): Run {
  const from = record(value);
  return {
    id: String(from.id ?? ''),
    conversation: String(from.conversation ?? ''),
    at: String(from.at ?? ''),
    event: String(from.event ?? ''),
    matched: texts(from.matched),
    actions: texts(from.actions),
    outcome: String(from.outcome ?? ''),
    failed: texts(from.failed),
    milliseconds: typeof from.milliseconds === 'number' ? from.milliseconds : 0,
  };
}
