import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { MemoryRouter } from 'react-router';
import { beforeAll, expect, test, vi } from 'vitest';
import type { KindInfo } from '../../api/types';
import { speak, startTexts } from '../../i18n';
import '../texts';
import { SessionContext } from '../../session/context';
import { session } from '../../test/make';
import schemas from '../../test/schemas.json';
import { RuleTrial } from './RuleTrial';

beforeAll(startTexts);

const CHANNEL = '0192f1de-0000-7000-8000-000000000001';
const TOPIC = '0192f1de-0000-7000-8000-000000000002';

const rule = {
  name: 'Refunds',
  conditions: {
    test: 'group',
    join: 'any',
    of: [
      { test: 'keywords', about: 'subject', match: 'any_of', keywords: 'refund, reembolso' },
      { test: 'field', field: 'channel', operator: 'is', value: [CHANNEL] },
    ],
  },
  actions: [
    { act: 'change_topics', add: [TOPIC], remove: [] },
    { act: 'resolve', reason: null, ignored: false, boomerang: null },
  ],
};

const answer = {
  warnings: [],
  results: [
    {
      matches: true,
      conditions: { condition: 'any of', held: true, of: [{ held: false }, { held: true }] },
      would: ['change_topics (…)'],
      would_not: ['resolve: Only the first message of an episode resolves it.'],
    },
  ],
};

test('a trial is told in the page’s words, with names for ids and the gateway’s reason', async () => {
  vi.stubGlobal('fetch', async (path: string) =>
    Response.json(path.endsWith('/preview') ? answer : { items: [], next: null }),
  );
  const workspace = {
    channels: [{ id: CHANNEL, name: 'Shop chat', medium: 'webchat' }],
    topics: [{ id: TOPIC, name: 'Money back' }],
  };
  const info = schemas.kinds.find(({ kind }) => kind === 'rules') as unknown as KindInfo;
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <SessionContext value={session({ workspace })}>
          <MemoryRouter>
            <RuleTrial value={rule} stored={null} info={info} />
          </MemoryRouter>
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
  await userEvent.click(screen.getByRole('button', { name: 'Try' }));
  const shown = async () => (await screen.findAllByRole('listitem')).map((item) => item.textContent ?? '');
  expect((await shown()).join('\n')).toContain('Subject contains any of refund, reembolso');
  expect((await shown()).join('\n')).toMatch(/Channel is Shop chat/);
  expect((await shown()).at(-2)).toBe('Topics · Add: Money back');
  expect((await shown()).at(-1)).toBe('Resolve: Only the first message of an episode resolves it.');

  await act(() => speak('es', false));
  expect((await shown()).join('\n')).toMatch(/Canal es Shop chat/);
  expect((await shown()).at(-1)).toBe('Resolver: Solo el primer mensaje de un episodio lo resuelve.');
  await act(() => speak('en', false));
});
