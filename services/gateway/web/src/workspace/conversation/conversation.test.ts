import i18next from 'i18next';
import { beforeAll, describe, expect, test } from 'vitest';
import type { TrailEntry } from '../../api/types';
import { startTexts } from '../../i18n';
import { landMessage } from '../../live/apply';
import type { Names } from '../../session/context';
import { message, row, session } from '../../test/make';
import { asText } from './CopyDialog';
import { reasonsApply, topicMissing } from './rules';
import { linesOf } from './Timeline';
import { auditLines } from './trailWords';

beforeAll(startTexts);

const NAMES: Names = {
  channels: new Map(),
  teams: new Map([['t1', { id: 't1', name: 'Spanish team' }]]),
  topics: new Map([['p1', { id: 'p1', name: 'Billing', colour: '#000000' }]]),
  labels: new Map(),
  reasons: new Map([['r1', { id: 'r1', name: 'Solved' }]]),
  agents: new Map(),
  owner: (owner) => owner?.id ?? '-',
};

function entry(...changes: Record<string, unknown>[]): TrailEntry {
  const by = { kind: 'agent' as const, id: 'u1', name: 'Marta' };
  const at = '2026-03-02T09:00:00.000Z';
  return {
    event: 'e',
    at,
    by,
    version: 1,
    changes: changes.map((one) => ({ fact: '', at, by, episode: 1, ...one })),
  };
}

function said(...changes: Record<string, unknown>[]): string[] {
  const words = { t: i18next.t, names: NAMES, vocabulary: 'queue' as const };
  return auditLines(words, [entry(...changes)]).map((line) => line.text);
}

describe('the audit trail (PR-01)', () => {
  test('names who, what and why', () => {
    expect(said({ fact: 'resolved', closed_by: 'agent', reason: 'r1' })).toEqual([
      'Marta · Resolved (by an agent), reason: Solved',
    ]);
    expect(said({ fact: 'status_changed', before: 'pending', after: 'new' })).toEqual([
      'Marta · Status: Pending → New',
    ]);
    expect(said({ fact: 'topics_changed', added: ['p1'], removed: [] })).toEqual([
      'Marta · Topics added: Billing',
    ]);
  });

  test('says in one line what one actor did at once', () => {
    const system = { kind: 'system', id: '', name: '' };
    expect(
      said(
        { fact: 'owner_changed', before: null, after: { kind: 'agent', id: 'u2' }, how: 'manual' },
        { fact: 'team_changed', before: null, after: 't1' },
        { fact: 'routed', teams: ['t1'], score: 2, by: system },
      ),
    ).toEqual([
      'Marta · Assigned to u2 (by hand) · Team: Spanish team',
      'System · Routed to Spanish team, priority 2',
    ]);
  });

  test('leaves out what the messages show, and shows facts it has no words for', () => {
    expect(said({ fact: 'message_added' }, { fact: 'turn_opened' })).toEqual([]);
    expect(said({ fact: 'something_new' })).toEqual(['Marta · something new']);
  });
});

describe('the timeline', () => {
  test('has a line where a day begins', () => {
    const first = message({ id: 'a', sent_at: '2026-03-01T12:00:00.000Z' });
    const second = message({ id: 'b', sent_at: '2026-03-03T12:00:00.000Z' });
    expect(linesOf([second, first], []).map((line) => line.kind)).toEqual([
      'day',
      'message',
      'day',
      'message',
    ]);
  });

  test('takes a message once, and the newer version of it', () => {
    const timeline = { pages: [{ items: [message()], next: null }], pageParams: [null] };
    const masked = message({ version: 2, masked_at: '2026-03-02T10:00:00.000Z', text: '' });
    const after = landMessage(landMessage(timeline, masked), message({ version: 1 }));
    expect(after.pages[0]?.items).toEqual([masked]);
    expect(landMessage(timeline, message({ id: 'm2' })).pages[0]?.items.map((one) => one.id)).toEqual([
      'm2',
      'm1',
    ]);
  });

  test('is copied without notes, masked texts and files (WF-28)', () => {
    const text = asText(
      [
        message({ text: 'Hello' }),
        message({ id: 'n', direction: 'internal', text: 'secret note' }),
        message({ id: 'x', text: '', masked_at: '2026-03-02T10:00:00.000Z' }),
      ],
      'Ana',
    );
    expect(text).toContain('Ana:\nHello');
    expect(text).toContain('[masked]');
    expect(text).not.toContain('secret note');
  });
});

describe('what a resolve asks for', () => {
  const workspace = session({
    workspace: {
      reasons: [{ id: 'r1', name: 'Solved' }],
      resolve_reasons: { enabled: true, required: true, scope: { channels: ['c1'], visibilities: [] } },
      topic_required: { enabled: true, scope: { channels: [], visibilities: ['public'] } },
    },
  }).workspace;

  test('a reason where reasons apply (WF-24)', () => {
    expect(reasonsApply(workspace, row())).toBe(true);
    expect(reasonsApply(workspace, row({ channel: 'c2' }))).toBe(false);
  });

  test('a topic where one is required (WF-26)', () => {
    expect(topicMissing(workspace, row({ visibility: 'public' }))).toBe(true);
    expect(topicMissing(workspace, row({ visibility: 'public', topics: ['p1'] }))).toBe(false);
    expect(topicMissing(workspace, row())).toBe(false);
  });
});
