import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTexts } from '../../i18n';
import { rightsOf, SessionContext } from '../../session/context';
import { message, row, session } from '../../test/make';
import { Composer } from './Composer';
import { mentionsIn } from './draft';
import { mentionAt } from './MentionInput';

beforeAll(startTexts);

interface Call {
  path: string;
  body: Record<string, unknown>;
  key: string;
}

let calls: Call[];
let refuse: number;

beforeEach(() => {
  calls = [];
  refuse = 0;
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path.startsWith('/api/agents'))
      return Response.json({
        items: [
          { id: 'u2', name: 'Jürgen Groß' },
          { id: 'u1', name: 'Marta Ruiz' },
        ],
      });
    if (path.endsWith('/hint')) return new Response(null, { status: 204 });
    const headers = init.headers as Record<string, string>;
    calls.push({ path, body: JSON.parse(String(init.body)), key: headers['idempotency-key'] ?? '' });
    if (refuse) return Response.json({ code: 'retry_later', detail: 'away' }, { status: refuse });
    return Response.json(
      { message: message({ direction: 'outbound' }), row: row({ version: 2 }) },
      { status: 201 },
    );
  });
});

function shown(may: Record<string, boolean> = { reply: true, note: true }, id = 'k1') {
  return render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { retry: false } } })}>
        <SessionContext value={session()}>
          <Composer
            key={id}
            row={row({ id })}
            rights={rightsOf({ may })}
            seen={() => 'm9'}
            replyTo={null}
            onReplyTo={() => {}}
            messages={[]}
          />
        </SessionContext>
      </QueryClientProvider>
    </MantineProvider>,
  );
}

const box = (name: string) => screen.getByRole<HTMLTextAreaElement>('textbox', { name });

describe('a reply', () => {
  test('is sent with Ctrl+Enter, with what was seen, and leaves an empty box', async () => {
    shown();
    await userEvent.type(box('Reply'), 'Hello{Enter}there{Control>}{Enter}{/Control}');
    expect(calls).toMatchObject([
      { path: '/api/conversations/k1/messages', body: { text: 'Hello\nthere', seen: 'm9' } },
    ]);
    await vi.waitFor(() => expect(box('Reply').value).toBe(''));
  });

  test('that fails keeps its text, and trying again cannot double it', async () => {
    shown();
    refuse = 503;
    await userEvent.type(box('Reply'), 'Hello');
    await userEvent.click(screen.getByRole('button', { name: 'Send' }));
    expect((await screen.findByRole('alert')).textContent).toContain('Your text is kept');
    expect(box('Reply').value).toBe('Hello');
    refuse = 0;
    await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    expect(calls[1]?.key).toBe(calls[0]?.key);
    await vi.waitFor(() => expect(box('Reply').value).toBe(''));
    await userEvent.type(box('Reply'), 'Hello{Control>}{Enter}{/Control}');
    await vi.waitFor(() => expect(calls).toHaveLength(3));
    expect(calls[2]?.key).not.toBe(calls[0]?.key);
  });

  test('is kept as a draft of its conversation', async () => {
    const first = shown();
    await userEvent.type(box('Reply'), 'half a sent');
    first.unmount();
    const other = shown(undefined, 'k2');
    expect(box('Reply').value).toBe('');
    other.unmount();
    shown();
    expect(box('Reply').value).toBe('half a sent');
  });
});

describe('a private note (WF-19)', () => {
  test('names the colleagues that its text still names', async () => {
    shown();
    await userEvent.click(screen.getByRole('radio', { name: 'Private note' }));
    await userEvent.type(box('Private note'), 'Look @jür');
    expect(screen.getByRole('option', { name: 'Jürgen Groß' }).getAttribute('aria-selected')).toBe('true');
    await userEvent.keyboard('{Enter}please{Control>}{Enter}{/Control}');
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    expect(calls[0]).toMatchObject({
      path: '/api/conversations/k1/notes',
      body: { text: 'Look @Jürgen Groß please', mentions: ['u2'] },
    });
  });

  test('does not name who was deleted from the text', () => {
    const mentions = [
      { id: 'u2', name: 'Jürgen Groß' },
      { id: 'u3', name: 'Bo' },
    ];
    expect(mentionsIn({ text: 'hi @Bo', mentions })).toEqual(['u3']);
  });

  test.each([
    ['hi @Mar', { from: 3, begun: 'Mar' }],
    ['@', { from: 0, begun: '' }],
    ['@Jürgen Gr', { from: 0, begun: 'Jürgen Gr' }],
    ['mail@example', null],
    ['no', null],
  ])('a name begins in %o at %o', (text, found) => {
    expect(mentionAt(text, text.length)).toEqual(found);
  });
});

test('a conversation opens where something was begun', async () => {
  const first = shown();
  await userEvent.click(screen.getByRole('radio', { name: 'Private note' }));
  await userEvent.type(box('Private note'), 'ask Bo');
  first.unmount();
  shown();
  expect(box('Private note').value).toBe('ask Bo');
});

test('a viewer writes notes and never replies (AG-03)', () => {
  shown({ note: true });
  expect(screen.getByRole<HTMLInputElement>('radio', { name: 'Reply' }).disabled).toBe(true);
  expect(box('Private note')).toBeTruthy();
  expect(screen.getByText(/Only contributors reply/)).toBeTruthy();
});
