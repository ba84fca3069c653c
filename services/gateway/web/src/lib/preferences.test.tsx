import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook, waitFor } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, expect, test, vi } from 'vitest';
import { SessionContext } from '../session/context';
import { session } from '../test/make';
import { usePreference } from './preferences';
import { readStored, writeStored } from './stored';

let sent: unknown[];
let kept: Record<string, unknown>;

beforeEach(() => {
  sent = [];
  kept = {};
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    if (init.method === 'PATCH') sent.push(JSON.parse(String(init.body)));
    return Response.json({ values: kept });
  });
});

function shown() {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  return renderHook(() => usePreference('audit', true), {
    wrapper: ({ children }: { children: ReactNode }) => (
      <QueryClientProvider client={client}>
        <SessionContext value={session()}>{children}</SessionContext>
      </QueryClientProvider>
    ),
  });
}

test('what the gateway keeps is shown, and kept here for the next start', async () => {
  kept = { audit: false };
  const { result } = shown();
  await waitFor(() => expect(result.current[0]).toBe(false));
  expect(readStored('switchboard.audit.u1', true)).toBe(false);
});

test('what this browser kept is shown while the gateway knows nothing', () => {
  writeStored('switchboard.audit.u1', false);
  const { result } = shown();
  expect(result.current[0]).toBe(false);
});

test('a change shows at once and is told once it rests', async () => {
  const { result } = shown();
  act(() => result.current[1](false));
  act(() => result.current[1](true));
  act(() => result.current[1](false));
  await waitFor(() => expect(result.current[0]).toBe(false));
  await waitFor(() => expect(sent).toEqual([{ values: { audit: false } }]), { timeout: 3000 });
});
